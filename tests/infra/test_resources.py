"""Doors, streams, queues, buckets, tables, catalogue: what the pipeline relies on."""

import base64
import json

import duckdb
import pytest

from millrace.intake.overflow import MAX_MESSAGE_BYTES
from millrace.intake.routes import ROUTES
from millrace.lake.columns import (
    EVENT_COLUMNS,
    EVENTS,
    PARTITION_COLUMNS,
    PROFILE_CHANGE_COLUMNS,
    PROFILE_CHANGES,
    TABLES,
    view_sql,
)
from tests.infra.conftest import flat

CALLS = "track identify page screen group alias batch"


def only(found):
    (one,) = found.values()
    return one["Properties"]


def mappings(assembly):
    by_logical_id = {
        name: each["Properties"]["Description"]
        for name, each in assembly.of_type("AWS::Lambda::Function").items()
    }
    return [
        (by_logical_id[each["Properties"]["FunctionName"]["Ref"]], each)
        for each in assembly.of_type("AWS::Lambda::EventSourceMapping").values()
    ]


def test_the_api_answers_the_segment_api_the_tag_webhooks_and_readers_and_nothing_else(assembly):
    routes = {
        each["Properties"]["RouteKey"]
        for each in assembly.of_type("AWS::ApiGatewayV2::Route").values()
    }
    assert routes == {
        *(f"POST /v1/{call}" for call in CALLS.split()),
        *(f"POST /v1/{letter}" for letter in "tipsgab"),
        "POST /beacon/v1/batch",
        "GET /v1/pixel.gif",
        "GET /v1/pixel/{type}",
        "GET /v1/projects/{writeKey}/settings",
        "GET /v1/profiles/{identifier+}",
        "POST /v1/consents/{identifier+}",
        "PUT /v1/consents/{identifier+}",
        "GET /v1/openapi.json",
        "DELETE /v1/people/{person+}",
        "GET /v1/erasures/{erasure}",
        *(f"{method} /v1/webhooks/{{source}}" for method in ("GET", "HEAD", "POST")),
    }


def test_a_browser_may_send_what_the_sdks_send(assembly):
    cors = only(assembly.of_type("AWS::ApiGatewayV2::Api"))["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["*"]
    assert set(cors["AllowMethods"]) == {"GET", "POST", "OPTIONS"}
    assert {"authorization", "content-type", "x-retry-count", "anonymousid", "sentat"} <= set(
        cors["AllowHeaders"]
    )
    assert {"x-write-key", "x-millrace-receipt"} <= set(cors["AllowHeaders"])
    assert cors["MaxAge"] > 0
    assert "AllowCredentials" not in cors


def test_the_access_log_names_the_route_and_nobody(assembly):
    stage = only(assembly.of_type("AWS::ApiGatewayV2::Stage"))
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["routeKey"] == "$context.routeKey"
    for leak in ("path", "identity", "authorizer", "query", "sourceIp", "error.message"):
        assert leak not in stage["AccessLogSettings"]["Format"]
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 1000


def test_streams_are_read_from_their_start_and_nothing_is_dropped_in_silence(assembly):
    streams = [
        (folder, mapping["Properties"])
        for folder, mapping in mappings(assembly)
        if "StartingPosition" in mapping["Properties"]
    ]
    assert sorted(f for f, _ in streams) == [
        "activation/wake",
        "lake/changes",
        "lake/write",
        "privacy/record",
        "profiles/update",
    ]
    for folder, mapping in streams:
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["MaximumRetryAttempts"] == 50
        is_of_table = folder in {"activation/wake", "lake/changes"}
        assert mapping["MaximumRecordAgeInSeconds"] == (72_000 if is_of_table else 86_400)
        assert "FilterCriteria" not in mapping
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"]


def test_what_stream_readers_cannot_do_is_parked_whole_and_seen(assembly):
    for folder, mapping in mappings(assembly):
        if folder in {"profiles/update", "lake/write", "lake/changes"}:
            kept = mapping["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
            assert "Parked" in flat(kept)
    parked = [
        each["Properties"]
        for name, each in assembly.of_type("AWS::S3::Bucket").items()
        if "NotificationConfiguration" in each["Properties"]
    ]
    told = set()
    for bucket in parked:
        (notice,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
        assert notice["Event"] == "s3:ObjectCreated:*"
        told.add(notice["Queue"]["Fn::GetAtt"][0])
    assert told <= set(assembly.of_type("AWS::SQS::Queue"))
    assert len(told) == 2, "the parked batches, and the events on a detour"


def test_events_on_a_detour_have_two_weeks_and_a_thousand_attempts_to_come_back(assembly):
    queues = assembly.of_type("AWS::SQS::Queue")
    (mapping,) = [m["Properties"] for folder, m in mappings(assembly) if folder == "intake/refill"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (name,) = [each for each in queues if each in flat(mapping["EventSourceArn"])]
    queue = queues[name]["Properties"]
    refill = assembly.functions()["intake/refill"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * refill["Timeout"]
    assert queue["MaximumMessageSize"] == 1_048_576 > MAX_MESSAGE_BYTES
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 1000
    dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
    assert dead["MessageRetentionPeriod"] == 14 * 86_400


def test_intake_is_given_every_route_that_it_answers_and_no_other(assembly):
    served = {
        each["Properties"]["RouteKey"]
        for each in assembly.of_type("AWS::ApiGatewayV2::Route").values()
        if "IntakeTrack" in flat(integration_of(assembly, each))
    }
    assert served == set(ROUTES)


def integration_of(assembly, route):
    reference = route["Properties"]["Target"]["Fn::Join"][1][-1]["Ref"]
    return assembly.resources[reference]["Properties"]["IntegrationUri"]


def test_a_mapping_waits_for_the_rights_of_its_role(assembly):
    for folder, mapping in mappings(assembly):
        waits_for = [assembly.resources[name]["Type"] for name in mapping["DependsOn"]]
        assert "AWS::IAM::Policy" in waits_for, folder


def test_every_destination_has_a_queue_a_dead_letter_queue_and_a_reader(assembly, environment):
    queues = assembly.of_type("AWS::SQS::Queue")
    reader = assembly.functions()["activation/deliver"]["Properties"]
    read = [
        mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]
        for folder, mapping in mappings(assembly)
        if folder == "activation/deliver"
    ]
    assert len(read) == len(set(read)) == len(environment.destinations)
    for name in read:
        queue = queues[name]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * reader["Timeout"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 1000
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["Properties"]["MessageRetentionPeriod"] == 14 * 86_400


def test_everything_at_rest_is_under_the_projects_own_key(assembly):
    key = next(iter(assembly.of_type("AWS::KMS::Key")))
    assert assembly.resources[key]["Properties"]["EnableKeyRotation"] is True
    where = {
        "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
        "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
        "AWS::Logs::LogGroup": ("KmsKeyId",),
        "AWS::SNS::Topic": ("KmsMasterKeyId",),
        "AWS::SQS::Queue": ("KmsMasterKeyId",),
        "AWS::SecretsManager::Secret": ("KmsKeyId",),
    }
    for kind, path in where.items():
        found = assembly.of_type(kind)
        assert found, kind
        for name, resource in found.items():
            value = resource["Properties"]
            for part in path:
                value = value[part]
            assert key in flat(value), name


def test_tables_are_on_demand_recoverable_and_cannot_be_deleted(assembly):
    tables = assembly.of_type("AWS::DynamoDB::Table")
    assert len(tables) == 7
    for table in (each["Properties"] for each in tables.values()):
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["DeletionProtectionEnabled"] is True
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    keys = {
        n: [k["AttributeName"] for k in t["Properties"]["KeySchema"]] for n, t in tables.items()
    }
    assert sorted(keys.values()) == [["pk"]] * 4 + [["pk", "sk"]] * 3
    streams = [
        t["Properties"]["StreamSpecification"]
        for t in tables.values()
        if "StreamSpecification" in t["Properties"]
    ]
    assert streams == [{"StreamViewType": "NEW_AND_OLD_IMAGES"}]


def test_buckets_are_private_versioned_and_forget(assembly):
    buckets = assembly.of_type("AWS::S3::Bucket")
    assert len(buckets) == 6
    policies = [flat(p["Properties"]) for p in assembly.of_type("AWS::S3::BucketPolicy").values()]
    for name, bucket in ((n, b["Properties"]) for n, b in buckets.items()):
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
        is_locked = bucket.get("ObjectLockEnabled", False)
        assert is_locked != bool(bucket.get("LifecycleConfiguration", {}).get("Rules")), name
        assert any(name in text and "aws:SecureTransport" in text for text in policies)
    logged = [name for name, b in buckets.items() if "LoggingConfiguration" in b["Properties"]]
    assert len(logged) == 5


def test_the_roots_of_the_ledger_cannot_be_deleted_by_anybody(assembly):
    (roots,) = [
        bucket["Properties"]
        for bucket in assembly.of_type("AWS::S3::Bucket").values()
        if "ObjectLockConfiguration" in bucket["Properties"]
    ]
    assert roots["ObjectLockEnabled"] is True
    retention = roots["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "COMPLIANCE", "Days": 3650}


def test_secrets_are_named_for_their_owner_and_start_random(assembly):
    secrets = [
        each["Properties"] for each in assembly.of_type("AWS::SecretsManager::Secret").values()
    ]
    assert {secret["Name"] for secret in secrets} == {
        "millrace/local/sources/website",
        "millrace/local/sources/server",
        "millrace/local/read-key",
        "millrace/local/consent-key",
        "millrace/local/privacy-key",
        "millrace/local/destinations/klaviyo",
        "millrace/local/destinations/webhook",
    }
    for secret in secrets:
        assert secret["GenerateSecretString"]["GenerateStringKey"] == "secret"
        assert secret["GenerateSecretString"]["SecretStringTemplate"] == "{}"
        assert "SecretString" not in secret


def test_no_secret_of_the_config_reaches_a_template(assembly, environment):
    text = json.dumps(assembly.templates)
    owners = [*environment.sources.values(), *environment.destinations.values()]
    secrets = [owner.secret for owner in owners if owner is not environment.sources["ses"]]
    secrets.append(environment.personalization.read_key)
    assert all(secrets)
    assert not [secret for secret in secrets if secret in text]


def test_the_catalogue_has_the_columns_that_the_lake_writes(assembly):
    tables = {
        each["Properties"]["TableInput"]["Name"]: each["Properties"]["TableInput"]
        for each in assembly.of_type("AWS::Glue::Table").values()
    }
    assert set(tables) == {
        "failed_events",
        *(name for table in TABLES for name in (table.name, f"{table.name}_log")),
    }
    for name, expected in (
        ("events", EVENT_COLUMNS),
        ("profile_changes", PROFILE_CHANGE_COLUMNS),
    ):
        log = tables[f"{name}_log"]
        columns = [(c["Name"], c["Type"]) for c in log["StorageDescriptor"]["Columns"]]
        assert columns == list(expected)
        assert [(c["Name"], c["Type"]) for c in log["PartitionKeys"]] == list(PARTITION_COLUMNS)
        assert log["Parameters"]["projection.enabled"] == "true"
        template = flat(log["Parameters"]["storage.location.template"])
        assert template.endswith(f'/{name}/day=${{day}}/hour=${{hour}}/"]]}}')


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_view_shows_each_row_once(assembly, table):
    (view,) = [
        each["Properties"]["TableInput"]
        for each in assembly.of_type("AWS::Glue::Table").values()
        if each["Properties"]["TableInput"]["Name"] == table.name
    ]
    assert view["TableType"] == "VIRTUAL_VIEW"
    encoded = view["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    presto = json.loads(base64.b64decode(encoded))
    assert presto["originalSql"] == view_sql(table)
    assert presto["schema"] == "millrace_local"
    names = [name for name, _ in (*table.columns, *PARTITION_COLUMNS)]
    assert [column["name"] for column in presto["columns"]] == names
    types = {column["name"]: column["type"] for column in presto["columns"]}
    assert types["sealed"] == "varbinary"
    if table is EVENTS:
        assert types["properties"].startswith('row("account_id" varchar, ')
        assert ' "products" array(row("sku" varchar, ' in types["properties"]


@pytest.mark.parametrize(
    ("table", "id_"), [(EVENTS, "event_id"), (PROFILE_CHANGES, "name")], ids=["events", "changes"]
)
def test_the_newest_copy_of_a_row_is_the_one_that_is_shown(table, id_):
    names = [name for name, _ in (*table.columns, *PARTITION_COLUMNS)]
    copies = ", ".join(
        "("
        + ", ".join({id_: f"'{one}'", table.newest: str(at)}.get(n, f"'{n}'") for n in names)
        + ")"
        for one, at in [("a", 1), ("a", 2), ("b", 1)]
    )
    lake = duckdb.connect()
    columns = ", ".join(names)
    lake.execute(f"CREATE TABLE {table.name}_log AS SELECT * FROM (VALUES {copies}) t({columns})")
    shown = [dict(zip(names, row, strict=True)) for row in lake.sql(view_sql(table)).fetchall()]
    assert sorted((row[id_], row[table.newest]) for row in shown) == [("a", 2), ("b", 1)]


def test_query_results_are_encrypted_and_nobody_can_ask_otherwise(assembly):
    group = only(assembly.of_type("AWS::Athena::WorkGroup"))["WorkGroupConfiguration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    result = group["ResultConfiguration"]
    assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert "athena-results" in flat(result["OutputLocation"])
