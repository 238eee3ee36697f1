"""`kind:value` on the command line, as the row key that finds the person."""

from __future__ import annotations

from millrace.errors import NeedsHuman
from millrace.events.identifiers import identifier_in
from millrace.identity.model import row_key
from millrace.privacy import Vault


def key_named(text: str, vault: Vault) -> str:
    """The row key of `kind:value`; NeedsHuman `bad_identifier` for what finds nobody."""
    found = identifier_in(text)
    if found is None:
        raise NeedsHuman(
            "bad_identifier",
            "write <kind>:<value>, as in user_id:4711 or email:ada@example.com",
        )
    return row_key(found.kind, vault.token(found.kind, found.value))
