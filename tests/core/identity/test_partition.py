"""Which edges hold: limits, renames and ties, judged in event-time order."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from millrace.identity.model import Edge, Limits, kind_of, profile_id, root_order, row_key
from millrace.identity.partition import Partition, kept_by, partition

LIMITS = Limits(user_id=3, email=2, anonymous_id=3)
KINDS = {"u": "user_id", "e": "email", "a": "anonymous_id", "p": "phone"}


def key(short: str) -> str:
    return row_key(KINDS[short[0]], short)


def edge(at: int, left: str, right: str, rule: str = "observed") -> Edge:
    a, b = sorted((key(left), key(right)))
    return Edge(at, at.to_bytes(2, "big"), a, b, rule)  # type: ignore[arg-type]


def people(*edges: Edge, limits: Limits = LIMITS) -> list[str]:
    """Every person as `root: others`, in order."""
    parted = parts(*edges, limits=limits)
    short = [sorted(one.split("#")[2] for one in members) for members in parted.groups.values()]
    return sorted(" ".join(names) for names in short)


def parts(*edges: Edge, limits: Limits = LIMITS) -> Partition:
    return partition({end for one in edges for end in (one.a, one.b)}, edges, limits)


def reasons(*edges: Edge) -> list[str]:
    return list(parts(*edges).reasons.values())


def test_edges_tie_what_they_connect() -> None:
    assert people(edge(1, "u1", "a1"), edge(2, "a1", "e1"), edge(3, "u2", "a2")) == [
        "a1 e1 u1",
        "a2 u2",
    ]


def test_the_first_user_of_a_device_keeps_it() -> None:
    edges = [edge(1, "u1", "a1"), edge(2, "u2", "a1")]
    assert people(*edges) == ["a1 u1", "u2"]
    assert reasons(*edges) == ["", "two_user_ids"]


def test_an_alias_makes_two_user_ids_one() -> None:
    edges = [edge(1, "u1", "a1"), edge(2, "u2", "a1"), edge(3, "u1", "u2", "alias")]
    assert people(*edges) == ["a1 u1 u2"]
    assert reasons(*edges) == ["", "", ""]


def test_an_alias_of_a_device_that_has_another_user_is_refused() -> None:
    edges = [edge(1, "u1", "a1"), edge(2, "u2", "a1", "alias")]
    assert people(*edges) == ["a1 u1", "u2"]


def test_two_groups_of_renamed_users_are_not_one_by_a_device() -> None:
    edges = [edge(1, "u1", "u2", "alias"), edge(2, "a1", "u2"), edge(3, "a1", "u3")]
    assert people(*edges) == ["a1 u1 u2", "u3"]


def test_each_kind_has_its_limit_and_its_reason() -> None:
    assert (
        reasons(
            edge(1, "a1", "e1"),
            edge(2, "a1", "u1"),
            edge(3, "u1", "e2"),
            edge(4, "a2", "u1"),
            edge(5, "a2", "e3"),
        )[-1]
        == "too_many_emails"
    )
    renames = [edge(at, f"u{at}", f"u{at + 1}", "alias") for at in range(1, 4)]
    assert reasons(*renames)[-1] == "too_many_user_ids"
    devices = [edge(1, "u1", "a1"), edge(2, "u1", "a2"), edge(3, "e1", "a3"), edge(4, "e1", "a4")]
    assert reasons(*devices, edge(5, "u1", "e1"))[-1] == "too_many_anonymous_ids"


def test_of_many_ties_of_one_identifier_the_oldest_count() -> None:
    edges = [edge(at, "a1", f"u{at}") for at in range(1, 6)]
    assert reasons(*edges) == [
        "shared",
        "shared",
        "shared",
        "too_many_links",
        "too_many_links",
    ]
    assert kept_by(key("a1"), sorted(edges), LIMITS) == edges[:3]
    assert kept_by(key("u5"), sorted(edges), LIMITS) == edges[4:]


def test_a_block_holds_over_ties_of_any_time_until_it_is_taken_back() -> None:
    ties = [edge(1, "u1", "a1"), edge(9, "a1", "e1")]
    apart = edge(5, "u1", "e1", "blocked")
    assert people(*ties, apart) == ["a1 u1", "e1"]
    assert reasons(*ties, apart) == ["", "word", "blocked"]
    assert people(*ties, apart, edge(6, "u1", "e1", "allowed")) == ["a1 e1 u1"]
    assert people(*ties, apart, edge(4, "u1", "e1", "allowed")) == ["a1 u1", "e1"]


def test_a_block_outlives_a_rename() -> None:
    rename, apart = edge(1, "u1", "u2", "alias"), edge(2, "u1", "u2", "blocked")
    assert people(rename, apart) == ["u1", "u2"]
    assert reasons(rename, apart) == ["blocked", "word"]


def test_words_leave_the_places_of_ties_alone() -> None:
    words = [edge(at, "a1", f"u{at}", "blocked") for at in range(1, 9)]
    assert people(*words, edge(20, "a1", "u9")) == [
        "a1 u9", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8",
    ]  # fmt: skip
    assert kept_by(key("a1"), sorted(words), LIMITS) == sorted(words, reverse=True)


def test_a_device_of_more_users_than_its_kind_may_have_is_nobodys() -> None:
    two = [edge(1, "u1", "a1"), edge(2, "u2", "a1")]
    assert people(*two, edge(3, "a1", "e1")) == ["a1 e1 u1", "u2"]
    third = edge(4, "u3", "a1")
    assert people(*two, third, edge(3, "a1", "e1")) == ["a1", "e1", "u1", "u2", "u3"]
    assert set(reasons(*two, third, edge(3, "a1", "e1"))) == {"shared"}
    assert people(*two, third, edge(3, "u2", "u3", "alias")) == ["a1 u1", "u2 u3"]
    assert people(*two, third, edge(9, "u3", "a1", "blocked")) == ["a1 u1", "u2", "u3"]


def test_the_same_tie_counts_once_from_its_first_event_on() -> None:
    first, again = edge(1, "u1", "a1"), edge(5, "u1", "a1")
    assert list(parts(again, first, again).reasons) == [first]


def test_the_root_is_a_user_id_before_an_email_before_a_phone_before_a_device() -> None:
    [root] = parts(edge(1, "u1", "a1"), edge(2, "a1", "e1")).groups
    assert kind_of(root) == "user_id"
    [root] = parts(edge(2, "a1", "e1")).groups
    assert kind_of(root) == "email"
    assert [*parts(edge(2, "a1", "p1")).groups] == [key("p1")]
    assert profile_id(root) == "p_e1"
    assert min([key("u2"), key("u1"), key("a0")], key=root_order) == key("u1")


NAMES = ["u1", "u2", "u3", "u4", "e1", "e2", "e3", "a1", "a2", "a3", "a4"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.sampled_from(NAMES),
            st.sampled_from(NAMES),
            st.sampled_from(["observed", "observed", "alias", "blocked", "allowed"]),
        ).filter(lambda drawn: drawn[1] != drawn[2]),
        min_size=1,
        max_size=16,
    ),
    st.randoms(use_true_random=False),
)
def test_people_depend_on_the_set_of_edges_alone(
    drawn: list[tuple[int, str, str, str]], dice: random.Random
) -> None:
    edges = [edge(*one) for one in drawn]
    expected = parts(*edges)
    shuffled = dice.sample(edges, len(edges)) + dice.choices(edges, k=3)
    parted = parts(*shuffled)
    assert parted.groups == expected.groups
    assert parted.reasons == expected.reasons
    for root, members in parted.groups.items():
        kinds = [kind_of(member) for member in members]
        assert all(kinds.count(kind) <= LIMITS.of(kind) for kind in set(kinds))
        assert root == min(members, key=root_order)
    words = [one for one in parted.reasons if one.is_word]
    assert all(parted.reasons[word] == "word" for word in words)
    assert len({(word.a, word.b) for word in words}) == len(words)
    apart = [word for word in words if word.rule == "blocked"]
    for members in parted.groups.values():
        assert not any(word.a in members and word.b in members for word in apart)
    for one, reason in parted.reasons.items():
        if one.is_word:
            continue
        joined = any(one.a in members and one.b in members for members in parted.groups.values())
        assert joined is (reason == "") or reason == "too_many_links"
