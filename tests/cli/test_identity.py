"""`millrace identity` against a local engine: who is who, parted, joined again, tried out."""

from __future__ import annotations

import json

import pytest

from cli.main import main

WHY = ("--reason", "ticket 4711", "--wait", "0")


@pytest.fixture
def identity(engine, capsys):
    """`millrace identity ...`, settled: exit code, standard output, standard error."""

    def run(*words):
        engine.settle()
        capsys.readouterr()
        code = main(["--local", engine.url, "identity", *words])
        said = capsys.readouterr()
        engine.settle()
        return code, said.out, said.err

    def run_json(*words):
        code, out, err = run(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    run.json = run_json
    return run


def login(number, at=1, **who):
    return {
        "type": "identify", "messageId": f"m{number}",
        "timestamp": f"2026-11-20T12:00:{at:02}Z", **who,
    }  # fmt: skip


@pytest.fixture
def ann_on_a_tablet(engine, ask):
    view = {"type": "track", "event": "Product Viewed", "anonymousId": "tablet", "messageId": "v1"}
    batch = [view, login(1, userId="ann", anonymousId="tablet", traits={"email": "ann@x.com"})]
    assert ask.send({"batch": batch})[0] == 200
    engine.settle()


def test_somebody_is_shown_with_what_ties_them_and_no_value(ann_on_a_tablet, identity):
    told = identity.json("show", "user_id:ann")
    assert [each["kind"] for each in told["identifiers"]] == ["anonymous_id", "email", "user_id"]
    assert {each["value"] for each in told["identifiers"]} == {""}
    assert [(e["rule"], e["refused"]) for e in told["edges"]] == [("observed", "")] * 2
    assert identity.json("show", "email:ANN@x.com") == told
    code, out, _ = identity("show", "user_id:ann")
    assert code == 0
    assert "ann" not in out.replace("anonymous", "")
    assert "values are sealed" in out


def test_values_are_opened_for_a_purpose_that_the_ledger_keeps(ann_on_a_tablet, identity, engine):
    assert identity("show", "user_id:ann", "--open")[0] == 2
    told = identity.json("show", "user_id:ann", "--open", "--purpose", "ticket 4711")
    assert [each["value"] for each in told["identifiers"]] == ["tablet", "ann@x.com", "ann"]
    items = engine.cloud.client("dynamodb").scan(TableName=engine.outputs["LedgerTable"])["Items"]
    kept = json.dumps(items, default=str)
    assert "ticket 4711" in kept
    assert "ann@x.com" not in kept


def test_a_merge_is_undone_stays_undone_and_can_be_done_again(
    ann_on_a_tablet, identity, engine, ask
):
    joined = ask.profile("user_id:ann")
    assert joined["counters"] == {"Product Viewed": 1, "identify": 1}
    dry = identity.json("unmerge", "user_id:ann", "anonymous_id:tablet", *WHY, "--dry-run")
    assert (dry["message_id"], [each["kind"] for each in dry["changes"]]) == (None, ["split"])
    assert ask.profile("user_id:ann") == joined
    done = identity.json("unmerge", "user_id:ann", "anonymous_id:tablet", *WHY)
    assert done["changes"] == dry["changes"]
    assert ask.profile("user_id:ann")["counters"] == {"identify": 1}
    assert ask.profile("anonymous_id:tablet")["counters"] == {"Product Viewed": 1}
    event = login(2, 30, userId="ann", anonymousId="tablet")
    assert ask.send({"batch": [event]})[0] == 200
    engine.settle()
    assert ask.profile("anonymous_id:tablet")["counters"] == {"Product Viewed": 1}
    shown = identity.json("show", "anonymous_id:tablet")
    assert [(e["rule"], e["refused"]) for e in shown["edges"]] == [
        ("observed", "blocked"), ("blocked", ""),
    ]  # fmt: skip
    again = identity("unmerge", "user_id:ann", "anonymous_id:tablet", *WHY)
    assert again[0] == 2
    assert "not_one" in again[2]
    assert "said_already" in identity("block", "anonymous_id:tablet", "user_id:ann", *WHY)[2]
    back = identity.json("allow", "anonymous_id:tablet", "user_id:ann", *WHY)
    assert [each["kind"] for each in back["changes"]] == ["merge"]
    assert ask.profile("anonymous_id:tablet")["counters"] == {"Product Viewed": 1, "identify": 2}
    assert identity("block", "user_id:ann", "anonymous_id:tablet", *WHY)[0] == 0
    assert ask.profile("anonymous_id:tablet")["counters"] == {"Product Viewed": 1}
    assert engine.ledger()["balance"] == 0
    assert engine.grants()["refused"] == []


def test_a_block_before_two_meet_keeps_them_apart(identity, engine, ask):
    assert identity("block", "user_id:ann", "anonymous_id:tablet", *WHY)[0] == 0
    assert ask.send({"batch": [login(1, userId="ann", anonymousId="tablet")]})[0] == 200
    told = identity.json("show", "user_id:ann")
    assert [e["refused"] for e in told["edges"]] == ["blocked", ""]


def test_another_rule_is_tried_on_everybody_and_nothing_is_written(identity, engine, ask, tmp_path):
    people = [login(n, n, userId="ann", traits={"email": f"e{n}@x.com"}) for n in range(1, 4)]
    assert ask.send({"batch": [*people, login(9, userId="bob", anonymousId="a9")]})[0] == 200
    told = identity.json("what-if", "--set", "limit.email=2")
    assert (told["people"], told["split"], told["merge"]) == (2, 1, 0)
    (change,) = told["changes"]
    assert [each["refused"] for each in change["why"]] == ["too_many_links"]
    assert change["why"][0]["was"] == "held"
    assert len(change["after"]) == 2
    assert identity.json("what-if", "--set", "limit.email=3")["changes"] == []
    config = tmp_path / "new.toml"
    config.write_text("[sources.website]\n[identity]\nlimit_email = 2\n")
    assert identity.json("what-if", "--config", str(config)) == told
    code, out, err = identity("what-if", "--set", "limit.email=2")
    assert code == 0
    assert "2 people looked at: 0 merge, 1 split, 0 move; nothing was written" in out
    assert "forgotten" in err
    assert identity.json("what-if", "--set", "limit.email=2") == told


MISTAKES = {
    ("show", "ann"): "write <kind>:<value>",
    ("show", "user_id:nobody"): "not_found",
    ("block", "user_id:ann", "user_id:ann", *WHY): "one identifier twice",
    ("block", "user_id:ann", "shoe:7", *WHY): "write <kind>:<value>",
    ("block", "user_id:a1", "user_id:b1", "--reason", "because"): "two words",
    ("what-if",): "--set limit.email=2",
    ("what-if", "--set", "limit.shoe=2"): "shared_by.<kind>",
}


def test_a_mistake_is_answered_with_a_sentence(identity):
    for words, sentence in MISTAKES.items():
        code, out, err = identity(*words)
        assert (code, out) == (2, ""), words
        assert sentence in err
