"""The source of docs/how-to/add-a-source.md runs, and keeps what it promises."""

import json
import re

import pytest

from millrace.intake.webhooks import WebhookSource
from tests.pages import HOW_TO, changed, files, follow, run_code
from tests.sources.door import Door
from tests.sources.signing import TEXT
from tests.sources.vendors import VENDORS

PAGE = "add-a-source.md"
SOURCE = "layers/sources/python/millrace_sources/webhooks/pigeon.py"
SIGNER = "tests/sources/vendors/pigeon.py"
SAMPLE = "tests/sources/samples/pigeon/opened.in.json"


@pytest.fixture
def door(monkeypatch):
    monkeypatch.setitem(VENDORS, "pigeon", run_code(PAGE, SIGNER)["vendor"])
    return Door("pigeon", definition=run_code(PAGE, SOURCE)["source"])


def test_the_sample_of_the_page_becomes_an_event(door):
    (event,) = door.take(json.dumps(json.loads(files(PAGE)[SAMPLE])["content"]).encode())
    assert (event.name, event.message_id) == ("Email Opened", "pigeon:e1")
    assert event.anchor.value == "a@b.com"


def test_what_it_cannot_prove_it_refuses(door):
    late = door.sign(b"[]", at=door.clock.now_ms() - 301_000)
    assert door.post(late).status == 401
    assert door.post(door.sign(b"[]", secret=TEXT + "x")).status == 401
    assert door.is_untouched


def test_every_name_of_the_page_exists():
    import millrace.intake.webhooks as names

    page = (HOW_TO / PAGE).read_text()
    named = set(re.findall(r"`([a-z_]+|[A-Z][A-Za-z_]+)`", page.split("```")[2]))
    offered = named & {*names.__all__, *WebhookSource.__struct_fields__}
    assert {"verify", "split", "spread", "signed_tokens", "Hmac", "AnyOf", "prefixed"} <= offered


@pytest.mark.slow
def test_whoever_follows_the_page_has_a_source_and_edits_nothing_that_is_there(tmp_path):
    tree = tmp_path / "millrace"
    answer = follow(PAGE, tree)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"^\d+ passed", answer.stdout, re.MULTILINE)
    accepted = json.loads((tree / SAMPLE.replace(".in.", ".out.")).read_text())
    assert [event["name"] for event in accepted["events"]] == ["Email Opened"]
    assert changed(tree) == {
        "docs/reference/openapi.json",
        "layers/core/python/millrace/intake/openapi.json",
    }
