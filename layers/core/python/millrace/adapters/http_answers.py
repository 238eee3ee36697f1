"""The answer to one HTTP/1.1 request, read from its socket.

http.client reads headers with the parser of e-mails: half of what one AWS call costs. What AWS
answers has a length or comes in chunks; anything else is a ValueError, never a guess.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

import msgspec

MAX_HEAD_BYTES = 65_536
_AT_ONCE = 65_536
_NO_BODY = frozenset({204, 304})


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP response, with the names that botocore's own has; header names in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def read_answer(connection: socket.socket) -> tuple[Answer, bool]:
    """The answer, and whether the other side closes the connection after it.

    OSError when it breaks off, ValueError when it is not HTTP.
    """
    reader = _Reader(connection)
    status, headers = reader.head()
    while 100 <= status < 200:
        status, headers = reader.head()
    if status in _NO_BODY:
        content = b""
    elif "chunked" in headers.get("transfer-encoding", "").lower():
        content = reader.chunks()
    else:
        content = reader.exactly(_length(headers.get("content-length", "")))
    is_over = "close" in headers.get("connection", "").lower() or reader.has_more
    return Answer(status_code=status, headers=headers, content=content), is_over


def _length(text: str, base: int = 10) -> int:
    if not text.isalnum() or not text.isascii():
        raise ValueError("a length that is none")
    return int(text, base)


class _Reader:
    """What came and was not read yet."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    @property
    def has_more(self) -> bool:
        return bool(self._buffer)

    def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers."""
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        if version != "HTTP/1.1" or not rest[:3].isdecimal():
            raise ValueError("not an answer in HTTP/1.1")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(rest[:3]), headers

    def chunks(self) -> bytes:
        parts = []
        while size := _length(self._until(b"\r\n").partition(b";")[0].strip().decode(), 16):
            parts.append(self.exactly(size))
            if self.exactly(2) != b"\r\n":
                raise ValueError("a chunk does not end where it should")
        while self._until(b"\r\n"):
            continue  # trailers
        return b"".join(parts)

    def exactly(self, count: int) -> bytes:
        parts, missing = [self._buffer], count - len(self._buffer)
        while missing > 0:
            part = self._more(max(missing, _AT_ONCE))
            parts.append(part)
            missing -= len(part)
        found = b"".join(parts)
        self._buffer = found[count:]
        return found[:count]

    def _until(self, end: bytes) -> bytes:
        """What stands before `end`, which is taken off as well."""
        while end not in self._buffer:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise ValueError("a head without an end")
            self._buffer += self._more(_AT_ONCE)
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _more(self, at_most: int) -> bytes:
        part = self._connection.recv(at_most)
        if not part:
            raise ConnectionError("closed before the answer was whole")
        return part
