"""What an HTTP answer means for the updates of a batch, where a vendor's rules say nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

from millrace.activation.model import HttpResponse, Outcome, Update
from millrace.errors import MillraceError, RetryLater

RETRIED = frozenset({408, 425, 429})
ABOUT_THE_PAYLOAD = frozenset({400, 409, 413, 422})


def by_status(response: HttpResponse, batch: Sequence[Update]) -> list[Outcome]:
    """One outcome for all: 2xx delivered, 408/425/429/5xx later, a refused payload split.

    Everything else (a wrong key, a wrong address, a redirect, 410 Gone) needs a person.
    """
    return [outcome_of(response.status)] * len(batch)


def outcome_of(status: int) -> Outcome:
    code = f"http_{status}"
    if 200 <= status < 300:
        return Outcome(kind="delivered")
    if status in RETRIED or status >= 500:
        return Outcome(kind="retry", code=code)
    if status in ABOUT_THE_PAYLOAD:
        return Outcome(kind="split", code=code)
    return Outcome(kind="needs_human", code=code)


def forgotten_by_status(response: HttpResponse) -> Outcome:
    """What the answer to a deletion means: as for an update, but there is nothing to split."""
    return final(outcome_of(response.status))


def final(outcome: Outcome) -> Outcome:
    """A refusal that cannot be split any further is about the one person."""
    return Outcome(kind="rejected", code=outcome.code) if outcome.kind == "split" else outcome


def dated(outcome: Outcome, response: HttpResponse, now_ms: int) -> Outcome:
    """An outcome that waits, with the time that the answer's Retry-After asks for."""
    if outcome.kind != "retry" or outcome.after_seconds is not None:
        return outcome
    after = retry_after(response.headers, now_ms)
    return Outcome(kind="retry", code=outcome.code, after_seconds=after)


def outcome_of_error(error: MillraceError) -> Outcome:
    """What an error before or instead of an answer means."""
    if isinstance(error, RetryLater):
        return Outcome(kind="retry", code=error.code, after_seconds=error.after_seconds)
    return Outcome(kind="needs_human", code=error.code)


def retry_after(headers: Mapping[str, str], now_ms: int) -> float | None:
    """The seconds a Retry-After header asks for, from seconds or an HTTP date; None without one."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
        return max(0.0, at.timestamp() - now_ms / 1000)
    except (ValueError, OverflowError):
        return None
