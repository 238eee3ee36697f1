"""The HTTP API: explicit routes, CORS as browsers need it, a throttle and an access log."""

from __future__ import annotations

import json
from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.function import PipelineFunction, log_group
from infra.platform import Platform

# What Segment's, Rudder's and our own tags send; anything else would fail the preflight.
ALLOW_HEADERS = (
    "anonymousid",
    "authorization",
    "content-type",
    "sentat",
    "x-millrace-receipt",
    "x-retry-count",
    "x-write-key",
)
# Neither path nor query nor address: they hold identifiers.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "requestTime": "$context.requestTimeEpoch",
    "requestLength": "$context.requestLength",
    "responseLength": "$context.responseLength",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
}


class Api(apigateway.HttpApi):
    """One HTTP API with a `$default` stage; capabilities add their routes."""

    def __init__(self, scope: Construct, platform: Platform) -> None:
        tracking = platform.environment.tracking
        method = apigateway.CorsHttpMethod
        super().__init__(
            scope,
            "Api",
            api_name=f"millrace-{platform.environment.stage}",
            description="Millrace: events in, profiles out",
            create_default_stage=False,
            cors_preflight=apigateway.CorsPreflightOptions(
                allow_origins=list(tracking.allow_origins),
                allow_headers=list(ALLOW_HEADERS),
                allow_methods=[method.GET, method.POST, method.OPTIONS],
                max_age=cdk.Duration.days(1),
            ),
        )
        group = log_group(self, "AccessLog", platform)
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=tracking.requests_per_second, burst_limit=tracking.burst
            ),
        )
        stage = self.stage.node.default_child
        if not isinstance(stage, apigateway.CfnStage):
            raise TypeError("the stage has no CloudFormation resource")
        stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )

    def route(self, function: PipelineFunction, routes: Iterable[str]) -> None:
        """Send routes, each `METHOD /path`, to a function that judges its caller itself."""
        integration = integrations.HttpLambdaIntegration(function.node.id, function)
        for name in routes:
            method, path = name.split(" ")
            for route in self.add_routes(
                path=path, methods=[apigateway.HttpMethod[method]], integration=integration
            ):
                acknowledge(
                    route,
                    "APIG4",
                    "The function judges the caller: real SDKs put their write key in four "
                    "places, of which an authorizer sees two, and a pixel has no header at all.",
                )
