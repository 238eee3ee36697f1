"""`python3 run.py bench`: every figure we publish, both sides in the same run.

CPU time of the measured process against a loopback endpoint, the minimum of several interleaved
rounds. Absolute times are this machine's; the ratios are what is claimed.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from millrace.runtime.function import Handler
from tests.bench import null_aws, workload
from tests.bench.floor import Floor
from tests.bench.measure import ROUNDS, Row, fresh_interpreter_cpu, interleaved

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "reference" / "benchmarks.md"
BARE_BOTO3 = "import boto3; boto3.client('dynamodb', region_name='us-east-1')"
COLD = {"intake/track": 1.1, "profiles/update": 1.25, "personalization/serve": 1.1}


def main() -> int:
    with null_aws.running() as address:
        os.environ.update(workload.ENVIRONMENT, AWS_ENDPOINT_URL=address)
        with contextlib.redirect_stdout(io.StringIO()):
            rows = [*_intake(address), *_update(), _read(), *_cold_start()]
    report = _table(rows)
    print(report)
    REPORT.write_text(_page(report))
    return 0


def _intake(address: str) -> list[Row]:
    """Intake at 1 event a request against one put_record; at 100 against the hand-signed floor."""
    handler = workload.load("intake/track").handler
    kinesis = boto3.client("kinesis", region_name="us-east-1")
    data = b"x" * 1000
    one = workload.http_event([workload.a_track(1)])
    floor = Floor(address)

    def put_record() -> object:
        return kinesis.put_record(StreamName="events", Data=data, PartitionKey="p")

    ours, theirs = interleaved(lambda: handler(one, None), put_record, repeats=(20, 20))
    rows = [_row("intake CPU, 1 event a request", "one bare boto3 put_record", ours, theirs, 1.3)]
    for people in (1, 100):
        events = [workload.a_track(number % people) for number in range(100)]
        rows.append(_intake_of_many(handler, floor, workload.http_event(events), people))
    return rows


def _intake_of_many(handler: Handler, floor: Floor, event: dict[str, Any], people: int) -> Row:
    ours, least = interleaved(
        lambda: handler(event, None), lambda: floor.take(event["body"]), repeats=(5, 5)
    )
    who = "one person" if people == 1 else f"{people} people"
    return _row(
        f"intake CPU per event, 100 a request of {who}",
        "floor: parse, group, one hand-signed PutRecords",
        ours / 100,
        least / 100,
        5,
    )


def _update() -> list[Row]:
    """profiles/update against the handler that the documentation leads to, 1,000 events each."""
    from tests.bench import by_the_docs

    ours = workload.in_turn(
        workload.load("profiles/update").handler, workload.sealed_batches(ROUNDS + 2)
    )
    docs = workload.in_turn(
        by_the_docs.handler, [workload.plain_batch(seed) for seed in range(ROUNDS + 2)]
    )
    mine, naive = interleaved(ours, docs, repeats=(1, 1), rounds=3)
    return [
        Row(
            quantity="profiles/update CPU per event, 386 people in 1,000 events",
            against="Powertools BatchProcessor + Idempotency + put + update per event",
            ours=_microseconds(mine / 1000),
            theirs=_microseconds(naive / 1000),
            ratio=naive / mine,
            goal=30,
            at_least=True,
        )
    ]


def _read() -> Row:
    """One profile read, opened and merged, against one bare get_item of the same item."""
    workload.load("profiles/update").handler(workload.sealed_batches(1)[0], None)
    handler = workload.load("personalization/serve").handler
    event = {
        "routeKey": "GET /v1/profiles/{identifier+}",
        "rawPath": "/v1/profiles/user_id:user-1",
        "headers": {"authorization": f"Bearer {workload.WRITE_KEY}"},
        "pathParameters": {"identifier": "user_id:user-1"},
        "requestContext": {"http": {"method": "GET"}, "requestId": "r"},
    }
    assert '"fallback":false' in handler(event, None)["body"]
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    token = workload.vault().token("user_id", "user-1")
    key = {"pk": {"S": f"i#user_id#{token}"}, "sk": {"S": "root"}}

    def get_item() -> object:
        return dynamodb.get_item(TableName="profiles", Key=key)

    ours, theirs = interleaved(lambda: handler(event, None), get_item, repeats=(20, 20))
    return _row("profile read CPU", "one bare boto3 get_item of that item", ours, theirs, 1.4)


def _cold_start() -> list[Row]:
    """A fresh interpreter that imports a handler against one that makes a bare client."""
    folders = [str(ROOT), *(str(ROOT / f"layers/{name}/python") for name in ("core", "sources"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    code = "from tests.bench.cold import load; load({path!r})"
    rows = []
    for path, goal in COLD.items():
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(fresh_interpreter_cpu(code.format(path=path), environment))
            theirs.append(fresh_interpreter_cpu(BARE_BOTO3, environment))
        rows.append(
            _row(f"cold start CPU, {path}", "bare boto3.client", min(ours), min(theirs), goal)
        )
    return rows


def _row(quantity: str, against: str, ours: float, theirs: float, goal: float) -> Row:
    return Row(
        quantity=quantity,
        against=against,
        ours=_microseconds(ours),
        theirs=_microseconds(theirs),
        ratio=ours / theirs,
        goal=goal,
    )


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"


def _table(rows: list[Row]) -> str:
    lines = ["| quantity | against | ours | theirs | ratio | goal | holds |", "|---" * 7 + "|"]
    lines += [
        f"| {row.quantity} | {row.against} | {row.ours} | {row.theirs} | {row.ratio:.2f}x "
        f"| {'>=' if row.at_least else '<='} {row.goal}x | {'yes' if row.holds else '**no**'} |"
        for row in rows
    ]
    return "\n".join(lines)


def _page(table: str) -> str:
    return f"""# Benchmarks

Written by `python3 run.py bench` on {datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}.

{(__doc__ or "").partition(chr(10) * 2)[2].strip()}
A ratio is the minimum of {ROUNDS} rounds of one side over the minimum of the other. The
endpoint answers from memory in a process of its own, so network and AWS are not in these
figures; nothing was measured on AWS.

{table}
"""


if __name__ == "__main__":
    sys.exit(main())
