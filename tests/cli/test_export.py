"""`millrace privacy export` against a local engine: everything, readable by its owner only."""

from __future__ import annotations

import json
import stat

from cli.main import main

WHY = ("--purpose", "access request 12")


def test_a_person_gets_everything_from_every_store(engine, ask, tmp_path, capsys):
    mail = "ada@example.com"
    batch = [
        {"type": "track", "event": "Page Seen", "anonymousId": "anon-1", "messageId": "m-1"},
        {"type": "identify", "userId": "ada", "anonymousId": "anon-1", "messageId": "m-2",
         "traits": {"email": mail, "firstName": "<script>alert(1)</script>"},
         "context": {"consent": {"categoryPreferences": {"email_marketing": True}}}},
        {"type": "nonsense", "userId": "ada", "messageId": "m-3"},
        {"type": "track", "event": "Page Seen", "userId": "bob", "messageId": "m-4"},
    ]  # fmt: skip
    assert ask.send({"batch": batch})[0] == 200
    engine.settle()
    out = tmp_path / "export"
    words = ("--local", engine.url, "privacy", "export", f"email:{mail.upper()}", *WHY)
    assert main([*words, "--out", str(out)]) == 0, capsys.readouterr().err
    made = json.loads((out / "export.json").read_text())
    assert {each["value"] for each in made["identifiers"]} == {"ada", "anon-1", mail}
    assert [each["message_id"] for each in made["events"]] == ["m-1", "m-2"]
    assert {each["change"] for each in made["changes"]} >= {"trait_set", "identifier_added"}
    assert [each["code"] for each in made["failed_events"]] == ["unknown_type"]
    assert {each["destination"] for each in made["destinations"]} == {"klaviyo", "webhook"}
    assert made["destinations"][0]["state"]["email"] == mail
    assert [each["status"] for each in made["ledger"] if each["kind"] == "unseal"] == ["exported"]
    assert "bob" not in json.dumps(made)
    page = (out / "export.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    for file in out.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert main([*words, "--out", str(out)]) == 2
    assert "folder_exists" in capsys.readouterr().err
    assert main([*words[:-2], "--out", str(tmp_path / "other")]) == 2
    assert "no_purpose" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_what_names_nobody_leaves_no_folder_behind(engine, tmp_path, capsys):
    out = tmp_path / "export"
    words = ("--local", engine.url, "privacy", "export", "shoe:43", *WHY, "--out", str(out))
    assert main([*words]) == 2
    assert "bad_identifier" in capsys.readouterr().err
    assert not out.exists()
