"""`millrace failed replays`: who put which failed events back; opens nothing."""

from __future__ import annotations

import argparse

from cli.connection import Connection
from cli.printing import moment, print_json, print_table
from millrace.adapters.replay_journal import S3ReplayJournal
from millrace.failed.journal import Replay, replays

NAMES = ("asked", "job", "by", "where", "mapping", "catalogue", "passed", "failed")


def list_replays(connection: Connection, options: argparse.Namespace) -> None:
    """The newest replays; a dry run is none."""
    journal = S3ReplayJournal(bucket=connection.name("FailedBucket"), s3=connection.client("s3"))
    found = replays(journal.newest(options.limit))
    if options.json:
        print_json(found)
        return
    print_table(NAMES, list(map(_row, found)), empty="nothing was replayed")


def _row(replay: Replay) -> tuple[str, ...]:
    mapping = f"{', '.join(replay.steps)} [{replay.mapping}]" if replay.steps else "-"
    return (
        moment(replay.at),
        replay.job,
        replay.by,
        ",".join(replay.where) or "all",
        mapping,
        " ".join(replay.catalogues),
        str(replay.passed),
        str(sum(replay.failed.values())),
    )
