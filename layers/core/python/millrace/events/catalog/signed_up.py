from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.lifecycle import Email, Method, PersonName, Phone, Username


class SignedUp(Struct, frozen=True, kw_only=True):
    """A person made themselves an account."""

    type: Annotated[str, Meta(description="Kind of sign-up: organic, invited.")] | None = None
    method: Method | None = None
    email: Email | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    phone: Phone | None = None
    username: Username | None = None
    title: Annotated[str, Meta(description="Title at work.")] | None = None


event = EventDefinition(
    name="Signed Up",
    vocabulary="lifecycle",
    properties=SignedUp,
    example={
        "type": "organic",
        "email": "peter@example.com",
        "first_name": "Peter",
        "last_name": "Gibbons",
        "phone": "+15125550142",
        "username": "pgibbons",
        "title": "VP of Derp",
        "method": "password",
    },
)
