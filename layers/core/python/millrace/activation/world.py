"""Everything outside that a delivery touches."""

from __future__ import annotations

import msgspec

from millrace.activation.channel import Channel
from millrace.activation.leave import Leave, LeavePorts
from millrace.activation.ports import Deliveries, Http, Queues
from millrace.clock import Clock
from millrace.privacy import Vault
from millrace.privacy.ports import Suppressions
from millrace.profiles.ports import DirtyMarks, ProfileReader
from millrace.secrets import Secrets
from millrace.settings import ConsentSettings


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The ports of one function."""

    profiles: ProfileReader
    marks: DirtyMarks
    deliveries: Deliveries
    queues: Queues
    http: Http
    secrets: Secrets
    clock: Clock
    vault: Vault
    suppressions: Suppressions
    consent: ConsentSettings

    def leave(self, channel: Channel) -> Leave:
        """Who may be told over a channel."""
        ports = LeavePorts(
            profiles=self.profiles,
            suppressions=self.suppressions,
            rules=self.consent,
            tokens=self.vault.token,
        )
        return Leave(channel, ports)
