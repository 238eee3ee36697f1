"""The CDK app: `python3 run.py cdk deploy --all --config config/<stage>.toml`. Needs no account."""

from __future__ import annotations

import json
import os
import sys

from infra.app import build_app
from infra.environment import Environment, load_environment
from millrace.errors import NeedsHuman


def _environment() -> Environment:
    """The config file that `-c config=...` names; the CLI hands its context over as JSON."""
    context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    try:
        return load_environment(context.get("config", "config/minimal.toml"))
    except NeedsHuman as error:
        sys.exit(error.message)


if __name__ == "__main__":
    build_app(_environment()).synth()
