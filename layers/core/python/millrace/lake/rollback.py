"""What a rollback of traits would do to a person, and what of the past it has to put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from millrace.lake.history import MOVES, History
from millrace.lake.values import open_value
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Candidate, Person, Stem, Void
from millrace.profiles.rules import ReadRules
from millrace.profiles.view import Winner, offers_of, winners
from millrace.profiles.voids import fitting, is_void, standing, voids_of

PEOPLE = MOVES | {"unmerged"}
"""Changes whose name is another person's."""


class Given(msgspec.Struct, frozen=True, order=True):
    """A value that a trait once had."""

    trait: str
    source: str
    candidate: Candidate


class Rollback(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of the traits that are concerned; None: the trait would be gone."""

    traits: dict[str, tuple[Winner, Winner | None]]
    """Trait to what it is now and what it would be, where the two differ."""
    restored: tuple[Given, ...]
    """What the profile has forgotten and the history has not."""
    forgotten: int
    """How many more of these there are than one operation can put back."""
    is_needed: bool
    """Whether anything that is kept, a winner or not, would be taken back."""


def past_values(history: History, person: Person, until: int, keyring: Keyring) -> list[Given]:
    """The values that the history knows of the person's own stems, whoever they were part of."""
    names = sorted(keyring.living(person.keys))
    rows = list(history.rows(names, until)) if names else []
    others = {row.name for row in rows if row.change in PEOPLE and row.name} - set(names)
    rows += history.rows(sorted(others), until) if others else []
    own = keyring.living(stem.key for stem in person.stems)
    found = []
    for row in rows:
        key = own.get(row.subject) if row.change == "trait_set" else None
        if key is not None and row.sealed is not None and row.event_at is not None:
            kept = open_value(row.sealed, row.person, key)
            candidate = Candidate(row.event_at, kept.event, kept.value)
            found.append(Given(kept.name or row.name, row.source, candidate))
    return found


def plan_rollback(person: Person, void: Void, past: Sequence[Given], rules: ReadRules) -> Rollback:
    """What the operation of `void` would do to `person`, whose history holds `past`."""
    before = winners(person, rules)
    left = winners(_with(person, void), rules)
    taken = [name for name, won in before.items() if left.get(name) != won]
    voids = [*(each for _, each in voids_of(person.stems)), void]
    stands = [one for one in past if not is_void(voids, one.trait, one.source, one.candidate.at)]
    better = _better(taken, stands, left, rules)
    restored = better[: fitting([one.candidate for one in better])]
    after = winners(_with(person, with_restored(void, restored)), rules)
    return Rollback(
        traits={name: (before[name], after.get(name)) for name in taken},
        restored=tuple(restored),
        forgotten=len(better) - len(restored),
        is_needed=bool(stems_concerned(person, void)),
    )


def _better(
    names: Iterable[str],
    stands: Sequence[Given],
    left: Mapping[str, Winner],
    rules: ReadRules,
) -> list[Given]:
    """Of the past, what would win each of these traits over what is left of it."""

    def rank(source: str, candidate: Candidate) -> tuple[int, Candidate, str]:
        return rules.weight(source), candidate, source

    found = []
    for name in names:
        own = (one for one in stands if one.trait == name)
        best = max(own, key=lambda one: rank(one.source, one.candidate), default=None)
        won = left.get(name)
        if best is not None and (
            won is None or rank(best.source, best.candidate) > rank(won.source, won.candidate)
        ):
            found.append(best)
    return found


def with_restored(void: Void, restored: Iterable[Given]) -> Void:
    """`void` with what it puts back."""
    put_back = tuple((one.trait, one.source, one.candidate) for one in sorted(restored))
    return msgspec.structs.replace(void, restored=put_back)


def _with(person: Person, void: Void) -> Person:
    """`person` as if the operation were folded already."""
    stem = Stem(key="", voids=(void,))
    return msgspec.structs.replace(person, stems=(*person.stems, stem))


def stems_concerned(person: Person, void: Void) -> list[Stem]:
    """The stems that hold something that still stands and would not any more, winners or not."""
    stands = standing(offers_of(person.stems), person.stems)
    concerned = {
        stem
        for name, offers in stands.items()
        for source, given in offers.items()
        for stem, candidates in given
        if any(is_void([void], name, source, candidate.at) for candidate in candidates)
    }
    return [stem for stem in person.stems if stem.key in concerned]
