"""A how-to page, followed to the letter: its files are written, its command is run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from run import SOURCE_FOLDERS, TASKS

ROOT = Path(__file__).resolve().parents[1]
HOW_TO = ROOT / "docs" / "how-to"
NOT_OURS = shutil.ignore_patterns(".*", "__pycache__", "cdk.out", "node_modules")


def files(page):
    """What the page says to write, by path from the root."""
    blocks = r"^`(\S+)`:\n\n```\w+\n(.*?)```$"
    return dict(re.findall(blocks, (HOW_TO / page).read_text(), re.MULTILINE | re.DOTALL))


def run_code(page, path):
    """The names that one of its files defines."""
    names = {}
    exec(compile(files(page)[path], path, "exec"), names)
    return names


def follow(page, tree):
    """Copy the project to `tree` and do there what the page says; the command's answer."""
    shutil.copytree(ROOT, tree, ignore=NOT_OURS)
    for path, text in files(page).items():
        (tree / path).parent.mkdir(exist_ok=True)
        (tree / path).write_text(text)
    (command,) = re.findall(r"^\$ python3 run.py (.*)$", (HOW_TO / page).read_text(), re.MULTILINE)
    task, *arguments = command.split()
    return subprocess.run(
        [sys.executable, *TASKS[task][2], *arguments],
        cwd=tree,
        env=_environment(tree),
        capture_output=True,
        text=True,
        check=False,
    )


def changed(tree):
    """Files of ours that are no longer what they were."""
    copied = [path.relative_to(tree) for path in tree.rglob("*") if path.is_file()]
    ours = [path for path in copied if (ROOT / path).is_file() and path.parts[0][0] != "."]
    return {
        str(path)
        for path in ours
        if path.suffix != ".pyc" and (ROOT / path).read_bytes() != (tree / path).read_bytes()
    }


def _environment(tree):
    """A newcomer's: the slow tests, of which this is one, would begin anew in the copy."""
    inherited = {name: value for name, value in os.environ.items() if name != "CI_SLOW"}
    folders = os.pathsep.join(str(tree / folder) for folder in SOURCE_FOLDERS)
    return {**inherited, "PYTHONPATH": folders}
