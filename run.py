#!/usr/bin/env python3
"""Every task of the project, on a machine that has Python 3.11 or later and nothing else.

Finds uv, or installs it beside the project (.tools/), then hands over to `uv run --locked`.
Only the standard library is used here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
UV_VERSION = "0.13.9"
SOURCE_FOLDERS = (".", "layers/core/python", "layers/sources/python", "layers/destinations/python")
LAPTOP = ("--no-default-groups", "--group", "local")
EVERYTHING: tuple[str, ...] = ()

TASKS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "demo": ("play a shop's day through the whole pipeline", LAPTOP, ("-m", "local.demo")),
    "local": ("keep the pipeline running on a port", LAPTOP, ("-m", "local.serve")),
    "millrace": (
        "the operator's commands: millrace failed list ...",
        LAPTOP,
        ("-m", "cli"),
    ),
    "sql": ('ask the local lake: sql "select ..."', LAPTOP, ("-m", "local.sql")),
    "test": (
        "run the tests",
        EVERYTHING,
        ("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"),
    ),
    "accept": (
        "take in a source or a destination that you wrote: accept NAME",
        EVERYTHING,
        ("-m", "tests.accept"),
    ),
    "simulate": (
        "the handlers against faults: simulate --seed N --faults M",
        EVERYTHING,
        ("-m", "tests.simulation"),
    ),
    "lint": ("style, types and import rules", EVERYTHING, ("-m", "tests.lint")),
    "synth": ("write the cloud assembly and check it", EVERYTHING, ("-m", "infra.synth")),
    "cdk": ("the pinned CDK CLI: cdk deploy, cdk diff ...", EVERYTHING, ("-m", "infra.cdk")),
    "deploy-check": (
        "deploy onto an independent emulator and send one event",
        EVERYTHING,
        ("-m", "local.deploy_check"),
    ),
    "bench": ("measure, and write docs/reference/benchmarks.md", EVERYTHING, ("-m", "tests.bench")),
}


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):
        print(f"Millrace needs Python 3.11 or later; this is {sys.version.split()[0]}.")
        return 2
    if not arguments or arguments[0] not in TASKS:
        return _list_tasks(unknown=arguments[0] if arguments else "")
    _, groups, command = TASKS[arguments[0]]
    uv = _find_uv() or _install_uv()
    environment = _environment(uv)
    os.chdir(ROOT)
    sys.stdout.flush()
    uv_run = [str(uv), "run", "--quiet", "--locked", *groups, "python"]
    os.execve(uv, [*uv_run, *command, *arguments[1:]], environment)


def _list_tasks(*, unknown: str) -> int:
    if unknown and unknown not in {"-h", "--help", "help"}:
        print(f"There is no task `{unknown}`. The tasks are:\n")
    else:
        print("usage: python3 run.py TASK [arguments]\n")
    for name, (meaning, _, _) in TASKS.items():
        print(f"  {name:<13} {meaning}")
    return 2 if unknown else 0


def _find_uv() -> Path | None:
    """The uv beside the project, or one on PATH of at least the pinned version."""
    beside = _tools() / "bin" / "uv"
    if beside.exists():
        return beside
    on_path = shutil.which("uv")
    if on_path is None:
        return None
    command = [on_path, "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    version = answer.stdout.split()[1:2]
    is_recent = bool(version) and _as_numbers(version[0]) >= _as_numbers(UV_VERSION)
    return Path(on_path) if is_recent else None


def _install_uv() -> Path:
    """Install the pinned uv with pip --target: no root, no venv module, no PEP 668 override."""
    print(f"installing uv {UV_VERSION} beside the project (once)", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--root-user-action", "ignore", "--target", str(_tools()), f"uv=={UV_VERSION}"]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
        sys.exit(
            "uv could not be installed with pip. Either this Python has no pip (Debian, Ubuntu: "
            "apt-get install python3-pip) or the package index cannot be reached. "
            f"With uv {UV_VERSION} or later on PATH, pip is not needed."
        )
    return _tools() / "bin" / "uv"


def _environment(uv: Path) -> dict[str, str]:
    """A task's environment: this Python, our folders, bytecode on (without it synth doubles)."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("VIRTUAL_ENV", None)
    environment["UV_PYTHON"] = sys.executable
    environment["PATH"] = os.pathsep.join([str(uv.parent), environment.get("PATH", os.defpath)])
    environment["PYTHONPATH"] = os.pathsep.join(str(ROOT / folder) for folder in SOURCE_FOLDERS)
    environment.setdefault("CDK_DISABLE_CLI_TELEMETRY", "true")
    return environment


def _tools() -> Path:
    return ROOT / ".tools" / f"uv-{UV_VERSION}"


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
