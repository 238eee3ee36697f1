"""What a destination asks of its vendor about the example person, written to be read by you."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.destinations.example import DESTINATIONS, SAMPLES, deletion_sample, sample

ROOT = Path(__file__).resolve().parents[2]


def accept(name: str) -> Iterator[str]:
    """Write the samples of the destination `name`; a line on each."""
    for kind, made in (("request", sample), ("deletion", deletion_sample)):
        path = SAMPLES / f"{name}.{kind}.json"
        kept = made(DESTINATIONS[name])
        path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
        yield f"wrote {path.relative_to(ROOT)}: read it, it is what leaves the house"
