"""MillraceEdge: CloudFront with a web ACL in front of the API, where `tracking.waf` is on.

An HTTP API cannot carry a web ACL, and one for CloudFront lives in us-east-1: so this is a stack
of its own there, told the API's host as a parameter. The API's own address stays open; behind it
hold the throttle of the stage and that of intake.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.environment import Environment

REGION = "us-east-1"
REQUESTS_PER_ADDRESS = 30_000
"""In five minutes: a server of a shop sends ten batches a second with ease, a browser never."""
INSPECTED_BYTES = 65_536
LARGE_BODIES = ("/v1/batch", "/v1/b", "/beacon/", "/v1/webhooks/")
# Events quote HTML, addresses and paths, and nothing here executes them: counted, not blocked.
COUNTED = (
    "CrossSiteScripting_BODY",
    "CrossSiteScripting_QUERYARGUMENTS",
    "EC2MetaDataSSRF_BODY",
    "EC2MetaDataSSRF_QUERYARGUMENTS",
    "GenericLFI_BODY",
    "GenericLFI_QUERYARGUMENTS",
    "GenericRFI_BODY",
    "GenericRFI_QUERYARGUMENTS",
    "NoUserAgent_HEADER",
    "SizeRestrictions_BODY",
    "SizeRestrictions_QUERYSTRING",
)
Rule = wafv2.CfnWebACL.RuleProperty
Statement = wafv2.CfnWebACL.StatementProperty


class MillraceEdge(cdk.Stack):
    """The address for senders is its output `EdgeUrl`."""

    def __init__(self, scope: Construct, environment: Environment, **options: Any) -> None:
        super().__init__(
            scope,
            "MillraceEdge",
            description="Millrace: what it lets through",
            env=cdk.Environment(region=REGION),
            **options,
        )
        host = cdk.CfnParameter(
            self,
            "ApiHost",
            description="Host of the API: the output ApiUrl of MillracePipeline, without https://",
            allowed_pattern=r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?",
        )
        acl = _web_acl(self, environment.stage)
        method = cloudfront.AllowedMethods
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"millrace-{environment.stage}",
            web_acl_id=acl.attr_arn,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin(host.value_as_string),
                allowed_methods=method.ALLOW_ALL,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=(
                    cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
                ),
            ),
        )
        _accept(distribution)
        cdk.CfnOutput(self, "EdgeUrl", value=f"https://{distribution.distribution_domain_name}")


def _accept(distribution: cloudfront.Distribution) -> None:
    acknowledge(distribution, "CFR1", "Customers of a shop may be in any country.")
    acknowledge(
        distribution,
        "CFR3",
        "Its access log would hold query strings, and in those of pixels stand identifiers; the "
        "API's own log says what else there is to know.",
    )
    acknowledge(
        distribution, "CFR4", "A certificate of one's own needs a domain of one's own: add both."
    )


def _web_acl(scope: Construct, stage: str) -> wafv2.CfnWebACL:
    statements = {
        "rate": Statement(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=REQUESTS_PER_ADDRESS
            )
        ),
        "oversize": _oversize(),
    }
    rules = [
        _rule(name, number, statement, action=wafv2.CfnWebACL.RuleActionProperty(block={}))
        for number, (name, statement) in enumerate(statements.items())
    ]
    managed = {"AWSManagedRulesAmazonIpReputationList": (), "AWSManagedRulesCommonRuleSet": COUNTED}
    rules += [
        _rule(name, number, _managed(name, counted), override={"none": {}})
        for number, (name, counted) in enumerate(managed.items(), len(statements))
    ]
    return wafv2.CfnWebACL(
        scope,
        "WebAcl",
        scope="CLOUDFRONT",
        default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
        association_config=wafv2.CfnWebACL.AssociationConfigProperty(
            request_body={"CLOUDFRONT": {"defaultSizeInspectionLimit": "KB_64"}}
        ),
        visibility_config=_visible(f"millrace-{stage}"),
        rules=rules,
    )


def _rule(name: str, priority: int, statement: Statement, **does: Any) -> Rule:
    return Rule(
        name=name,
        priority=priority,
        statement=statement,
        visibility_config=_visible(name),
        action=does.get("action"),
        override_action=does.get("override"),
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    """A metric, and no samples: they would show the requests of customers to the console."""
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )


def _managed(name: str, counted: tuple[str, ...]) -> Statement:
    return Statement(
        managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
            vendor_name="AWS",
            name=name,
            rule_action_overrides=[
                wafv2.CfnWebACL.RuleActionOverrideProperty(
                    name=each,
                    action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={}),
                )
                for each in counted
            ]
            or None,
        )
    )


def _oversize() -> Statement:
    """More than WAF can look at, where one event is sent: it could only be refused anyway."""
    size = Statement(
        size_constraint_statement=wafv2.CfnWebACL.SizeConstraintStatementProperty(
            comparison_operator="GE",
            size=INSPECTED_BYTES,
            field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(body={"oversizeHandling": "MATCH"}),
            text_transformations=[_untransformed()],
        )
    )
    large = Statement(
        or_statement=wafv2.CfnWebACL.OrStatementProperty(
            statements=[_path(path) for path in LARGE_BODIES]
        )
    )
    other = Statement(not_statement=wafv2.CfnWebACL.NotStatementProperty(statement=large))
    return Statement(and_statement=wafv2.CfnWebACL.AndStatementProperty(statements=[size, other]))


def _path(path: str) -> Statement:
    is_folder = path.endswith("/")
    return Statement(
        byte_match_statement=wafv2.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH" if is_folder else "EXACTLY",
            search_string=path,
            text_transformations=[_untransformed()],
        )
    )


def _untransformed() -> wafv2.CfnWebACL.TextTransformationProperty:
    return wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")
