"""The words of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from millrace.errors import NeedsHuman

SAFE_RATE = 100
"""Events per second: a tenth of what one shard of the stream takes."""
MOST_RATE = 1_000
WHERE = (
    "code=..., source=..., stage=..., pointer=... (a|b for either), since=..., until=... "
    "(2026-11-22, 2026-11-22T03:00:00Z, or 12h, 7d ago); given again, all must hold"
)


def parser() -> argparse.ArgumentParser:
    """The whole command line; `command` is the name of what to do."""
    top = argparse.ArgumentParser(prog="run.py millrace", description="The operator's commands.")
    top.add_argument("--local", default="", metavar="URL", help="a local engine instead of AWS")
    top.add_argument("--profile", help="AWS profile; else the environment's credentials")
    top.add_argument("--region", help="AWS region; else the profile's")
    subjects = top.add_subparsers(dest="subject", required=True)
    failed = subjects.add_parser("failed", help="events that could not be used")
    commands = failed.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="the newest first; nothing is opened")
    _select(listing, limit=50)
    stats = commands.add_parser("stats", help="counts by source, stage, code, pointer and day")
    _select(stats, limit=10_000)
    _add_show(commands.add_parser("show", help="one failed event"))
    _add_replay(commands.add_parser("replay", help="try them again with the code of today"))
    return top


def _select(command: argparse.ArgumentParser, *, limit: int) -> None:
    command.add_argument("--where", action="append", default=[], metavar="NAME=VALUE", help=WHERE)
    command.add_argument(
        "--limit", type=_count, default=limit, metavar="N", help=f"at most so many ({limit})"
    )
    command.add_argument("--json", action="store_true", help="JSON instead of a table")


def _add_show(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", help="as `failed list` prints it")
    command.add_argument("--open", action="store_true", help="print the payload in clear, too")
    command.add_argument(
        "--purpose", default="", help="why it is opened; kept with your name beside the event"
    )
    command.add_argument("--json", action="store_true", help="JSON instead of lines")


def _add_replay(command: argparse.ArgumentParser) -> None:
    _select(command, limit=1_000_000)
    command.add_argument("--all", action="store_true", help="every failed event there is")
    command.add_argument("--dry-run", action="store_true", help="only say what would happen")
    command.add_argument("--set", action="append", default=[], metavar="/POINTER=VALUE")
    command.add_argument("--drop", action="append", default=[], metavar="/POINTER")
    command.add_argument("--rename", action="append", default=[], metavar="OLD=NEW")
    command.add_argument("--mapping", type=Path, help="a TOML file with rename, drop and set")
    command.add_argument(
        "--rate",
        type=_rate,
        default=SAFE_RATE,
        metavar="N",
        help=f"events per second, 1 to {MOST_RATE} ({SAFE_RATE})",
    )
    command.add_argument(
        "--distributed", action="store_true", help="let Step Functions do it, for very many"
    )


def check_replay(options: argparse.Namespace) -> None:
    """NeedsHuman `bad_replay` for options that do not go together."""
    if not options.where and not options.all:
        raise NeedsHuman("bad_replay", "say which: --where code=..., or --all")
    if options.distributed and options.local:
        raise NeedsHuman(
            "bad_replay", "a local engine plays no Step Functions; leave --distributed out"
        )
    if options.distributed and options.dry_run:
        raise NeedsHuman(
            "bad_replay",
            "a distributed replay gives no report back; dry-run a part of them with --limit",
        )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def _rate(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_RATE:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_RATE}")
    return int(text)
