"""The signing certificates of Amazon SNS, from Amazon and nowhere else."""

from __future__ import annotations

import urllib3
from urllib3.exceptions import HTTPError

from millrace.errors import RetryLater
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.sns import CERTIFICATE_URL

MAX_CERTIFICATE_BYTES = 16 * 1024
MAX_KEPT = 32


class SnsCertificates:
    """`Certificates` over HTTPS; each is fetched once, because its name changes with its content.

    Addresses other than those of SNS are refused again here, and redirects are not followed.
    """

    def __init__(self, http: urllib3.PoolManager | None = None) -> None:
        self._http = http or urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=1.0, read=2.0), retries=False
        )
        self._kept: dict[str, bytes] = {}

    def pem(self, url: str) -> bytes:
        if not CERTIFICATE_URL.fullmatch(url):
            raise refuse("certificate_refused")
        if url not in self._kept:
            found = self._fetch(url)
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[url] = found
        return self._kept[url]

    def _fetch(self, url: str) -> bytes:
        try:
            answer = self._http.request("GET", url, redirect=False, preload_content=False)
            try:
                found = answer.read(MAX_CERTIFICATE_BYTES + 1, decode_content=False)
            finally:
                answer.close()
        except (HTTPError, OSError) as error:
            raise _unavailable(type(error).__name__) from error
        if answer.status != 200 or len(found) > MAX_CERTIFICATE_BYTES:
            raise _unavailable(f"status {answer.status}, {len(found)} bytes")
        return found


def _unavailable(why: str) -> RetryLater:
    return RetryLater("certificate_unavailable", f"SNS did not give its certificate: {why}")
