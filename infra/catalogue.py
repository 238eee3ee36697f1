"""The Glue catalogue and the Athena work group: partitions are projected, never crawled."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from millrace.lake.columns import PARTITION_COLUMNS, TABLES, Columns, Table, view_sql
from millrace.lake.kinds import Kind, read_kind

FAILED_EVENT_COLUMNS: Columns = (
    ("stage", "string"),
    ("code", "string"),
    ("pointer", "string"),
    ("source", "string"),
    ("schema_version", "string"),
    ("received_at", "bigint"),
    ("request_id", "string"),
    ("payload", "string"),
)
PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
JSON = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.openx.data.jsonserde.JsonSerDe",
)
FIRST_DAY = "2026-01-01"
HOURS = ",".join(f"{hour:02}" for hour in range(24))
MAX_SCAN_BYTES = 100 * 1024**3
_PRESTO = {"string": "varchar", "binary": "varbinary"}


def presto_type(kind: Kind) -> str:
    """What Athena calls a Glue type inside of a view."""
    if kind.name == "array":
        return f"array({presto_type(kind.parts[0][1])})"
    if kind.name == "struct":
        parts = (f'"{name}" {presto_type(part)}' for name, part in kind.parts)
        return f"row({', '.join(parts)})"
    return _PRESTO.get(kind.name, kind.name)


class Catalogue(Construct):
    """Database `millrace_<stage>`: the tables of the lake, and `failed_events`.

    `<name>_log` is what was written, `<name>` is every row of it once.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: str,
        key: kms.IKey,
        tables: Mapping[str, str],
        failed_events: str,
        results: str,
    ) -> None:
        super().__init__(scope, "Catalogue")
        self.name = f"millrace_{stage.replace('-', '_')}"
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.name, description="Millrace: events, changes of profiles, failed events"
            ),
        )
        for table in TABLES:
            log = f"As written: a retried batch stands twice. Ask `{table.name}` instead."
            self._table(f"{table.name}_log", log, table.columns, tables[table.name], PARQUET)
            self._view(table)
        failed = "Events that could not be used; `payload` is sealed"
        self._table("failed_events", failed, FAILED_EVENT_COLUMNS, failed_events, JSON)
        self.work_group = _work_group(self, stage, key, results)

    def _table(
        self, name: str, says: str, columns: Columns, location: str, formats: tuple[str, str, str]
    ) -> None:
        read, write, serde = formats
        template = "/".join(f"{column}=${{{column}}}" for column, _ in PARTITION_COLUMNS)
        self._define(
            name,
            glue.CfnTable.TableInputProperty(
                name=name,
                description=says,
                table_type="EXTERNAL_TABLE",
                parameters={
                    "EXTERNAL": "TRUE",
                    "classification": "parquet" if formats is PARQUET else "json",
                    "projection.enabled": "true",
                    "projection.day.type": "date",
                    "projection.day.format": "yyyy-MM-dd",
                    "projection.day.range": f"{FIRST_DAY},NOW+1DAY",
                    "projection.hour.type": "enum",
                    "projection.hour.values": HOURS,
                    "storage.location.template": f"{location}/{template}/",
                },
                partition_keys=_columns(PARTITION_COLUMNS),
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=_columns(columns),
                    location=f"{location}/",
                    input_format=read,
                    output_format=write,
                    serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=serde),
                ),
            ),
        )

    def _view(self, table: Table) -> None:
        columns = (*table.columns, *PARTITION_COLUMNS)
        view = {
            "originalSql": view_sql(table),
            "catalog": "awsdatacatalog",
            "schema": self.name,
            "columns": [
                {"name": column, "type": presto_type(read_kind(kind))} for column, kind in columns
            ],
        }
        text = base64.b64encode(json.dumps(view).encode()).decode()
        self._define(
            table.name,
            glue.CfnTable.TableInputProperty(
                name=table.name,
                description=table.says,
                table_type="VIRTUAL_VIEW",
                parameters={"presto_view": "true", "comment": "Presto View"},
                view_original_text=f"/* Presto View: {text} */",
                view_expanded_text="/* Presto View */",
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=_columns(columns),
                    location="",
                    serde_info=glue.CfnTable.SerdeInfoProperty(),
                ),
            ),
        )

    def _define(self, name: str, table: glue.CfnTable.TableInputProperty) -> None:
        identifier = "".join(word.title() for word in name.split("_"))
        made = glue.CfnTable(
            self,
            identifier,
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_name=self.name,
            table_input=table,
        )
        made.add_resource_dependency(self._database)


def _columns(columns: Columns) -> list[glue.CfnTable.ColumnProperty]:
    return [glue.CfnTable.ColumnProperty(name=name, type=kind) for name, kind in columns]


def _work_group(scope: Construct, stage: str, key: kms.IKey, results: str) -> athena.CfnWorkGroup:
    group = athena.CfnWorkGroup
    return group(
        scope,
        "WorkGroup",
        name=f"millrace-{stage}",
        description="Millrace: results are encrypted and expire; a query reads at most 100 GB",
        work_group_configuration=group.WorkGroupConfigurationProperty(
            enforce_work_group_configuration=True,
            publish_cloud_watch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=MAX_SCAN_BYTES,
            result_configuration=group.ResultConfigurationProperty(
                output_location=f"{results}/",
                encryption_configuration=group.EncryptionConfigurationProperty(
                    encryption_option="SSE_KMS", kms_key=key.key_arn
                ),
            ),
        ),
    )
