"""The export as one page of HTML that runs nothing and asks for nothing.

What people typed into forms stands in it, so every text is escaped, and the page's own policy
forbids scripts, frames, images and any request: a second lock on the same door.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

from millrace.access.dossier import Dossier

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "td,th{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "th{background:#eee}td{overflow-wrap:anywhere}"
)
TITLES = {
    "about": "About this export",
    "identifiers": "Identifiers",
    "ties": "Which identifiers were taken for one person",
    "traits": "Traits, with the source and time of every value",
    "profile": "The profile as it is used",
    "stems": "What the events of each identifier add up to",
    "events": "Events",
    "changes": "Changes of the profile",
    "failed_events": "Events that could not be used",
    "destinations": "Who was told",
    "suppressions": "Addresses that nobody may write to, why and since when",
    "ledger": "Consents, erasures and who opened the data",
    "unreadable": "Events that nobody can read any more",
}


def html(dossier: Dossier) -> str:
    """The whole page; every section of the document is there, also where it is empty."""
    shown = msgspec.to_builtins(dossier)
    sections = "".join(
        f"<h2>{escape(title)}</h2>{_value(shown[name])}" for name, title in TITLES.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
        f"<title>What is held about you</title><style>{STYLE}</style></head>"
        f"<body><h1>What is held about you</h1>{sections}</body></html>\n"
    )


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, list):
        return _rows(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


def _pairs(value: dict[str, Any]) -> str:
    if not value:
        return "<p>nothing</p>"
    rows = "".join(
        f"<tr><th>{escape(str(name))}</th><td>{_value(each)}</td></tr>"
        for name, each in value.items()
    )
    return f"<table>{rows}</table>"


def _rows(value: Sequence[Any]) -> str:
    if not value:
        return "<p>nothing</p>"
    if not all(isinstance(each, dict) for each in value):
        return "<br>".join(_value(each) for each in value)
    names = list(dict.fromkeys(name for each in value for name in each))
    head = "".join(f"<th>{escape(str(name))}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{_value(each.get(name))}</td>" for name in names) + "</tr>"
        for each in value
    )
    return f"<table><tr>{head}</tr>{body}</table>"
