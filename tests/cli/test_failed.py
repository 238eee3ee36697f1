"""`millrace failed` against a local engine: found, understood, mended, replayed, once."""

from __future__ import annotations

import getpass
import json
import time

import pytest

from cli.connection import Connection
from cli.unsealing import ledger_of

AS_USER = ("--where", "code=no_identifier", "--rename", "user_id=userId")


def order(number, **more):
    """An event of a sender that misspells userId."""
    return {
        "type": "track",
        "event": "Order Completed",
        "user_id": f"customer-{number % 200}",
        "messageId": f"order-{number}",
        "timestamp": "2026-11-20T12:00:00Z",
        "properties": {"order_id": f"o-{number}"},
        **more,
    }


def send(ask, *events):
    assert ask.send({"batch": events})[0] == 200


@pytest.mark.parametrize("many", [40, pytest.param(1_000, marks=pytest.mark.slow)])
def test_all_of_many_failed_events_are_recovered_once(engine, ask, millrace, many):
    started = time.process_time()
    for start in range(0, many, 250):
        send(ask, *[order(number) for number in range(start, min(many, start + 250))])
    engine.settle()
    assert engine.ledger()["failed"] == many
    dry = millrace.json("replay", *AS_USER, "--dry-run")
    assert dry["passing"] == many
    assert dry["changes"] == {"rename /user_id to /userId": many}
    assert engine.ledger()["failed"] == many
    assert millrace.json("replay", *AS_USER, "--rate", "1000") == dry
    engine.settle()
    once = engine.ledger()
    assert once == {
        "received": many, "applied": many, "duplicate": 0, "failed": 0,
        "blocked_by_consent": 0, "erased": 0, "parked": 0, "balance": 0,
    }  # fmt: skip
    profile = ask.profile("user_id:customer-7")
    assert profile["counters"] == {"Order Completed": len(range(7, many, 200))}
    assert profile["last_seen"] == "2026-11-20T12:00:00.000Z"
    assert millrace.json("replay", *AS_USER, "--rate", "1000")["passing"] == 0
    engine.settle()
    assert engine.ledger() == once
    assert ask.profile("user_id:customer-7") == profile
    assert engine.grants()["refused"] == []
    assert time.process_time() - started < 20


def test_an_event_that_came_again_in_the_meantime_is_a_duplicate(engine, ask, millrace):
    send(ask, order(1))
    send(ask, {**order(1), "userId": "customer-1"})
    engine.settle()
    assert millrace("replay", *AS_USER)[0] == 0
    engine.settle()
    ledger = engine.ledger()
    assert (ledger["applied"], ledger["duplicate"], ledger["failed"]) == (1, 1, 0)
    assert ledger["balance"] == 0


def test_what_still_fails_is_told_by_code_and_stays_and_who_replayed_is_listed(
    engine, ask, millrace
):
    assert "nothing was replayed" in millrace("replays")[1]
    send(ask, order(1), {"type": "nonsense", "userId": "u"})
    millrace("replay", "--all", "--rename", "user_id=userId", "--dry-run")
    assert millrace.json("replays") == []
    code, out, _ = millrace(
        "replay", "--where", "source=website,since=1d", "--rename", "user_id=userId"
    )
    assert code == 0
    assert "1  replayed" in out
    assert "1  unknown_type" in out
    engine.settle()
    assert engine.ledger()["failed"] == 1
    assert engine.ledger()["balance"] == 0
    assert [each["code"] for each in millrace.json("list")] == ["unknown_type"]
    (kept,) = millrace.json("replays")
    assert kept["by"] == f"local/{getpass.getuser()}"
    assert [word[:22] for word in kept["where"]] == ["source=website", "since=2026-11-30T00:00"]
    assert kept["steps"] == ["rename /user_id to /userId"]
    assert (kept["passed"], kept["failed"]) == (1, {"unknown_type": 1})
    assert f"rename /user_id to /userId [{kept['mapping']}]" in millrace("replays")[1]


def test_a_mapping_file_mends_as_well(ask, millrace, tmp_path):
    send(ask, order(1))
    file = tmp_path / "mapping.toml"
    file.write_text('rename = { user_id = "userId" }\n')
    words = ("replay", "--all", "--mapping", str(file))
    assert millrace.json(*words)["passing"] == 1
    assert millrace(*words, "--drop", "x")[0] == 2
    assert millrace("replay", "--all", "--mapping", str(tmp_path / "none"))[0] == 2


def test_they_are_listed_newest_first_and_counted(engine, ask, millrace):
    send(ask, order(1), order(2))
    engine.clock.set(engine.clock.now_ms() + 3 * 86_400_000)
    send(ask, {"type": "nonsense"})
    found = millrace.json("list")
    assert [each["code"] for each in found] == ["unknown_type", "no_identifier", "no_identifier"]
    assert len(millrace.json("list", "--limit", "2")) == 2
    assert len(millrace.json("list", "--where", "since=1d")) == 1
    assert len(millrace.json("list", "--where", "until=1d")) == 2
    stats = millrace.json("stats")
    assert stats["total"] == 3
    assert stats["days"] == {"2026-12-01": 2, "2026-12-04": 1}
    code, out, _ = millrace("stats")
    assert code == 0
    assert "2       website  intake  no_identifier" in out
    assert "no failed events" in millrace("list", "--where", "code=other")[1]


def test_showing_one_opens_nothing_without_a_purpose(engine, ask, millrace):
    send(ask, order(1, traits={"email": ""}))
    (one,) = millrace.json("list")
    assert "order-1" not in millrace("show", one["id"])[1]
    code, out, err = millrace("show", one["id"], "--open")
    assert code == 2
    assert "no_purpose" in err
    assert "order-1" not in out


def test_an_opened_payload_is_what_was_sent_and_the_opening_is_kept(engine, ask, millrace):
    sent = json.dumps(order(1))
    assert ask("POST", "/v1/batch", f'{{"batch": [{sent}]}}'.encode(),
               {"x-write-key": ask.write_key})[0] == 200  # fmt: skip
    (one,) = millrace.json("list")
    shown = millrace.json("show", one["id"], "--open", "--purpose", "ticket 4711")
    assert shown["payload"] == sent
    subject = next(
        item["pk"]["S"].removeprefix("l#")
        for item in engine.cloud.client("dynamodb").scan(TableName=engine.outputs["LedgerTable"])[
            "Items"
        ]
        if item["pk"]["S"].startswith("l#")
    )
    (link,) = ledger_of(Connection(local=engine.url)).read(subject)
    assert (link.entry.kind, link.entry.purpose) == ("unseal", "ticket 4711")
    assert link.entry.source.endswith(f"{one['id'][-40:]}.json")
    assert link.entry.by == f"local/{getpass.getuser()}"


def test_nothing_personal_is_printed_or_logged_by_a_replay(engine, ask, millrace):
    send(ask, order(1, user_id="planted-marker", properties={"x": "planted-marker"}))
    said = millrace("replay", *AS_USER, "--dry-run")
    said += millrace("replay", *AS_USER)
    assert "planted-marker" not in "".join(map(str, said))
    assert "planted-marker" not in "".join(engine.log_lines("intake/replay"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("replay",), "say which"),
        (("replay", "--all", "--set", "messageId=1"), "stays as it was sent"),
        (("replay", "--where", "pointer=/a@example.com"), "an address stands in --where"),
        (("list", "--where", "colour=red"), "`colour` is none of"),
        (("show", "what"), "an id is written"),
        (("show", "2026-11-22T03-" + "a" * 40), "may have been replayed"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(millrace_of_all, words, sentence):
    code, out, err = millrace_of_all(*words)
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_stream_that_is_down_leaves_everything_to_the_next_run(
    engine, ask, millrace, monkeypatch
):
    """What was not taken is failed still; the retries of one run are enough for a short outage."""
    send(ask, order(1))
    function = engine.functions["intake/replay"]
    real, calls = function.invoke, []

    def invoke(event, request_id):
        calls.append(request_id)
        if len(calls) < 3:
            raise _retry_later()
        return real(event, request_id)

    monkeypatch.setattr(function, "invoke", invoke)
    monkeypatch.setattr("cli.invoking.time.sleep", lambda _: None)
    assert millrace.json("replay", *AS_USER)["passing"] == 1
    assert len(calls) == 3
    send(ask, order(2))
    monkeypatch.setattr(function, "invoke", lambda *_: (_ for _ in ()).throw(_retry_later()))
    code, _, err = millrace("replay", *AS_USER)
    assert code == 1
    assert "run it again later" in err
    assert len(millrace.json("list")) == 1


def _retry_later():
    from millrace.errors import RetryLater

    return RetryLater("stream_unavailable", "the stream did not take 1 of 1 records")
