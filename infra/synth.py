"""`python3 run.py synth`: write the cloud assembly, or the template that the laptop plays.

synth [--config config/<stage>.toml] [--out cdk.out]   checked by CDK's rules and cdk-nag
synth --update              rewrite what is checked in: the template that the laptop plays,
                            config/reference.toml, the page of stores, the OpenAPI document
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra import ROOT, api_document
from infra.app import build_app
from infra.environment import Environment, load_environment
from infra.layers import LayerCode, build_code, host_code, placeholder_code
from infra.reference import REFERENCE, reference
from infra.store_page import PAGE, page
from millrace.errors import NeedsHuman

STACKS = ("MillraceData", "MillracePipeline", "MillraceOperations")
TEMPLATES = ROOT / "local" / "template"
LOCAL_CONFIG = ROOT / "config" / "local.toml"
ASSET = "asset"

Templates = dict[str, dict[str, Any]]


def checked_assembly(
    environment: Environment, outdir: Path, *, layer_code: LayerCode = build_code
) -> list[str]:
    """Write the assembly to `outdir`; what CDK's rules and cdk-nag find, a line each."""
    app = build_app(environment, outdir=outdir, layer_code=layer_code)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        return [f"{error}".splitlines()[0], *findings(outdir)]
    return findings(outdir)


def findings(outdir: Path) -> list[str]:
    """What stands in an assembly's validation report."""
    report = outdir / "validation-report.json"
    if not report.exists():
        return ["no validation report was written"]
    plugins = json.loads(report.read_text()).get("pluginReports", [])
    return [
        f"{place.get('constructPath', '')}: {violation['ruleName']}: {violation['description']}"
        for plugin in plugins
        for violation in plugin.get("violations", [])
        for place in violation.get("violatingConstructs", [{}])
    ]


def local_templates(environment: Environment) -> Templates:
    """The three templates without a download; asset hashes are a constant, so code may change."""
    with tempfile.TemporaryDirectory() as outdir:
        app = build_app(
            environment, outdir=Path(outdir), layer_code=placeholder_code, is_validated=False
        )
        assembly = app.synth()
        return {name: without_hashes(assembly.get_stack_by_name(name).template) for name in STACKS}


def text_of(template: dict[str, Any]) -> str:
    """A template as it is checked in."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


def without_hashes(template: dict[str, Any]) -> dict[str, Any]:
    """A template whose asset hashes are a constant."""
    text = re.sub(r"\b[0-9a-f]{64}\b", ASSET, json.dumps(template))
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _update() -> int:
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    templates = local_templates(load_environment(LOCAL_CONFIG))
    for name, template in templates.items():
        (TEMPLATES / f"{name}.template.json").write_text(text_of(template))
        print(f"local/template/{name}.template.json: {len(template['Resources'])} resources")
    for name, text in pages(templates).items():
        (ROOT / name).write_text(text)
        print(name)
    return 0


def pages(templates: Templates) -> dict[str, str]:
    """What else is written from the code, by path from the root."""
    resources = {n: r for each in templates.values() for n, r in each["Resources"].items()}
    return {
        str(REFERENCE.relative_to(ROOT)): reference(),
        str(PAGE.relative_to(ROOT)): page(resources),
        **api_document.texts(),
    }


def _write(config: str, outdir: Path, layer_code: LayerCode) -> int:
    shutil.rmtree(outdir, ignore_errors=True)
    found = checked_assembly(load_environment(config), outdir, layer_code=layer_code)
    print("\n".join(found))
    print(f"{outdir}: {len(found)} findings" if found else f"{outdir}: no findings")
    return 1 if found else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py synth", description="Write the cloud assembly.")
    parser.add_argument("--config", default="config/minimal.toml", help="%(default)s")
    parser.add_argument("--out", default="cdk.out", type=Path, help="%(default)s")
    parser.add_argument(
        "--host-layers", action="store_true", help="for an emulator that runs this Python"
    )
    parser.add_argument("--update", action="store_true", help="rewrite what is checked in")
    options = parser.parse_args(arguments)
    try:
        if options.update:
            return _update()
        layer_code = host_code if options.host_layers else build_code
        return _write(options.config, options.out, layer_code)
    except NeedsHuman as error:
        print(error.message, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
