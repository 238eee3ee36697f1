"""/_aws/*: the AWS of this engine, so that boto3 with `endpoint_url=<engine>/_aws` works unchanged.

Every service that moto plays here answers from the same in-process state that the handlers use.
Lambda's Invoke runs the function of the template, and a Step Functions execution its state machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote

import moto.core.models
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

from local.cloud import SERVICES
from local.control import is_local
from local.functions import LocalFunction
from local.machines import Machines
from local.wire import Answer, Call, json_answer

PREFIX = "/_aws"
SIGNED_AS = {*SERVICES, "states"} - {"stepfunctions"}
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
Invoke = Callable[[LocalFunction, dict[str, Any], str], Any]


class AwsDoor:
    """Answers `/_aws/*`; loopback only, whoever signs it."""

    def __init__(
        self,
        functions: Mapping[str, LocalFunction],
        machines: Machines,
        invoke: Invoke,
        lock: Lock,
        notice: Callable[[], None],
    ) -> None:
        self._functions = {each.plan.name: each for each in functions.values()}
        self._machines = machines
        self._invoke = invoke
        self._lock = lock
        self._notice = notice

    def answer(self, call: Call) -> Answer:
        if not is_local(call):
            return _refusal(403, "NotLocal", "/_aws answers loopback hosts only")
        scope = _SCOPE.search(call.headers.get("authorization", ""))
        if scope is None:
            return _refusal(403, "MissingAuthenticationToken", "sign the request, as boto3 does")
        region, service = scope.groups()
        path = call.path.removeprefix(PREFIX) or "/"
        if service == "lambda":
            return self._lambda(call, path)
        if service not in SIGNED_AS:
            return _refusal(400, "NotPlayed", f"the local engine does not play {service}")
        with self._lock:  # no handler runs meanwhile
            if service == "states":
                self._machines.load()
            answer = _by_moto(call, path, service, region)
        self._notice()
        return answer

    def _lambda(self, call: Call, path: str) -> Answer:
        found = _INVOKE.fullmatch(path)
        if call.method != "POST" or found is None:
            return _refusal(400, "NotPlayed", "of Lambda, the local engine plays Invoke alone")
        name = unquote(found[1]).rpartition(":")[2]
        if name not in self._functions:
            return _refusal(404, "ResourceNotFoundException", f"there is no function {name}")
        try:
            result = self._invoke(self._functions[name], json.loads(call.body or b"{}"), "")
        except Exception as error:  # noqa: BLE001 - Lambda tells the caller what was raised
            told = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return json_answer(200, told, [("x-amz-function-error", "Unhandled")])
        return json_answer(200, result)


def _by_moto(call: Call, path: str, service: str, region: str) -> Answer:
    query = f"?{call.query_string}" if call.query_string else ""
    host = f"{service}.{region}.amazonaws.com"
    headers = HTTPHeaders()
    for name, value in (call.headers | {"host": host}).items():
        headers[name] = value
    request = AWSPreparedRequest(
        method=call.method,
        url=f"https://{host}{quote(path, safe='/-_.~=')}{query}",
        headers=headers,
        body=call.body,
        stream_output=False,
    )
    answered = moto.core.models.botocore_stubber.process_request(request)
    if answered is None:
        return _refusal(400, "NotPlayed", f"moto does not know this call of {service}")
    status, more, body = answered
    return Answer(
        status=status,
        headers=[(name.lower(), str(value)) for name, value in more.items()],
        body=body.encode() if isinstance(body, str) else body,
    )


def _refusal(status: int, code: str, message: str) -> Answer:
    told = {"__type": code, "message": message}
    return json_answer(status, told, [("x-amzn-errortype", code)])
