"""A shop window for the engine: one destination, people, and everything outside in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from millrace.activation import (
    Channel,
    Destination,
    Forget,
    ForgetPorts,
    ForgetReceipt,
    HttpRequest,
    HttpResponse,
    Leaver,
    Limits,
    Message,
    Ports,
    Report,
    Sending,
    Update,
    Wake,
    Withdrawal,
    by_status,
    deliver,
    forget,
    forgotten_by_status,
    told_address,
)
from millrace.privacy.consent import Answer
from millrace.profiles.model import Profile
from millrace.settings import ConsentSettings
from tests.fakes.clock import MemoryClock
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.http import MemoryHttp
from tests.fakes.queues import MemoryQueues
from tests.fakes.secrets import MemorySecrets
from tests.fakes.suppressions import MemorySuppressions
from tests.fakes.vault import MemoryVault

GRANTED = Answer(status="granted", at=1)


def a_profile(key: str = "i#user_id#a", version: int = 1, **traits) -> Profile:
    return Profile(
        profile_id=f"p_{key}",
        key=key,
        identifiers={"email": (f"{key.rpartition('#')[2]}@example.com",)},
        traits=traits,
        version=version,
        as_of=0,
        lag_ms=0,
        first_seen=0,
        last_seen=0,
        consents={"email_marketing": GRANTED},
    )


def told(profile: Profile, options: Mapping[str, object]) -> dict[str, object] | None:
    if "silent" in profile.traits:
        return None
    if "odd" in profile.traits:
        raise KeyError(profile.identifiers["email"][0])
    return {"email": profile.identifiers["email"][0], **profile.traits}


def request(batch: Sequence[Update], sending: Sending) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url=f"{sending.base_url}/people",
        headers={"authorization": sending.secret, "ids": ",".join(u.delivery_id for u in batch)},
        body=msgspec.json.encode([update.state for update in batch]),
    )


def leave(batch: Sequence[Update], sending: Sending) -> HttpRequest:
    return msgspec.structs.replace(request(batch, sending), url=f"{sending.base_url}/left")


def deletions(leaver: Leaver, sending: Sending) -> list[HttpRequest]:
    return [
        HttpRequest(
            method="DELETE",
            url=f"{sending.base_url}/people",
            headers={"authorization": sending.secret},
            body=msgspec.json.encode({"email": email}),
        )
        for email in leaver.identifiers.get("email", ())
    ]


PIGEON = Destination(
    name="pigeon",
    docs="https://pigeon.example",
    base_url="https://pigeon.example",
    limits=Limits(profiles=500, bytes=1_000_000, profile_bytes=10_000),
    tells=frozenset({"email", "city"}),
    told=told,
    request=request,
    outcomes=by_status,
    forget=Forget(docs="https://pigeon.example", requests=deletions, forgotten=forgotten_by_status),
    purposes=frozenset({"email_marketing", "sharing"}),
    withdrawal=Withdrawal(docs="https://pigeon.example", told=told_address, request=leave),
)


class People:
    """`ProfileReader` and `DirtyMarks`; aliases lead to another key."""

    def __init__(self) -> None:
        self.profiles: dict[str, Profile] = {}
        self.aliases: dict[str, str] = {}
        self.dirty: dict[tuple[str, str], int] = {}
        self.on_read: Callable[[], None] = lambda: None

    def put(self, profile: Profile) -> None:
        self.profiles[profile.key] = profile
        self.dirty[profile.key, "pigeon"] = profile.version

    def read(self, key: str) -> Profile | None:
        return self.profiles.get(self.aliases.get(key, key))

    def read_many(self, keys: Collection[str]) -> dict[str, Profile]:
        self.on_read()
        found = {key: self.read(key) for key in keys}
        return {key: profile for key, profile in found.items() if profile}

    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        if self.dirty.get((key, destination)) == version:
            del self.dirty[key, destination]


class Bench:
    """The engine with its surroundings in reach."""

    def __init__(self) -> None:
        self.people = People()
        self.deliveries = MemoryDeliveries()
        self.queues = MemoryQueues()
        self.http = MemoryHttp()
        self.secrets = MemorySecrets({"key": "s3cret"})
        self.clock = MemoryClock()
        self.channel = Channel(destination=PIGEON, secret_name="key")
        self.vault = MemoryVault()
        self.suppressions = MemorySuppressions()
        self.consent = ConsentSettings()

    @property
    def ports(self) -> Ports:
        return Ports(
            profiles=self.people,
            marks=self.people,
            deliveries=self.deliveries,
            queues=self.queues,
            http=self.http,
            secrets=self.secrets,
            clock=self.clock,
            vault=self.vault,
            suppressions=self.suppressions,
            consent=self.consent,
        )

    def deliver(self, *messages: Message, **options) -> Report:
        return deliver(list(messages), self.channel, self.ports, **options)

    def forget(self, leaver: Leaver) -> ForgetReceipt:
        ports = ForgetPorts(http=self.http, secrets=self.secrets, clock=self.clock)
        return forget(self.channel, leaver, ports)

    def put(self, *profiles: Profile) -> list[Message]:
        """Commit profiles; the wakes that follow."""
        for profile in profiles:
            self.people.put(profile)
        return [self.message(profile.key, profile.version) for profile in profiles]

    def message(self, key: str, version: int, receives: int = 1) -> Message:
        return Message(
            wake=Wake(destination="pigeon", key=key, version=version),
            message_id=f"{key}@{version}",
            receipt_handle=f"handle {key}@{version}",
            receives=receives,
        )

    def answers(self, *answers: HttpResponse | Exception) -> None:
        """Answer the next requests with these, all later ones with 202."""
        script = list(answers)

        def answer(_: HttpRequest) -> HttpResponse:
            found = script.pop(0) if script else HttpResponse(status=202)
            if isinstance(found, Exception):
                raise found
            return found

        self.http.answer = answer

    @property
    def bodies(self) -> list[list[dict]]:
        return [msgspec.json.decode(request.body) for request in self.http.requests]
