"""Keys rotated on a local engine whose clock is moved: nothing is lost, and keys go when due."""

from __future__ import annotations

import pytest

from millrace.clock import DAY_MS
from millrace.privacy.branches import CURRENT_MS
from tests.cli.conftest import commands

pytestmark = pytest.mark.slow  # test_rotate_how_to.py plays the commands by default


def test_a_branch_key_is_rotated_and_what_it_sealed_sealed_anew_and_at_last_it_is_destroyed(
    engine, ask, capsys
):
    privacy = commands(engine, capsys, "privacy")
    ada = {"type": "identify", "userId": "ada", "messageId": "1", "traits": {"plan": "gold"}}
    assert ask.send({"batch": [ada]})[0] == 200
    engine.settle()
    assert "version 2 seals" in privacy("rotate", "branch")[1]
    engine.clock.advance(CURRENT_MS / 1000)
    code, _, refused = privacy("retire-key", "1")
    assert code == 2
    assert "key_not_counted" in refused
    out = privacy("rewrap")[1]
    assert "2 sealed anew under version 2" in out
    assert "all were looked at" in out
    code, _, refused = privacy("retire-key", "1")
    assert code == 2
    assert "key_too_young" in refused
    engine.clock.set(engine.clock.now_ms() + 212 * DAY_MS)
    assert privacy("retire-key", "1")[0] == 0
    keys = privacy.json("keys")
    assert [each["under"] for each in keys["versions"]] == [
        {"subjects": 0, "profiles": 0, "erasures": 0},
        {"subjects": 1, "profiles": 1, "erasures": 0},
    ]
    assert "destroyed" in privacy("keys")[1]
    assert ask.profile("user_id:ada")["traits"]["plan"] == "gold"
    back = {"type": "track", "event": "Back", "userId": "ada", "messageId": "2"}
    assert ask.send({"batch": [back]})[0] == 200
    engine.settle()
    assert ask.profile("user_id:ada")["counters"]["Back"] == 1
    assert engine.ledger()["balance"] == 0


def test_a_year_later_the_branch_key_is_rotated_by_itself_and_then_what_it_sealed(
    engine, ask, capsys
):
    privacy = commands(engine, capsys, "privacy")
    track = {"type": "track", "event": "Seen", "userId": "ada", "messageId": "1"}
    assert ask.send({"batch": [track]})[0] == 200
    engine.settle()
    for days, current, under in ((364, 1, {}), (1, 2, {}), (1, 2, {"2": 1})):
        engine.clock.set(engine.clock.now_ms() + days * DAY_MS)
        engine.settle()
        keys = privacy.json("keys")
        assert keys["current"] == current
        found = {str(v["version"]): v["under"].get("profiles") for v in keys["versions"]}
        assert {name: count for name, count in found.items() if count} == under
    assert ask.profile("user_id:ada")["counters"] == {"Seen": 1}
    assert engine.grants()["refused"] == []


def test_a_person_gets_new_keys_and_an_erasure_ends_all_of_them(engine, ask, capsys):
    privacy = commands(engine, capsys, "privacy")
    ada = {"type": "identify", "userId": "ada", "messageId": "1", "traits": {"plan": "gold"}}
    assert ask.send({"batch": [ada]})[0] == 200
    engine.settle()
    assert "1 new data keys" in privacy("rotate", "person", "user_id:ada")[1]
    assert ask.profile("user_id:ada")["traits"]["plan"] == "gold"
    assert "keys wrapped anew" in privacy("rotate", "kms")[1]
    assert ask.profile("user_id:ada")["traits"]["plan"] == "gold"
    for words, refused in (
        (("rotate", "person"), "no_person"),
        (("rotate", "person", "user_id:nobody"), "nobody"),
        (("rotate", "person", "shoe:9"), "not_an_identifier"),
    ):
        code, _, said = privacy(*words)
        assert (code, refused in said) == (2, True), said
    assert privacy("erase", "user_id:ada")[0] == 0
    engine.settle()
    assert ask.profile("user_id:ada")["profile_id"] is None
    assert "nobody" in privacy("rotate", "person", "user_id:ada")[2]
