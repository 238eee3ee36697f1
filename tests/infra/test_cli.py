"""`run.py cdk` and the layers: what is handed to other people's programs."""

import sys

import pytest

from infra import ROOT
from infra.cdk import command
from infra.layers import EXPORTS, HOST, PRUNED, build


def test_the_pinned_cli_runs_our_app_with_this_interpreter():
    words = command(["deploy", "--all"])
    assert words[1] == str(ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk")
    assert words[2:4] == ["--app", f'"{sys.executable}" app.py']
    assert words[4:] == ["deploy", "--all"]


@pytest.mark.parametrize(
    "given", [["--config", "config/eu.toml"], ["--config=config/eu.toml"]], ids=["two", "one"]
)
def test_a_config_file_reaches_the_app_as_context(given):
    assert command(["diff", *given])[4:] == ["diff", "--context", "config=config/eu.toml"]


def test_another_app_can_be_named():
    assert command(["deploy", "--app", "cdk.out"])[2:] == ["deploy", "--app", "cdk.out"]


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """A `uv` that writes down what it was asked and makes what a wheel would leave behind."""
    script = tmp_path / "bin" / "uv"
    script.parent.mkdir()
    script.write_text(
        f"""#!{sys.executable}
import pathlib, sys
with open({str(tmp_path / "asked")!r}, "a") as asked:
    print(*sys.argv[1:], file=asked)
if sys.argv[1] == "export":
    print("demo==1.0 --hash=sha256:00")
else:
    target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
    for name in ("demo/__init__.py", "demo/tests/test_demo.py", "bin/demo", "demo/include/x.h"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("")
"""
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))
    return tmp_path / "asked"


@pytest.mark.parametrize("name", EXPORTS)
def test_a_built_layer_is_for_lambda_pinned_pruned_and_built_once(uv, tmp_path, name):
    first = build(name, cache=tmp_path / "cache")
    assert build(name, cache=tmp_path / "cache") == first
    assert [p.relative_to(first).as_posix() for p in first.rglob("*.*")] == [
        "python/demo/__init__.py"
    ]
    asked = uv.read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["export", "pip", "export"]
    assert "--locked" in asked[0]
    assert all(f"--prune {package}" in asked[0] for package in PRUNED)
    for flag in ("--require-hashes", "aarch64-manylinux_2_28", "--python-version 3.14"):
        assert flag in asked[1]
    assert all("--color=never" in line for line in asked)


def test_a_layer_for_an_emulator_is_for_this_machine_and_brings_boto3(uv, tmp_path):
    assert build("vendor", HOST, tmp_path / "cache") != build("vendor", cache=tmp_path / "cache")
    asked = uv.read_text().splitlines()
    assert "--prune" not in asked[0]
    assert f"--python {sys.executable}" in asked[1]
    assert "--python-platform" not in asked[1]


def test_a_failed_build_leaves_no_layer_behind(uv, tmp_path, monkeypatch):
    script = tmp_path / "bin" / "uv"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no such wheel')\n")
    with pytest.raises(RuntimeError, match="no such wheel"):
        build("vendor", cache=tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*"))


def test_without_uv_a_build_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"python3 run\.py"):
        build("vendor", cache=tmp_path / "cache")
