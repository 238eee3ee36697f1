"""Every store there is: what it holds, and what makes it forget.

`store_page` puts it beside the template: each resource there that can hold data must be one of
these, and each of these must be there.
"""

from __future__ import annotations

from typing import Literal

import msgspec

RETAIN = "functions/privacy/retain, daily"
OUTLIVES = "nothing: it outlives people on purpose"
Kind = Literal[
    "AWS::DynamoDB::Table",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
]


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the page: one resource, or all of a kind that are for one thing."""

    kind: Kind
    named: str
    """How the logical id begins, without what CDK adds; a regular expression."""
    name: str
    holds: str
    knob: str = ""
    """Under `[retention]`; empty: it is not to be configured."""
    by: str
    prefix: str = ""
    """Buckets: of these objects."""
    until: str = ""
    """Where no number of days says it."""


TABLES = (
    Store(
        kind="AWS::DynamoDB::Table",
        named="ProfilesTable",
        name="profiles",
        holds="people, sealed; tokens of their identifiers; ids of their events",
        knob="profiles_days",
        by=f"{RETAIN}; withdrawn data earlier, by `withdrawn_days` of its purpose",
    ),
    Store(
        kind="AWS::DynamoDB::Table",
        named="ActivationDeliveries",
        name="deliveries",
        holds="digests of what destinations were told",
        knob="profiles_days",
        by=f"{RETAIN}, with the person",
    ),
    Store(
        kind="AWS::DynamoDB::Table",
        named="PrivacySubjects",
        name="subjects",
        holds="data keys, wrapped; pseudonyms",
        until="until the person is erased",
        by="functions/privacy/erase. Retention leaves them: lake and backups need them for their "
        "own terms, and after those a key opens nothing",
    ),
    Store(
        kind="AWS::DynamoDB::Table",
        named="LedgerSuppressions",
        name="suppressions",
        holds="tokens of addresses that nobody may write to",
        until="for ever",
        by=f"{OUTLIVES}, or who was erased would be written to again",
    ),
    Store(
        kind="AWS::DynamoDB::Table",
        named="PrivacyLedger",
        name="ledger",
        holds="what was decided about people, by tokens",
        until="for ever",
        by=f"{OUTLIVES}: it proves what was done, and a restore repeats erasures from it",
    ),
    Store(
        kind="AWS::DynamoDB::Table",
        named="IntakeWebhookTokens",
        name="webhook tokens",
        holds="digests of tokens that a vendor signs without the body (Mailgun)",
        until="49 hours, and as long as DynamoDB takes to notice",
        by="DynamoDB's time to live; a later replay is refused by the token's own signed time",
    ),
    Store(
        kind="AWS::DynamoDB::Table",
        named="ErasureTable",
        name="erasures",
        holds="certificates and receipts; who it is about, sealed, until it is done",
        until="for ever; names until it is done",
        by="functions/privacy/erase drops the names; the certificate outlives people on purpose",
    ),
)
STREAMS = (
    Store(
        kind="AWS::Kinesis::Stream",
        named="IntakeEvents",
        name="events stream",
        holds="events, sealed",
        knob="stream_hours",
        by="Kinesis",
    ),
    Store(
        kind="AWS::SQS::Queue",
        named=".*",
        name="queues, dead letters included",
        holds="row keys, names of objects; of the overflow queue events, sealed; of a source's own "
        "queue what AWS put there, under the project's key only",
        by="SQS: its maximum",
    ),
    Store(
        kind="AWS::Logs::LogGroup",
        named=".*",
        name="logs of functions and of the API",
        holds="counts, codes, ids; never who somebody is",
        knob="logs_days",
        by="CloudWatch Logs",
    ),
)


def _bucket(named: str, name: str, holds: str, knob: str, prefix: str = "") -> Store:
    by = "the bucket's lifecycle; older versions 30 days more"
    kind: Kind = "AWS::S3::Bucket"
    return Store(kind=kind, named=named, name=name, holds=holds, knob=knob, by=by, prefix=prefix)


BUCKETS = (
    _bucket("LakeBucket", "lake, events", "events, PII sealed", "lake_days", "events/"),
    _bucket(
        "LakeBucket",
        "lake, profile_changes",
        "changes of profiles, values sealed",
        "lake_days",
        "profile_changes/",
    ),
    _bucket("LakeBucket", "results of queries", "what Athena answered", "", "athena-results/"),
    _bucket(
        "IntakeFailed", "failed events", "payloads, sealed", "failed_events_days", "failed_events/"
    ),
    _bucket(
        "IntakeFailed",
        "failed events, replayed",
        "payloads, sealed",
        "failed_events_days",
        "failed_events_replayed/",
    ),
    Store(
        kind="AWS::S3::Bucket",
        named="IntakeFailed",
        name="journal of replays",
        holds="who replayed failed events, by which filter and mapping; counts",
        until="for ever",
        by=f"{OUTLIVES}: it says what an operator did, and names no customer",
        prefix="failed_event_replays/",
    ),
    _bucket("IntakeParked", "parked batches", "stream records, sealed", "parked_days"),
    _bucket("IntakeOverflowBucket", "overflow", "events on a detour, sealed", "parked_days"),
    _bucket("OperationsAccessLogs", "access logs", "who read which object", "access_logs_days"),
    Store(
        kind="AWS::S3::Bucket",
        named="LedgerRoots",
        name="daily roots of the ledger",
        holds="digests",
        knob="ledger_roots_days",
        by="nothing deletes them: Object Lock forbids it for so long, and they name nobody",
    ),
)
STORES = (*TABLES, *STREAMS, *BUCKETS)
