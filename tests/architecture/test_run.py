"""run.py: what a newcomer meets first."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TASKS = {
    "demo",
    "local",
    "sql",
    "millrace",
    "test",
    "accept",
    "simulate",
    "lint",
    "synth",
    "cdk",
    "deploy-check",
    "bench",
}


def run(*arguments):
    return subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_task_it_lists_all_of_them():
    answer = run()
    assert answer.returncode == 0
    assert set(re.findall(r"^  (\S+)  ", answer.stdout, re.MULTILINE)) == TASKS


def test_an_unknown_task_is_refused_with_the_list():
    answer = run("deploy")
    assert answer.returncode == 2
    assert "no task `deploy`" in answer.stdout
    assert "deploy-check" in answer.stdout


def test_it_needs_nothing_beyond_the_standard_library():
    imports = re.findall(r"^(?:import|from) (\w+)", (ROOT / "run.py").read_text(), re.MULTILINE)
    assert set(imports) <= sys.stdlib_module_names


def test_ci_runs_the_readme_test_command_and_the_lint_task():
    script = (ROOT / ".ci" / "run").read_text()
    assert "python3 run.py test" in script
    assert "python3 run.py lint" in script
