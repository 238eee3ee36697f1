"""docs/how-to/replay-failed-events.md: its commands and its mapping are understood as written."""

import re
import shlex

import pytest

from cli.options import parser
from cli.replaying import check_replay, steps_from
from local import ROOT
from millrace.failed.model import key_of
from millrace.failed.selecting import where_of

PAGE = (ROOT / "docs" / "how-to" / "replay-failed-events.md").read_text()
COMMANDS = re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)
OPTIONS = re.findall(r"^\| `(--(?:rename|drop|set) \S+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command):
    options = parser().parse_args(shlex.split(command))
    if options.command == "replays":
        return
    if options.command == "show":
        assert key_of(options.id)
        return
    where_of(options.where, 1_780_000_000_000)
    if options.command == "replay":
        check_replay(options)
        assert steps_from(options)


def test_every_mapping_option_is_understood():
    assert len(OPTIONS) == 3
    for option in OPTIONS:
        words = ["failed", "replay", "--all", *option.split()]
        assert len(steps_from(parser().parse_args(words))) == 1


def test_every_link_leads_somewhere():
    targets = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert targets
    assert all((ROOT / "docs" / "how-to" / target).resolve().exists() for target in targets)
