"""Millrace on a laptop: the synthesized template, the unmodified handlers, nothing else."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# In Lambda the layers are on the path by themselves (/opt/python).
for _layer in ("core", "sources", "destinations"):
    _folder = str(ROOT / "layers" / _layer / "python")
    if _folder not in sys.path:
        sys.path.append(_folder)
