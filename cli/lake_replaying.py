"""`millrace lake replay`: file after file through functions/lake/replay.

The function opens, paces itself and writes; whoever types this needs no key and no right to the
stream, only to list the lake and to invoke the function.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import msgspec

from cli.connection import Connection
from cli.invoking import invoke
from cli.printing import print_json
from millrace.adapters.lake_files import S3LakeFiles
from millrace.errors import NeedsHuman
from millrace.failed.selecting import moment_of
from millrace.lake.replaying import Report, Task

SECONDS_A_CALL = 60
"""What one invocation may pace itself for; it may last 180."""
LINES = {
    "replayed": ("replayed", "would be replayed"),
    "erased": ("of erased people: nobody can open them",) * 2,
    "unreadable": ("unreadable: changed, or not ours",) * 2,
    "broken_files": ("files that hold no events",) * 2,
    "gone_files": ("files that expired meanwhile",) * 2,
}


def replay_lake(connection: Connection, options: argparse.Namespace) -> None:
    """Replay a span of the lake; counts only."""
    task = task_of(options, connection.now_ms())
    lake = S3LakeFiles(bucket=connection.name("LakeBucket"), s3=connection.client("s3"))
    report = Report()
    for key in lake.keys(task.since, task.until):
        for found in _replayed(connection, msgspec.structs.replace(task, key=key)):
            report = report.plus(found)
        if not task.is_dry:
            print(f"{key.rpartition('/')[0]}: {report.replayed} replayed", file=sys.stderr)
    if options.json:
        print_json(report.counts())
        return
    for name, count in report.counts().items():
        if count or name in {"replayed", "erased"}:
            print(f"{count:>8}  {LINES[name][task.is_dry]}")


def task_of(options: argparse.Namespace, now_ms: int) -> Task:
    """The span that is asked for; NeedsHuman `bad_replay` where none is."""
    if not options.since and not options.all:
        raise NeedsHuman("bad_replay", "say since when: --from 2026-11-22, or --all")
    since = moment_of(options.since, now_ms) if options.since else None
    until = moment_of(options.until, now_ms) if options.until else None
    if since is not None and until is not None and since >= until:
        raise NeedsHuman("bad_replay", "--from must be before --to, which itself is left out")
    return Task(
        key="",
        since=since,
        until=until,
        source=tuple(options.source),
        most=options.rate * SECONDS_A_CALL,
        rate=options.rate,
        is_dry=options.dry_run,
    )


def _replayed(connection: Connection, task: Task) -> Iterator[Report]:
    """The reports of one file: as many invocations as its events need at this rate."""
    function, client = connection.name("LakeReplayFunction"), connection.client("lambda")
    first: int | None = 0
    while first is not None:
        asked = msgspec.to_builtins(msgspec.structs.replace(task, first=first))
        told = invoke(client, function, asked, "what was replayed will be a duplicate")
        found = msgspec.convert(told, Report)
        yield found
        first = found.next
