"""Sizes and names: what keeps the tree readable, as numbers."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "layers/core",
    "layers/sources",
    "layers/destinations",
    "functions",
    "infra",
    "local",
    "cli",
)
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
BANNED = re.compile(r"^(utils?|helpers?|common|misc|managers?|base|process(es)?)$")


def limit(path):
    place = path.relative_to(ROOT).as_posix()
    if place.startswith("functions/"):
        return 60
    if "millrace_destinations/" in place or "millrace_sources/" in place:
        return 100
    return 200


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def trees():
    assert len(FILES) > 300
    return {name_of(path): ast.parse(path.read_text()) for path in FILES}


def test_a_file_is_short_enough_to_read_at_once():
    lengths = {path: len(path.read_text().splitlines()) for path in FILES}
    too_long = {name_of(path): n for path, n in lengths.items() if n > limit(path)}
    assert not too_long, "which two things live there?"


def test_a_function_fits_on_a_screen(trees):
    lengths = {
        f"{name}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: length for name, length in lengths.items() if length > 45}


def test_a_name_says_what_is_inside():
    names = {path: [*path.relative_to(ROOT).parts[:-1], path.stem] for path in FILES}
    assert not [path for path, parts in names.items() if any(map(BANNED.match, parts))]


def test_no_error_is_swallowed_in_silence(trees):
    silent = [
        f"{name}:{node.lineno}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and all(isinstance(step, ast.Pass) for step in node.body)
    ]
    assert not silent
