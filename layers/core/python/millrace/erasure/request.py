"""Asking for an erasure: from then on it happens, whoever crashes."""

from __future__ import annotations

import msgspec

from millrace.clock import Clock
from millrace.erasure.model import DEFAULT_REASON, REASONS, Erasure, Known, Reason
from millrace.erasure.ports import Erasures
from millrace.errors import NeedsHuman
from millrace.events.identifiers import normalise
from millrace.identity.model import KIND_RANK, row_key
from millrace.privacy import Randomness, Vault

CONTEXT = "erasure"
ID_BYTES = 16


def open_erasure(
    kind: str,
    value: str,
    *,
    by: str,
    reason: str = DEFAULT_REASON,
    erasures: Erasures,
    vault: Vault,
    clock: Clock,
    randomness: Randomness,
) -> Erasure:
    """Keep that the person is to be erased, and why.

    Also for who is unknown: an event of theirs may be on its way, and has to meet the tombstone.
    NeedsHuman `bad_reason`, and `not_an_identifier` for what names nobody.
    """
    if reason not in REASONS:
        raise NeedsHuman("bad_reason", f"a reason is one of {', '.join(REASONS)}")
    identifier = normalise(kind, value) if kind in KIND_RANK else None
    if identifier is None:
        known_kinds = ", ".join(KIND_RANK)
        raise NeedsHuman(
            "not_an_identifier", f"give <kind>:<value> with one of the kinds {known_kinds}"
        )
    key = row_key(identifier.kind, vault.token(identifier.kind, identifier.value))
    known = Known(keys=(key,), identifiers={identifier.kind: (identifier.value,)})
    erasure_id = "er_" + randomness.token_bytes(ID_BYTES).hex()
    erasure = Erasure(
        id=erasure_id,
        requested_at=clock.now_ms(),
        by=by,
        reason=msgspec.convert(reason, Reason),
        sealed=seal_known(known, erasure_id, vault),
    )
    erasures.create(erasure)
    return erasure


def context_of(erasure_id: str) -> str:
    """The context that its `sealed` is sealed in."""
    return f"{CONTEXT}|{erasure_id}"


def seal_known(known: Known, erasure_id: str, vault: Vault) -> bytes:
    """What is known of the person, for the record of the erasure."""
    return vault.seal(msgspec.json.encode(known), context=context_of(erasure_id))


def known_of(erasure: Erasure, vault: Vault) -> Known:
    """GiveUp `unreadable` when the record is not what we wrote."""
    opened = vault.open(erasure.sealed, context=context_of(erasure.id))
    return msgspec.json.decode(opened, type=Known)
