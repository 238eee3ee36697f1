"""The pages on erasing, exporting, opening and restoring: their commands, run as they stand."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from cli import connection
from cli.main import main
from local import ROOT
from local.engine import Engine
from local.gate import guard
from tests.local.conftest import Asker

pytestmark = pytest.mark.slow  # that they are understood is tested by default, a file a page
HOUR = 3_600
SHOWN = "er_3f..."


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    state = tmp_path_factory.mktemp("pages")
    with Engine.start(seed=7, state=state, background=False) as running:
        yield running


@pytest.fixture(scope="module")
def ask(engine):
    return Asker(engine)


@pytest.fixture
def run(engine, capsys, tmp_path, monkeypatch):
    """A line of a page in a folder of its own: exit code and what was said.

    Each call to AWS is judged by the role that the line names; without one, everything is allowed.
    """
    monkeypatch.chdir(tmp_path)
    acting = {}

    def session(*words, **more):
        made = boto3.session.Session(*words, **more)
        if "role" in acting:
            guard(made, acting["role"], lambda *_: None)
        return made

    monkeypatch.setattr(
        connection, "boto3", SimpleNamespace(session=SimpleNamespace(Session=session))
    )

    def run(line, **instead):
        profile = re.match(r"--profile (\S+) ", line)
        acting.clear()
        if profile:
            acting["role"] = engine.people[f"millrace-local-{profile[1]}"]
            line = line.removeprefix(profile[0])
        for shown, real in instead.items():
            line = line.replace(shown, real)
        words, _, file = line.partition(" > ")
        capsys.readouterr()
        code = main(["--local", engine.url, *shlex.split(words)])
        said = capsys.readouterr()
        if file:
            Path(file).write_text(said.out)
        engine.settle()
        return code, said.out + said.err

    return run


def commands_of(page):
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text()
    return text, [
        line.strip()
        for line in re.findall(r"^ *python3 run\.py millrace (.+)$", text, re.MULTILINE)
    ]


def sign_up(engine, ask, name, mail):
    traits = {"email": mail, "plan": "gold"}
    one = {"type": "identify", "userId": name, "messageId": f"sign-up-{name}", "traits": traits}
    assert ask.send({"batch": [one]})[0] == 200
    engine.settle()


def test_erase_a_person_from_the_request_to_a_certificate_under_a_root(engine, ask, run):
    text, commands = commands_of("erase-a-person")
    for name in ("ada", "ben", "cleo"):
        sign_up(engine, ask, name, f"{name}@shop.example")
    (curl,) = re.findall(r"^    (curl .+)$", text, re.MULTILINE)
    _, _, method, url, _, header = shlex.split(curl.replace("$PRIVACY_KEY", key_of(engine)))
    name, _, value = header.partition(": ")
    status, told = ask.json(method, url.removeprefix("https://API"), **{name: value})
    assert (status, told["state"]) == (202, "requested")
    engine.settle()
    assert ask.profile("user_id:ada")["fallback"] is True
    Path("people.txt").write_text("user_id:ben\nemail:cleo@shop.example\n")
    (shown,) = re.findall(r"`(privacy erasure er_[^`]+)`", text)
    erased, many, printed, checked, again, root, included = commands
    code, said = run(erased.replace("privacy", "unsealer", 1))
    assert (code, "erasures_refused" in said) == (2, True), "who sees people erases nobody"
    code, said = run(erased)
    assert (code, said.startswith("er_")) == (0, True), "erased again: they might have come back"
    code, said = run(many)
    assert code == 0
    ids = re.findall(r"^(er_[0-9a-f]+): ", said, re.MULTILINE)
    assert len(ids) == 2
    assert [ask.profile(f"user_id:{each}")["fallback"] for each in ("ben", "cleo")] == [True, True]
    code, said = run(shown, **{SHOWN: ids[0]})
    assert (code, json.loads(said)["state"]) == (0, "done")
    assert "is not made yet" in run(printed, **{SHOWN: ids[0]})[1]
    code, said = run(checked)
    assert (code, said.startswith("only consistent with itself")) == (0, True), said
    code, said = run(root)
    assert (code, "no_root" in said) == (1, True)
    engine.clock.advance(26 * HOUR)
    engine.settle()
    assert run(again, **{SHOWN: ids[0]})[0] == run(root)[0] == 0
    code, said = run(included)
    assert (code, said.startswith(f"included: {ids[0]}")) == (0, True), said
    forged = Path("certificate.json").read_text().replace("retention", "request")
    Path("certificate.json").write_text(forged)
    assert run(included)[0] == 1
    assert engine.grants()["refused"] == []
    for words in ("erasures", "resume", "suppressions check ada@shop.example"):
        assert run(f"--profile privacy privacy {words}")[0] == 0
    verify = "--profile privacy privacy verify-ledger --day 2026-12-01"
    assert run(verify)[0] == 0
    added = "--profile privacy privacy suppressions add ada@shop.example --why 'ticket 4711'"
    assert run(added)[0] == 0
    unused = {action for action, _ in engine.people["millrace-local-privacy"].unused()}
    assert unused == {"cloudformation:DescribeStacks", "kms:DescribeKey", "kms:Encrypt"}


def key_of(engine):
    client = engine.cloud.client("secretsmanager")
    names = [each["Name"] for each in client.list_secrets(MaxResults=100)["SecretList"]]
    (name,) = [each for each in names if each.endswith("/privacy-key")]
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])["secret"]


def test_export_a_person_with_who_may_not_write_to_them(engine, ask, run):
    _, (command,) = commands_of("export-a-person")
    sign_up(engine, ask, "export-me", "ada@example.com")
    why = "--profile privacy privacy suppressions add ada@example.com --why 'ticket 4711, by phone'"
    assert run(why)[0] == 0
    code, said = run(command)
    assert code == 0, said
    made = json.loads(Path("ada/export.json").read_text())
    assert [each["reason"] for each in made["suppressions"]] == ["operator"]
    assert "ticket 4711, by phone" in {each["purpose"] for each in made["ledger"]}
    assert "ada@example.com" in Path("ada/export.html").read_text()


def test_open_a_sealed_payload_by_id_by_object_and_from_a_file(engine, ask, run):
    _, (by_id, by_object, from_file) = commands_of("open-a-sealed-payload")
    assert ask.send({"batch": [{"type": "nonsense", "userId": "opened"}]})[0] == 200
    sign_up(engine, ask, "opened", "opened@example.com")
    bucket = engine.outputs["FailedBucket"]
    kept = engine.cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    (name,) = [each["id"] for each in json.loads(run("failed list --json")[1])]
    code, said = run(re.sub(r"open \S+", f"open {name}", by_id))
    assert (code, "nonsense" in said) == (0, True), said
    code, said = run(re.sub(r"open \S+", f"open {name}", by_id.replace("unsealer", "privacy")))
    assert (code, "nonsense" in said) != (0, True), "who erases sees nobody"
    code, said = run(re.sub(r"s3://\S+", f"s3://{bucket}/{kept[0]['Key']}", by_object))
    assert (code, "nonsense" in said) == (0, True), said
    records = [json.loads(line) for line in engine.sinks() if b'"stream"' in line]
    Path("record.json").write_text(str(records[-1]["data_base64"]))
    code, said = run(from_file)
    assert (code, "sign-up-opened" in said) == (0, True), said


def test_restore_a_table_from_before_an_erasure(engine, ask, run):
    text, (reapply,) = commands_of("restore-a-table")
    replay, retain, audit = (
        re.findall(rf"`(?:(?:python3 run\.py )?millrace )?({words}[^`]*)`", text)[-1]
        for words in ("lake replay", "privacy retain", "privacy audit")
    )
    sign_up(engine, ask, "dora", "dora@example.com")
    sign_up(engine, ask, "bystander", "bystander@example.com")
    client = engine.cloud.client("dynamodb")
    tables = [engine.outputs[name] for name in ("ProfilesTable", "SubjectsTable")]
    found = run(audit)[1]
    backup = {table: client.scan(TableName=table)["Items"] for table in tables}
    moment = str(engine.clock.now_ms())
    assert run("privacy erase user_id:dora")[0] == 0
    for table, items in backup.items():
        restore(client, table, f"{table}-new", items)
    line = reapply.replace("NEW", f"{tables[0]}-new", 1).replace("NEW", f"{tables[1]}-new", 1)
    code, said = run(line)
    assert code == 0
    assert ": 0 rows" not in said
    code, said = run(line)
    assert (code, " 0 rows" in said, " 0 keys" in said) == (0, True, True), said
    for table in tables:
        for item in client.scan(TableName=f"{table}-new")["Items"]:
            client.put_item(TableName=table, Item=item)
    assert run(replay.replace("MOMENT", moment))[0] == 0
    assert "0 people emptied" in run(retain)[1]
    assert ask.profile("user_id:dora")["fallback"] is True
    assert ask.profile("user_id:bystander")["traits"]["plan"] == "gold"
    assert run(audit)[1] == found, "nothing new"


def restore(client, table, name, items):
    """A copy of a table with what a backup holds."""
    told = client.describe_table(TableName=table)["Table"]
    client.create_table(
        TableName=name,
        KeySchema=told["KeySchema"],
        AttributeDefinitions=[
            each
            for each in told["AttributeDefinitions"]
            if each["AttributeName"] in {key["AttributeName"] for key in told["KeySchema"]}
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in items:
        client.put_item(TableName=name, Item=item)
