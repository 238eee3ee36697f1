"""`millrace privacy`: people erased, erasures followed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from cli.certificates import certificate_of
from cli.connection import Connection
from cli.printing import moment, print_table
from cli.unsealing import ConnectionClock, vault_of
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.messages import SqsMessages
from millrace.erasure import Erasure, open_erasure
from millrace.erasure.answering import told
from millrace.errors import GiveUp, NeedsHuman
from millrace.events.identifiers import identifier_in


def erase_person(connection: Connection, options: argparse.Namespace) -> None:
    """Ask for an erasure, or for many; functions/privacy/erase carries them out."""
    people = [options.person] if options.person else []
    if options.file:
        people += people_in(options.file)
    if not people:
        raise NeedsHuman("nobody_named", "give kind:value, or --from FILE with one on each line")
    erasures, queue, vault = _erasures(connection), _queue(connection), vault_of(connection)
    by = connection.who()
    for person in people:
        kind, _, value = person.partition(":")
        erasure = open_erasure(
            kind,
            value,
            by=by,
            reason=options.reason,
            erasures=erasures,
            vault=vault,
            clock=ConnectionClock(connection),
            randomness=SystemRandomness(),
        )
        queue.send(erasure.id)
        print(
            f"{erasure.id}: unreadable within a minute; `privacy erasure {erasure.id}` says how far"
        )


def people_in(file: str) -> list[str]:
    """Who is named in a file; NeedsHuman before anybody is erased when a line names nobody.

    Empty lines and such that begin with # are left out. What a line says is never repeated.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NeedsHuman("no_file", f"{file} cannot be read as UTF-8 text") from error
    named = {n: line.strip() for n, line in enumerate(lines, start=1) if line.strip()}
    people = {n: line for n, line in named.items() if not line.startswith("#")}
    wrong = [str(n) for n, line in people.items() if identifier_in(line) is None]
    if wrong:
        raise NeedsHuman(
            "not_an_identifier",
            f"nobody was erased: write kind:value, as in user_id:4711, on line {', '.join(wrong)}",
        )
    return list(dict.fromkeys(people.values()))


def show_erasure(connection: Connection, options: argparse.Namespace) -> None:
    """Its state, or its certificate alone for a file."""
    erasure = _erasures(connection).read(options.id)
    if erasure is None:
        raise NeedsHuman("no_such_erasure", "there is no erasure of this id")
    if options.certificate and not erasure.is_done:
        raise GiveUp("not_done", "it has no certificate yet; a quarter of an hour is usual")
    shown = certificate_of(erasure, connection) if options.certificate else told(erasure)
    print(json.dumps(shown, indent=2))


def list_erasures(connection: Connection, options: argparse.Namespace) -> None:
    """Those that are not done."""
    erasures = _erasures(connection)
    found = [each for name in erasures.open_ids() if (each := erasures.read(name))]
    if options.json:
        print(json.dumps([told(each) for each in found], indent=2))
        return
    names = ("id", "state", "reason", "requested", "passes", "waits for")
    print_table(names, [_line(each) for each in found], empty="every erasure is done")


def resume_erasures(connection: Connection, _: argparse.Namespace) -> None:
    """Wake every erasure that is not done; what is done of it is not done again."""
    names = _erasures(connection).open_ids()
    for name in names:
        _queue(connection).send(name)
    print(f"{len(names)} woken")


def _line(erasure: Erasure) -> list[str]:
    state = "unreadable" if erasure.erased_at else "requested"
    waits_for = str(told(erasure)["waits_for"])
    at = moment(erasure.requested_at)
    return [erasure.id, state, erasure.reason, at, str(erasure.passes), waits_for]


def _erasures(connection: Connection) -> DynamoErasures:
    return DynamoErasures(
        table=connection.name("ErasuresTable"), dynamodb=connection.client("dynamodb")
    )


def _queue(connection: Connection) -> SqsMessages:
    return SqsMessages(queue_url=connection.name("ErasuresQueue"), sqs=connection.client("sqs"))
