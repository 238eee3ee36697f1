"""The layers: our own folders as they are, vendor and arrow built from the lock, without Docker.

vendor and arrow are cached in .build/layers by what the lock says; an unchanged lock builds
nothing. Templates and tests use `placeholder_code`, so that they download nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import ROOT

PYTHON_VERSION = "3.14"
PLATFORM = "aarch64-manylinux_2_28"

Target = tuple[str, ...]
"""For whom wheels are chosen, as `uv pip install` is told."""
LAMBDA: Target = ("--python-platform", PLATFORM, "--python-version", PYTHON_VERSION)
HOST: Target = ("--python", sys.executable)

RUNTIME = lambda_.Runtime.PYTHON_3_14

OWN = ("core", "sources", "destinations")
EXPORTS = {
    "vendor": ("--no-default-groups",),
    "arrow": ("--only-group", "lake"),
}
# The runtime carries boto3 and what only boto3 needs; urllib3 is ours.
PRUNED = ("boto3", "botocore", "s3transfer")
# What a wheel carries for compilers, tests and installers.
UNUSED = (
    "bin",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    ".lock",
    "**/__pycache__",
    "*/tests",
    "*/include",
    "*/src",
    "**/*.pyx",
    "**/*.pxd",
)
_FORMAT = "2"

LayerCode = Callable[[str], lambda_.Code]
"""The code of a layer, by its name."""


class Layers(Construct):
    """Layers by name, each made when a function first asks for it."""

    def __init__(self, scope: Construct, code: LayerCode) -> None:
        super().__init__(scope, "Layers")
        self._code = code
        self._made: dict[str, lambda_.LayerVersion] = {}

    def pick(self, *names: str) -> list[lambda_.ILayerVersion]:
        """The layers of one function, in the order given."""
        return [self._made.get(name) or self._make(name) for name in names]

    def _make(self, name: str) -> lambda_.LayerVersion:
        layer = lambda_.LayerVersion(
            self,
            name.title(),
            code=self._code(name),
            description=f"layers/{name}",
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[lambda_.Architecture.ARM_64],
        )
        self._made[name] = layer
        return layer


def source_code(folder: Path) -> lambda_.Code:
    """A folder of ours as an asset, without what Python leaves behind."""
    return lambda_.Code.from_asset(
        str(folder),
        exclude=["**/__pycache__", "**/*.pyc", "**/.*_cache"],
        ignore_mode=cdk.IgnoreMode.GLOB,
    )


def build_code(name: str) -> lambda_.Code:
    """The real code of a layer; builds vendor and arrow when the lock has changed."""
    if name in OWN:
        return source_code(ROOT / "layers" / name)
    return _asset(build(name))


def placeholder_code(name: str) -> lambda_.Code:
    """Our own folders as they are; an empty folder in place of vendor and arrow."""
    if name in OWN:
        return source_code(ROOT / "layers" / name)
    folder = ROOT / ".build" / "placeholder" / name
    (folder / "python").mkdir(parents=True, exist_ok=True)
    (folder / "python" / "placeholder.txt").write_text(f"{name}: built by a real synth\n")
    return lambda_.Code.from_asset(str(folder))


def host_code(name: str) -> lambda_.Code:
    """As `build_code`, for this machine's Python and with boto3: emulators bring neither."""
    return source_code(ROOT / "layers" / name) if name in OWN else _asset(build(name, HOST))


def build(name: str, target: Target = LAMBDA, cache: Path = ROOT / ".build" / "layers") -> Path:
    """The folder of a built layer, named by a hash of everything that decides its content."""
    requirements = _requirements(name, target)
    compiler = shutil.which(f"python{PYTHON_VERSION}") if target is LAMBDA else None
    parts = (_FORMAT, *target, str(bool(compiler)), *UNUSED, requirements)
    folder = cache / hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if folder.is_dir():
        return folder
    unfinished = cache / f"{folder.name}.{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    _install(requirements, unfinished / "python", target)
    _prune(unfinished / "python")
    if compiler:
        _compile(compiler, unfinished)
    unfinished.rename(folder)
    return folder


def _asset(built: Path) -> lambda_.Code:
    return lambda_.Code.from_asset(
        str(built), asset_hash=built.name, asset_hash_type=cdk.AssetHashType.CUSTOM
    )


def _requirements(name: str, target: Target) -> str:
    pruned = PRUNED if target is LAMBDA else ()
    prune = [flag for package in pruned for flag in ("--prune", package)]
    return _run(
        *("uv", "export", "-q", "--color=never", "--locked", "--no-emit-project"),
        *("--no-header", "--no-annotate", *EXPORTS[name], *prune),
    )


def _install(requirements: str, folder: Path, target: Target) -> None:
    _run(
        *("uv", "pip", "install", "-q", "--color=never", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--target", str(folder), "-r", "-", *target),
        stdin=requirements,
    )


def _prune(python: Path) -> None:
    for pattern in UNUSED:
        for path in sorted(python.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _compile(compiler: str, layer: Path) -> None:
    """Bytecode in the layer halves the imports of a cold start; it must be the runtime's own."""
    _run(
        *(compiler, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(layer), "-p", "/opt", str(layer / "python")),
    )


def _run(*command: str, stdin: str = "") -> str:
    if shutil.which(command[0]) is None:
        raise RuntimeError(f"`{command[0]}` is not on PATH; `python3 run.py` brings it")
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command[:3])}` failed: {done.stderr.strip()}")
    return done.stdout
