"""What others hold of somebody who is erased, and what is left of them without it.

Ties and names go by their keys. An address (e-mail, phone) of the erased goes from their traits
as well, whatever the trait is called: readers and destinations see traits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from millrace.erasure.matching import texts_in
from millrace.events.identifiers import normalise
from millrace.identity.model import Edge, row_key
from millrace.privacy import Vault
from millrace.privacy.suppression import ADDRESSES
from millrace.profiles.former_ties import named_by
from millrace.profiles.model import Candidate, Kept, Person, Stem, Void

_BLANK = b"null"


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure leaves nothing of with others."""

    keys: frozenset[str]
    """The row keys of names that it closed."""
    ties: frozenset[Edge] = frozenset()
    """The ties of a former life of those who began anew since."""
    vault: Vault
    phone_region: str = ""

    def is_address(self, text: str) -> bool:
        found = (normalise(kind, text, self.phone_region) for kind in ADDRESSES)
        return any(
            row_key(one.kind, self.vault.token(one.kind, one.value)) in self.keys
            for one in found
            if one
        )

    def is_in(self, value: bytes) -> bool:
        """Whether an address of theirs is a text of its own in this JSON."""
        return any(self.is_address(text) for text in texts_in(msgspec.json.decode(value)))


def strangers(person: Person) -> set[str]:
    """The row keys of names that a person holds and that are not their own."""
    ends = {end for edge in person.edges for end in (edge.a, edge.b)}
    named = {key for stem in person.stems for key in stem.identifiers}
    return (ends | named) - set(person.keys)


def without(person: Person, gone: Gone) -> Person:
    """The person without what they hold of the erased; the same one where that is nothing."""
    held = [
        (edge, reason)
        for edge, reason in zip(person.edges, person.reasons, strict=True)
        if edge not in gone.ties and not {edge.a, edge.b} & gone.keys
    ]
    stems = tuple(_stem_without(stem, gone) for stem in person.stems)
    if len(held) == len(person.edges) and stems == person.stems:
        return person
    return msgspec.structs.replace(
        person,
        stems=stems,
        edges=tuple(edge for edge, _ in held),
        reasons=tuple(reason for _, reason in held),
    )


def loses_traits(before: Person, after: Person) -> bool:
    """Whether something went that readers and destinations may have seen."""
    pairs = zip(before.stems, after.stems, strict=True)
    return any((a.traits, a.kept, a.voids) != (b.traits, b.kept, b.voids) for a, b in pairs)


def _stem_without(stem: Stem, gone: Gone) -> Stem:
    names = gone.keys | named_by(stem.key, gone.ties)
    after = msgspec.structs.replace(
        stem,
        identifiers={key: each for key, each in stem.identifiers.items() if key not in names},
        traits=dict(_traits_without(stem.traits, gone)),
        kept=dict(_kept_without(stem.kept, gone)),
        voids=tuple(_void_without(void, gone) for void in stem.voids),
        counters={label: n for label, n in stem.counters.items() if not gone.is_address(label)},
    )
    return stem if after == stem else after


def _traits_without(
    traits: Mapping[str, dict[str, tuple[Candidate, ...]]], gone: Gone
) -> Iterator[tuple[str, dict[str, tuple[Candidate, ...]]]]:
    for name, by_source in traits.items():
        left = {
            source: tuple(one for one in candidates if not gone.is_in(one.value))
            for source, candidates in by_source.items()
        }
        left = {source: candidates for source, candidates in left.items() if candidates}
        if left and not gone.is_address(name):
            yield name, left


def _kept_without(kept: Mapping[str, Kept], gone: Gone) -> Iterator[tuple[str, Kept]]:
    """Of a union what is left; of a first, lowest or highest that goes, nothing."""
    for named, one in kept.items():
        elements = tuple(each for each in one.elements if not gone.is_in(each))
        best = one.best
        if best is not None and gone.is_in(best.value):
            best = Candidate(best.at, best.event, _BLANK)
        after = Kept(best, one.total, elements, one.is_partial)
        if after == one or elements or one.total:
            yield named, after


def _void_without(void: Void, gone: Gone) -> Void:
    restored = tuple(each for each in void.restored if not gone.is_in(each[2].value))
    return void if restored == void.restored else msgspec.structs.replace(void, restored=restored)
