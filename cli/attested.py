"""`millrace privacy root` and `verify-ledger`: a day's root, and whether the day is as it was."""

from __future__ import annotations

import argparse
import re

import msgspec

from cli.connection import Connection
from cli.unsealing import ledger_of
from millrace.adapters.roots import S3Roots
from millrace.errors import GiveUp, NeedsHuman
from millrace.privacy.attesting import no_root, verify_day


def verify_ledger(connection: Connection, options: argparse.Namespace) -> None:
    """The kept root against the ledger of now; GiveUp `ledger_changed` where they differ."""
    kept, faults = verify_day(_day(options), ledger_of(connection), roots_of(connection))
    for fault in faults:
        print(fault)
    if faults:
        raise GiveUp("ledger_changed", f"{len(faults)} faults; the kept root is {kept.root}")
    print(f"{kept.day}: {kept.entries} entries, as they were; root {kept.root}")


def show_root(connection: Connection, options: argparse.Namespace) -> None:
    """The first root that was kept of a day, as it was kept; GiveUp `no_root`."""
    kept = roots_of(connection).read(_day(options))
    if kept is None:
        raise no_root(options.day)
    print(msgspec.json.encode(kept).decode())


def roots_of(connection: Connection) -> S3Roots:
    """The roots of days there."""
    return S3Roots(bucket=connection.name("RootsBucket"), s3=connection.client("s3"))


def add_day(parser: argparse.ArgumentParser) -> None:
    """The words of both commands."""
    parser.add_argument("--day", required=True, help="a day that has ended (UTC), 2026-11-25")


def _day(options: argparse.Namespace) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", options.day):
        raise NeedsHuman("bad_day", "name a day, as in --day 2026-11-25")
    return str(options.day)
