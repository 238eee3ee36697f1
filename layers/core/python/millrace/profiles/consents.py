"""What a person answers: the most restrictive of their stems, as far as nothing later undid it.

A yes given under one identifier undoes a no given under another only if it came after the no and
after the two were known to be one person: whoever said yes then said it for both. So a merge
never widens what is allowed, and parting two people gives each their own answers back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from millrace.identity.model import Edge
from millrace.privacy.consent import Answer, ConsentRecord, answer, deciding, remember
from millrace.profiles.facts import Fact
from millrace.profiles.model import Person, Stem

_RESTRICTIVE = {"granted": 0, "pending": 1, "denied": 2}
Said = dict[str, ConsentRecord]
"""Stem key to the record that decides there."""


def heard(stem: Stem, facts: Iterable[Fact]) -> Stem:
    """The stem with what `facts` say about consent."""
    consents = dict(stem.consents)
    for fact in facts:
        for purpose, record in fact.consents.items():
            consents[purpose] = remember(consents.get(purpose, ()), (record,))
    if consents == stem.consents:
        return stem
    return msgspec.structs.replace(stem, consents=dict(sorted(consents.items())))


def answers(person: Person) -> dict[str, Answer]:
    """The person's answers by purpose; a purpose about which nothing was said is left out."""
    purposes = sorted({purpose for stem in person.stems for purpose in stem.consents})
    found = {purpose: answer_about(purpose, person) for purpose in purposes}
    return {purpose: given for purpose, given in found.items() if given is not None}


def answer_about(purpose: str, person: Person, until: int | None = None) -> Answer | None:
    """What the person answers; with `until`, by what had been said at that time."""
    said: Said = {}
    for stem in person.stems:
        record = deciding(stem.consents.get(purpose, ()), until)
        if record is not None:
            said[stem.key] = record
    restrictive = {key: record for key, record in said.items() if record.status != "granted"}
    granted = {key: record for key, record in said.items() if record.status == "granted"}
    standing = [
        record
        for key, record in restrictive.items()
        if not _is_undone(key, record, granted, person)
    ]
    deciders = standing or list(granted.values())
    if not deciders:
        return None
    return answer(max(deciders, key=lambda each: (_RESTRICTIVE[each.status], each.rank)))


def _is_undone(key: str, refusal: ConsentRecord, granted: Said, person: Person) -> bool:
    return any(
        each.at > refusal.at
        and (each.is_act or not refusal.is_act)
        and each.at > tied_since(key, other, person)
        for other, each in granted.items()
    )


def tied_since(one: str, other: str, person: Person) -> float:
    """When two identifiers became one person, by the edges that hold; never, if none tie them."""
    groups: dict[str, set[str]] = {}
    for edge in _held(person):
        left, right = groups.get(edge.a, {edge.a}), groups.get(edge.b, {edge.b})
        if left is not right:
            both = left | right
            groups.update(dict.fromkeys(both, both))
            if one in both and other in both:
                return edge.at
    return float("inf")


def _held(person: Person) -> list[Edge]:
    pairs: Mapping[Edge, str] = dict(zip(person.edges, person.reasons, strict=True))
    return sorted(edge for edge, reason in pairs.items() if not reason)
