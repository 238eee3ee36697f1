"""Lifecycle: accounts, trials, subscriptions and invitations."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from millrace.events.definition import NotPii, Pii

Id = str | int
LARGEST = 10**15
"""Of a number: keeps "Infinity", sent as text, from passing for one."""
Amount = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]
AccountId = Annotated[Id, Meta(description="Id of the account.")]
AccountName = Annotated[str, Meta(description="Name of the account."), Pii("name")]
Currency = Annotated[str, Meta(description="Three letters, ISO 4217.", pattern="^[A-Za-z]{3}$")]
Reason = Annotated[
    str, Meta(description="Why, in the customer's or the system's words."), Pii("text")
]
Time = Annotated[str, Meta(description="ISO 8601, such as 2026-12-01T00:00:00Z.")]
Email = Annotated[str, Meta(description="E-mail address."), Pii("email")]
PersonName = Annotated[str, Meta(description="Name of the person."), Pii("name")]
Phone = Annotated[str, Meta(description="Phone number, E.164 where known."), Pii("phone")]
Username = Annotated[str, Meta(description="Name to sign in with."), Pii("identifier")]
Method = Annotated[str, Meta(description="How: password, a link, Google.")]


class AccountProperties(Struct, frozen=True, kw_only=True):
    """An account, which may hold several people."""

    account_id: AccountId | None = None
    account_name: AccountName | None = None


class TrialProperties(Struct, frozen=True, kw_only=True):
    """A trial of a plan."""

    trial_id: Annotated[Id, Meta(description="Id of the trial.")] | None = None
    trial_plan_name: (
        Annotated[str, Meta(description="Plan that is tried."), NotPii("a plan")] | None
    ) = None
    trial_start_date: Annotated[Time, Meta(description="When it began, ISO 8601.")] | None = None
    trial_end_date: Annotated[Time, Meta(description="When it ends, ISO 8601.")] | None = None


class SubscriptionProperties(Struct, frozen=True, kw_only=True):
    """A subscription that is paid for again and again."""

    subscription_id: Annotated[Id, Meta(description="Id of the subscription.")] | None = None
    plan: Annotated[str, Meta(description="Plan that is tried or paid for.")] | None = None
    interval: Annotated[str, Meta(description="How often it is paid: month, year.")] | None = None
    quantity: (
        Annotated[float, Meta(description="How many seats or units.", ge=0, le=LARGEST)] | None
    ) = None
    revenue: (
        Annotated[Amount, Meta(description="What the shop earns; no shipping or tax.")] | None
    ) = None
    currency: Currency | None = None
    period_end: Annotated[Time, Meta(description="End of what is paid, ISO 8601.")] | None = None


class InviteProperties(Struct, frozen=True, kw_only=True):
    """An invitation from one person to another."""

    invite_id: Annotated[Id, Meta(description="Id of the invitation.")] | None = None
    invitee_email: Annotated[Email, Meta(description="Who is invited.")] | None = None
    invitee_first_name: Annotated[PersonName, Meta(description="First name.")] | None = None
    invitee_last_name: Annotated[PersonName, Meta(description="Last name.")] | None = None
    invitee_role: Annotated[str, Meta(description="What the invited may do.")] | None = None
    inviter_id: (
        Annotated[Id, Meta(description="User id of who invites."), Pii("identifier")] | None
    ) = None
