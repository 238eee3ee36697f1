"""`python -m tests.destinations.accept [name ...]` writes the samples of destinations anew."""

from __future__ import annotations

import json
import sys

from tests.destinations.example import DESTINATIONS, SAMPLES, deletion_sample, sample


def accept(names: list[str]) -> None:
    for name in names or list(DESTINATIONS):
        for kind, made in (("request", sample), ("deletion", deletion_sample)):
            path = SAMPLES / f"{name}.{kind}.json"
            kept = made(DESTINATIONS[name])
            path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
            sys.stdout.write(f"wrote {path}: read it, it is what leaves the house\n")


if __name__ == "__main__":
    accept(sys.argv[1:])
