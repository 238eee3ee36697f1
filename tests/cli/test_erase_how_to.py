"""docs/how-to/erase-a-person.md: its commands are understood, its reasons are the code's."""

import re
import shlex

import pytest

from cli.options import parser
from local import ROOT
from millrace.erasure.model import DEFAULT_REASON, REASONS

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
