"""docs/how-to/erase-a-person.md: its commands are understood, its reasons are the code's."""

import re
import shlex

import pytest

from cli.erasing import people_in
from cli.main import main
from cli.options import parser
from local import ROOT
from millrace.erasure.model import DEFAULT_REASON, REASONS
from millrace.errors import NeedsHuman

PAGE = (ROOT / "docs" / "how-to" / "erase-a-person.md").read_text()
COMMANDS = re.findall(r"^    python3 run\.py millrace ([^>\n]+)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command):
    assert parser().parse_args(shlex.split(command)).subject == "privacy"


def test_it_shows_each_way_to_ask():
    ways = [parser().parse_args(shlex.split(command)) for command in COMMANDS]
    asked = [(bool(each.person), bool(each.file)) for each in ways if each.command == "erase"]
    assert asked == [(True, False), (False, True)]


def test_its_reasons_are_those_of_the_code_and_the_first_is_the_default():
    (table,) = re.findall(r"\| reason \| means \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    reasons = re.findall(r"^\| `([a-z_]+)`", table, re.MULTILINE)
    assert tuple(reasons) == REASONS
    assert reasons[0] == DEFAULT_REASON


def test_a_file_names_each_person_once_and_may_hold_remarks(tmp_path):
    file = tmp_path / "people.txt"
    file.write_text("# ticket 4711\n\n email:Ada@x.com \nuser_id:7\nuser_id:7\n")
    assert people_in(str(file)) == ["email:Ada@x.com", "user_id:7"]


@pytest.mark.parametrize("line", ["shoe:43", "ada@x.com", "email:", "user_id:null"])
def test_a_line_that_names_nobody_is_told_by_its_number_only(tmp_path, line):
    file = tmp_path / "people.txt"
    file.write_text(f"user_id:7\n{line}\nuser_id:8\n{line}\n")
    with pytest.raises(NeedsHuman, match="not_an_identifier") as told:
        people_in(str(file))
    assert told.value.message.endswith("on line 2, 4")
    assert line not in told.value.message.replace("as in user_id:4711", "")


def test_nobody_named_and_no_file_are_said_in_a_sentence(tmp_path, capsys):
    (tmp_path / "latin").write_bytes(b"user_id:\xe4")
    for words, code in (
        ((), "nobody_named"),
        (("--from", str(tmp_path / "none")), "no_file"),
        (("--from", str(tmp_path / "latin")), "no_file"),
    ):
        assert main(["privacy", "erase", *words]) == 2
        assert code in capsys.readouterr().err
