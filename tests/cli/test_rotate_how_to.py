"""docs/how-to/rotate-keys.md: its commands are run, its codes are the code's, its columns too."""

import re
import shlex

import pytest

from cli.options import parser
from cli.rotating import WHAT
from infra.rotation import BACKUP_DAYS
from infra.vault import Vault
from local import ROOT
from millrace.privacy.branches import CURRENT_MS
from millrace.rotation.rewrapping import REST_PER_ITEM
from tests.cli.conftest import commands

PAGE = (ROOT / "docs" / "how-to" / "rotate-keys.md").read_text()
DECISION = (ROOT / "docs" / "decisions" / "0014-keys-rotate-but-for-the-look-up-key.md").read_text()
COMMANDS = [
    shlex.split(line) for line in re.findall(r"^python3 run\.py millrace (.+)$", PAGE, re.MULTILINE)
]


def test_every_command_is_understood_and_every_kind_of_rotation_is_shown():
    for words in COMMANDS:
        assert parser().parse_args(words).subject == "privacy"
    assert {words[2] for words in COMMANDS if words[1] == "rotate"} == set(WHAT)


def test_every_refusal_of_the_page_is_one_that_the_code_knows_and_no_other():
    source = (ROOT / "layers/core/python/millrace/rotation/retiring.py").read_text()
    known = set(re.findall(r'NeedsHuman\(\s*"([a-z_]+)"', source))
    assert set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)) == known


@pytest.mark.slow  # tests/local/test_grants.py runs them by default
def test_the_commands_do_in_this_order_what_the_page_says(engine, ask, capsys):
    privacy = commands(engine, capsys, "privacy")
    ada = {"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}}
    assert ask.send({"batch": [ada]})[0] == 200
    engine.settle()
    ended = {" ".join(words[1:]): privacy(*words[1:]) for words in COMMANDS}
    refused = ended.pop("retire-key 1")
    assert (refused[0], "key_not_counted" in refused[2]) == (2, True), "five minutes are not over"
    assert {code for code, _, _ in ended.values()} == {0}, ended
    columns = re.findall(r"^(version  .+)$", PAGE, re.MULTILINE)[0].split()
    assert privacy("keys")[1].splitlines()[0].split() == columns
    assert ask.profile("email:ada@example.com")["profile_id"]


def test_the_figures_of_the_pages_are_the_codes():
    assert f"at most {1 / REST_PER_ITEM:.0f} items a second" in PAGE
    assert f"`vault.branch_days` ({Vault().branch_days})" in PAGE
    assert f"{BACKUP_DAYS} days of backups" in DECISION
    assert CURRENT_MS == 5 * 60_000
    assert "within five minutes" in PAGE
