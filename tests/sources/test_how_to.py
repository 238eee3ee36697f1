"""The source of docs/how-to/add-a-source.md runs, and keeps what it promises."""

import json
import re
from pathlib import Path

import pytest

from millrace.intake.webhooks import WebhookSource
from tests.sources import vendors
from tests.sources.door import Door
from tests.sources.signing import NOW_MS, TEXT, Posted, b64, mac, seconds

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-source.md"


def pigeon():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names = {}
    exec(compile(code, str(PAGE), "exec"), names)
    made = names["source"]
    assert isinstance(made, WebhookSource)
    return made


def sign(content, secret, at):
    signed = b64(mac(secret, seconds(at).encode() + b"." + content))
    return Posted(content, {"Pigeon-Timestamp": seconds(at), "Pigeon-Signature": signed})


@pytest.fixture
def door(monkeypatch):
    monkeypatch.setitem(vendors.VENDORS, "pigeon", vendors.Vendor(sign))
    return Door("pigeon", definition=pigeon())


def test_the_sample_of_the_page_becomes_an_event(door):
    (sample,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (event,) = door.take(json.dumps(json.loads(sample)["content"]).encode())
    assert (event.name, event.message_id) == ("Email Opened", "pigeon:e1")
    assert event.anchor.value == "a@b.com"


def test_what_it_cannot_prove_it_refuses(door):
    assert door.post(sign(b"[]", TEXT, NOW_MS - 301_000)).status == 401
    assert door.post(sign(b"[]", TEXT + "x", NOW_MS)).status == 401
    assert door.is_untouched


def test_every_name_of_the_page_exists():
    import millrace.intake.webhooks as names

    named = set(re.findall(r"`([a-z_]+|[A-Z][A-Za-z_]+)`", PAGE.read_text().split("```")[2]))
    offered = named & {*names.__all__, *WebhookSource.__struct_fields__}
    assert {"verify", "split", "spread", "Hmac", "Ecdsa", "Sns", "AnyOf", "prefixed"} <= offered
