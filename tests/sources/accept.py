"""What each sample of a source becomes, written beside it, to be read by you."""

import json
import sys
from pathlib import Path

from tests.sources.door import SAMPLES, samples
from tests.sources.vendors import VENDORS

ROOT = Path(__file__).resolve().parents[2]


def accept(name):
    """Write the samples of the source `name`; a line on each."""
    if name not in VENDORS:
        sys.exit(f"{name} has no signer: say how it signs in tests/sources/vendors/{name}.py")
    found = samples(name)
    if not found:
        sys.exit(f"{name} has no sample: put one into {SAMPLES.relative_to(ROOT)}/{name}/*.in.json")
    for sample in found:
        made = sample.events()
        sample.out_path.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
        counts = f"{len(made['events'])} events, {len(made['failed'])} failed"
        yield f"wrote {sample.out_path.relative_to(ROOT)}: {counts}; read it"
