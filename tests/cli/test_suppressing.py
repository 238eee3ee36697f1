"""Why somebody is suppressed stays in the ledger for ever, so it names nobody."""

from argparse import Namespace
from types import SimpleNamespace

import pytest

from cli import suppressing
from millrace.errors import NeedsHuman


@pytest.mark.parametrize("action", ["add", "remove"])
@pytest.mark.parametrize(
    ("why", "code"), [("mail of ada@example.com", "bad_purpose"), ("because", "no_purpose")]
)
def test_a_reason_that_names_somebody_or_says_nothing_is_refused_before_anything_is_kept(
    monkeypatch, action, why, code
):
    monkeypatch.setattr(suppressing, "_token", lambda *_: "token")
    options = Namespace(action=action, address="ada@example.com", reason="operator", why=why)
    without_tables = SimpleNamespace(now_ms=lambda: 0)
    with pytest.raises(NeedsHuman, match=code):
        suppressing.suppress(without_tables, options)
