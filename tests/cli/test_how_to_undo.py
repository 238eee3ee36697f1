"""docs/how-to/see-and-undo-a-change.md, run from top to bottom against a local engine."""

from __future__ import annotations

import re
import shlex

from cli.main import main
from local import ROOT
from local.engine import Engine
from local.sql import main as sql
from millrace.lake import PROFILE_CHANGES
from millrace.profiles.changes import Kind
from tests.cli.test_profile import Shop

PAGE = (ROOT / "docs" / "how-to" / "see-and-undo-a-change.md").read_text()
COMMANDS = re.findall(r"^python3 run\.py (.+)$", PAGE, re.MULTILINE)


def test_the_page_can_be_followed_word_by_word(tmp_path, capsys):
    with Engine.start(seed=7, state=tmp_path, background=False) as engine:
        shop = Shop(engine)
        for plan in ("right", "better"):
            shop.identify("ada", plan=plan)
        for _ in range(4):  # the clock moves an hour with each: two of them are wrong
            shop.identify("ben", name="Ben")
        for plan in ("wrong", "wrong, too"):
            shop.identify("ada", plan=plan, source="server")
        for command in COMMANDS:
            words = shlex.split(command)
            if words[0] == "sql":
                assert sql([*words[1:], "--state", str(tmp_path)]) == 0
                continue
            assert words.pop(0) == "millrace"
            assert main(["--local", engine.url, *words]) == 0, capsys.readouterr().err
            engine.settle()
        assert shop.traits("ada") == {"plan": "better"}
        assert shop.traits("ben") == {"name": "Ben"}
    out = capsys.readouterr().out
    assert "wrong, too" in out, "opened for a purpose"
    assert out.count("wrong, too") == 1


def test_the_page_knows_every_kind_of_change_and_every_link_leads_somewhere():
    cells = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
    told = set(re.findall(r"`([a-z_]+)`", "".join(cells)))
    assert told - {"change"} == set(Kind.__args__)
    assert PROFILE_CHANGES.name in PAGE
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / "how-to" / target).resolve().exists()
