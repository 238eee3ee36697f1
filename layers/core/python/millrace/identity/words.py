"""Operators' words on pairs of identifiers: not the same person, and that taken back.

Of the words on one pair the latest counts, by its own time and whenever it arrives. An
identifier keeps the newest MAX_WORDS of them: what it forgot can never count again, because
those that pushed it out only grow newer. So what is in force is a function of the set of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from millrace.identity.model import Edge

MAX_WORDS = 100
"""How many pairs of one identifier an operator can have said something about."""


def newest_words(key: str, edges: Iterable[Edge]) -> list[Edge]:
    """The words on `key` that it keeps; of each pair only the latest is among `edges`."""
    own = (edge for edge in edges if edge.is_word and key in (edge.a, edge.b))
    return sorted(own, reverse=True)[:MAX_WORDS]


def is_forgotten(word: Edge, key: str, edges: Iterable[Edge]) -> bool:
    """Whether `key` has so many newer words that this one is none of those that it keeps."""
    newer = (other for other in newest_words(key, edges) if other.tie != word.tie)
    return sum(other > word for other in newer) >= MAX_WORDS


def blocks_in(edges: Iterable[Edge]) -> list[Edge]:
    """The blocks in force: words that one of their ends at least still keeps."""
    met: Counter[str] = Counter()
    found = []
    for word in sorted((edge for edge in edges if edge.is_word), reverse=True):
        met.update((word.a, word.b))
        if word.rule == "blocked" and min(met[word.a], met[word.b]) <= MAX_WORDS:
            found.append(word)
    return found
