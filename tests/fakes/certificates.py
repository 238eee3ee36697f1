"""Certificates in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from millrace.errors import RetryLater


class MemoryCertificates:
    """`Certificates`; every address that was asked for is remembered."""

    def __init__(self, certificates: Mapping[str, bytes]) -> None:
        self.certificates = dict(certificates)
        self.asked: list[str] = []

    def pem(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.certificates:
            raise RetryLater("certificate_unavailable", "there is no such certificate")
        return self.certificates[url]
