"""A botocore client whose hot calls go without what makes botocore's cost a millisecond each.

They are serialised, signed and read here; all that decides is still botocore's: endpoint,
credentials, retries with their quota and pauses, errors and the events around a call, so whoever
listens to a client (the local engine's gate, moto) hears these calls as well. Every other
operation and attribute is the client's own. Measured in docs/decisions/0011.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import msgspec
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import HTTPClientError, NoCredentialsError
from botocore.parsers import ResponseParserError, create_parser

from millrace.adapters.connections import Connections
from millrace.adapters.json_answers import DECODERS
from millrace.adapters.sigv4 import Scope, Signer

MAX_SKEW_SECONDS = 240
"""AWS refuses a signature that is five minutes off."""
OPERATIONS = {xform_name(operation): operation for operation in DECODERS}
_encode = msgspec.json.Encoder().encode
Call = dict[str, Any]
"""What botocore's listeners and rules look up about a request."""


class JsonClient:
    """`client` with faster ways to what is in `json_answers`; safe for threads as that is."""

    def __init__(
        self,
        client: Any,
        credentials: Any,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        meta, config = client.meta, client.meta.config
        self._client = client
        self._credentials = credentials
        self._now = now
        self._skew = 0.0
        self._model = meta.service_model
        self._events = meta.events
        self._name = self._model.service_id.hyphenize()
        self._url = f"{meta.endpoint_url.rstrip('/')}/"
        self._signer = Signer(Scope(region=meta.region_name, service=self._model.signing_name))
        self._connections = Connections(
            self._url,
            connect_seconds=config.connect_timeout,
            read_seconds=config.read_timeout,
            keep=config.max_pool_connections,
        )
        version, prefix = (self._model.metadata[key] for key in ("jsonVersion", "targetPrefix"))
        self._content_type, self._prefix = f"application/x-amz-json-{version}", prefix

    def __getattr__(self, name: str) -> Any:
        operation = OPERATIONS.get(name)
        return partial(self._call, operation) if operation else getattr(self._client, name)

    def close(self) -> None:
        self._connections.close()

    def _call(self, operation: str, /, **params: Any) -> Any:
        """The decoded answer; ClientError and BotoCoreError as the client would raise them."""
        model = self._model.operation_model(operation)
        call: Call = {"context": {"retries": {}}}
        about = {"model": model, "context": call["context"]}
        self._tell("before-parameter-build", operation, params=params, **about)
        answer, parsed = self._until_settled(operation, model, _encode(params), call)
        self._tell("after-call", operation, http_response=answer, parsed=parsed, **about)
        if answer.status_code < 300:
            return parsed
        raise self._client.exceptions.from_code(parsed["Error"]["Code"])(parsed, operation)

    def _until_settled(
        self, operation: str, model: Any, body: bytes, call: Call
    ) -> tuple[Any, Any]:
        """The last response and what is in it, after as many tries as botocore's rules give."""
        attempts, is_skewed = 0, False
        while True:
            attempts += 1
            response, error = self._try(operation, model, body)
            if response is not None and response[0].status_code == 200 and _is_intact(response[0]):
                return response
            if response is not None and not is_skewed and self._learn_skew(response[0]):
                is_skewed = True
                continue
            pause = self._pause(operation, model, call, attempts, response, error)
            if pause is None or pause is False:
                break
            time.sleep(pause)
        if response is None:
            assert error is not None
            raise error
        return response

    def _try(
        self, operation: str, model: Any, body: bytes
    ) -> tuple[tuple[Any, Any] | None, HTTPClientError | None]:
        request = self._request(operation, body)
        try:
            answer = _said(self._tell("before-send", operation, request=request))
            if answer is None:
                answer = self._connections.post(request.headers, request.body)
        except HTTPClientError as error:
            return None, error
        is_good = answer.status_code == 200
        found = _decoded(operation, answer.content) if is_good else self._refusal(model, answer)
        return (answer, found), None

    def _request(self, operation: str, body: bytes) -> Any:
        if self._credentials is None:
            raise NoCredentialsError
        headers = {
            "content-type": self._content_type,
            "host": self._connections.host,
            "x-amz-target": f"{self._prefix}.{operation}",
        }
        credentials = self._credentials.get_frozen_credentials()
        self._signer.sign(headers, body, credentials, self._now() + self._skew)
        headers["user-agent"] = self._client.meta.config.user_agent
        sent: Any = HeadersDict(headers)
        return AWSPreparedRequest("POST", self._url, sent, body, False)

    def _refusal(self, model: Any, answer: Any) -> Any:
        """What an error says, read by botocore."""
        parser = create_parser(self._model.resolved_protocol)
        response = convert_to_response_dict(answer, model)
        parsed = parser.parse(response, model.output_shape)
        shape = self._model.shape_for_error_code(parsed.get("Error", {}).get("Code"))
        if shape is not None:
            parsed.update(parser.parse(response, shape))
        return parsed

    def _pause(
        self, operation: str, model: Any, call: Call, attempts: int, response: Any, error: Any
    ) -> Any:
        """Seconds until the next try; None for no other."""
        said = self._tell(
            "needs-retry",
            operation,
            response=response,
            endpoint=self,
            operation=model,
            attempts=attempts,
            caught_exception=error,
            request_dict=call,
        )
        return _said(said)

    def _learn_skew(self, answer: Any) -> bool:
        """Whether our clock is so wrong that AWS refused the signature; it is set right then."""
        date = answer.headers.get("date")
        if answer.status_code not in {400, 403} or not date:
            return False
        skew = parsedate_to_datetime(date).timestamp() - self._now()
        if abs(skew - self._skew) < MAX_SKEW_SECONDS:
            return False
        self._skew = skew
        return True

    def _tell(self, event: str, operation: str, /, **about: Any) -> Any:
        return self._events.emit(f"{event}.{self._name}.{operation}", **about)


def _said(answers: Any) -> Any:
    """The first word of those who were told."""
    return next((word for _, word in answers if word is not None), None)


def _is_intact(answer: Any) -> bool:
    """Whether the body is the one that DynamoDB took the checksum of."""
    expected = answer.headers.get("x-amz-crc32")
    return expected is None or int(expected) == zlib.crc32(answer.content)


def _decoded(operation: str, content: bytes) -> Any:
    try:
        return DECODERS[operation](content)
    except msgspec.MsgspecError as error:
        raise ResponseParserError(f"an answer to {operation} is not what it should be") from error
