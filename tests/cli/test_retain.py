"""Retention on a local engine whose clock is moved by years: emptied, and back as somebody new."""

from __future__ import annotations

import json

from cli.main import main
from millrace.clock import DAY_MS


def identify(message: str) -> dict:
    return {
        "type": "identify",
        "userId": "ada",
        "messageId": message,
        "traits": {"email": "ada@example.com", "plan": "gold"},
    }


def told(engine):
    return [json.loads(request["body"])["type"] for request in engine.outbox("webhook")]


def kept(engine):
    """The records of farewells, all of them done."""
    table, dynamodb = engine.outputs["ErasuresTable"], engine.cloud.client("dynamodb")
    items = dynamodb.scan(TableName=table)["Items"]
    return [json.loads(item["erasure"]["B"]) for item in items]


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
    assert told(engine) == ["profile.updated", "person.erased"]
    (record,) = kept(engine)
    assert [one["destination"] for one in record["certificate"]["destinations"]] == ["webhook"]
    track = {"type": "track", "event": "Back", "userId": "ada", "messageId": "2"}
    assert ask.send({"batch": [track]})[0] == 200
    engine.settle()
    assert ask.profile("user_id:ada")["counters"] == {"Back": 1}
    assert told(engine)[2:] == ["profile.updated"], "and are told of again"
    assert engine.ledger()["balance"] == 0
    assert engine.grants()["refused"] == []
