"""The import rules of the layout, and proof that each of them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("layers", "functions", "infra", "local", "cli")
CORE = "layers/core/python/millrace"

BREACHES = {
    "Local plays the template": (f"{CORE}/clock.py", "import local"),
    "Inside the core, data flows one way": (f"{CORE}/events/model.py", "import millrace.profiles"),
    "The core is pure": (f"{CORE}/identity/__init__.py", "import boto3"),
    "Only adapters talk to AWS": ("functions/intake/track/handler.py", "import boto3"),
    "Lambda code never imports what builds or plays it": (f"{CORE}/clock.py", "import moto"),
    "No function imports a function": (
        "functions/intake/track/handler.py",
        "import functions.lake.write.handler",
    ),
    "No definition imports a definition": (
        "layers/destinations/python/millrace_destinations/klaviyo.py",
        "import millrace_destinations.webhook",
    ),
}


def lint_imports(root):
    program = Path(sys.executable).parent / "lint-imports"
    folders = [".", *(f"layers/{name}/python" for name in ("core", "sources", "destinations"))]
    answer = subprocess.run(
        [program, "--no-cache"],
        cwd=root,
        env={
            "PYTHONPATH": ":".join(str(root / folder) for folder in folders),
            "PATH": "",
            "COLUMNS": "300",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout + answer.stderr


@pytest.fixture
def copy(tmp_path):
    """The code as it stands, in a folder where a rule may be broken."""
    ignore = shutil.ignore_patterns("__pycache__", "*.json", "vendor", "arrow")
    for folder in CODE:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_rule_is_kept():
    code, output = lint_imports(ROOT)
    assert code == 0, output


@pytest.mark.parametrize("rule", BREACHES, ids=lambda rule: rule.replace(" ", "_"))
def test_a_deliberate_breach_is_caught_by_name(copy, rule):
    place, statement = BREACHES[rule]
    file = copy / place
    file.write_text(f"{file.read_text()}\n{statement}\n")
    code, output = lint_imports(copy)
    assert code != 0
    broken = [line for line in output.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(rule) for line in broken), output


def test_a_new_package_of_the_core_must_take_its_place(copy):
    package = copy / CORE / "gossip"
    package.mkdir()
    (package / "__init__.py").write_text("")
    code, output = lint_imports(copy)
    assert code != 0
    assert "gossip" in output
