"""What the functions of the lake touch, over moto: a bucket and the table of subjects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import duckdb
from moto import mock_aws

from millrace.privacy import Subject
from millrace.settings import LakeChangesSettings, LakeWriteSettings
from tests.functions.profiles.stage import load
from tests.tables import create_table

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z


@contextmanager
def stage() -> Iterator[Any]:
    """The client of an S3 that holds an empty lake."""
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        create_table(boto3.client("dynamodb"), "subjects")
        yield s3


def function_of(
    folder: str,
    settings: type[LakeWriteSettings | LakeChangesSettings],
    monkeypatch: Any,
    **more: Any,
) -> ModuleType:
    """The handler module of functions/`folder` on this stage."""
    made = settings(
        stage="test",
        subjects_table="subjects",
        key_arn=boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
        lake_bucket="lake",
        **more,
    )
    return load(folder, made.to_env(), monkeypatch)


def subject_of(function: ModuleType, stem: str) -> Subject:
    """A subject as the function's own client finds it."""
    found: Subject = function.subjects.read([stem])[stem]
    return found


def query(s3: Any, folder: Path, table: str, sql: str) -> list[dict[str, Any]]:
    """The rows of `sql` over `table`, the bucket's files copied into `folder` under their keys."""
    for each in s3.list_objects_v2(Bucket="lake").get("Contents", []):
        path = folder / each["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket="lake", Key=each["Key"])["Body"].read())
    files = f"read_parquet('{folder}/{table}/*/*/*.parquet', hive_partitioning = true)"
    with duckdb.connect() as connection:
        connection.execute(f"create view {table} as select * from {files}")
        answer = connection.execute(sql)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
