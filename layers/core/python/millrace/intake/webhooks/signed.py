"""The pieces of which vendors make the text that they sign, and where its signature stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from millrace.errors import NeedsHuman
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.reasons import refuse

Piece = bytes | Callable[[Delivery], bytes]
Signatures = Callable[[Delivery], Sequence[str]]


def signed_text(pieces: Sequence[Piece], delivery: Delivery) -> bytes:
    """The bytes under the signature."""
    return b"".join(piece if isinstance(piece, bytes) else piece(delivery) for piece in pieces)


def body(delivery: Delivery) -> bytes:
    """The raw body."""
    return delivery.body


def method(delivery: Delivery) -> bytes:
    """The request's method."""
    return delivery.request.method.encode()


def header(name: str) -> Callable[[Delivery], bytes]:
    """A header that must be there."""

    def read(delivery: Delivery) -> bytes:
        value = delivery.header(name)
        if not value:
            raise refuse("signature_missing")
        return value.encode("utf-8", "surrogatepass")

    return read


def undotted(name: str) -> Callable[[Delivery], bytes]:
    """A header that must be there without a dot, which would make `a.b.c` ambiguous."""
    read_header = header(name)

    def read(delivery: Delivery) -> bytes:
        value = read_header(delivery)
        if b"." in value:
            raise refuse("signature_mismatch")
        return value

    return read


def field(*path: str) -> Callable[[Delivery], bytes]:
    """A text inside a JSON body."""

    def read(delivery: Delivery) -> bytes:
        value: object = delivery.json
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, str) or not value:
            raise refuse("signature_missing")
        return value.encode("utf-8", "surrogatepass")

    return read


def registered_url(delivery: Delivery) -> bytes:
    """The address as the vendor knows it: configuration, never what a request claims."""
    if not delivery.url:
        raise NeedsHuman(
            "url_missing",
            f"set `url` of the source {delivery.source} to the address registered with the vendor: "
            "its signature covers it",
        )
    return delivery.url.encode()


def signed_form(delivery: Delivery) -> bytes:
    """Every key and value of a form body, by key, without anything between them."""
    return "".join(key + value for key, value in sorted(delivery.form)).encode()


def signature(name: str) -> Signatures:
    """The one signature in a header."""
    read = header(name)
    return lambda delivery: [read(delivery).decode("utf-8", "surrogatepass")]


def listed(name: str, *, separator: str, prefix: str) -> Signatures:
    """Those signatures of a header's list that start with `prefix`; other versions are skipped."""
    read = header(name)

    def find(delivery: Delivery) -> list[str]:
        entries = read(delivery).decode("utf-8", "surrogatepass").split(separator)
        stripped = (entry.strip() for entry in entries)
        return [entry.removeprefix(prefix) for entry in stripped if entry.startswith(prefix)]

    return find
