"""Every listed document through the doors of consent and erasure: taken, or refused and nothing."""

from __future__ import annotations

import json

from millrace.erasure.answering import Doors, answer
from millrace.http import Request
from tests.abuse.inputs import DOCUMENTS
from tests.abuse.test_operate_door import as_json
from tests.core.erasure.stage import Stage
from tests.core.intake.test_consenting import GIVEN, Counted, Desk
from tests.fakes.secrets import MemorySecrets

SAID = {
    **GIVEN,
    "basis": "consent",
    "text_version": "v1",
    "proof": "box",
    "at": 1,
    "message_id": "m",
}


def bodies():
    """Each document as the body, and each value that is JSON in the place of every field."""
    for document in DOCUMENTS.values():
        yield document.raw
        for value in as_json(document.raw):
            for name in SAID:
                yield json.dumps({**SAID, name: value}).encode()


def test_the_consent_door_takes_or_refuses_every_body_and_keeps_nothing_of_a_refused_one():
    tried = refused = 0
    for body in bodies():
        desk, tried = Desk(), tried + 1
        status, told = desk.ask(body)
        assert status in {200, 400}, body
        if status == 400:
            refused += 1
            assert told["message"]
            assert desk.sink.records == []
            assert len(json.dumps(told)) < 600, "an answer does not hand back what was sent"
    assert tried > 1_000
    assert tried > refused > tried // 2


def test_the_consent_door_takes_or_refuses_every_identifier():
    for document in DOCUMENTS.values():
        who = document.raw.decode("utf-8", "replace")
        for name in (who, f"email:{who}", f"user_id:{who}", f"phone:{who}"):
            desk = Desk()
            status, _ = desk.ask(GIVEN, who=name)
            assert status in {200, 400}
            assert bool(desk.sink.records) == (status == 200)


def test_the_erasure_door_takes_or_refuses_every_person():
    stage, woken = Stage(), []
    doors = Doors(
        erasures=stage.erasures,
        vault=stage.world.vault,
        clock=stage.world.clock,
        randomness=stage.randomness,
        secrets=MemorySecrets({"privacy-key": "pk"}),
        secret="privacy-key",
        wake=woken.append,
    )
    statuses = set()
    for document in DOCUMENTS.values():
        text = document.raw.decode("utf-8", "replace")
        for person in (text, f"email:{text}", f"user_id:{text}", f"shoe:{text}"):
            before = len(woken)
            request = Request(
                method="DELETE",
                path="/v1/people/x",
                route="DELETE /v1/people/{person+}",
                headers={"authorization": "Bearer pk"},
                path_parameters={"person": person},
                request_id="r",
            )
            status = answer(request, doors, Counted()).status
            statuses.add(status)
            assert (len(woken) > before) == (status == 202)
    assert statuses == {202, 400}
