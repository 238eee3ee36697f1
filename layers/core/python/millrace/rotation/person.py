"""New data keys for one person, without erasing anything."""

from __future__ import annotations

from millrace.errors import GiveUp, RetryLater
from millrace.profiles.encoding import context_of, reseal, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Row
from millrace.profiles.reading import Rows, follow, root_of
from millrace.rotation.model import Part, SealedItem
from millrace.rotation.ports import PersonPorts

ROUNDS = 5
"""How often a row that changes at the same time is read again."""


def rotate_person(key: str, ports: PersonPorts) -> int:
    """Begin an epoch for every stem of whoever `key` leads to; how many began.

    The row is sealed anew under the new keys. The lake's rows stay as they are: the keys before
    open them until the person is erased. GiveUp `nobody` where there is no person.
    """
    row = _root(key, ports)
    begun = ports.rotation.rotate({stem.key for stem in unseal(row, ports.vault).stems})
    for _ in range(ROUNDS):
        part = Part(context_of(row.key), row.state)
        state = reseal(row, ports.vault, Keyring(ports.reader.read))
        item = SealedItem(key=row.key, version=row.version, parts=(part,))
        if ports.rows.replace(item, [Part(part.context, state)]):
            return begun
        row = _root(key, ports)
    raise RetryLater("profile_contended", "the profile changed all the time; its keys are new")


def _root(key: str, ports: PersonPorts) -> Row:
    rows: Rows = {}
    follow(ports.store, [key], rows)
    row = rows.get(root_of(key, rows) or key)
    if row is None or not row.state:
        raise GiveUp("nobody", "no living person has this identifier")
    return row
