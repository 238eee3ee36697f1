"""docs/how-to/set-retention.md, as written, on a local engine whose clock is moved."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import pytest

from cli.main import main
from infra.environment import Environment
from infra.reference import DEFAULTS
from infra.synth import LOCAL_CONFIG
from local import ROOT
from local.engine import Engine
from tests.local.conftest import Asker

PAGE = (ROOT / "docs" / "how-to" / "set-retention.md").read_text()
CONFIG = tomllib.loads(re.findall(r"```toml\n(.+?)\n```", PAGE, re.DOTALL)[0])
(COMMAND,) = re.findall(r"^python3 run\.py millrace --profile admin (.+)$", PAGE, re.MULTILINE)
DAY = 86_400
KEY = {"authorization": "Bearer local-consent-key"}
PERSON = {"userId": "ada", "traits": {"email": "ada@example.com", "plan": "gold"}}
CART = {"type": "track", "userId": "ada", "event": "Product Added"}
CART |= {"properties": {"product_id": "p1", "category": "shoes"}}


@pytest.fixture
def engine(tmp_path):
    base = tomllib.loads(LOCAL_CONFIG.read_text())
    config = base | CONFIG | {"consent": base["consent"] | CONFIG["consent"]}
    environment = Environment.model_validate(config)
    with Engine.start(environment=environment, state=tmp_path, background=False) as running:
        yield running


@pytest.fixture
def ask(engine):
    return Asker(engine)


def run(engine, capsys, command):
    capsys.readouterr()
    assert main(["--local", engine.url, *shlex.split(command)]) == 0
    engine.settle()
    return capsys.readouterr().out


def decide(ask, engine, status):
    said = {"purpose": "analytics", "status": status, "message_id": status}
    answered = ask("PUT", "/v1/consents/user_id:ada", said, KEY)
    assert answered[0] == 200, answered
    engine.settle()


def test_behaviour_ends_with_its_purpose_everywhere_it_is_shown(engine, ask, tmp_path, capsys):
    assert ask.send(PERSON, "/v1/identify")[0] == 200
    assert ask.send({"batch": [CART | {"messageId": "c1"}]})[0] == 200
    engine.settle()
    decide(ask, engine, "withdrawn")
    engine.clock.advance(6 * DAY)
    engine.settle()
    assert ask.profile("user_id:ada")["counters"]["Product Added"] == 1, "the term is not over"
    engine.clock.advance(3 * DAY)
    engine.settle()
    served = ask.profile("email:ada@example.com")
    assert served["counters"] == {}
    assert served["computed"]["orders"] == 0
    assert served["computed"].get("cart") is None
    assert served["traits"] == PERSON["traits"]
    assert "Product Added" not in run(engine, capsys, "profile show user_id:ada --json")
    out = tmp_path / "export"
    run(engine, capsys, f"privacy export user_id:ada --purpose 'access 1' --out {out}")
    made = json.loads((out / "export.json").read_text())
    told = json.dumps([made["stems"], made["profile"]])
    assert "Product Added" not in told
    assert "shoes" not in told
    assert made["traits"]["plan"][0]["value"] == "gold"
    assert "removed" in {each["change"] for each in made["changes"]}
    assert "withdrawn data removed from 0 people" in run(engine, capsys, COMMAND), "the day did it"
    decide(ask, engine, "granted")
    engine.clock.advance(1)
    assert ask.send({"batch": [CART | {"messageId": "c2"}]})[0] == 200
    engine.settle()
    assert ask.profile("user_id:ada")["counters"] == {"Product Added": 1}
    assert engine.ledger()["balance"] == 0
    assert engine.grants()["refused"] == []


def test_its_table_is_what_the_defaults_are():
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (.+?) \| .+? \|$", PAGE, re.MULTILINE)
    told = {
        purpose: sorted(re.findall(r"`([a-z]+)`", kept))
        for purposes, kept in rows
        for purpose in re.findall(r"`([a-z_]+)`", purposes)
    }
    assert told == {name: sorted(purpose.keeps) for name, purpose in DEFAULTS.items()}
    days = {purpose.withdrawn_days for purpose in DEFAULTS.values()}
    assert set(re.findall(r"`withdrawn_days` \((\d+)\)", PAGE)) == {str(each) for each in days}
