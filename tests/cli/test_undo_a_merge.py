"""docs/how-to/undo-a-merge.md: its sample and its commands, done as they stand there."""

from __future__ import annotations

import json
import re
import shlex

from cli.main import main
from cli.options import parser
from local import ROOT

PAGE = (ROOT / "docs" / "how-to" / "undo-a-merge.md").read_text()
SAMPLE = json.loads(re.search(r"```json\n(.+?)```", PAGE, re.DOTALL)[1])
COMMANDS = re.findall(r"^python3 run\.py millrace (identity .+)$", PAGE, re.MULTILINE)


def test_the_page_parts_two_people_with_one_sample_and_one_command(engine, ask, capsys):
    assert ask.send(SAMPLE)[0] == 200
    engine.settle()
    assert ask.profile("user_id:ann")["counters"] == {"Order Completed": 1, "identify": 1}
    (unmerge,) = [words for words in COMMANDS if " unmerge " in words]
    assert main(["--local", engine.url, *shlex.split(unmerge), "--wait", "0"]) == 0
    assert "split:" in capsys.readouterr().out
    engine.settle()
    ann, tablet = ask.profile("user_id:ann"), ask.profile("anonymous_id:tablet")
    assert (ann["counters"], ann["traits"]) == ({"identify": 1}, {"plan": "pro"})
    assert (tablet["counters"], tablet["traits"]) == ({"Order Completed": 1}, {})
    (allow,) = [words for words in COMMANDS if " allow " in words]
    assert main(["--local", engine.url, *shlex.split(allow), "--wait", "0"]) == 0
    engine.settle()
    assert ask.profile("anonymous_id:tablet")["profile_id"] == ann["profile_id"]


def test_every_command_of_the_page_is_understood():
    assert {shlex.split(words)[1] for words in COMMANDS} == {
        "show", "unmerge", "block", "allow", "what-if",
    }  # fmt: skip
    for words in COMMANDS:
        assert parser().parse_args(shlex.split(words)).run
