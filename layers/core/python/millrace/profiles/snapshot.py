"""What one read of the table showed: rows, the people in them and who is known to be who."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from millrace.errors import GiveUp, RetryLater
from millrace.identity.model import Edge, Limits
from millrace.identity.partition import TOO_MANY_LINKS, is_outranked
from millrace.privacy import Vault
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.facts import Fact
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, SealedPerson, SealedStem
from millrace.profiles.ports import ProfileStore
from millrace.profiles.reading import Rows, follow, root_of

MAX_PEOPLE = 24
"""How many people one question of identity may concern; a transaction holds 100 rows."""


class TooManyPeople(Exception):
    """More people hang together than one transaction could part or join."""


class Snapshot:
    """Rows are read once and people opened once, however many events ask for them."""

    def __init__(self, store: ProfileStore, vault: Vault, keyring: Keyring) -> None:
        self._store = store
        self._vault = vault
        self._outers: dict[str, SealedPerson] = {}
        self._reopened: set[str] = set()
        self.keyring = keyring
        self._people: dict[str, Person] = {}
        self._ties: dict[str, dict[tuple[str, str, str], Edge]] = {}
        self.rows: Rows = {}

    def load(self, keys: Collection[str]) -> None:
        """Read `keys` and the roots they lead to."""
        follow(self._store, keys, self.rows)

    def load_for(self, facts: Iterable[Fact]) -> None:
        """Read all that `facts` concern: anchors first, as most people know their other names."""
        facts = list(facts)
        self.load({fact.anchor for fact in facts})
        self.load({key for fact in facts for key in fact.keys - self._names_of(fact.anchor)})

    def root(self, key: str) -> str | None:
        """The root row that `key` leads to; None where it has no row."""
        return root_of(key, self.rows)

    def torn(self, keys: Iterable[str]) -> set[str]:
        """Those that moved to somebody else between our reads of their row and of its root."""
        return {key for key in keys if self._is_torn(key)}

    def is_closed(self, key: str) -> bool:
        """Whether an erasure left nothing of `key`, and nothing lets it in again yet."""
        row = self.rows.get(key)
        return row is not None and row.is_tombstone and key not in self._reopened

    def erased_at(self, key: str) -> int:
        """Until when all that was received about `key` is erased; 0 where there was no erasure."""
        row = self.rows.get(key)
        return row.erased_at if row else 0

    def held_anew(self, keys: Iterable[str]) -> dict[str, tuple[Edge, ...]]:
        """Of those of `keys` that were read and live again: the edges of who has each of them."""
        return {
            key: self.outer(root).edges
            for key in keys
            if self.erased_at(key) and not self.is_closed(key) and (root := self.root(key))
        }

    def reopen(self, key: str, erased_at: int) -> None:
        """Let `key` in again, with what was received until `erased_at` erased for ever."""
        self._reopened.add(key)
        row = self.rows.get(key)
        if row is not None:
            latest = max(row.erased_at, erased_at)
            self.rows[key] = msgspec.structs.replace(row, erased_at=latest)

    def version(self, key: str) -> int:
        row = self.rows.get(key)
        return row.version if row else 0

    def person(self, root: str) -> Person:
        """The person in a root row; GiveUp `unreadable` when it cannot be opened."""
        person = self._people.get(root)
        if person is None:
            person = self._people[root] = open_person(self.outer(root), self.keyring)
        return person

    def outer(self, root: str) -> SealedPerson:
        """Who is in a root row, without what they did; GiveUp `unreadable` as for `person`."""
        outer = self._outers.get(root)
        if outer is None:
            outer = self._outers[root] = unseal(self.rows[root], self._vault)
        return outer

    def load_subjects(self, facts: Iterable[Fact]) -> None:
        """Fetch the keys that `facts` will need, in one go."""
        anchors = {fact.anchor for fact in facts}
        roots = {root for anchor in anchors if (root := self.root(anchor))}
        self.keyring.load(anchors | self._stems_of(roots))

    def home(self, fact: Fact) -> dict[str, str | None]:
        """Row key to root for every key that `fact` names."""
        root, names = self.root(fact.anchor), self._names_of(fact.anchor)
        return {key: root if key in names else self.root(key) for key in fact.keys}

    def new_edges(self, fact: Fact, limits: Limits) -> list[Edge]:
        """The edges of `fact` that could change who is who."""
        if not fact.edges:
            return []
        home = self.home(fact)
        return [
            edge
            for edge in fact.edges
            if not all(self._knows(home[end], edge, limits) for end in (edge.a, edge.b))
        ]

    def load_connected(self, keys: Iterable[str]) -> set[str]:
        """Read everybody whom edges connect to `keys`, held or refused; the roots."""
        roots: set[str] = set()
        wanted = set(keys)
        while wanted:
            self.load(wanted)
            if self.torn(wanted):
                raise RetryLater("torn_read", "somebody moved to another person between two reads")
            found = {root for key in wanted if (root := self.root(key))}
            new = {root for root in found if not self.is_closed(root)} - roots
            roots |= new
            if len(roots) > MAX_PEOPLE:
                raise TooManyPeople
            wanted = {end for root in new for end in self._ends(root)}
        self.load({key for root in roots for key in self.outer(root).keys})
        self.keyring.load(self._stems_of(roots))
        return roots

    def _stems_of(self, roots: Iterable[str]) -> set[str]:
        return {stem.key for root in roots for stem in self._stems(root)}

    def _stems(self, root: str) -> tuple[SealedStem, ...]:
        try:
            return self.outer(root).stems
        except GiveUp:  # told where the events of this person are planned
            return ()

    def _is_torn(self, key: str) -> bool:
        root = self.root(key)
        if root is None:  # an alias that appeared after its root was looked for
            return self.rows.get(key) is not None
        if root == key:
            return False
        try:
            return key not in self.outer(root).keys
        except GiveUp:  # told where the events of this person are planned
            return False

    def _ends(self, root: str) -> set[str]:
        person = self.outer(root)
        pairs = zip(person.edges, person.reasons, strict=True)
        ends = {
            end
            for edge, reason in pairs
            if reason != TOO_MANY_LINKS and not edge.is_word
            for end in edge.tie[:2]
        }
        return ends - set(person.keys)

    def _names_of(self, anchor: str) -> set[str]:
        root = self.root(anchor)
        try:
            if root is None:
                return {anchor}
            person = self.outer(root)
            return set(person.keys) - set(person.anew)  # who began anew has to say for itself
        except GiveUp:  # told where the events of this person are planned
            return set()

    def _knows(self, root: str | None, edge: Edge, limits: Limits) -> bool:
        if root is None:
            return False
        person = self.outer(root)
        ties = self._ties.get(root)
        if ties is None:
            ties = self._ties[root] = {known.tie: known for known in person.edges}
        known = ties.get(edge.tie)
        if known is not None and (known >= edge if edge.is_word else known <= edge):
            return True
        own = [end for end in (edge.a, edge.b) if end in person.keys]
        return all(is_outranked(edge, end, person.edges, limits) for end in own)
