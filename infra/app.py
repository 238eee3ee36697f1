"""The app: three stacks under the feature flags of cdk.json, whoever asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra import ROOT
from infra.edge import MillraceEdge
from infra.environment import Environment
from infra.layers import LayerCode, build_code
from infra.stacks import MillraceData, MillraceOperations, MillracePipeline


def build_app(
    environment: Environment,
    *,
    outdir: Path | None = None,
    layer_code: LayerCode = build_code,
    is_validated: bool = True,
) -> cdk.App:
    """The app, not yet synthesized. Nothing here asks an account, a network or git.

    cdk.json is read here too, because only the CLI would read it otherwise and tests would
    check another template than the one that is deployed. The CLI's own context still wins.
    """
    app = cdk.App(
        outdir=str(outdir) if outdir else None,
        context=_context(),
        analytics_reporting=False,
        builtin_cloud_formation_validation=is_validated,
    )
    data = MillraceData(app, environment)
    pipeline = MillracePipeline(app, environment, data=data, layer_code=layer_code)
    MillraceOperations(app, environment, data=data, pipeline=pipeline)
    if environment.tracking.waf:
        MillraceEdge(app, environment)
    cdk.Tags.of(app).add("application", "millrace")
    cdk.Tags.of(app).add("stage", environment.stage)
    return app


def _context() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return loaded
