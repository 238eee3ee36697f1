"""API Gateway HTTP API, payload format 2.0, to and from our own values."""

from __future__ import annotations

import base64
from typing import Any

from millrace.http import Request, Response


def to_request(event: dict[str, Any]) -> Request:
    """The request inside an API Gateway event; the body is always the raw bytes."""
    context = event.get("requestContext", {})
    http = context.get("http", {})
    body = event.get("body") or ""
    return Request(
        method=http.get("method", ""),
        path=event.get("rawPath", ""),
        route=event.get("routeKey", ""),
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        query=event.get("queryStringParameters") or {},
        path_parameters=event.get("pathParameters") or {},
        body=base64.b64decode(body)
        if event.get("isBase64Encoded")
        else body.encode("utf-8", "surrogatepass"),
        source_ip=http.get("sourceIp", ""),
        request_id=context.get("requestId", ""),
        host=context.get("domainName", ""),
    )


def to_result(response: Response) -> dict[str, Any]:
    """What API Gateway expects back; anything but JSON and text travels base64."""
    content_type = response.headers.get("content-type", "")
    is_text = content_type.startswith(("application/json", "text/")) or not response.body
    return {
        "statusCode": response.status,
        "headers": dict(response.headers),
        "isBase64Encoded": not is_text,
        "body": response.body.decode() if is_text else base64.b64encode(response.body).decode(),
    }
