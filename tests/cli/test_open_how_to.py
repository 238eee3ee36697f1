"""docs/how-to/open-a-sealed-payload.md: its commands are understood, its codes are the code's."""

import re
import shlex

import pytest

from cli.options import parser
from local import ROOT
from millrace.access import check_purpose

PAGE = (ROOT / "docs" / "how-to" / "open-a-sealed-payload.md").read_text()
COMMANDS = re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command):
    options = parser().parse_args(shlex.split(command))
    assert options.subject == "open"
    assert check_purpose(options.purpose)


def test_every_code_of_the_page_is_one_that_the_code_knows():
    sources = "".join(
        path.read_text()
        for folder in ("layers/core/python/millrace", "cli")
        for path in (ROOT / folder).rglob("*.py")
    )
    (table,) = re.findall(r"\| code \| why \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    codes = re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\|[^|]*\|", table, re.MULTILINE)))
    assert len(codes) == 6
    for code in codes:
        assert f'"{code}"' in sources, code
