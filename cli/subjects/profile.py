"""`millrace profile ...`."""

from __future__ import annotations

import argparse

from cli.profiles import show_profile
from cli.rollbacks import rollback_source, rollback_trait
from cli.subject import Subject, add_json, command, commands_of, count

WHO = "<kind>:<value>, as in user_id:4711 or email:ada@example.com"
TIME = "2026-11-22, 2026-11-22T03:00:00Z, or 12h, 7d ago"
RATE = 100


def _add(parser: argparse.ArgumentParser) -> None:
    commands = commands_of(parser)
    show = command(commands, "show", show_profile, "who said what of a person, and who won")
    show.add_argument("who", help=WHO)
    show.add_argument("--at", default="", metavar="TIME", help=f"as readers saw it then: {TIME}")
    show.add_argument("--open", action="store_true", help="print values in clear, too")
    show.add_argument("--purpose", default="", help="why they are opened; kept with your name")
    add_json(show, "lines")
    trait = command(commands, "rollback", rollback_trait, "one trait becomes what it was")
    trait.add_argument("who", help=WHO)
    trait.add_argument("--trait", required=True, help="its name")
    trait.add_argument("--to", required=True, metavar="TIME", help=f"when it was right: {TIME}")
    trait.add_argument("--source", default="", help="take back only what this source said")
    _add_doing(trait)
    source = command(
        commands, "rollback-source", rollback_source, "take back what a source wrote, to anybody"
    )
    source.add_argument("source", help="its name in the configuration")
    source.add_argument("--since", required=True, metavar="TIME", help=f"from when on: {TIME}")
    source.add_argument(
        "--rate", type=count, default=RATE, metavar="N", help=f"profiles per second ({RATE})"
    )
    _add_doing(source)


def _add_doing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--reason", default="", help="why; kept with your name in the history")
    add_json(parser, "lines")


SUBJECT = Subject(help="one person: what is known, what was, and taking it back", add=_add)
