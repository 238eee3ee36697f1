"""The HTTP API of the template: routes, CORS, payload format 2.0, API Gateway's own answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.clock import LocalClock
from local.cors import Cors
from local.router import Match, Router
from local.template import ACCOUNT
from local.wire import Answer, Call, json_answer

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_EVENT_BYTES = 6 * 1024 * 1024
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
Invoke = Callable[[str, dict[str, Any], str], Any]
"""Function ARN, event, request id."""


class Gateway:
    def __init__(
        self,
        router: Router,
        cors: Cors | None,
        invoke: Invoke,
        clock: LocalClock,
        new_id: Callable[[], str],
    ) -> None:
        self._router = router
        self._cors = cors
        self._invoke = invoke
        self._clock = clock
        self._new_id = new_id

    def answer(self, call: Call) -> Answer:
        """What API Gateway would answer; handlers' own CORS headers are replaced by the API's."""
        if self._cors and call.method == "OPTIONS":
            return Answer(status=204, headers=self._cors.on_preflight(call.headers))
        answer = self._answer(call)
        if self._cors is None:
            return answer
        kept = [each for each in answer.headers if not each[0].startswith("access-control-")]
        return Answer(
            status=answer.status,
            headers=kept + self._cors.on_answer(call.headers),
            body=answer.body,
        )

    def _answer(self, call: Call) -> Answer:
        match = self._router.match(call.method, call.path)
        if match is None:
            return json_answer(404, {"message": "Not Found"})
        is_binary = _is_binary(call)
        size = len(call.body) * 4 // 3 if is_binary else len(call.body)
        if len(call.body) > MAX_BODY_BYTES or size > MAX_EVENT_BYTES:
            return json_answer(413, {"message": "Request Entity Too Large"})
        request_id = self._new_id()
        event = self._event(call, match, request_id, is_binary=is_binary)
        try:
            result = self._invoke(match.route.function_arn, event, request_id)
            return to_answer(result)
        except Exception:  # noqa: BLE001 - API Gateway hides whatever a handler raises
            return json_answer(500, {"message": "Internal Server Error"})

    def _event(
        self, call: Call, match: Match, request_id: str, *, is_binary: bool
    ) -> dict[str, Any]:
        headers = dict(call.headers)
        cookies = [each.strip() for each in headers.pop("cookie", "").split(";") if each.strip()]
        headers |= {"x-forwarded-for": call.client, "x-forwarded-proto": "http"}
        optional = {
            "cookies": cookies,
            "queryStringParameters": call.query,
            "pathParameters": match.parameters,
            "body": _body(call, is_binary=is_binary),
        }
        return {
            "version": "2.0",
            "routeKey": match.route.key,
            "rawPath": call.path,
            "rawQueryString": call.query_string,
            "headers": headers,
            "requestContext": self._context(call, match.route.key, request_id),
            "isBase64Encoded": is_binary,
            **{name: value for name, value in optional.items() if value},
        }

    def _context(self, call: Call, route_key: str, request_id: str) -> dict[str, Any]:
        host = call.headers.get("host", "127.0.0.1")
        now_ms = self._clock.now_ms()
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        return {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": call.method,
                "path": call.path,
                "protocol": call.protocol,
                "sourceIp": call.client,
                "userAgent": call.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": now_ms,
        }


def _body(call: Call, *, is_binary: bool) -> str:
    if is_binary:
        return base64.b64encode(call.body).decode()
    return call.body.decode("utf-8", "replace")


def _is_binary(call: Call) -> bool:
    """Anything but plain text travels base64, and so does whatever is encoded."""
    if not call.body:
        return False
    if call.headers.get("content-encoding"):
        return True
    return not call.headers.get("content-type", "").strip().lower().startswith(TEXT_TYPES)


def to_answer(result: Any) -> Answer:
    """A handler's result as HTTP; one without a statusCode is the JSON body itself."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return json_answer(200, result)
    body = result.get("body") or ""
    headers = [(name.lower(), str(value)) for name, value in result.get("headers", {}).items()]
    headers += [("set-cookie", cookie) for cookie in result.get("cookies", [])]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    if not isinstance(body, str):
        body = json.dumps(body)
    return Answer(
        status=int(result["statusCode"]),
        headers=headers,
        body=base64.b64decode(body) if result.get("isBase64Encoded") else body.encode(),
    )
