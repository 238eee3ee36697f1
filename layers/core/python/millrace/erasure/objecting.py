"""An erasure because of an objection: nobody may write to the person, whoever brings them back."""

from __future__ import annotations

from collections.abc import Iterator

from millrace.erasure.model import Erasure, Known
from millrace.events.identifiers import normalise
from millrace.privacy import Vault
from millrace.privacy.suppression import ADDRESSES, TOKEN_KIND, Change


def objections(erasure: Erasure, known: Known, vault: Vault) -> Iterator[Change]:
    """What the suppression list has to be told of: each address, by token, since it was asked.

    The moment is always the same, so a repeat changes nothing, and a newer yes of the person stays.
    """
    if erasure.reason != "objection":
        return
    for kind in ADDRESSES:
        told = known.identifiers.get(kind, ())
        addresses = {found.value for each in told if (found := normalise(kind, each))}
        for address in sorted(addresses):
            token = vault.token(TOKEN_KIND, address)
            yield Change(token=token, reason="objected", at=erasure.requested_at, is_on=True)
