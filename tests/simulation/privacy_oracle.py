"""Which of the accepted events stand after erasures, as decision 23 says it, and no other.

What was received at or before the erasure of its anchor is gone. Who was never erased loses
nothing, and neither does an event that carries a yes of its own, of after the erasure. An event
without one that comes after an erasure stands if the person had begun anew when it was met: that is
the one freedom.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millrace.events import Event
from millrace.identity.model import row_key
from millrace.profiles import seen
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.model import Stem
from millrace.settings import ConsentSettings
from tests.simulation.oracle import PLAIN, People, Verdict
from tests.simulation.shop import DECISION, SOURCES
from tests.simulation.table import Table

ASKING = ConsentSettings(regimes=dict.fromkeys(SOURCES, "required"), trusted_sources=list(SOURCES))
"""Behaviour is kept only with a yes of its own, so that no order decides what is."""


def what_stands(
    verdict: Verdict, accepted: Sequence[Event], table: Table, rules: ProfileRules
) -> list[Event]:
    """The events that are in the table, without the names that were erased after they came."""
    _drop_leftovers(accepted, table)
    known = _known(table, rules)
    people = People(table, rules, PLAIN)
    stems = {stem.key: stem for stem in people.stems()}
    found = []
    for event in accepted:
        anchor, *others = (_key(event, at) for at in range(len(event.identifiers)))
        at, name = event.received_at, event.message_id
        is_in = seen.event_id(event) in known.get(anchor, ())
        erased = [_erased_at(table, key) for key in (anchor, *others)]
        if is_in and at <= erased[0]:
            verdict.complain(f"{name} was received before the erasure of {anchor}, and stands")
        if not is_in and at > max(erased) and (_grants(event, table) or not any(erased)):
            verdict.complain(f"{name} is lost, though nobody it names was erased after it")
            verdict.lost += 1
        if is_in:
            found.append(_without(event, table, stems[anchor]))
    _check_openings(verdict, accepted, table)
    return found


def _drop_leftovers(accepted: Sequence[Event], table: Table) -> None:
    """Who came back before the ids of their old life could go keeps them: 12 bytes of a hash."""
    gone = {
        seen.event_id(event)
        for event in accepted
        if event.received_at <= _erased_at(table, _key(event, 0))
    }
    for own in table.blocks.values():
        for name, block in own.items():
            ids = {one: at for one, at in seen.unpack(block.packed).items() if one not in gone}
            own[name] = msgspec.structs.replace(block, packed=seen.pack(ids))


def _check_openings(verdict: Verdict, accepted: Sequence[Event], table: Table) -> None:
    """Whoever lives after an erasure began anew with a yes, at the moment it was received."""
    openings = {
        (_key(event, at), event.received_at - 1)
        for event in accepted
        if _grants(event, table)
        for at in range(len(event.identifiers))
    }
    for key, row in table.rows.items():
        if row.erased_at and not row.is_tombstone and (key, row.erased_at) not in openings:
            verdict.complain(f"{key} lives after its erasure, and nobody said yes")


def _known(table: Table, rules: ProfileRules) -> dict[str, set[bytes]]:
    """The ids of the events that each living stem has met."""
    return {
        stem.key: {
            *seen.unpack(stem.seen.packed),
            *(
                one
                for b in table.blocks.get(stem.key, {}).values()
                for one in seen.unpack(b.packed)
            ),
        }
        for stem in People(table, rules, PLAIN).stems()
    }


def _grants(event: Event, table: Table) -> bool:
    """Whether it is a decision with a yes, made after the erasures before it came.

    A banner's state begins nobody anew.
    """
    consent = event.context.get("consent")
    said = consent.get("categoryPreferences", {}) if isinstance(consent, dict) else {}
    keys = [_key(event, at) for at in range(len(event.identifiers))]
    erased = (at for key in keys for at in table.closings.get(key, ()) if at < event.received_at)
    is_newer = event.event_at > max(erased, default=0)
    return event.name == DECISION and any(said.values()) and is_newer


def _without(event: Event, table: Table, stem: Stem) -> Event:
    """The event without the names that were erased after it came, and without traits that say them.

    Closed is closed: what is received after an erasure may have been met before it. Of a name that
    lives again the trait may stay with the stem: it looks like a newer one.
    """
    identifiers, traits = list(event.identifiers), event.traits
    for at, one in enumerate(event.identifiers):
        row = table.rows.get(_key(event, at))
        if one == event.anchor or row is None:
            continue
        if event.received_at > row.erased_at and not row.is_tombstone:
            continue
        identifiers.remove(one)
        if row.is_tombstone or not _says(stem, event):
            traits = {name: value for name, value in traits.items() if value != one.value}
    return msgspec.structs.replace(event, identifiers=tuple(identifiers), traits=traits)


def _says(stem: Stem, event: Event) -> bool:
    every = (
        one for by_source in stem.traits.values() for held in by_source.values() for one in held
    )
    return any(one.event == seen.event_id(event) for one in every)


def _key(event: Event, at: int) -> str:
    one = event.identifiers[at]
    return row_key(one.kind, PLAIN.token(one.kind, one.value))


def _erased_at(table: Table, key: str) -> int:
    """As the row says; where it is closed, a decision that was never written may have made a key.

    Then who it names live since that decision, and what came before it stays out.
    """
    row = table.rows.get(key)
    if row is None:
        return 0
    subject = table.keys.items.get(key)
    return max(row.erased_at, subject.erased_at) if row.is_tombstone and subject else row.erased_at
