"""`millrace open` against a local engine: whatever is sealed, from wherever it lies."""

from __future__ import annotations

import json

import pytest

from cli.connection import Connection
from cli.main import main
from cli.unsealing import ledger_of, vault_of

WHY = ("--purpose", "ticket 4711")


@pytest.fixture
def open_(engine, capsys):
    """`millrace open ...`: exit code, standard output, standard error."""

    def run(*words):
        capsys.readouterr()
        code = main(["--local", engine.url, "open", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def track(number: int) -> dict:
    return {"type": "track", "event": "Page Seen", "userId": "ada", "messageId": f"m-{number}"}


def objects(engine, output: str) -> list[str]:
    bucket = engine.outputs[output]
    found = engine.cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [f"s3://{bucket}/{each['Key']}" for each in found]


def test_a_file_of_the_lake_and_a_record_of_the_stream_are_opened_and_remembered(
    engine, ask, open_, tmp_path
):
    assert ask.send({"batch": [track(1), track(2)]})[0] == 200
    engine.settle()
    (place,) = [each for each in objects(engine, "LakeBucket") if "/events/" in each]
    code, out, _ = open_(place, *WHY, "--json")
    assert (code, {each["content"]["message_id"] for each in json.loads(out)}) == (
        0, {"m-1", "m-2"},
    )  # fmt: skip
    (record,) = [json.loads(line) for line in engine.sinks() if b'"stream"' in line]
    file = tmp_path / "ada@example.com.txt"
    file.write_text(str(record["data_base64"]))
    code, out, err = open_(str(file), *WHY)
    assert code == 0
    assert '"message_id": "m-1"' in out
    connection = Connection(local=engine.url)
    subject = f"i#user_id#{vault_of(connection).token('user_id', 'ada')}"
    entries = [link.entry for link in ledger_of(connection).read(subject)]
    assert entries[0].source == place
    assert entries[1].source.startswith("file sha256:"), "a file's name may name somebody"
    assert {(each.kind, each.purpose) for each in entries} == {("unseal", "ticket 4711")}
    assert all(each.by in err for each in entries)


def test_what_cannot_be_opened_is_said_in_a_sentence(open_):
    for words, sentence in (
        (("nothing.json", *WHY), "no_file"),
        (("s3://no-such-bucket/x", *WHY), "no_object"),
        (("2026-11-22T03-" + "a" * 40, *WHY), "no_object"),
        (("nothing.json",), "no_purpose"),
        (("nothing.json", "--purpose", "for ada@example.com"), "bad_purpose"),
    ):
        code, out, err = open_(*words)
        assert (code, out) == (2, ""), words
        assert sentence in err
