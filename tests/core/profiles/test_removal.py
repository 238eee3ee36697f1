"""A removal is a mark: the stem is what it would be had it known the mark from the beginning."""

from __future__ import annotations

import random

import msgspec
import pytest

from millrace.profiles.fold import fold, merged
from millrace.profiles.model import Person, Stem
from millrace.profiles.removal import holds, without
from tests.core.profiles.behaviours import RULES, shopper_log

canonical = msgspec.json.Encoder(order="deterministic").encode
KINDS = (("behaviour",), ("computed",), ("behaviour", "computed"))


def removed(stem, kinds, now_ms=0):
    (after,) = without(Person(keys=(stem.key,), stems=(stem,)), kinds, now_ms).stems
    return after


@pytest.mark.parametrize("seed", range(40))
def test_what_comes_before_and_after_a_removal_in_any_order_ends_in_the_same_stem(seed):
    dice = random.Random(seed)
    log = shopper_log(dice, 40)
    dice.shuffle(log)
    cut = dice.randrange(len(log))
    stem = fold(Stem(key="s"), log[:cut], (), RULES)
    kinds = dice.choice(KINDS)
    stem = removed(stem, kinds, dice.choice([0, stem.received_at + 60_000]))
    live = fold(stem, log[cut:], (), RULES)
    dice.shuffle(log)
    rebuilt = fold(Stem(key="s", gone=stem.gone), log[:cut], (), RULES)
    rebuilt = fold(rebuilt, log[cut:], (), RULES)
    assert canonical(live) == canonical(rebuilt)
    again = removed(live, KINDS[2])
    assert canonical(again) == canonical(removed(again, KINDS[2])), "a second one finds nothing"


def test_a_removal_takes_behaviour_and_nothing_else():
    stem = fold(Stem(key="s"), shopper_log(random.Random(3), 60), (), RULES)
    person = Person(keys=("s",), stems=(stem,))
    assert holds(person, "behaviour")
    assert holds(person, "computed")
    after = without(person, KINDS[2], 0)
    assert not holds(after, "behaviour")
    assert not holds(after, "computed")
    kept = ("key", "identifiers", "traits", "kept", "consents", "voids", "seen", "received_at")
    for name in kept:
        assert getattr(after.stems[0], name) == getattr(stem, name)
    assert after.stems[0].counters == {}
    assert (after.stems[0].first_seen, after.stems[0].last_seen) == (0, 0)


def test_a_mark_of_one_stem_takes_nothing_from_another_when_people_are_merged():
    facts = shopper_log(random.Random(5), 60)
    other = fold(Stem(key="t"), facts, (), RULES)
    gone = removed(fold(Stem(key="s"), facts, (), RULES), KINDS[2])
    assert merged([gone, other]).counters == other.counters
    assert merged([other, gone]).behaviour == other.behaviour
