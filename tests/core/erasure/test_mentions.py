"""An address that somebody else holds, too, goes from whatever a profile keeps of it."""

from __future__ import annotations

import msgspec
import pytest

from millrace.erasure.mentions import Gone, loses_traits, without
from millrace.profiles.model import Candidate, Count, Kept, Person, Stem, Void
from tests.core.erasure.stage import HOUR, Stage
from tests.core.profiles.stories import consenting, event
from tests.fakes.vault import MemoryVault

VAULT = MemoryVault()
ANN = "ann@x.com"
GONE = Gone(
    vault=VAULT,
    keys=frozenset(
        f"i#{kind}#{VAULT.token(kind, value)}"
        for kind, value in (("email", ANN), ("phone", "+4917012345678"), ("user_id", "pro"))
    ),
)


def said(value: object, at: int = 1) -> Candidate:
    return Candidate(at, b"e", msgspec.json.encode(value))


@pytest.mark.parametrize("value", [" Ann@X.com", "+49 170 12345678", {"a": [ANN]}, {ANN: True}])
def test_an_address_goes_in_any_spelling_and_depth_and_an_older_value_stays(value: object) -> None:
    older = said("bob@x.com")
    stem = Stem(key="i#user_id#b", traits={"mail": {"web": (said(value, 2), older)}})
    before = Person(keys=("i#user_id#b",), stems=(stem,))
    after = without(before, GONE)
    assert after.stems[0].traits == {"mail": {"web": (older,)}}
    assert loses_traits(before, after)


def test_a_national_number_is_the_regions() -> None:
    number = msgspec.json.encode("0170 12345678")
    assert not GONE.is_in(number)
    assert msgspec.structs.replace(GONE, phone_region="DE").is_in(number)


def test_nothing_that_a_stem_keeps_names_the_address_afterwards() -> None:
    restored = ("mail", "web", said(ANN))
    stem = Stem(
        key="i#user_id#b",
        traits={ANN: {"web": (said(1),)}, "plan": {"web": (said("pro"),)}},
        kept={
            "union mails": Kept(said(ANN), b"", (b'"ann@x.com"', b'"bob@x.com"')),
            "first mail": Kept(said(ANN)),
            "sum spent": Kept(said(5), b"\x05"),
        },
        voids=(Void(2, b"v", 1, "mail", "", "", (restored,)),),
        counters={ANN: Count(1, 1, 1)},
    )
    (left,) = without(Person(keys=("i#user_id#b",), stems=(stem,)), GONE).stems
    assert ANN.encode() not in msgspec.json.encode(msgspec.to_builtins(left)).lower()
    assert b"ann@x.com" not in msgspec.msgpack.encode(left)
    assert left.traits == {"plan": {"web": (said("pro"),)}}
    assert left.kept["union mails"].elements == (b'"bob@x.com"',)
    assert left.kept["sum spent"] == stem.kept["sum spent"]


def test_who_holds_nothing_of_the_erased_stays_the_same_object() -> None:
    person = Person(keys=("i#user_id#b",), stems=(Stem(key="i#user_id#b"),))
    assert without(person, GONE) is person


def test_a_second_account_loses_the_address_for_good_and_is_told_of() -> None:
    stage = Stage()
    world = stage.world
    held = event("b3", user="bob", email=ANN, kind="identify", at=5)
    assert world.apply(held).applied == 1
    assert world.profile("user_id", "bob").traits == {"plan": "pro", "email": ANN}
    erasure = stage.finish(stage.request())
    row = world.store.rows[world.key("user_id", "bob")]
    assert world.profile("user_id", "bob").traits == {"plan": "pro"}
    assert set(row.dirty) == {"klaviyo", "webhook"}
    counts = {each["store"]: each["count"] for each in erasure.certificate["stores"]}
    assert counts["profiles, traits of others"] == 1
    kept = [each["store"] for each in erasure.certificate["remains"]]
    assert "lake and backups, of others" in kept
    world.apply(held, event("late", user="bob", email=ANN, kind="identify", at=6))
    again = event("new", user="bob", email=ANN, kind="identify", at=9 * HOUR)
    assert world.apply(again).erased == 1
    assert world.profile("user_id", "bob").traits == {"plan": "pro"}
    world.apply(consenting("yes", user="bob", email=ANN, at=9 * HOUR))
    assert world.profile("user_id", "bob").traits["email"] == ANN
