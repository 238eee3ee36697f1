"""Retention on a local engine whose clock is moved by years: emptied, and back as somebody new."""

from __future__ import annotations

from cli.main import main
from millrace.clock import DAY_MS


def identify(message: str) -> dict:
    return {
        "type": "identify",
        "userId": "ada",
        "messageId": message,
        "traits": {"email": "ada@example.com", "plan": "gold"},
    }


def test_people_are_emptied_when_their_time_is_over_and_come_back_as_somebody_new(
    engine, ask, capsys
):
    def retain():
        capsys.readouterr()
        assert main(["--local", engine.url, "privacy", "retain"]) == 0
        engine.settle()
        return capsys.readouterr().out

    assert ask.send({"batch": [identify("1")]})[0] == 200
    engine.settle()
    engine.clock.set(engine.clock.now_ms() + 1_000 * DAY_MS)
    assert " 0 people emptied" in retain()
    assert ask.profile("user_id:ada")["traits"]["plan"] == "gold"
    engine.clock.set(engine.clock.now_ms() + 100 * DAY_MS)
    assert " 1 people emptied" in retain()
    assert "plan" not in ask.profile("email:ada@example.com").get("traits", {})
    assert " 0 people emptied" in retain()
    track = {"type": "track", "event": "Back", "userId": "ada", "messageId": "2"}
    assert ask.send({"batch": [track]})[0] == 200
    engine.settle()
    assert ask.profile("user_id:ada")["counters"] == {"Back": 1}
    assert engine.ledger()["balance"] == 0
    assert engine.grants()["refused"] == []
