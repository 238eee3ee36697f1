"""Operations asked for from the command line's side, against a local engine."""

from __future__ import annotations

import pytest

from cli.connection import Connection
from cli.operating import operate
from millrace.errors import NeedsHuman
from millrace.intake.operating import Asked

BLOCK = Asked(name="identity.block", properties={"a": "user_id:ann", "b": "email:ann@x.com"})


def test_an_operation_is_in_the_ledger_and_the_lake_once_however_often_it_is_asked_for(engine):
    connection = Connection(local=engine.url)
    once = operate(connection, [BLOCK], "ticket 4711")
    engine.settle()
    assert operate(connection, [BLOCK], "ticket 4711") == once
    engine.settle()
    ledger = engine.ledger()
    assert (ledger["received"], ledger["applied"], ledger["duplicate"]) == (2, 1, 1)
    assert ledger["balance"] == 0
    assert engine.grants()["refused"] == []
    log = "".join(engine.log_lines("intake/operate"))
    assert "identity.block" in log
    assert "ann" not in log


def test_what_is_wrong_is_said_before_anything_is_asked(engine):
    with pytest.raises(NeedsHuman, match="two words"):
        operate(Connection(local=engine.url), [BLOCK], "because")
    wrong = Asked(name="identity.block", properties={"a": "user_id:ann"})
    with pytest.raises(NeedsHuman, match="operation 0") as refused:
        operate(Connection(local=engine.url), [wrong], "ticket 4711")
    assert refused.value.code == "bad_operation"
    engine.settle()
    assert engine.ledger()["received"] == 0
