"""docs/how-to/audit-the-policy.md: its commands are understood, its codes are all there are."""

import re
import shlex

import pytest

from cli.options import parser
from local import ROOT
from millrace.audit import ADVICE

PAGE = (ROOT / "docs" / "how-to" / "audit-the-policy.md").read_text()


def test_every_command_is_understood():
    commands = re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        options = parser().parse_args(shlex.split(command))
        assert (options.subject, options.command) == ("privacy", "audit")


def test_every_code_is_explained_and_no_other():
    assert set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)) == set(ADVICE)


def test_every_command_that_a_finding_advises_is_there(capsys):
    advised = re.findall(r"millrace ([a-z]+ [a-z-]+)", " ".join(ADVICE.values()))
    assert advised
    for words in advised:
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([*words.split(), "--help"])
        assert ended.value.code == 0, words
