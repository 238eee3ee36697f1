"""`millrace failed ...`."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.failed import list_failed, show_failed, stats_failed
from cli.replaying import MOST_RATE, SAFE_RATE, replay_failed
from cli.replays import list_replays
from cli.subject import Subject, add_json, command, commands_of, count, rate

WHERE = (
    "code=..., source=..., stage=..., pointer=... (a|b for either), since=..., until=... "
    "(2026-11-22, 2026-11-22T03:00:00Z, or 12h, 7d ago); given again, all must hold"
)


def _add(parser: argparse.ArgumentParser) -> None:
    commands = commands_of(parser)
    listing = command(commands, "list", list_failed, "the newest first; nothing is opened")
    _select(listing, limit=50)
    stats = command(
        commands, "stats", stats_failed, "counts by source, stage, code, pointer and day"
    )
    _select(stats, limit=10_000)
    _add_show(command(commands, "show", show_failed, "one failed event"))
    _add_replays(command(commands, "replays", list_replays, "who replayed what, the newest first"))
    _add_replay(command(commands, "replay", replay_failed, "try them again with the code of today"))


def _select(parser: argparse.ArgumentParser, *, limit: int) -> None:
    parser.add_argument("--where", action="append", default=[], metavar="NAME=VALUE", help=WHERE)
    parser.add_argument(
        "--limit", type=count, default=limit, metavar="N", help=f"at most so many ({limit})"
    )
    add_json(parser, "a table")


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="as `failed list` prints it")
    parser.add_argument("--open", action="store_true", help="print the payload in clear, too")
    parser.add_argument(
        "--purpose", default="", help="why it is opened; kept with your name beside the event"
    )
    add_json(parser, "lines")


def _add_replays(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=count, default=20, metavar="N", help="at most so many replays (20)"
    )
    add_json(parser, "a table")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    _select(parser, limit=1_000_000)
    parser.add_argument("--all", action="store_true", help="every failed event there is")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.add_argument("--set", action="append", default=[], metavar="/POINTER=VALUE")
    parser.add_argument("--drop", action="append", default=[], metavar="/POINTER")
    parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--mapping", type=Path, help="a TOML file with rename, drop and set")
    parser.add_argument(
        "--rate",
        type=rate(MOST_RATE),
        default=SAFE_RATE,
        metavar="N",
        help=f"events per second, 1 to {MOST_RATE} ({SAFE_RATE})",
    )
    parser.add_argument(
        "--distributed", action="store_true", help="let Step Functions do it, for very many"
    )


SUBJECT = Subject(help="events that could not be used", add=_add)
