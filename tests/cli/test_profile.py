"""`millrace profile ...` against a local engine whose clock is moved."""

from __future__ import annotations

import pytest

from cli.connection import Connection
from cli.unsealing import ledger_of, vault_of
from local.engine import Engine
from tests.cli.conftest import commands
from tests.local.conftest import Asker

HOUR = 3_600


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine.start(seed=7, state=tmp_path_factory.mktemp("s"), background=False) as running:
        yield running


@pytest.fixture(scope="module")
def shop(engine):
    return Shop(engine)


@pytest.fixture
def profile(engine, capsys):
    return commands(engine, capsys, "profile")


class Shop:
    """Sends what customers do, by the engine's own clock, and keeps what readers saw when."""

    def __init__(self, engine):
        self.engine, self.ask = engine, Asker(engine)
        self.seen = []
        self._sent = 0

    def identify(self, user, source="website", anonymous="", **traits):
        self._sent += 1
        body = {"type": "identify", "userId": user, "traits": traits}
        body |= {"messageId": f"{user}-{self._sent}"}
        body |= {"anonymousId": anonymous} if anonymous else {}
        key = self.engine.write_keys[source]
        status, _, _ = self.ask("POST", "/v1/identify", body, {"x-write-key": key})
        assert status == 200
        self.pass_time()

    def pass_time(self):
        self.engine.settle()
        self.engine.clock.advance(HOUR)

    def moment(self):
        """Now, as the commands take it; the clock goes on afterwards."""
        now = self.engine.clock.now().isoformat(timespec="milliseconds") + "Z"
        self.engine.clock.advance(HOUR)
        return now

    def traits(self, user):
        return self.ask.profile(f"user_id:{user}")["traits"]


def test_every_value_that_is_kept_is_shown_with_its_source_and_none_in_clear(shop, profile):
    shop.identify("ada", plan="free-marker")
    shop.identify("ada", plan="pro-marker", source="server")
    shop.identify("ada", plan="max-marker")
    code, out, _ = profile("show", "user_id:ada")
    assert code == 0
    assert "marker" not in out
    assert "counters     identify 3" in out
    shown = profile.json("show", "user_id:ada")
    assert shown["identifiers"] == {"user_id": 1}
    kept = [(row["trait"], row["stands"], row["source"]) for row in shown["traits"]]
    winner = "server" if shop.traits("ada")["plan"] == "pro-marker" else "website"
    assert kept[0] == ("plan", "won", winner)
    assert len(kept) == 3
    assert {row["stands"] for row in shown["traits"][1:]} == {"lost"}
    assert all(row["event_id"] for row in shown["traits"])


def test_values_are_opened_for_a_purpose_that_is_kept_first(shop, profile, engine):
    code, out, err = profile("show", "user_id:ada", "--open", "--purpose", "curious")
    assert (code, "marker" in out) == (2, False)
    assert "no_purpose" in err
    _, out, err = profile("show", "user_id:ada", "--open", "--purpose", "ticket 4711, wrong plan")
    assert "pro-marker" in out
    connection = Connection(local=engine.url)
    subject = f"i#user_id#{vault_of(connection).token('user_id', 'ada')}"
    (kept,) = [link.entry for link in ledger_of(connection).read(subject)]
    assert (kept.kind, kept.purpose) == ("unseal", "ticket 4711, wrong plan")


def test_at_a_moment_it_is_exactly_what_a_reader_saw_then(shop, profile):
    seen = []
    for step in (
        {"plan": "a", "city": "Ulm"},
        {"plan": "b"},
        {"plan": "c", "source": "server"},
        {"city": "Bonn", "anonymous": "phone"},
        {"plan": "b"},
    ):
        shop.identify("bob", **step)
        seen.append((shop.moment(), shop.traits("bob")))
    for at, traits in seen:
        words = ("show", "user_id:bob", "--at", at, "--open", "--purpose", "ticket 4711, history")
        shown = profile.json(*words)
        assert {row["trait"]: row["value"] for row in shown["traits"]} == traits
    assert shown["identifiers"] == {"anonymous_id": 1, "user_id": 1}
    code, out, _ = profile("show", "user_id:bob", "--at", seen[0][0])
    assert (code, "Ulm" in out) == (0, False)
    code, _, err = profile("show", "user_id:bob", "--at", "2026-11-30")
    assert (code, err.startswith("not_found")) == (2, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "user_id:nobody"), "not_found"),
        (("show", "nobody"), "bad_identifier"),
        (("show", "email:x"), "bad_identifier"),
        (("show", "user_id:ada", "--at", "yesterday"), "bad_selection"),
        (("rollback", "user_id:ada", "--trait", "plan", "--to", "1h"), "no_reason"),
        (("rollback-source", "website", "--since", "1h", "--reason", "why"), "no_reason"),
        (
            ("rollback", "user_id:ada", "--trait", "x", "--to", "2030-01-01", "--dry-run"),
            "bad_time",
        ),
    ],
)
def test_what_cannot_be_answered_says_how_to_ask(shop, profile, words, code):
    status, out, err = profile(*words)
    assert (status, out) == (2, "")
    assert err.startswith(f"{code}: ")


def test_a_trait_is_rolled_back_to_what_the_profile_has_forgotten(shop, profile, engine):
    for plan in ("free", "basic"):
        shop.identify("cleo", plan=plan)
    right = shop.moment()
    for plan in ("wrong 1", "wrong 2", "wrong 3", "wrong 4"):
        shop.identify("cleo", plan=plan)
    words = ("rollback", "user_id:cleo", "--trait", "plan", "--to", right)
    (would,) = profile.json(*words, "--dry-run")["changes"]
    assert (would["trait"], would["is_from_history"]) == ("plan", True)
    engine.settle()
    assert shop.traits("cleo") == {"plan": "wrong 4"}
    code, out, err = profile(*words, "--reason", "ticket 4711, wrong import")
    assert (code, err) == (0, "")
    assert "put back from the history" in out
    engine.settle()
    assert shop.traits("cleo") == {"plan": "basic"}
    assert profile(*words, "--reason", "ticket 4711, wrong import")[1] == (
        "there is nothing to take back\n"
    )
    shown = profile.json("show", "user_id:cleo")
    stands = [(row["stands"], row["source"]) for row in shown["traits"]]
    assert stands[0] == ("won", "website")
    assert {each for each, _ in stands[1:]} == {"taken back"}
    assert shown["rollbacks"][0]["trait"] == "plan"
    engine.clock.advance(HOUR)
    shop.identify("cleo", plan="new")
    assert shop.traits("cleo") == {"plan": "new"}


def test_a_sources_writes_are_taken_back_from_everybody_it_wrote_to_and_only_once(
    shop, profile, engine
):
    people = [f"d{n}" for n in range(5)]
    for user in people:
        shop.identify(user, plan="right", name=user)
    since = shop.moment()
    for user in people[:3]:
        shop.identify(user, plan="wrong", source="server")
    shop.identify(people[0], plan="wronger", source="server")
    words = ("rollback-source", "server", "--since", since)
    would = profile.json(*words, "--dry-run")
    assert (would["touched"], would["traits"]) == (3, {"plan": 3})
    assert [shop.traits(user)["plan"] for user in people[:3]] == ["wronger", "wrong", "wrong"]
    done = profile.json(*words, "--reason", "ticket 4711, wrong import", "--rate", "2")
    assert {**done, "operations": 3} == would | {"operations": 3}
    engine.settle()
    assert [shop.traits(user) for user in people] == [
        {"plan": "right", "name": user} for user in people
    ]
    again = profile.json(*words, "--reason", "ticket 4711, wrong import")
    assert (again["touched"], again["operations"]) == (0, 0)
    assert engine.ledger()["balance"] == 0
    assert engine.grants()["refused"] == []
