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

import boto3

from tests.bench import intake, null_aws, profiles, workload
from tests.bench.measure import ROUNDS, Row, cpu_row, fresh_interpreter_cpu, interleaved

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "reference" / "benchmarks.md"
END = "; import os; os._exit(0)"
"""A sandbox that has started does not end: tearing an interpreter down is no part of it."""
BARE_BOTO3 = "import boto3; boto3.client('dynamodb', region_name='us-east-1')" + END
COLD_ROUNDS = 15
COLD = {"intake/track": 1.1, "profiles/update": 1.25, "personalization/serve": 1.1}


def main() -> int:
    with null_aws.running() as address:
        os.environ.update(workload.ENVIRONMENT, AWS_ENDPOINT_URL=address)
        with contextlib.redirect_stdout(io.StringIO()):
            rows = [*intake.rows(address), *profiles.rows(address), _read(), *_cold_start()]
    report = _table(rows)
    print(report)
    REPORT.write_text(_page(report))
    return 0


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
    return cpu_row("profile read CPU", "one bare boto3 get_item of that item", ours, theirs, 1.4)


def _cold_start() -> list[Row]:
    """A fresh interpreter that imports a handler against one that makes a bare client."""
    folders = [str(ROOT), *(str(ROOT / f"layers/{name}/python") for name in ("core", "sources"))]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(folders),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }
    code = "from tests.bench.cold import load; load({path!r})" + END
    rows = []
    for path, goal in COLD.items():
        ours, theirs = [], []
        for _ in range(COLD_ROUNDS):
            ours.append(fresh_interpreter_cpu(code.format(path=path), environment))
            theirs.append(fresh_interpreter_cpu(BARE_BOTO3, environment))
        rows.append(
            cpu_row(
                f"cold start CPU, {path}",
                "bare boto3.client",
                min(ours),
                min(theirs),
                goal,
                why="near the line: two runs of this machine differ by a tenth",
            )
        )
    return rows


def _table(rows: list[Row]) -> str:
    lines = ["| quantity | against | ours | theirs | ratio | goal | holds |", "|---" * 7 + "|"]
    lines += [
        f"| {row.quantity} | {row.against} | {row.ours} | {row.theirs} | {row.ratio:.2f}x "
        f"| {'>=' if row.at_least else '<='} {row.goal:g}x | {_verdict(row)} |"
        for row in rows
    ]
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    return "yes" if row.holds else f"**no**{': ' * bool(row.why)}{row.why}"


def _page(table: str) -> str:
    return f"""# Benchmarks

Written by `python3 run.py bench` on {datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}.

{(__doc__ or "").partition(chr(10) * 2)[2].strip()}
A ratio is the minimum of at least {ROUNDS} rounds of one side over the minimum of the other. The
endpoint answers from memory in a process of its own, so network and AWS are not in these
figures; nothing was measured on AWS. Write units are counted from the sizes of the requests really
sent. The machine has two cores and others worked on them: hence CPU time, and minima.

{table}
"""


if __name__ == "__main__":
    sys.exit(main())
