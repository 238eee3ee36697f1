"""Kept connections to one AWS endpoint, and one request over one of them.

What goes wrong is told in botocore's own exceptions, so that its retry rules can judge them.
"""

from __future__ import annotations

import functools
import os
import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import get_cert_path

from millrace.adapters.http_answers import Answer, read_answer


class Connections:
    """Threads share what is idle; a connection that the other side has closed is not used."""

    def __init__(self, url: str, *, connect_seconds: float, read_seconds: float, keep: int) -> None:
        parts = urlsplit(url)
        self._url = url
        self._is_secure = parts.scheme == "https"
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if self._is_secure else 80)
        self.host = parts.netloc
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._idle: deque[socket.socket] = deque(maxlen=keep)

    def post(self, headers: Mapping[str, Any], body: bytes) -> Answer:
        """The answer to a POST of `body` to the endpoint's root."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        connection = self._kept() or self._connect()
        try:
            connection.sendall(head.encode("ascii") + body)
            answer, is_over = read_answer(connection)
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except (OSError, ValueError) as error:
            connection.close()
            raise ConnectionClosedError(endpoint_url=self._url, error=error) from error
        self._keep(connection, is_over=is_over)
        return answer

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> socket.socket | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not _has_word(connection):
                return connection
            connection.close()  # closed by the other side, or out of step

    def _keep(self, connection: socket.socket, *, is_over: bool) -> None:
        if is_over or len(self._idle) == self._idle.maxlen:
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self) -> socket.socket:
        address = (self._name, self._port)
        try:
            connection = socket.create_connection(address, self._connect_seconds)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._is_secure:
                connection = _trust().wrap_socket(connection, server_hostname=self._name)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error
        connection.settimeout(self._read_seconds)
        return connection


def _has_word(connection: socket.socket) -> bool:
    """Whether there is something to read where nothing was asked: mostly that it was closed."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


@functools.cache
def _trust() -> ssl.SSLContext:
    """The certificates that botocore would trust; read once, 30 ms."""
    chosen = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=chosen or get_cert_path(True))
