"""The lake adapter and its fake keep what they were given; DuckDB reads the adapter's files."""

from __future__ import annotations

from datetime import datetime

import boto3
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from millrace.adapters.lake import S3Lake, schema_of, to_parquet
from millrace.errors import NeedsHuman, RetryLater
from millrace.lake import EVENT_COLUMNS, EVENTS, PROFILE_CHANGES, ChangeRow, Row
from millrace.lake.kinds import read_kind
from tests.fakes.lake import MemoryLake

KEY = "events/day=2026-11-22/hour=12/abc.parquet"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def a_row(event_id: str = "e1", **changes) -> Row:
    values = {
        "event_id": event_id,
        "source": "website",
        "type": "track",
        "event": "Order Completed",
        "subject": "t0ken",
        "event_at": 1_795_348_799_123,
        "received_at": 1_795_348_800_000,
        "sealed": b"\x00sealed\xff",
    }
    return Row(**values | changes)


@pytest.fixture(params=["memory", "moto"])
def lake(request):
    if request.param == "memory":
        fake = MemoryLake()
        yield fake, lambda: {key: [r.event_id for r in rows] for key, rows in fake.files.items()}
        return
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")

        def files():
            listed = s3.list_objects_v2(Bucket="lake").get("Contents", [])
            return {each["Key"]: ids(s3, each["Key"]) for each in listed}

        yield S3Lake(bucket="lake", s3=s3), files


def ids(s3, key) -> list[str]:
    body = s3.get_object(Bucket="lake", Key=key)["Body"].read()
    return [row[0] for row in query(body, "select event_id from lake")]


def query(parquet: bytes, sql: str) -> list[tuple]:
    table = pq.read_table(pa.BufferReader(parquet))
    with duckdb.connect() as connection:
        connection.register("lake", table)
        return connection.execute(sql).fetchall()


def test_rows_are_found_under_their_key(lake):
    writer, files = lake
    writer.write(KEY, [a_row("e1"), a_row("e2")], EVENTS)
    assert files() == {KEY: ["e1", "e2"]}


def test_the_same_key_again_replaces_the_file(lake):
    writer, files = lake
    writer.write(KEY, [a_row("e1")], EVENTS)
    writer.write(KEY, [a_row("e1"), a_row("e2")], EVENTS)
    assert files() == {KEY: ["e1", "e2"]}


def test_duckdb_reads_the_file_with_the_declared_types(tmp_path):
    (tmp_path / "lake.parquet").write_bytes(
        to_parquet([a_row(revenue=12.5, currency="EUR"), a_row("e2")], EVENTS)
    )
    with duckdb.connect() as connection:
        source = f"read_parquet('{tmp_path}/lake.parquet')"
        described = connection.execute(f"describe select * from {source}").fetchall()
        found = connection.execute(f"select * from {source} order by event_id").fetchall()
    types = [(name, duck_type(read_kind(glue))) for name, glue in EVENT_COLUMNS]
    assert [
        (row[0], row[1].replace("TIMESTAMP_MS", "TIMESTAMP").replace('"', "")) for row in described
    ] == types
    first = dict(zip([name for name, _ in EVENT_COLUMNS], found[0], strict=True))
    assert first["event_at"] == datetime.fromisoformat("2026-11-22T11:59:59.123000")
    assert first["sealed"] == b"\x00sealed\xff"
    assert (first["revenue"], first["currency"]) == (12.5, "EUR")
    second = dict(zip([name for name, _ in EVENT_COLUMNS], found[1], strict=True))
    assert (second["revenue"], second["currency"], second["properties"]) == (None, None, None)


DUCK = {
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "double": "DOUBLE",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "binary": "BLOB",
}


def duck_type(kind) -> str:
    if kind.name == "array":
        return f"{duck_type(kind.parts[0][1])}[]"
    if kind.name == "struct":
        return f"STRUCT({', '.join(f'{name} {duck_type(part)}' for name, part in kind.parts)})"
    return DUCK[kind.name]


def test_a_planned_property_is_asked_by_its_name():
    properties = {"order_id": "17", "products": [{"sku": "a", "quantity": 2.0}, {"sku": "b"}]}
    body = to_parquet([a_row(properties=properties), a_row("e2")], EVENTS)
    sql = "select properties.order_id, properties.products[1].quantity from lake"
    assert query(body, sql) == [("17", 2.0), (None, None)]
    sql = "select each.sku from (select unnest(properties.products) as each from lake)"
    assert query(body, sql) == [("a",), ("b",)]


def test_strings_with_nul_and_emoji_survive():
    assert query(to_parquet([a_row(event="a\x00b 🛒")], EVENTS), "select event from lake") == [
        ("a\x00b 🛒",)
    ]


def test_the_arrow_schema_is_the_declared_one():
    for table in (EVENTS, PROFILE_CHANGES):
        assert schema_of(table).names == [name for name, _ in table.columns]


def test_a_change_is_a_row_with_its_own_columns():
    change = ChangeRow(
        person="5f" * 16,
        version=2**40,
        change="trait_removed",
        name="plan",
        committed_at=1_795_348_800_000,
    )
    (row,) = query(to_parquet([change], PROFILE_CHANGES), "select * from lake")
    assert dict(zip(schema_of(PROFILE_CHANGES).names, row, strict=True)) == {
        **{name: getattr(change, name) for name in ChangeRow.__struct_fields__},
        "committed_at": datetime.fromisoformat("2026-11-22T12:00:00"),
    }


class BrokenS3:
    def __init__(self, error):
        self.error = error

    def put_object(self, **_):
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), RetryLater),
        (EndpointConnectionError(endpoint_url="https://s3"), RetryLater),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"), NeedsHuman),
    ],
)
def test_a_bucket_that_does_not_take_the_file_says_what_to_do(error, expected):
    with pytest.raises(expected):
        S3Lake(bucket="lake", s3=BrokenS3(error)).write(KEY, [a_row()], EVENTS)
