"""User agents that open and click mail though no person does."""

from __future__ import annotations

import re
from collections.abc import Callable

from millrace.intake.webhooks.model import Part, Selector
from millrace.intake.webhooks.selecting import select

_MACHINE = re.compile(
    r"barracuda|mimecast|proofpoint|symantec|messagelabs|trend ?micro|safelinks|\bbot\b|bot/|"
    r"crawler|spider|slurp|headlesschrome|python-requests|python-urllib|^curl/|^wget/|go-http-",
    re.IGNORECASE,
)
_FALSE = (None, False, "", 0, "false", "False", "0")
_APPLE_PRIVACY = "Mozilla/5.0"
"""Apple's Mail Privacy Protection says this and nothing after it."""


def is_machine_agent(user_agent: object) -> bool:
    """Whether a user agent is a known prefetcher or scanner.

    The image proxies of webmail are not: Gmail's and Yahoo's fetch when the person looks.
    """
    if not isinstance(user_agent, str):
        return False
    return user_agent.strip() == _APPLE_PRIVACY or _MACHINE.search(user_agent) is not None


def machine(*flags: Selector, agent: Selector = "") -> Callable[[Part], bool]:
    """Whether the vendor flags it as a machine's, or its user agent at `agent` is one."""

    def judge(part: Part) -> bool:
        is_flagged = any(select(part, flag) not in _FALSE for flag in flags)
        return is_flagged or (bool(agent) and is_machine_agent(select(part, agent)))

    return judge
