"""Another rule over the people there are: who would be joined, parted, or stay as they are."""

from __future__ import annotations

from millrace.identity.model import Edge, Limits
from millrace.identity.what_if import Known, what_if
from tests.core.identity.test_partition import LIMITS, edge, key, parts


def known(*edges: Edge, limits: Limits = LIMITS) -> dict[str, Known]:
    """The table after these edges, as profiles/update would have left it."""
    parted = parts(*edges, limits=limits)
    people = {}
    for root, members in parted.groups.items():
        own = [one for one in parted.reasons if one.a in members or one.b in members]
        reasons = tuple(parted.reasons[one] for one in own)
        people[root] = Known(keys=members, edges=tuple(own), reasons=reasons)
    return people


LOG = [edge(1, "u1", "e1"), edge(2, "u1", "e2"), edge(3, "u2", "a1"), edge(4, "u3", "a9")]


def test_the_rule_that_made_them_changes_nobody() -> None:
    assert what_if(known(*LOG), LIMITS) == []


def test_a_lower_limit_parts_and_says_by_which_tie() -> None:
    (change,) = what_if(known(*LOG), Limits(email=1))
    assert change.kind == "split"
    assert change.after == ((key("e1"), key("u1")), (key("e2"),))
    assert [(one.edge, one.before, one.after) for one in change.why] == [
        (LOG[1], "", "too_many_links")
    ]


def test_a_higher_limit_joins_those_whom_a_refused_tie_connects() -> None:
    log = [
        edge(1, "a1", "e1"),
        edge(2, "a1", "u1"),
        edge(3, "u1", "e2"),
        edge(5, "a1", "a2", "alias"),
    ]
    log += [edge(4, "a2", "e3")]
    people = known(*log)
    (change,) = what_if(people, Limits(email=3))
    assert (change.kind, len(change.before), len(change.after)) == ("merge", 2, 1)
    assert [one.before for one in change.why] == ["too_many_emails"]


def test_a_word_that_is_not_yet_said_is_foreseen() -> None:
    word = edge(9, "u1", "e2", "blocked")
    (change,) = what_if(known(*LOG), LIMITS, [word])
    assert change.after == ((key("e1"), key("u1")), (key("e2"),))
    assert what_if(known(*LOG, word), LIMITS, [edge(10, "u1", "e2", "allowed")])[0].kind == "merge"


def test_a_device_moves_when_its_first_user_cannot_have_it() -> None:
    log = [edge(1, "u1", "a1"), edge(2, "u2", "a1")]
    (change,) = what_if(known(*log), LIMITS, [edge(9, "u1", "a1", "blocked")])
    assert change.kind == "move"
    assert change.after == ((key("a1"), key("u2")), (key("u1"),))
