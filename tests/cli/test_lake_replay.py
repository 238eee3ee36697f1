"""docs/how-to/replay-the-lake.md, as it is written, against a local engine."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from cli.main import main
from local import ROOT
from local.engine import Engine
from millrace.clock import DAY_MS
from tests.local.conftest import Asker

PAGE = (ROOT / "docs" / "how-to" / "replay-the-lake.md").read_text()
COMMANDS = re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)
EVERYTHING = ("replay", "--all", "--rate", "1000", "--json")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine.start(seed=7, state=tmp_path_factory.mktemp("lake"), background=False) as running:
        yield running


@pytest.fixture(scope="module")
def shop(engine):
    """Two people on the first of December, one of whom is erased, and one at the end of it."""
    ask = Asker(engine)
    for days, who in ((0, "ann"), (0, "bob"), (29, "eve")):
        engine.clock.set(engine.clock.now_ms() + days * DAY_MS)
        traits = {"email": f"{who}@planted-mark.example"}
        batch = [
            {"type": "identify", "userId": who, "messageId": f"i-{who}", "traits": traits},
            {"type": "track", "userId": who, "messageId": f"t-{who}", "event": "Product Viewed"},
        ]
        assert ask.send({"batch": batch})[0] == 200
        engine.settle()
        engine.clock.advance(600)
        engine.settle()
    assert main(["--local", engine.url, "privacy", "erase", "user_id:bob"]) == 0
    engine.settle()
    return ask


@pytest.fixture
def millrace(engine, capsys):
    def run(*words):
        capsys.readouterr()
        code = main(["--local", engine.url, "lake", *words])
        return code, *capsys.readouterr()

    return run


def test_a_replay_keeps_everything_as_it_was_and_the_ledger_balances(
    engine,
    shop,
    millrace,
):
    before, profile = engine.ledger(), shop.profile("user_id:ann")
    told = {name: len(engine.outbox(name)) for name in ("klaviyo", "webhook")}
    files = sorted(path.name for path in engine.lake_path.rglob("events/**/*.parquet"))
    for _ in range(2):
        code, out, err = millrace(*EVERYTHING)
        assert code == 0, err
        assert json.loads(out) == {
            "replayed": 4, "erased": 2, "unreadable": 0, "broken_files": 0, "gone_files": 0,
        }  # fmt: skip
        engine.settle()
        engine.clock.advance(600)
        engine.settle()
    after = engine.ledger()
    assert after["duplicate"] == before["duplicate"] + 8
    assert after["applied"] == before["applied"]
    assert (after["received"], after["balance"]) == (before["received"] + 8, 0)
    assert shop.profile("user_id:ann") == profile
    assert shop.profile("user_id:bob")["fallback"] is True
    assert {name: len(engine.outbox(name)) for name in told} == told
    assert sorted(path.name for path in engine.lake_path.rglob("events/**/*.parquet")) == files
    assert engine.grants()["refused"] == []


def test_every_command_of_the_page_does_what_it_says(engine, shop, millrace):
    assert len(COMMANDS) == 2
    dry, real = (millrace(*shlex.split(each)[1:], "--rate", "1000") for each in COMMANDS)
    assert (dry[0], real[0]) == (0, 0)
    assert "2  would be replayed" in dry[1]
    assert "2  replayed" in real[1]
    assert "2  of erased people: nobody can open them" in real[1]
    assert "events/day=2026-12-01/hour=00: 2 replayed" in real[2]
    assert "planted-mark" not in "".join(map(str, (dry, real)))
    assert "planted-mark" not in "".join(engine.log_lines("lake/replay"))
    engine.settle()


def test_profiles_that_were_lost_are_there_again_and_nobody_is_told_twice(
    engine,
    shop,
    millrace,
):
    table, client = engine.outputs["ProfilesTable"], engine.cloud.client("dynamodb")
    before = {who: shop.profile(f"user_id:{who}") for who in ("ann", "eve")}
    told = {name: len(engine.outbox(name)) for name in ("klaviyo", "webhook")}
    for item in client.scan(TableName=table)["Items"]:
        client.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
    assert shop.profile("user_id:ann")["fallback"] is True
    assert millrace(*EVERYTHING)[0] == 0
    engine.settle()
    for who, profile in before.items():
        again = shop.profile(f"user_id:{who}")
        assert (again["traits"], again["counters"]) == (profile["traits"], profile["counters"])
    assert shop.profile("user_id:bob")["fallback"] is True
    assert {name: len(engine.outbox(name)) for name in told} == told
    assert engine.ledger()["balance"] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("replay",), "say since when"),
        (("replay", "--from", "yesterday"), "a time is written"),
        (("replay", "--from", "2026-11-22", "--to", "2026-11-22"), "must be before"),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(millrace, words, sentence):
    code, out, err = millrace(*words)
    assert (code, out) == (2, "")
    assert sentence in err


def test_every_link_leads_somewhere():
    targets = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert targets
    assert all((ROOT / "docs" / "how-to" / target).resolve().exists() for target in targets)
