"""docs/how-to/record-consent.md, as written, against a running engine."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import pytest

from cli.main import main
from infra.consent import rules
from infra.environment import Environment
from local import ROOT
from tests.local.again import Troubles

PAGE = (ROOT / "docs" / "how-to" / "record-consent.md").read_text()
(BODY,) = re.findall(r"```json\n(.+?)\n```", PAGE, re.DOTALL)
(CONFIG,) = re.findall(r"```toml\n(.+?)\n```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)
KEY = {"authorization": "Bearer local-consent-key"}
ADA = "email:ada@example.com"


def decide(ask, **said):
    status, _, answered = ask("PUT", f"/v1/consents/{ADA}", {**json.loads(BODY), **said}, KEY)
    assert status == 200, answered
    return json.loads(answered)["message_id"]


def run(engine, capsys, command):
    code = main(["--local", engine.url, *shlex.split(command)])
    return code, capsys.readouterr().out


def told(engine):
    return [request["path"].rpartition("/")[2] for request in engine.outbox("klaviyo")]


def test_the_configuration_of_the_page_is_understood():
    found = rules(Environment.model_validate({"sources": {"web": {}}, **tomllib.loads(CONFIG)}))
    assert found.purposes["analytics"].unless_told == "deny"
    assert found.purposes["analytics"].basis == "legitimate_interest"
    assert found.purposes["email_marketing"].is_double_opt_in
    assert found.traits == {"email_opt_in": "email_marketing"}


def test_a_decision_reaches_profile_destination_and_ledger_and_its_withdrawal_too(engine, ask):
    person = {"userId": "ada", "traits": {"email": "ada@example.com", "plan": "pro"}}
    assert ask.send(person, "/v1/identify")[0] == 200
    engine.settle()
    assert told(engine) == [], "nobody asked her yet"
    decide(ask, message_id="c1")
    decide(ask, message_id="c1")
    engine.settle()
    given = ask.profile(ADA)["consents"]["email_marketing"]
    assert (given["status"], given["text_version"]) == ("granted", "2026-10")
    assert told(engine) == ["profile-bulk-import-jobs"]
    engine.clock.advance(1)
    decide(ask, status="withdrawn", message_id="c2")
    engine.settle()
    assert told(engine) == ["profile-bulk-import-jobs", "profile-suppression-bulk-create-jobs"]
    ask.send({**person, "traits": {**person["traits"], "plan": "team"}}, "/v1/identify")
    engine.settle()
    assert len(told(engine)) == 2, "what she withdrew is told to nobody"
    assert engine.ledger()["balance"] == 0


def test_the_commands_of_the_page_work_and_a_changed_ledger_is_found(engine, ask, capsys):
    add, check, remove, verify = COMMANDS
    assert run(engine, capsys, add)[0] == 0
    assert json.loads(run(engine, capsys, check)[1]) == {"reasons": ["operator", "unsubscribed"]}
    engine.clock.advance(1)
    assert run(engine, capsys, remove)[0] == 0
    assert json.loads(run(engine, capsys, check)[1]) == {"reasons": ["unsubscribed"]}
    assert run(engine, capsys, verify)[0] == 1, "the day has not ended"
    engine.clock.advance(2 * 86_400)
    engine.settle()
    code, out = run(engine, capsys, verify)
    assert (code, "4 entries, as they were" in out) == (0, True), out
    table = engine.outputs["LedgerTable"]
    dynamodb = engine.cloud.client("dynamodb")
    items = dynamodb.scan(TableName=table)["Items"]
    lost = next(item for item in items if item["sk"]["S"].startswith("n#"))
    dynamodb.delete_item(TableName=table, Key={name: lost[name] for name in ("pk", "sk")})
    assert run(engine, capsys, verify)[0] == 1


def test_neither_ledger_nor_list_nor_roots_hold_an_address(engine):
    names = ("Ledger", "Suppressions", "Roots")
    kept = [
        line
        for line in engine.sinks()
        if any(name.encode() in line[:200] for name in names) and b'"sink":"log"' not in line
    ]
    assert kept
    assert not any(b"ada@example.com" in line or b"form 7" in line for line in kept)


def test_a_websites_key_undoes_no_refusal_that_came_from_elsewhere(engine, ask, capsys):
    key = {"authorization": "Bearer local-consent-key"}
    no = json.dumps({"purpose": "email_marketing", "status": "withdrawn"}).encode()
    assert ask("PUT", "/v1/consents/email:uma@shop.example", no, key)[0] == 200
    engine.settle()
    yes = {"event": "Resubscribed", "context": {"traits": {"email": "uma@shop.example"}}}
    assert ask.send({"userId": "uma", **yes}, "/v1/track")
    engine.settle()
    check = "privacy suppressions check uma@shop.example"
    assert json.loads(run(engine, capsys, check)[1]) == {"reasons": ["unsubscribed"]}
    assert not [each for each in engine.outbox("klaviyo") if "uma@" in str(each)]


@pytest.mark.parametrize("key", ["local-read-key", "local-website-write-key", ""])
def test_no_other_key_records_consent(ask, key):
    headers = {"authorization": f"Bearer {key}"}
    assert ask("PUT", f"/v1/consents/{ADA}", json.loads(BODY), headers)[0] == 401


@pytest.mark.parametrize("many", [10, pytest.param(1_000, marks=pytest.mark.slow)])
def test_what_is_withdrawn_while_it_waits_is_told_by_no_redrive_and_no_replay(engine, ask, many):
    people = [f"w{number}-of-{many}@example.com" for number in range(many)]
    deliver = engine.functions["activation/deliver"]
    troubles = Troubles(engine, ask)
    working, deliver._handler = deliver._handler, troubles.watched(lambda *_: None)
    yes = {"context": {"consent": {"categoryPreferences": {"email_marketing": True}}}}
    for start in range(0, many, 100):
        batch = [{"type": "identify", "userId": each, "traits": {"email": each}, **yes}
                 for each in people[start : start + 100]]  # fmt: skip
        assert ask.send({"batch": batch})[0] == 200
    engine.settle()
    deliver._handler = working
    engine.clock.advance(600)
    engine.settle()
    for each in people:
        for purpose in ("email_marketing", "sharing"):
            said = {"purpose": purpose, "status": "withdrawn"}
            assert ask("PUT", f"/v1/consents/email:{each}", said, KEY)[0] == 200
    engine.settle()
    troubles.bury(most=2 * many)
    assert troubles.dead() >= 2 * many
    assert engine.settle() == {}
    troubles.lake()
    assert engine.settle() == {}
    sent = json.dumps([engine.outbox(name) for name in ("klaviyo", "webhook")])
    assert not [each for each in people if each in sent]
