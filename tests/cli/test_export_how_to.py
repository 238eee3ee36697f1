"""docs/how-to/export-a-person.md: its commands are understood, its sections are the document's."""

import re
import shlex

from cli.options import parser
from local import ROOT
from millrace.access import check_purpose
from millrace.access.dossier import Dossier
from millrace.events.kinds import KINDS

PAGE = (ROOT / "docs" / "how-to" / "export-a-person.md").read_text()


def test_every_command_is_understood():
    commands = re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)
    assert commands
    for command in commands:
        options = parser().parse_args(shlex.split(command))
        assert (options.subject, options.command) == ("privacy", "export")
        assert check_purpose(options.purpose)


def test_every_section_is_described():
    described = set()
    for cells in re.findall(r"^\| (`[a-z_`, ]+`) \|", PAGE, re.MULTILINE):
        described |= set(re.findall(r"`([a-z_]+)`", cells))
    assert described == {*Dossier.__struct_fields__} - {"format"}


def test_the_kinds_it_names_find_people():
    named = set(re.findall(r"`([a-z_]+):`", PAGE))
    assert named <= KINDS.keys()
