"""A certificate against the roots of its days: what is proven, and what is not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from millrace.clock import DAY_MS
from millrace.erasure import days_of, verify, verify_included, with_inclusion
from millrace.errors import GiveUp
from millrace.privacy.attesting import attest
from millrace.privacy.inclusion import Inclusion, inclusion_of, is_included
from millrace.privacy.ledger import DayRoot, Entry, Leaf, day_root, hash_of
from tests.core.erasure import second_reader
from tests.core.erasure.stage import Stage
from tests.fakes.roots import MemoryRoots

VECTOR = Path(__file__).with_name("certificate_v1.json")


def ours(certificate: Any, roots: Any) -> bool:
    return not (verify(certificate) or verify_included(certificate, [root_in(r) for r in roots]))


def root_in(root: Any) -> DayRoot:
    return msgspec.convert(root, DayRoot)


def another(certificate: Any, roots: Any) -> bool:
    try:
        second_reader.agrees_with_itself(certificate)
        second_reader.was_in_the_ledger(certificate, roots)
    except (ValueError, KeyError, TypeError, IndexError):
        return False
    return True


def an_erasure(
    others: int = 6, reason: str = "request"
) -> tuple[Stage, dict[str, Any], MemoryRoots]:
    """Done; on its day others said things, too. Then the day ends and gets its root."""
    stage, roots = Stage(), MemoryRoots()
    attest(stage.ledger, roots, stage.world.clock)
    said = {"kind": "consent", "event": "é\u2028\x7f", "at": 1, "purpose": "analytics"}
    stage.ledger.append(Entry(subject=stage.names()[0], **said))
    body = msgspec.to_builtins(stage.finish(stage.request(reason=reason)).certificate)
    for number in range(others):
        stage.ledger.append(Entry(subject=f"i#user_id#{number}", **said))
    stage.world.clock.advance(2 * DAY_MS)
    attest(stage.ledger, roots, stage.world.clock)
    return stage, body, roots


def proven(stage: Stage, body: dict[str, Any], roots: MemoryRoots) -> tuple[Any, list[Any]]:
    return with_inclusion(body, stage.ledger, roots), [
        msgspec.to_builtins(roots.kept[day]) for day in days_of(body)
    ]


@pytest.mark.parametrize("others", [0, 1, 6])
def test_both_readers_find_a_certificate_under_the_root_of_its_day(others: int) -> None:
    certificate, roots = proven(*an_erasure(others))
    assert len(certificate["inclusion"]) == len(certificate["identifiers"]) == 4
    assert ours(certificate, roots)
    assert another(certificate, roots)


def test_a_forged_certificate_agrees_with_itself_and_is_under_no_root_of_ours() -> None:
    genuine, roots = proven(*an_erasure())
    forged, _ = proven(*an_erasure(reason="account_deleted"))
    assert verify(forged) == []
    assert not ours(forged, roots)
    assert not another(forged, roots)
    borrowed = {**forged, "inclusion": genuine["inclusion"]}
    assert not ours(borrowed, roots)
    assert not another(borrowed, roots)


def changes_of(value: Any) -> list[Any]:
    """Values near to one, of its own kind and of others."""
    if isinstance(value, bool):
        return [not value, int(value)]
    if isinstance(value, int):
        return [value + 1, -value - 1, float(value), str(value), value == 1]
    if isinstance(value, str):
        flipped = chr(ord(value[0]) ^ 1) + value[1:] if value else "x"
        return [value + "x", flipped, value[:-1] or None, value.swapcase() + " "]
    if isinstance(value, list):
        return [value[:-1] if value else [1], [*value, *(value[-1:] or [1])], {}]
    return [{**value, "more": 1}, [value]]


def tampered(whole: Any, value: Any, *way: Any) -> Any:
    """Every copy of `whole` in which one field, or one list or object of fields, is changed."""
    for change in changes_of(value) if way else []:
        yield way, put(whole, way, change)
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from tampered(whole, value[name], *way, name)
            if isinstance(value, dict):
                yield (*way, name, "gone"), put(whole, (*way, name), None, is_gone=True)


def put(whole: Any, way: Any, change: Any, *, is_gone: bool = False) -> Any:
    """As deep as the way goes a copy, beside it the same objects."""
    copied = copy.copy(whole)
    if len(way) > 1:
        copied[way[0]] = put(whole[way[0]], way[1:], change, is_gone=is_gone)
    elif is_gone:
        del copied[way[0]]
    else:
        copied[way[0]] = change
    return copied


def test_both_readers_refuse_every_single_change_of_a_certificate() -> None:
    vector = json.loads(VECTOR.read_text())
    certificate, roots = vector["certificate"], vector["roots"]
    assert ours(certificate, roots)
    assert another(certificate, roots)
    tried = 0
    for way, changed in tampered(certificate, certificate):
        assert not ours(changed, roots), way
        assert not another(changed, roots), way
        tried += 1
    assert tried > 1000


@pytest.mark.parametrize("change", [{"day": "2026-11-24"}, {"root": "0" * 64}, {"entries": 3}])
def test_both_readers_refuse_another_root(change: Any) -> None:
    vector = json.loads(VECTOR.read_text())
    roots = [{**vector["roots"][0], **change}]
    assert not ours(vector["certificate"], roots)
    assert not another(vector["certificate"], roots)


def test_in_a_day_of_any_size_each_link_is_found_at_its_own_place_only() -> None:
    for size in range(1, 18):
        leaves = [Leaf("s", number, str(number)) for number in range(size)]
        root = day_root("d", leaves)
        for leaf in leaves:
            proof = inclusion_of(leaf, leaves)
            path = [bytes.fromhex(each) for each in proof.path]
            assert is_included(leaf, proof, root)
            found = second_reader.fold(hash_of(leaf), proof.index, size, path)
            assert found.hex() == root.root
            elsewhere = Inclusion(index=proof.index ^ 1, path=proof.path)
            assert size == 1 or not is_included(leaf, elsewhere, root)
            assert not is_included(Leaf("s", leaf.number, "forged"), proof, root)


def test_before_its_day_has_a_root_a_certificate_says_that_it_proves_nothing() -> None:
    stage, roots = Stage(), MemoryRoots()
    body = msgspec.to_builtins(stage.finish(stage.request()).certificate)
    early = with_inclusion(body, stage.ledger, roots)
    assert early == body
    assert verify_included(early, [DayRoot(day=days_of(body)[0], entries=1, root="00")]) == [
        "it has no proof of inclusion: print it again once its day has a root"
    ]


def test_a_day_whose_root_was_not_given_is_named() -> None:
    certificate, _ = proven(*an_erasure())
    found = verify_included(certificate, [])
    assert len(found) == 4
    assert f"the root of {days_of(certificate)[0]} is needed" in found[0]


def test_no_proof_is_made_from_a_ledger_that_was_changed() -> None:
    stage, body, roots = an_erasure()
    stage.ledger.chains["i#user_id#1"].pop()
    with pytest.raises(GiveUp, match="ledger_changed"):
        with_inclusion(body, stage.ledger, roots)
