"""Whom an item is about: every identifier in it that can find somebody, the anchor first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millrace.events.identifiers import IdentifierRules
from millrace.events.model import Identifier
from millrace.intake.reasons import reject


def identifiers_of(
    kind: str,
    item: Mapping[str, Any],
    traits: Mapping[str, Any],
    noticed: list[str],
    rules: IdentifierRules,
) -> tuple[Identifier, ...]:
    """The anchor first: user id, else anonymous id, else e-mail, else phone.

    The previousId of an alias call may be a user id or an anonymous id, and nothing tells
    which: it stands for both. An inbox that many people use is only ever alone.
    """
    named = [
        ("user_id", item.get("userId")),
        *(_previous(item, noticed, rules) if kind == "alias" else ()),
        ("anonymous_id", item.get("anonymousId")),
        ("email", traits.get("email")),
        ("phone", traits.get("phone")),
    ]
    usable: dict[Identifier, None] = {}
    for name, value in named:
        if value is None or value == "":
            continue
        identifier = rules.normalise(name, value)
        if identifier:
            usable[identifier] = None
        else:
            _notice("phone_unusable" if name == "phone" else "identifier_blocked", noticed)
    if not usable:
        raise reject("no_identifier")
    own = [identifier for identifier in usable if not rules.is_shared(identifier)]
    if len(own) < len(usable):
        noticed.append("identifier_shared")
    return tuple(own or list(usable)[:1])


def _notice(flag: str, noticed: list[str]) -> None:
    if flag not in noticed:
        noticed.append(flag)


def _previous(
    item: Mapping[str, Any], noticed: list[str], rules: IdentifierRules
) -> list[tuple[str, object]]:
    """What an alias call ties its user id to; nothing where that is the user id itself."""
    user, previous = item.get("userId"), item.get("previousId")
    user_id, previous_id = rules.normalise("user_id", user), rules.normalise("user_id", previous)
    if user_id is None:
        raise reject("missing_user_id", "/userId")
    if previous_id is None:
        raise reject("missing_previous_id", "/previousId")
    if user_id == previous_id:
        noticed.append("alias_to_itself")
        return []
    return [("user_id", previous), ("anonymous_id", previous)]
