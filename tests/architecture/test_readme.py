"""The README is true: its commands run, its output is what they print, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```console\n\$ (.+?)\n(.*?)```", README, re.DOTALL)
TASKS = re.findall(r"python3 run\.py ([a-z-]+)", README)


def test_it_is_short():
    assert len(README.splitlines()) < 120


def test_the_demo_prints_what_the_readme_shows(tmp_path):
    shown = dict(BLOCKS)["python3 run.py demo"]
    answer = subprocess.run(
        [sys.executable, "-m", "local.demo", "--state", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == shown


def test_every_task_it_names_exists():
    import run

    assert {"demo", "test", "local", "sql", "synth", "cdk", "deploy-check"} <= set(TASKS)
    assert set(TASKS) <= set(run.TASKS)


def test_every_link_leads_to_a_file():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
