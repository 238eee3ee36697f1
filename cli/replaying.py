"""`millrace failed replay`: batch after batch through functions/intake/replay.

The function opens, judges and writes; whoever types this needs no key and no right to the stream.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from cli.connection import Connection
from cli.failed import store_of
from cli.invoking import invoke
from cli.printing import print_json, print_report
from millrace.errors import NeedsHuman
from millrace.failed.mending import Step, steps_in, steps_of
from millrace.failed.report import Report
from millrace.failed.selecting import prefixes, where_of
from millrace.failed.task import CHUNK, Job, Task, check_names_nobody, invocation

SAFE_RATE = 100
"""Events per second: a tenth of what one shard of the stream takes."""
MOST_RATE = 1_000


def replay_failed(connection: Connection, options: argparse.Namespace) -> None:
    """Replay a selection, here or by a distributed map."""
    check_replay(options)
    now_ms = connection.now_ms()
    where = where_of(options.where, now_ms)
    task = Task(
        job=_job(connection.who(), now_ms),
        where=where,
        steps=steps_from(options),
        is_dry=options.dry_run,
    )
    check_names_nobody(task)
    places = list(prefixes(where, now_ms))
    if options.distributed:
        _start(connection, msgspec.structs.replace(task, rate=options.rate), places)
        return
    keys = sorted(store_of(connection).keys(places))[: options.limit]
    report = _replay(connection, task, keys, options.rate)
    if options.json:
        print_json(report)
    else:
        print_report(report, is_dry=task.is_dry)


def _replay(connection: Connection, task: Task, keys: Sequence[str], rate: int) -> Report:
    function, client = connection.name("ReplayFunction"), connection.client("lambda")
    report = Report()
    for batch in _batches(keys, CHUNK if task.is_dry else min(CHUNK, rate)):
        started = time.monotonic()
        told = invoke(client, function, invocation(task, batch), "what was replayed stays replayed")
        found = msgspec.convert(told, Report)
        report = report.plus(found)
        if not task.is_dry:
            print(f"{report.passing} replayed", file=sys.stderr)
            time.sleep(max(0.0, found.events / rate - (time.monotonic() - started)))
    return report


def _start(connection: Connection, task: Task, places: Sequence[str]) -> None:
    """A distributed map over one prefix: the day where there is just one, else everything."""
    prefix = places[0] if len(places) == 1 else "failed_events/"
    started = connection.client("stepfunctions").start_execution(
        stateMachineArn=connection.name("ReplayMachine"),
        name=f"replay-{task.job.id}",  # a call that is sent twice starts one
        input=json.dumps({"prefix": prefix, "task": msgspec.to_builtins(task)}),
    )
    print(started["executionArn"])
    print("its counts so far: `millrace failed replays`", file=sys.stderr)


def check_replay(options: argparse.Namespace) -> None:
    """NeedsHuman `bad_replay` for options that do not go together."""
    if not options.where and not options.all:
        raise NeedsHuman("bad_replay", "say which: --where code=..., or --all")
    if options.distributed and options.dry_run:
        raise NeedsHuman(
            "bad_replay",
            "a distributed replay gives no report back; dry-run a part of them with --limit",
        )


def steps_from(options: argparse.Namespace) -> tuple[Step, ...]:
    """The mapping that the command line or a file gives."""
    if options.mapping is None:
        return steps_of(renames=options.rename, drops=options.drop, puts=options.set)
    if options.set or options.drop or options.rename:
        raise NeedsHuman("bad_mapping", "give --mapping, or --set, --drop and --rename; not both")
    try:
        return steps_in(options.mapping.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise NeedsHuman("bad_mapping", f"{options.mapping} cannot be read") from error


def _job(by: str, now_ms: int) -> Job:
    asked = datetime.fromtimestamp(now_ms / 1000, UTC)
    return Job(id=f"{asked:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}", by=by, at=now_ms)


def _batches(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
