"""Import one handler from its file with as little around it as Lambda's own loader has."""

from __future__ import annotations

import importlib.util
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


def load(path: str) -> None:
    spec = importlib.util.spec_from_file_location("handler", FUNCTIONS / path / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
