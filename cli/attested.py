"""`millrace privacy verify-ledger --day`: whether a day of the ledger is as it was."""

from __future__ import annotations

import argparse
import re

from cli.connection import Connection
from cli.unsealing import ConnectionClock
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.roots import S3Roots
from millrace.errors import GiveUp, NeedsHuman
from millrace.privacy.attesting import verify_day


def verify_ledger(connection: Connection, options: argparse.Namespace) -> None:
    """The kept root against the ledger of now; GiveUp `ledger_changed` where they differ."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", options.day):
        raise NeedsHuman("bad_day", "name a day, as in --day 2026-11-25")
    ledger = DynamoLedger(
        table=connection.name("LedgerTable"),
        dynamodb=connection.client("dynamodb"),
        clock=ConnectionClock(connection),
    )
    roots = S3Roots(bucket=connection.name("RootsBucket"), s3=connection.client("s3"))
    kept, faults = verify_day(options.day, ledger, roots)
    for fault in faults:
        print(fault)
    if faults:
        raise GiveUp("ledger_changed", f"{len(faults)} faults; the kept root is {kept.root}")
    print(f"{kept.day}: {kept.entries} entries, as they were; root {kept.root}")


def add_verify(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("--day", required=True, help="a day that has ended (UTC), 2026-11-25")
