"""HTTP to destinations, against a server on loopback that misbehaves in all the usual ways."""

from __future__ import annotations

import gzip
import http.server
import socket
import threading
import time

import pytest

from millrace.activation import HttpRequest, HttpResponse
from millrace.adapters import http as adapter
from millrace.adapters.http import MAX_ANSWER_BYTES, UrllibHttp, is_public
from millrace.errors import NeedsHuman, RetryLater
from tests.fakes.http import MemoryHttp

SECRET = "pk_s3cret"


class Server(http.server.BaseHTTPRequestHandler):
    seen: list[tuple[str, str, dict[str, str], bytes]]
    released: threading.Event
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, headers, body))
        getattr(self, "answer_" + self.path.strip("/").partition("?")[0])()

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_ok(self):
        self.reply(202, b'{"data":{"id":"job1"}}', X_Vendor="Yes")

    def answer_busy(self):
        self.reply(429, b"slow down", Retry_After="7")

    def answer_moved(self):
        self.reply(302, Location="/ok")

    def answer_zipped(self):
        self.reply(200, gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip")

    def answer_huge(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x" * 65_536)
        self.close_connection = True

    def answer_silent(self):
        self.released.wait(5)
        self.close_connection = True

    def answer_drip(self):
        self.send_response(200)
        self.end_headers()
        while not self.released.wait(0.05):
            self.wfile.write(b"x" * 16_384)
        self.close_connection = True

    def answer_hangup(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def answer_junk(self):
        self.wfile.write(b"this is not HTTP\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_):
        """Nothing on the terminal."""


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that hangs up is what some tests want."""


@pytest.fixture
def server():
    handler = type("Handler", (Server,), {"seen": [], "released": threading.Event()})
    running = Quiet(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", handler
    handler.released.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def client():
    made = UrllibHttp(connect_seconds=0.5, read_seconds=0.5)
    yield made
    made.close()


def a_request(url: str) -> HttpRequest:
    headers = {"authorization": SECRET, "content-type": "application/vnd.api+json"}
    return HttpRequest(method="POST", url=url, headers=headers, body=b'{"a":"\xc3\xa4"}')


def test_the_request_travels_byte_for_byte_and_the_answer_comes_back(server, client):
    base, handler = server
    answer = client.send(a_request(f"{base}/ok?x=1"), may_be_private=True)
    assert (answer.status, answer.body) == (202, b'{"data":{"id":"job1"}}')
    assert answer.headers["x-vendor"] == "Yes"
    ((method, path, headers, body),) = handler.seen
    assert (method, path, body) == ("POST", "/ok?x=1", b'{"a":"\xc3\xa4"}')
    assert headers["authorization"] == SECRET
    assert headers["content-type"] == "application/vnd.api+json"


def test_the_fake_answers_the_same_way(server, client):
    fake = MemoryHttp(lambda _: HttpResponse(status=202, body=b'{"data":{"id":"job1"}}'))
    real = client.send(a_request(f"{server[0]}/ok"), may_be_private=True)
    faked = fake.send(a_request("http://x/ok"), may_be_private=True)
    assert (faked.status, faked.body) == (real.status, real.body)


def test_refusals_are_answers_with_their_headers(server, client):
    answer = client.send(a_request(f"{server[0]}/busy"), may_be_private=True)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


def test_redirects_are_not_followed(server, client):
    base, handler = server
    assert client.send(a_request(f"{base}/moved"), may_be_private=True).status == 302
    assert [path for _, path, _, _ in handler.seen] == ["/moved"]


def test_the_connection_is_used_again(server, client):
    for _ in range(3):
        assert client.send(a_request(f"{server[0]}/ok"), may_be_private=True).status == 202


def test_a_huge_answer_is_cut(server, client):
    answer = client.send(a_request(f"{server[0]}/huge"), may_be_private=True)
    assert len(answer.body) == MAX_ANSWER_BYTES


def test_a_zip_bomb_stays_packed(server, client):
    answer = client.send(a_request(f"{server[0]}/zipped"), may_be_private=True)
    assert len(answer.body) < 20_000


@pytest.mark.parametrize("path", ["silent", "hangup", "junk"])
def test_no_answer_means_later_and_quotes_nothing(server, client, path):
    url = f"{server[0]}/{path}?key={SECRET}"
    with pytest.raises(RetryLater, match="destination_unreachable") as raised:
        client.send(a_request(url), may_be_private=True)
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_server_that_drips_does_not_hold_us(server, client):
    before = time.monotonic()
    client.send(a_request(f"{server[0]}/drip"), may_be_private=True)
    assert time.monotonic() - before < 3


def test_a_closed_port_is_unreachable(client):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    with pytest.raises(RetryLater, match="destination_unreachable"):
        client.send(a_request(url), may_be_private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433"])
def test_private_hosts_are_refused_before_a_byte_is_sent(server, client, host):
    base, handler = server
    port = base.rpartition(":")[2]
    with pytest.raises(NeedsHuman, match="private_address"):
        client.send(a_request(f"https://{host}:{port}/ok"))
    assert handler.seen == []


def test_plain_http_is_for_laptops(client):
    with pytest.raises(NeedsHuman, match="insecure_address"):
        client.send(a_request("http://shop.example/"))


def test_a_public_name_with_a_private_address_is_refused(client, monkeypatch):
    def rebound(*_, **__):
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))
        private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))
        return [public, private]

    monkeypatch.setattr(adapter.socket, "getaddrinfo", rebound)
    with pytest.raises(NeedsHuman, match="private_address"):
        client.send(a_request("https://innocent.example/"))


def test_the_address_that_was_checked_is_the_one_connected_to(client, monkeypatch):
    connected = []
    monkeypatch.setattr(
        adapter.socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))],
    )

    def create_connection(address, *_, **__):
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(adapter, "create_connection", create_connection)
    with pytest.raises(RetryLater):
        client.send(a_request("https://innocent.example/"))
    assert connected == [("93.184.216.34", 443)]


def test_a_name_that_does_not_resolve_is_unreachable(client, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(adapter.socket, "getaddrinfo", unknown)
    with pytest.raises(RetryLater, match="destination_unreachable"):
        client.send(a_request("https://nowhere.example/"))


@pytest.mark.parametrize("url", ["https://", "ftp://x.example/", "not a url", "https://[::1", ""])
def test_what_is_no_address_needs_a_person(client, url):
    with pytest.raises(NeedsHuman, match="unsendable_request"):
        client.send(a_request(url))


def test_a_secret_with_a_line_break_needs_a_person_and_is_not_quoted(server, client):
    sent = HttpRequest(
        method="POST", url=f"{server[0]}/ok", headers={"authorization": f"{SECRET}\n"}, body=b""
    )
    with pytest.raises(NeedsHuman, match="unsendable_request") as raised:
        client.send(sent, may_be_private=True)
    assert SECRET not in str(raised.value)


# fmt: off
PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::",
    "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "fd00:ec2::254",
]
# fmt: on


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_a_public_address_is_public(address):
    assert is_public(address)
