"""The fast calls behave as the client's own: answers, errors, retries, events, connections."""

import json
import socket
import threading
import time
import zlib
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from moto import mock_aws

from millrace.adapters import aws
from millrace.adapters.json_client import JsonClient
from tests.tables import create_table

ITEM = {
    "pk": {"S": "a"},
    "v": {"N": "3"},
    "state": {"B": b"\x00\xff"},
    "dirty": {"M": {"klaviyo": {"N": "2"}, "inner": {"M": {"b": {"B": b"\x01"}}}}},
    "some": {"L": [{"BOOL": True}, {"NULL": True}, {"BS": [b"\x02"]}, {"SS": ["x"]}]},
}
THROTTLED = (400, {"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}, {})
CLIENTS: list[JsonClient] = []
SILENCE, HANG_UP = "silence", "hang up"


class Endpoint:
    """A server that gives its answers in turn, and the last of them for ever."""

    def __init__(self, *script) -> None:
        self.script = list(script)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            while line := file.readline():
                assert line == b"POST / HTTP/1.1\r\n"
                headers = {}
                while (line := file.readline()) != b"\r\n":
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                self.requests.append((headers, file.read(int(headers["content-length"]))))
                if not self._answer(connection):
                    return

    def _answer(self, connection: socket.socket) -> bool:
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if step == SILENCE:
            self._over.wait(5)
        if step in (SILENCE, HANG_UP):
            return False
        status, body, headers = step
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} X\r\n{lines}content-length: {len(content)}\r\n\r\n"
        connection.sendall(head.encode() + content)
        return headers.get("connection") != "close"


@contextmanager
def endpoint(*script):
    server = Endpoint(*script)
    try:
        yield server
    finally:
        server.close()


def a_client(
    url: str, credentials=None, service="dynamodb", attempts=3, read_seconds=10, **options
):
    plain = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        config=Config(
            connect_timeout=10,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": attempts},
        ),
    )
    client = JsonClient(plain, credentials or Credentials("AKID", "secret"), **options)
    CLIENTS.append(client)
    return client


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    yield waited
    while CLIENTS:
        CLIENTS.pop().close()


def put(client):
    return client.put_item(TableName="t", Item={"pk": {"S": "a"}})


def test_items_come_back_from_moto_as_they_come_from_the_plain_client():
    with mock_aws():
        plain = boto3.client("dynamodb", region_name="us-east-1")
        create_table(plain, "t")
        fast = JsonClient(plain, Credentials("AKID", "secret"))
        fast.put_item(TableName="t", Item=ITEM)
        key = {"TableName": "t", "Key": {"pk": {"S": "a"}}}
        batch = {"RequestItems": {"t": {"Keys": [key["Key"]]}}}
        query = {
            "TableName": "t",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "a"}},
        }
        assert fast.get_item(**key)["Item"] == plain.get_item(**key)["Item"] == ITEM
        assert fast.batch_get_item(**batch)["Responses"] == {"t": [ITEM]}
        assert fast.query(**query)["Items"] == plain.query(**query)["Items"] == [ITEM]
        fast.batch_write_item(RequestItems={"t": [{"DeleteRequest": {"Key": key["Key"]}}]})
        assert "Item" not in fast.get_item(**key)
        assert fast.scan(TableName="t")["Items"] == []  # the client's own


def test_a_refused_condition_is_the_clients_own_exception():
    with endpoint((400, {"__type": "x#ConditionalCheckFailedException"}, {})) as server:
        client = a_client(server.url)
        with pytest.raises(client.exceptions.ConditionalCheckFailedException) as raised:
            put(client)
        assert raised.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert len(server.requests) == 1


@pytest.mark.parametrize("trouble", [THROTTLED, (500, {}, {}), (503, b"<html>", {}), HANG_UP])
def test_what_passes_is_tried_again_by_botocores_rules(trouble, pauses):
    with endpoint(trouble, trouble, (200, {}, {})) as server:
        assert put(a_client(server.url)) == {}
        assert len(server.requests) == 3
        assert len(pauses) == 2


def test_after_the_last_attempt_the_error_comes_out(pauses):
    with endpoint(THROTTLED) as server:
        with pytest.raises(ClientError, match="slow down") as raised:
            put(a_client(server.url, attempts=2))
        assert raised.value.response["Error"]["Code"] == "ThrottlingException"
        assert len(server.requests) == 2
        with pytest.raises(ClientError):
            put(a_client(server.url, attempts=1))
        assert len(server.requests) == 3


def test_many_failures_use_up_the_quota_of_retries():
    with endpoint((500, {}, {})) as server:
        client = a_client(server.url, attempts=2)
        for _ in range(60):
            with pytest.raises(ClientError):
                put(client)
        assert 60 < len(server.requests) < 120


def test_silence_ends_with_the_read_time_out():
    with endpoint(SILENCE) as server:
        started = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            put(a_client(server.url, attempts=2, read_seconds=0.2))
        assert 0.35 < time.monotonic() - started < 4
        assert len(server.requests) == 2


def test_nobody_there_is_an_error_of_connection():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises((EndpointConnectionError, ConnectTimeoutError)):
        put(a_client(url, attempts=1))


def test_a_connection_is_kept_and_a_closed_one_is_not_used_again():
    closing = (200, {}, {"connection": "close"})
    with endpoint((200, {}, {}), (200, {}, {}), closing, (200, {}, {})) as server:
        client = a_client(server.url, attempts=1)
        for _ in range(5):
            put(client)
        assert server.connections == 2


def test_a_connection_that_was_dropped_meanwhile_costs_no_attempt():
    with endpoint((200, {}, {})) as server:
        client = a_client(server.url, attempts=1)
        put(client)
        client._connections._idle[0].shutdown(socket.SHUT_RD)
        put(client)
        assert server.connections == 2


def test_threads_have_connections_of_their_own():
    with endpoint((200, {"Item": {"pk": {"S": "a"}}}, {})) as server:
        client = a_client(server.url)
        found = []

        def read():
            found.extend(client.get_item(TableName="t", Key={})["Item"]["pk"] for _ in range(20))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [{"S": "a"}] * 80
        assert server.connections <= 4


def test_a_damaged_answer_is_asked_for_again():
    sound = json.dumps({"Item": {"pk": {"S": "a"}}}).encode()
    sum_of_it = {"x-amz-crc32": str(zlib.crc32(sound))}
    with endpoint((200, sound.replace(b'"a"', b'"b"'), sum_of_it), (200, sound, sum_of_it)) as one:
        client = a_client(one.url)
        assert client.get_item(TableName="t", Key={})["Item"] == {"pk": {"S": "a"}}
        assert len(one.requests) == 2


def test_an_answer_that_is_no_answer_is_an_error():
    with endpoint((200, b"<html>", {})) as server, pytest.raises(ResponseParserError):
        put(a_client(server.url))


def test_a_clock_that_is_wrong_is_set_right_by_the_answers_date():
    refused = {"__type": "x#InvalidSignatureException", "message": "Signature not yet current"}
    date = {"date": "Wed, 25 Nov 2026 12:00:00 GMT"}
    with endpoint((403, refused, date), (200, {}, date)) as server:
        client = a_client(server.url, now=lambda: 1_795_608_000 + 3600.0)
        put(client)
        put(client)
        sent = [headers["x-amz-date"] for headers, _ in server.requests]
        assert sent == ["20261125T130000Z", "20261125T120000Z", "20261125T120000Z"]


def test_a_refused_signature_under_a_right_clock_is_not_tried_again():
    refused = {"__type": "x#InvalidSignatureException"}
    with endpoint((403, refused, {"date": "Wed, 25 Nov 2026 12:00:00 GMT"})) as server:
        with pytest.raises(ClientError):
            put(a_client(server.url, now=lambda: 1_795_608_000.0))
        assert len(server.requests) == 1


def test_temporary_credentials_bring_their_token_and_are_renewed():
    def renew():
        return {
            "access_key": "NEW",
            "secret_key": "s",
            "token": "fresh",
            "expiry_time": "2037-01-01T00:00:00Z",
        }

    stale = renew() | {"access_key": "OLD", "expiry_time": "2020-01-01T00:00:00Z"}
    credentials = RefreshableCredentials.create_from_metadata(stale, renew, "test")
    with endpoint((200, {}, {})) as server:
        put(a_client(server.url, credentials))
        headers, _ = server.requests[0]
        assert headers["x-amz-security-token"] == "fresh"
        assert "Credential=NEW/" in headers["authorization"]
        assert "x-amz-security-token" in headers["authorization"]


def test_without_credentials_nothing_is_sent():
    with endpoint((200, {}, {})) as server:
        client = JsonClient(a_client(server.url)._client, None)
        with pytest.raises(NoCredentialsError):
            put(client)
        assert server.requests == []


def test_whoever_listens_before_a_call_can_refuse_it():
    def refuse(params, model, **_):
        assert (params["TableName"], model.name) == ("t", "PutItem")
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, model.name)

    with endpoint((200, {}, {})) as server:
        client = a_client(server.url)
        client.meta.events.register("before-parameter-build", refuse)
        with pytest.raises(ClientError, match="AccessDenied"):
            put(client)
        assert server.requests == []


def test_records_of_the_stream_travel_as_base64():
    answer = {"FailedRecordCount": 1, "Records": [{"ErrorCode": "X"}, {"ShardId": "s"}]}
    with endpoint((200, answer, {})) as server:
        client = a_client(server.url, service="kinesis")
        records = [{"PartitionKey": "p", "Data": b"\x00\x01"}] * 2
        told = client.put_records(StreamName="events", Records=records)
        assert (told["FailedRecordCount"], told["Records"][0]["ErrorCode"]) == (1, "X")
        headers, body = server.requests[0]
        assert headers["x-amz-target"] == "Kinesis_20131202.PutRecords"
        assert headers["content-type"] == "application/x-amz-json-1.1"
        assert json.loads(body)["Records"][1] == {"PartitionKey": "p", "Data": "AAE="}


def test_behind_a_proxy_the_plain_client_is_used(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert isinstance(aws.json_client("dynamodb"), JsonClient)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert not isinstance(aws.json_client("dynamodb"), JsonClient)
