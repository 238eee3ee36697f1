"""docs/how-to/audit-the-policy.md: its commands are understood, its codes are all there are."""

import re
import shlex

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
