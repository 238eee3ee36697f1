"""`millrace privacy suppressions add|remove|check`: the list of whom nobody may write to."""

from __future__ import annotations

import argparse

from cli.connection import Connection
from cli.printing import print_json
from cli.unsealing import ledger_of, suppressions_of, vault_of
from millrace.access import check_purpose
from millrace.errors import NeedsHuman
from millrace.events.identifiers import normalise
from millrace.privacy.suppression import REASONS, TOKEN_KIND, Change, Reason, entry_of

OPERATOR: Reason = "operator"


def suppress(connection: Connection, options: argparse.Namespace) -> None:
    """Put an address on the list, or take the operator's reason or another off it."""
    is_on = options.action == "add"
    token = _token(connection, options.address)
    now_ms = connection.now_ms()
    if options.action == "check":
        found = suppressions_of(connection).read_many([token])
        print_json({"reasons": sorted(found.get(token, ()))})
        return
    why = check_purpose(options.why)
    change = Change(token=token, reason=options.reason, at=now_ms, is_on=is_on)
    suppressions_of(connection).record(change)
    ledger_of(connection).append(entry_of(change, why=why, by=connection.who()))
    print(f"{options.reason}: {'on the list' if is_on else 'off the list'}")


def _token(connection: Connection, address: str) -> str:
    found = normalise("email", address)
    if found is None:
        raise NeedsHuman("bad_address", "that is no e-mail address")
    return vault_of(connection).token(TOKEN_KIND, found.value)


def add_suppressions(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    parser.add_argument("action", choices=("add", "remove", "check"))
    parser.add_argument("address", help="an e-mail address; it is kept nowhere")
    parser.add_argument("--reason", choices=REASONS, default=OPERATOR, help="which reason")
    parser.add_argument("--why", default="", help="why; kept with your name in the ledger")
