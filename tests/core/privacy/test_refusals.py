"""Both sealed formats, each 10,000 times flipped, cut or moved: refused by us and by another."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from cryptography.exceptions import InvalidTag

from millrace.errors import GiveUp
from millrace.privacy import BranchKey, open_sealed, seal
from millrace.privacy.subjects import DataKey
from tests.core.privacy.second_reader import second_reader
from tests.fakes.subjects import Counter

NUMBER, SECRET, OTHER = 7, bytes(range(32)), bytes(32)
MANY = 10_000
Reader = Callable[..., bytes]


class Branch:
    """What lies under a branch key: streams, rows, failed events."""

    context = "profile|i#email#0123456789abcdefghijkl"

    def seal(self, plaintext: bytes, salt: bytes) -> bytes:
        return seal(plaintext, key=BranchKey(NUMBER, SECRET), salt=salt, context=self.context)

    def open(self, sealed: bytes, *, number=NUMBER, secret=SECRET, context=context) -> bytes:
        return open_sealed(sealed, key=BranchKey(number, secret), context=context)


class Subject:
    """What lies under the key of a person: stems, the lake."""

    context = "i#email#0123456789abcdefghijkl|stem"

    def seal(self, plaintext: bytes, salt: bytes) -> bytes:
        randomness = Counter()
        randomness.token_bytes = lambda _count: salt
        stem, _, field = self.context.rpartition("|")
        return DataKey(stem, NUMBER, SECRET, randomness).seal(plaintext, field=field)

    def open(self, sealed: bytes, *, number=NUMBER, secret=SECRET, context=context) -> bytes:
        stem, _, field = context.rpartition("|")
        return DataKey(stem, number, secret, Counter()).open(sealed, field=field)


def another(sealed: bytes, *, number=NUMBER, secret=SECRET, context: str) -> bytes:
    return second_reader(sealed, {number: secret}, context)


def changed(sealed: bytes, others: list[bytes]) -> Iterator[bytes]:
    """Every bit flipped, every cut, something added, and parts of two values put together."""
    for place in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[place // 8] ^= 1 << place % 8
        yield bytes(flipped)
    yield from (sealed[:length] for length in range(len(sealed)))
    yield sealed + b"\0"
    for other in others:
        for cut in (1, 3, 5, 19, 21, 51, 53, len(sealed) - 16):
            if (swapped := sealed[:cut] + other[cut:]) not in {sealed, other}:
                yield swapped


def is_refused(read: Reader, sealed: bytes, **how: object) -> bool:
    try:
        read(sealed, **how)
    except (GiveUp, InvalidTag, ValueError, LookupError):
        return True
    return False


@pytest.mark.parametrize("form", [Branch(), Subject()], ids=["branch", "subject"])
def test_ten_thousand_changes_are_refused_by_both_readers(form):
    dice, tried = random.Random(1), 0
    sealed = [form.seal(dice.randbytes(dice.randint(0, 80)), dice.randbytes(16)) for _ in range(16)]
    for place, one in enumerate(sealed):
        for bad in changed(one, sealed[:place]):
            assert is_refused(form.open, bad)
            assert is_refused(another, bad, context=form.context)
            tried += 1
        for how in (
            {"context": form.context + "x"},
            {"context": form.context[1:]},
            {"secret": OTHER, "context": form.context},
            {"number": NUMBER + 1, "context": form.context},
        ):
            assert is_refused(form.open, one, **how)
            assert is_refused(another, one, **how)
            tried += 1
    assert tried >= MANY


@pytest.mark.parametrize("form", [Branch(), Subject()], ids=["branch", "subject"])
def test_both_readers_read_the_same(form):
    dice = random.Random(2)
    for _ in range(300):
        plaintext = dice.randbytes(dice.choice((0, 1, 16, 17, 300)))
        sealed = form.seal(plaintext, dice.randbytes(16))
        assert form.open(sealed) == another(sealed, context=form.context) == plaintext
