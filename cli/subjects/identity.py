"""`millrace identity ...`."""

from __future__ import annotations

import argparse

from cli.identity import allow, block, show, unmerge
from cli.subject import Run, Subject, add_json, command, commands_of, count
from cli.what_if import what_if

HOW = "<kind>:<value>, as user_id:4711 or email:ada@example.com"
WAIT_SECONDS = 20.0
WORDS: dict[str, tuple[Run, str]] = {
    "unmerge": (unmerge, "two who are one person are not: cut what joins them, for good"),
    "block": (block, "two are not the same person, whatever events have said or will say"),
    "allow": (allow, "take a block back"),
}


def _add(parser: argparse.ArgumentParser) -> None:
    commands = commands_of(parser)
    shown = command(commands, "show", show, "who somebody is, what ties them and what does not")
    shown.add_argument("identifier", help=HOW)
    shown.add_argument("--open", action="store_true", help="print the identifiers in clear, too")
    shown.add_argument("--purpose", default="", help="why; it stays in the ledger with your name")
    add_json(shown, "tables")
    for name, (run, says) in WORDS.items():
        _add_word(command(commands, name, run, says))
    _add_what_if(command(commands, "what-if", what_if, "whom another rule would join or part"))


def _add_word(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", help=HOW)
    parser.add_argument("b", help="another one")
    parser.add_argument("--reason", required=True, help="why, in two words or more; it is kept")
    parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
    parser.add_argument(
        "--wait",
        type=float,
        default=WAIT_SECONDS,
        metavar="SECONDS",
        help=f"for it to be done ({WAIT_SECONDS:.0f})",
    )
    add_json(parser, "lines")


def _add_what_if(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=N",
        help="limit.<kind>=N or shared_by.<kind>=N; given again, all hold",
    )
    parser.add_argument("--config", help="a config file with the rule to try in [identity]")
    parser.add_argument(
        "--limit", type=count, default=50, metavar="N", help="print at most so many changes (50)"
    )
    add_json(parser, "lines")


SUBJECT = Subject(help="who is who, and an operator's word on it", add=_add)
