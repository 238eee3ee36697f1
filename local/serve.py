"""`python -m local.serve`: the engine on a port until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import threading
from pathlib import Path

from infra.environment import load_environment
from local.engine import CONFIG, STATE, Engine
from local.intrinsics import TemplateError
from millrace.errors import NeedsHuman


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    allow_many_connections()
    try:
        environment = load_environment(options.config)
        engine = Engine.start(
            environment=environment, port=options.port, seed=options.seed, state=options.state
        )
    except (NeedsHuman, TemplateError, OSError, ValueError) as error:
        print(f"millrace local cannot start: {error}", file=sys.stderr)
        return 1
    with engine:
        write_key = next(iter(engine.write_keys.values()))
        print(f"ready {engine.url} write_key={write_key} read_key={engine.read_key}", flush=True)
        stop.wait()
        _end_within(3.0)
    return 0


def _end_within(seconds: float) -> None:
    """Whatever a handler is still busy with: who asked us to stop need not wait for it."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py local", description=__doc__)
    parser.add_argument("--port", type=int, default=8787, help="0 takes any free port")
    parser.add_argument("--config", type=Path, default=CONFIG, help="a file like config/local.toml")
    parser.add_argument("--state", type=Path, default=STATE, help="where the lake's files go")
    parser.add_argument("--seed", type=int, help="repeatable keys, and a clock that stands still")
    return parser.parse_args(arguments)


def allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
