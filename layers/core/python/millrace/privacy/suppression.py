"""Suppression: addresses that must not be written to, whatever a profile says.

It outlives an erasure, and holds no address: only tokens. Each reason stands for itself and is
the newest thing said about it, so that any order of the same facts gives the same list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal, get_args

import msgspec

from millrace.privacy.consent import ConsentRecord
from millrace.privacy.ledger import Entry
from millrace.privacy.signals import MAIL, ConsentEvent

Reason = Literal["unsubscribed", "opted_out", "complained", "bounced", "objected", "operator"]
"""`objected`: who asked to be erased and never to be written to again. `opted_out`: who said no by
a source that is not trusted, such as a website's page of preferences."""
REASONS: tuple[Reason, ...] = get_args(Reason)
TOKEN_KIND = "suppression"  # noqa: S105
OF_EVERYTHING = frozenset[str]({"objected", "operator"})
ADDRESSES = ("email", "phone")
"""Kinds of identifiers by which somebody can be written to."""
LIFTED_BY_CONSENT: tuple[Reason, ...] = ("opted_out", "unsubscribed", "objected")
"""A trusted yes of the person; a bounce or a complaint is about the mailbox, or about us."""
LIFTED_BY_ANYBODY: tuple[Reason, ...] = ("opted_out",)
"""A yes that whoever knows a public write key can send undoes what came the same way."""
IMPORTED = "Subscribed"
"""What an ESP reports of an import, too: no word of the person, so it lifts no objection."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One reason begins or ends to hold for an address; the newest says."""

    token: str
    reason: Reason
    at: int
    is_on: bool


def entry_of(change: Change, *, why: str, by: str) -> Entry:
    """What the ledger keeps of a change that was asked for, rather than told by an event."""
    return Entry(
        subject=subject_of(change.token),
        kind="suppression",
        event=f"{change.reason}#{change.at}",
        at=change.at,
        purpose=why,
        status="added" if change.is_on else "removed",
        basis=change.reason,
        by=by,
    )


def subject_of(token: str) -> str:
    """What the ledger calls an address of the list."""
    return f"s#{token}"


def change_in(entry: Entry) -> Change | None:
    """The change that an entry of the ledger keeps; None for entries of other things."""
    if entry.kind != "suppression":
        return None
    return Change(
        token=entry.subject.removeprefix("s#"),
        reason=msgspec.convert(entry.basis, Reason),
        at=entry.at,
        is_on=entry.status == "added",
    )


def blocks(reasons: Collection[str], purposes: Collection[str]) -> bool:
    """Whether an address with these reasons may not be told to somebody with these purposes."""
    if OF_EVERYTHING & set(reasons):
        return True
    return bool(reasons) and any(purpose.startswith("email") for purpose in purposes)


def changes_of(
    event: ConsentEvent, token: str, consents: Mapping[str, ConsentRecord], *, is_trusted: bool
) -> Iterator[Change]:
    """What an event about the address of `token` changes; `consents` is what it says of consent.

    `is_trusted`: whether only its source can send it (`signals.is_trusted`).
    """
    reason = _began(event.name, event.properties) if event.type == "track" else None
    said = consents.get(MAIL)
    is_refused = said is not None and said.is_act and said.status == "denied"
    if not is_trusted:
        reason = "opted_out" if is_refused else None
    elif is_refused and reason is None:
        reason = "unsubscribed"
    if reason:
        yield Change(token=token, reason=reason, at=event.event_at, is_on=True)
    if said is None or not said.is_act or said.status != "granted":
        return
    at = min(event.event_at, event.received_at)  # a fast clock does not outrun what comes later
    for lifted in LIFTED_BY_CONSENT if is_trusted else LIFTED_BY_ANYBODY:
        if lifted != "objected" or event.name != IMPORTED:
            yield Change(token=token, reason=lifted, at=at, is_on=False)


def _began(name: str, properties: Any) -> Reason | None:
    if name == "Email Marked as Spam":
        return "complained"
    if name == "Unsubscribed":
        return "unsubscribed"
    if name == "Email Bounced" and properties.get("bounce_type") == "hard":
        return "bounced"
    return None
