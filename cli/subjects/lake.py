"""`millrace lake ...`."""

from __future__ import annotations

import argparse

from cli.lake_replaying import replay_lake
from cli.replaying import MOST_RATE, SAFE_RATE
from cli.subject import Subject, add_json, command, commands_of, rate

TIME = "2026-11-22, 2026-11-22T03:00:00Z, or 12h, 7d ago"


def _add(parser: argparse.ArgumentParser) -> None:
    commands = commands_of(parser)
    replay = command(commands, "replay", replay_lake, "put its events into the stream again")
    replay.add_argument(
        "--from", dest="since", default="", metavar="TIME", help=f"received then or later: {TIME}"
    )
    replay.add_argument("--to", dest="until", default="", metavar="TIME", help="received before")
    replay.add_argument("--all", action="store_true", help="everything the lake holds")
    replay.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="of this one only; repeatable"
    )
    replay.add_argument("--dry-run", action="store_true", help="only say what would happen")
    replay.add_argument(
        "--rate",
        type=rate(MOST_RATE),
        default=SAFE_RATE,
        metavar="N",
        help=f"events per second, 1 to {MOST_RATE} ({SAFE_RATE})",
    )
    add_json(replay, "lines")


SUBJECT = Subject(help="the events that the lake keeps", add=_add)
