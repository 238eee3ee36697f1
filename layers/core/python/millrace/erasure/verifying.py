"""Checking a certificate: for itself, then against the roots of the days its entries are of.

Without a root only this is known: that it agrees with itself. Whoever can write a file can make one
that does. docs/reference/certificate-format.md describes all of it for other readers.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from millrace.erasure.certificate import VERSION, digest_of
from millrace.errors import GiveUp
from millrace.privacy.attesting import day_of
from millrace.privacy.inclusion import Inclusion, inclusion_of, is_included
from millrace.privacy.ledger import DayRoot, Leaf, Link, day_root, faults
from millrace.privacy.ports import Ledger, Roots

Body = Mapping[str, Any]


def verify(body: Body) -> list[str]:
    """How a certificate disagrees with itself, in words; nothing when it is whole."""
    if body.get("certificate") != VERSION:
        return [f"this is no certificate of version {VERSION}"]
    found = []
    if not hmac.compare_digest(digest_of(body).encode(), str(body.get("digest")).encode()):
        found.append("the certificate was changed: its digest is another one")
    names = _names_of(body)
    if not names:
        return [*found, "it names no identifier"]
    ledger = body.get("ledger")
    ledger = ledger if isinstance(ledger, Mapping) else {}
    if set(ledger) - set(names):
        found.append("it has chains of what it does not name")
    return found + [
        f"{name}: {fault}" for name in names for fault in _faults_of(ledger.get(name), name, body)
    ]


def days_of(body: Body) -> list[str]:
    """The days whose roots a whole certificate is to be checked against."""
    return sorted({day_of(link.recorded_at) for link in _last_links(body).values()})


def verify_included(body: Body, roots: Collection[DayRoot]) -> list[str]:
    """What is not proven of a whole certificate by these roots, in words; nothing when all is."""
    if "inclusion" not in body:
        return ["it has no proof of inclusion: print it again once its day has a root"]
    try:
        proofs = msgspec.convert(body["inclusion"], dict[str, Inclusion])
    except msgspec.ValidationError:
        return ["its proof of inclusion is none"]
    links = _last_links(body)
    found = [] if proofs.keys() == links.keys() else ["it proves other identifiers than it names"]
    by_day = {root.day: root for root in roots}
    for name in sorted(links.keys() & proofs.keys()):
        day = day_of(links[name].recorded_at)
        if day not in by_day:
            found.append(f"{name}: the root of {day} is needed and was not given")
        elif not is_included(links[name].leaf, proofs[name], by_day[day]):
            found.append(f"{name}: its last link is not under the root of {day}")
    return found


def with_inclusion(body: Body, ledger: Ledger, roots: Roots) -> dict[str, Any]:
    """The certificate with the proof for its days' roots; without, while one is not made yet.

    GiveUp `ledger_changed` where the ledger of now does not lead to a root that was kept.
    """
    days: dict[str, Sequence[Leaf]] = {}
    for day in days_of(body):
        kept = roots.read(day)
        if kept is None:
            return dict(body)
        days[day] = ledger.day(day)
        if day_root(day, days[day]).root != kept.root:
            raise GiveUp(
                "ledger_changed", f"the ledger does not lead to the root of {day} any more"
            )
    found = {}
    for name, link in _last_links(body).items():
        leaves = days[day_of(link.recorded_at)]
        if link.leaf not in leaves:
            raise GiveUp(
                "ledger_changed", f"a link of {body['erasure']} is in no day of the ledger"
            )
        found[name] = msgspec.to_builtins(inclusion_of(link.leaf, leaves))
    return {**body, "inclusion": found}


def _names_of(body: Body) -> list[str]:
    try:
        return msgspec.convert(body.get("identifiers"), list[str])
    except msgspec.ValidationError:
        return []


def _last_links(body: Body) -> dict[str, Link]:
    return {name: msgspec.convert(links[-1], Link) for name, links in body["ledger"].items()}


def _faults_of(chain: Any, name: str, body: Body) -> Iterator[str]:
    try:
        links = msgspec.convert(chain, list[Link])
    except msgspec.ValidationError:
        links = []
    if not links or msgspec.to_builtins(links) != chain:
        yield "its chain is missing, or is none"
        return
    yield from faults(links)
    last = links[-1].entry
    if (last.subject, last.kind, last.proof) != (name, "erasure", body.get("digest")):
        yield "the last link of its chain is not this erasure"
