"""What a person answers: the most restrictive of their stems, as far as nothing later undid it.

A yes given under one identifier undoes a no given under another only if it came after the no and
after the two were known to be one person: whoever said yes then said it for both. So a merge
never widens what is allowed, and parting two people gives each their own answers back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from millrace.identity.model import Edge
from millrace.privacy.consent import Answer, ConsentRecord, answer, deciding, remember
from millrace.profiles.facts import Fact
from millrace.profiles.model import Person, Stem

_RESTRICTIVE = {"granted": 0, "pending": 1, "denied": 2}
Said = dict[str, list[ConsentRecord]]
"""Stem key to what was said there."""


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
    said = {stem.key: _said(stem, purpose, until) for stem in person.stems}
    deciders = [deciding(own, _reaching(key, said, person)) for key, own in said.items()]
    found = [record for record in deciders if record is not None]
    if not found:
        return None
    return answer(max(found, key=lambda each: (_RESTRICTIVE[each.status], each.rank)))


def _said(stem: Stem, purpose: str, until: int | None) -> list[ConsentRecord]:
    records = stem.consents.get(purpose, ())
    return [record for record in records if until is None or record.at <= until]


def _reaching(key: str, said: Said, person: Person) -> Iterator[ConsentRecord]:
    """What was granted under other identifiers once they and this one were one person."""
    if all(record.status == "granted" for record in said[key]):
        return  # there is nothing to undo
    for other, records in said.items():
        granted = [each for each in records if other != key and each.status == "granted"]
        since = tied_since(key, other, person) if granted else 0
        yield from (each for each in granted if each.at > since)


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
