"""CDK's rule engine and cdk-nag over the whole assembly: about five seconds of CPU."""

import json

from infra.layers import placeholder_code
from infra.synth import checked_assembly, findings


def test_the_assembly_has_an_empty_validation_report(environment, tmp_path):
    assert checked_assembly(environment, tmp_path, layer_code=placeholder_code) == []
    report = json.loads((tmp_path / "validation-report.json").read_text())
    accepted = [
        each for plugin in report["pluginReports"] for each in plugin["suppressedViolations"]
    ]
    assert accepted
    assert all(len(each["reason"].split()) >= 6 for each in accepted)


def test_an_assembly_that_was_not_checked_does_not_pass(tmp_path):
    assert findings(tmp_path) == ["no validation report was written"]


def test_a_finding_names_the_construct_the_rule_and_the_mistake(tmp_path):
    violation = {
        "ruleName": "F3002",
        "description": "not allowed",
        "violatingConstructs": [{"constructPath": "MillraceData/Lake"}],
    }
    report = {"pluginReports": [{"violations": [violation]}]}
    (tmp_path / "validation-report.json").write_text(json.dumps(report))
    assert findings(tmp_path) == ["MillraceData/Lake: F3002: not allowed"]
