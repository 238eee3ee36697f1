"""`millrace privacy ...`."""

from __future__ import annotations

import argparse

from cli.attested import add_day, show_root, verify_ledger
from cli.auditing import audit
from cli.certificates import add_verify_certificate, verify_certificate
from cli.erasing import (
    erase_person,
    list_erasures,
    resume_erasures,
    show_erasure,
)
from cli.exporting import export_person
from cli.reapplying import add_reapply, reapply_erasures
from cli.retaining import run_retention
from cli.rotating import add_rotation
from cli.subject import Commands, Subject, add_json, command, commands_of
from cli.suppressing import add_suppressions, suppress
from millrace.erasure.model import DEFAULT_REASON, REASONS

PERSON = "kind:value, e.g. email:ada@example.com"
PURPOSE = "why, in two words or more; it stays in the ledger with your name"
CONFIG = "the configuration of the deployment (config/<stage>.toml)"


def _add(parser: argparse.ArgumentParser) -> None:
    commands = commands_of(parser)
    _add_export(commands)
    _add_audit(commands)
    command(commands, "retain", run_retention, "empty now who is past retention, page by page")
    add_suppressions(
        command(commands, "suppressions", suppress, "whom nobody may write to, by token")
    )
    add_day(command(commands, "verify-ledger", verify_ledger, "whether a day is as it was"))
    add_day(command(commands, "root", show_root, "the root of a day of the ledger, for a file"))
    _add_erasures(commands)
    add_rotation(commands)


def _add_export(commands: Commands) -> None:
    export = command(
        commands, "export", export_person, "everything held about a person, as JSON and HTML"
    )
    export.add_argument("person", help=PERSON)
    export.add_argument("--out", required=True, metavar="FOLDER", help="a new folder for it")
    export.add_argument("--purpose", default="", help=PURPOSE)
    export.add_argument("--config", default="", metavar="FILE", help=CONFIG)


def _add_audit(commands: Commands) -> None:
    made = command(commands, "audit", audit, "what breaks policy; exits 1 where anything does")
    made.add_argument("--config", default="", metavar="FILE", help=CONFIG)
    add_json(made, "a table")


def _add_erasures(commands: Commands) -> None:
    erase = command(commands, "erase", erase_person, "erase a person everywhere")
    erase.add_argument("person", help=PERSON, nargs="?", default="")
    erase.add_argument("--from", dest="file", metavar="FILE", help="many, one kind:value a line")
    erase.add_argument(
        "--reason",
        choices=REASONS,
        default=DEFAULT_REASON,
        help="kept in ledger and certificate; an objection also suppresses every address",
    )
    one = command(commands, "erasure", show_erasure, "how far one erasure is")
    one.add_argument("id", help="as `privacy erase` printed it")
    one.add_argument("--certificate", action="store_true", help="its certificate, for a file")
    add_json(command(commands, "erasures", list_erasures, "those that are not done"), "a table")
    command(commands, "resume", resume_erasures, "let all that are not done go on")
    add_reapply(
        command(commands, "reapply-erasures", reapply_erasures, "after a restore: erase again")
    )
    add_verify_certificate(
        command(commands, "verify", verify_certificate, "check a certificate, offline")
    )


SUBJECT = Subject(help="people's rights: what is held about them, and its erasure", add=_add)
