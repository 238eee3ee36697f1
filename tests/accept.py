"""`python3 run.py accept NAME ...`: take in a webhook source or a destination that you wrote.

Writes what its samples become, for you to read, rewrites what is checked in and lists it, and
runs the tests of all sources or destinations. Without a name: every one there is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra import synth
from run import TASKS
from tests.destinations.accept import accept as accept_destination
from tests.destinations.example import DESTINATIONS
from tests.sources.accept import accept as accept_source
from tests.sources.door import SOURCES

ROOT = Path(__file__).resolve().parent.parent
KINDS = (
    ("tests/sources", SOURCES, accept_source),
    ("tests/destinations", DESTINATIONS, accept_destination),
)
UNKNOWN = """\
There is no source or destination `{name}`. A source is a file in
layers/sources/python/millrace_sources/webhooks/, a destination one in
layers/destinations/python/millrace_destinations/; there are:
{known}"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py accept", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="its file's name, without .py")
    names = parser.parse_args(arguments).names
    known = sorted({*SOURCES, *DESTINATIONS})
    for name in names:
        if name not in known:
            sys.exit(UNKNOWN.format(name=name, known=", ".join(known)))
    folders = list(_samples_of(names or known))
    synth.main(["--update"])
    sys.stdout.flush()
    command = [sys.executable, *TASKS["test"][2], *folders]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _samples_of(names: list[str]) -> Iterator[str]:
    """Write the samples of `names`; the folders of the tests that read them."""
    for folder, definitions, accept in KINDS:
        found = [name for name in names if name in definitions]
        for name in found:
            for line in accept(name):
                sys.stdout.write(f"{line}\n")
        if found:
            yield folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
