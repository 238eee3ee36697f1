"""`kind:value` on the command line."""

from __future__ import annotations

from millrace.errors import NeedsHuman
from millrace.events.identifiers import identifier_in
from millrace.events.model import Identifier


def identifier_named(text: str) -> Identifier:
    """The identifier in its one spelling; NeedsHuman `bad_identifier` for what finds nobody."""
    found = identifier_in(text)
    if found is None:
        raise NeedsHuman(
            "bad_identifier",
            "write <kind>:<value>, as in user_id:4711 or email:ada@example.com",
        )
    return found
