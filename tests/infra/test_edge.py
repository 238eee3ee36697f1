"""The switch for WAF: nothing while it is off, a fourth stack when it is on."""

import json

import pytest

from infra.app import build_app
from infra.edge import LARGE_BODIES
from infra.environment import load_environment
from infra.layers import placeholder_code
from infra.synth import LOCAL_CONFIG, checked_assembly
from millrace.intake.routes import CALLS


@pytest.fixture(scope="module")
def guarded():
    environment = load_environment(LOCAL_CONFIG)
    tracking = environment.tracking.model_copy(update={"waf": True})
    return environment.model_copy(update={"tracking": tracking})


@pytest.fixture(scope="module")
def template(guarded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    app = build_app(guarded, outdir=folder, layer_code=placeholder_code, is_validated=False)
    stack = app.synth().get_stack_by_name("MillraceEdge")
    assert stack.environment.region == "us-east-1"
    return stack.template


def only(template, kind):
    (found,) = [r for r in template["Resources"].values() if r["Type"] == kind]
    return found["Properties"]


def test_it_is_off_unless_it_is_asked_for(assembly):
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    assert "MillraceEdge" not in manifest["artifacts"]


def test_everything_passes_the_web_acl_over_tls_and_nothing_is_cached(template):
    distribution = only(template, "AWS::CloudFront::Distribution")["DistributionConfig"]
    assert distribution["WebACLId"]["Fn::GetAtt"][1] == "Arn"
    behaviour = distribution["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachingDisabled"
    assert set(behaviour["AllowedMethods"]) >= {"GET", "HEAD", "OPTIONS", "POST"}
    (origin,) = distribution["Origins"]
    assert origin["DomainName"] == {"Ref": "ApiHost"}
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_addresses_are_limited_and_what_waf_cannot_see_is_blocked(template):
    acl = only(template, "AWS::WAFv2::WebACL")
    assert acl["Scope"] == "CLOUDFRONT"
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert rules["rate"]["Action"] == {"Block": {}}
    assert rules["rate"]["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    oversize = rules["oversize"]
    assert oversize["Action"] == {"Block": {}}
    size = oversize["Statement"]["AndStatement"]["Statements"][0]["SizeConstraintStatement"]
    assert size["FieldToMatch"]["Body"] == {"OversizeHandling": "MATCH"}
    limits = acl["AssociationConfig"]["RequestBody"]
    assert limits == {"CLOUDFRONT": {"DefaultSizeInspectionLimit": "KB_64"}}
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    counted = {each["Name"] for each in common["RuleActionOverrides"]}
    assert "SizeRestrictions_BODY" in counted, "it would block every batch over 8 KB"
    assert all(not rule["VisibilityConfig"]["SampledRequestsEnabled"] for rule in acl["Rules"])


def test_every_route_that_takes_batches_may_be_large():
    batches = {route.split()[1] for route, call in CALLS.items() if call == "batch"}
    for path in batches:
        assert any(
            path == each or (each[-1] == "/" and path.startswith(each)) for each in LARGE_BODIES
        )


def test_the_rule_engine_finds_nothing_in_it(guarded, tmp_path):
    assert checked_assembly(guarded, tmp_path, layer_code=placeholder_code) == []
