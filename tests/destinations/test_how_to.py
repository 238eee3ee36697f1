"""The destination of docs/how-to/add-a-destination.md runs, and keeps what it promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

from millrace.activation import Destination, HttpResponse
from tests.destinations.example import SECRET, deletions, leaver, profile, request, update

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-destination.md"


def pigeon() -> Destination:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    made = names["destination"]
    assert isinstance(made, Destination)
    return made


def test_the_example_makes_a_request():
    sent = request(pigeon(), update(pigeon(), profile()))
    assert sent.url.endswith("/v1/contacts/batch")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    (contact,) = json.loads(sent.body)["contacts"]
    assert set(contact) == pigeon().tells


def test_the_example_asks_to_delete_every_address():
    (sent,) = deletions(pigeon())
    assert json.loads(sent.body)["emails"] == list(leaver().identifiers["email"])


def test_the_page_names_every_outcome():
    kinds = {
        pigeon().outcomes(HttpResponse(status=status), [update(pigeon(), profile())])[0].kind
        for status in (200, 400, 401, 429)
    }
    assert all(f"`{kind}`" in PAGE.read_text() for kind in {*kinds, "rejected"})
