"""`python -m tests.destinations.accept [name ...]` writes the samples of destinations anew."""

from __future__ import annotations

import json
import sys

from tests.destinations.example import DESTINATIONS, SAMPLES, sample


def accept(names: list[str]) -> None:
    for name in names or list(DESTINATIONS):
        path = SAMPLES / f"{name}.request.json"
        path.write_text(json.dumps(sample(DESTINATIONS[name]), indent=2, ensure_ascii=False) + "\n")
        sys.stdout.write(f"wrote {path}: read it, it is what leaves the house\n")


if __name__ == "__main__":
    accept(sys.argv[1:])
