"""HTTP/1.1 answers as they may come over a socket: whole, in drops, in chunks, broken off."""

from __future__ import annotations

import http.client
import io
import random

import pytest

from millrace.adapters.http_answers import read_answer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Amz-Crc32:  7 \r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    b"3\r\nhel\r\n2;note=x\r\nlo\r\n0\r\nTrailer: t\r\n\r\n"
)
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN
EMPTY = b"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n"


class Socket:
    """Gives `data` in pieces of at most `at_once`, then nothing."""

    def __init__(self, data: bytes, at_once: int = 65_536) -> None:
        self._file = io.BytesIO(data)
        self._at_once = at_once

    def recv(self, count: int) -> bytes:
        return self._file.read(min(count, self._at_once))

    def makefile(self, _mode: str) -> io.BytesIO:
        return self._file


def read(data: bytes, at_once: int = 65_536):
    return read_answer(Socket(data, at_once))  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, CONTINUED, EMPTY])
@pytest.mark.parametrize("at_once", [1, 2, 7, 65_536])
def test_it_is_what_the_standard_library_reads(data: bytes, at_once: int) -> None:
    theirs = http.client.HTTPResponse(Socket(data), method="POST")  # type: ignore[arg-type]
    theirs.begin()
    answer, is_over = read(data, at_once)
    assert answer.status_code == theirs.status
    assert answer.headers == {name.lower(): value.strip() for name, value in theirs.getheaders()}
    assert answer.content == theirs.read()
    assert is_over == theirs.will_close


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, CONTINUED, EMPTY])
def test_an_answer_that_breaks_off_anywhere_is_an_error(data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(ConnectionError):
            read(data[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n" + b"x" * 10,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 140_000,
    ],
)
def test_what_is_not_http_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        read(data)


def test_an_answer_without_a_length_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="length"):
        read(b"HTTP/1.1 200 OK\r\n\r\nhello")


def test_words_beyond_the_answer_end_the_connection() -> None:
    assert read(PLAIN + b"HTTP/1.1 200")[1]


def test_noise_never_raises_anything_else() -> None:
    chance = random.Random(1)
    for _ in range(2_000):
        data = bytearray(chance.choice([PLAIN, CHUNKED, CONTINUED]))
        for _ in range(chance.randint(1, 3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read(bytes(data))
        except (OSError, ValueError):
            continue
