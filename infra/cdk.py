"""`python3 run.py cdk deploy ...`: the pinned CDK CLI on Node.js from PyPI, nothing global.

npm's newest `aws-cdk` is a broken accident (docs/decisions), so the version comes from
package-lock.json alone. Everything after `cdk` is handed to the CLI; `--config FILE` chooses the
environment, as everywhere else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from infra import ROOT

CLI = ROOT / "node_modules" / "aws-cdk"


def main(arguments: list[str]) -> int:
    if pinned_version() != _installed_version() and _install() != 0:
        print("the CDK CLI could not be installed; npm's own message is above", file=sys.stderr)
        return 1
    return subprocess.run(command(arguments), cwd=ROOT, env=_environment(), check=False).returncode


def command(arguments: list[str]) -> list[str]:
    """The CLI's command line: our app by this interpreter, unless another is named."""
    app = [] if {"--app", "-a"} & set(arguments) else ["--app", f'"{sys.executable}" app.py']
    return [_node(), str(CLI / "bin" / "cdk"), *app, *_as_context(arguments)]


def pinned_version() -> str:
    """The version that package-lock.json pins."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    return str(lock["packages"]["node_modules/aws-cdk"]["version"])


def _as_context(arguments: list[str]) -> list[str]:
    """`--config FILE` is our word; the CLI's is `--context config=FILE`."""
    joined = [word for each in arguments for word in _split(each)]
    return [
        word
        for position, each in enumerate(joined)
        for word in _translate(each, joined[position - 1] if position else "")
    ]


def _split(argument: str) -> list[str]:
    return argument.split("=", 1) if argument.startswith("--config=") else [argument]


def _translate(word: str, previous: str) -> list[str]:
    if word == "--config":
        return ["--context"]
    return [f"config={word}"] if previous == "--config" else [word]


def _installed_version() -> str:
    manifest = CLI / "package.json"
    return str(json.loads(manifest.read_text())["version"]) if manifest.exists() else ""


def _install() -> int:
    print(f"installing aws-cdk {pinned_version()} into node_modules (once)", file=sys.stderr)
    npm = [_node(), str(_npm()), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    return subprocess.run(npm, cwd=ROOT, env=_environment(), check=False).returncode


def _node() -> str:
    """The Node.js that `infra` found in the environment, else the machine's own."""
    return os.environ.get("JSII_NODE", "node")


def _npm() -> Path:
    """The entry point of the npm beside that Node.js."""
    home = Path(_node()).parent.parent
    return home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(_node()).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | {"PATH": path, "CDK_DISABLE_CLI_TELEMETRY": "true"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
