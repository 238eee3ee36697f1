"""From the facts of a batch and one snapshot to units of writes, independent of each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millrace.errors import GiveUp, MillraceError
from millrace.identity.model import Edge
from millrace.profiles.drafting import Drafting, Unit
from millrace.profiles.facts import Fact
from millrace.profiles.merging import Merging
from millrace.profiles.model import Person
from millrace.profiles.snapshot import Snapshot, TooManyPeople

MAX_FACTS = 4096
"""Events of one person in one write; more wait for the next, so that their ids fit the item."""

TOO_MANY_PEOPLE = (
    "too_many_people",
    "more people hang together here than one transaction can part; cut a tie between fewer first",
)


def group_by_person(facts: Iterable[Fact], snapshot: Snapshot) -> list[list[Fact]]:
    """Facts that concern the same people, together, in their order."""
    groups: dict[str, list[Fact]] = {}
    home: dict[str, str] = {}

    def find(name: str) -> str:
        while (parent := home.setdefault(name, name)) != name:
            home[name] = name = home[parent]  # left to right: the old name first
        return name

    placed = [(fact, [root or key for key, root in snapshot.home(fact).items()]) for fact in facts]
    for _, names in placed:
        for name in names:
            home[find(name)] = find(names[0])
    for fact, names in placed:
        groups.setdefault(find(names[0]), []).append(fact)
    return list(groups.values())


class Planning:
    """Plans the facts of people who have nothing to do with each other, group by group."""

    def __init__(self, drafting: Drafting, snapshot: Snapshot) -> None:
        self._drafting = drafting
        self._snapshot = snapshot
        self._merging = Merging(drafting, snapshot)

    def plan(self, facts: Sequence[Fact]) -> list[Unit]:
        """The units of one group; a unit without writes found nothing new.

        Facts beyond MAX_FACTS are in no unit. Raises RetryLater.
        """
        facts = facts[:MAX_FACTS]
        limits = self._drafting.rules.limits
        new = [edge for fact in facts for edge in self._snapshot.new_edges(fact, limits)]
        if not new:
            return self._plan_each(facts)
        try:
            return [self._merging.plan(facts, new)]
        except (TooManyPeople, GiveUp) as error:
            return self._plan_apart(facts, new, error)

    def _plan_apart(
        self, facts: Sequence[Fact], new: Sequence[Edge], error: TooManyPeople | GiveUp
    ) -> list[Unit]:
        """Nobody is joined, which is counted as refused; an operator's word is kept as failed."""
        spoken = [fact for fact in facts if any(e.is_word and e in new for e in fact.edges)]
        units = self._plan_each([fact for fact in facts if fact not in spoken])
        if spoken:
            failure = error if isinstance(error, GiveUp) else GiveUp(*TOO_MANY_PEOPLE)
            units.append(Unit(facts=spoken, failure=failure))
        units[0].merges_refused = len({edge for edge in new if not edge.is_word})
        return units

    def _plan_each(self, facts: Sequence[Fact]) -> list[Unit]:
        return [self._plan_alone(own) for own in self._by_root(facts)]

    def _by_root(self, facts: Iterable[Fact]) -> list[list[Fact]]:
        by_root: dict[str, list[Fact]] = {}
        for fact in facts:
            by_root.setdefault(self._snapshot.root(fact.anchor) or fact.anchor, []).append(fact)
        return list(by_root.values())

    def _plan_alone(self, facts: list[Fact]) -> Unit:
        """One person whose ties stay as they are; what can never be written is a failure."""
        try:
            return self._plan_root(facts)
        except GiveUp as error:
            return Unit(facts=facts, failure=error)
        except MillraceError:
            raise
        except Exception as error:  # noqa: BLE001 - one poisonous event must not stop the lane
            return Unit(facts=facts, failure=GiveUp("fold_failed", type(error).__name__))

    def _plan_root(self, facts: list[Fact]) -> Unit:
        root = self._snapshot.root(facts[0].anchor) or facts[0].anchor
        row = self._snapshot.rows.get(root)
        before = self._snapshot.person(root) if row else None
        unit = Unit(facts=facts)
        after = self._drafting.add_facts(unit, before or Person(keys=(root,)), facts)
        write = self._drafting.root_write(root, before, after, row, self._snapshot.keyring)
        unit.writes = [write] if write else []
        return unit
