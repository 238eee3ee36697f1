"""The destination of docs/how-to/add-a-destination.md runs, and keeps what it promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from millrace.activation import Destination, HttpResponse
from tests.destinations.example import SECRET, deletions, leaver, profile, request, update
from tests.pages import HOW_TO, changed, follow, run_code

PAGE = "add-a-destination.md"
DESTINATION = "layers/destinations/python/millrace_destinations/pigeon.py"


def pigeon() -> Destination:
    made = run_code(PAGE, DESTINATION)["destination"]
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
    assert all(f"`{kind}`" in (HOW_TO / PAGE).read_text() for kind in {*kinds, "rejected"})


@pytest.mark.slow
def test_whoever_follows_the_page_has_a_destination_and_edits_nothing_that_is_there(tmp_path: Path):
    tree = tmp_path / "millrace"
    answer = follow(PAGE, tree)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"^\d+ passed", answer.stdout, re.MULTILINE)
    for kind in ("request", "deletion"):
        assert (tree / f"tests/destinations/samples/pigeon.{kind}.json").exists()
    assert changed(tree) == {"config/reference.toml"}
