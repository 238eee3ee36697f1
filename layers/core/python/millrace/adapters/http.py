"""HTTP to destinations: https to public addresses, time-outs, no redirects, bounded answers."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from millrace.activation import HttpRequest, HttpResponse
from millrace.errors import NeedsHuman, RetryLater

MAX_ANSWER_BYTES = 1024 * 1024
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(Exception):
    """A host's name leads to an address that is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether an IP address is a public one, also where IPv6 wraps an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast


class _PublicOnly:
    """Connects to the very address that was checked, so a name cannot change in between."""

    def _new_conn(self: Any) -> socket.socket:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(is_public(address) for address in addresses):
            raise PrivateAddressError
        try:
            return create_connection((addresses[0], self.port), self.timeout)
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from error


class _PublicHttp(_PublicOnly, HTTPConnection):
    pass


class _PublicHttps(_PublicOnly, HTTPSConnection):
    pass


class _PublicHttpPool(HTTPConnectionPool):
    ConnectionCls = _PublicHttp


class _PublicHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHttps


@contextmanager
def _no_quotes() -> Iterator[None]:
    """What went wrong, as the port says it; urllib3's own words may quote a secret."""
    try:
        yield
    except PrivateAddressError:
        raise NeedsHuman(
            "private_address", "the destination's address is not on the public internet"
        ) from None
    except ValueError:
        raise NeedsHuman(
            "unsendable_request", "no URL, or a line break in the secret or an option"
        ) from None
    except (HTTPError, OSError) as error:
        raise RetryLater("destination_unreachable", f"no answer: {type(error).__name__}") from None


class UrllibHttp:
    """`Http` over kept-alive connections, one pool for public hosts and one for any."""

    def __init__(self, *, connect_seconds: float = 3.0, read_seconds: float = 15.0) -> None:
        self._read_seconds = read_seconds
        settings: dict[str, Any] = {
            "timeout": urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            "retries": False,
        }
        self._any = urllib3.PoolManager(**settings)
        self._public = urllib3.PoolManager(**settings)
        self._public.pool_classes_by_scheme = {"http": _PublicHttpPool, "https": _PublicHttpsPool}

    def send(self, request: HttpRequest, *, may_be_private: bool = False) -> HttpResponse:
        if not request.url.startswith(("https://", "http://")):
            raise NeedsHuman("unsendable_request", "the destination's address is not a URL")
        if not may_be_private and request.url.startswith("http://"):
            raise NeedsHuman("insecure_address", "profiles leave the house only by https")
        pool = self._any if may_be_private else self._public
        with _no_quotes():
            answer = pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=dict(request.headers),
                redirect=False,
                preload_content=False,
            )
            try:
                body = self._body(answer)
            finally:
                answer.release_conn()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(status=answer.status, headers=headers, body=body)

    def close(self) -> None:
        """Close the connections that were kept."""
        self._any.clear()
        self._public.clear()

    def _body(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        """The answer up to 1 MiB; the rest is not waited for, a slow drip neither."""
        until = time.monotonic() + self._read_seconds
        body = b""
        for chunk in answer.stream(16 * 1024, decode_content=False):
            body += chunk
            if len(body) >= MAX_ANSWER_BYTES or time.monotonic() > until:
                answer.close()
                break
        return body[:MAX_ANSWER_BYTES]
