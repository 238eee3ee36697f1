"""The page of bad inputs says what the tests send."""

from millrace.intake.reasons import REASONS
from tests.abuse.bodies import BODIES
from tests.abuse.inputs import DOCUMENTS, GROUPS
from tests.abuse.page import NOTES, PAGE, text

REQUEST_ONLY = {
    "no_such_route", "invalid_write_key", "unknown_write_key", "invalid_pixel_data",
    "message_id_collision", "stream_unavailable",
}  # fmt: skip


def test_the_page_is_fresh():
    assert PAGE.read_text() == text(), "run: python -m tests.abuse.page"


def test_every_reason_has_an_input_that_gets_it():
    given = {each.code for each in (*DOCUMENTS.values(), *BODIES.values())} - {""}
    assert given == REASONS.keys() - REQUEST_ONLY


def test_no_two_inputs_are_one():
    assert len({each.raw for each in DOCUMENTS.values()}) == len(DOCUMENTS)
    assert len(DOCUMENTS) == sum(map(len, GROUPS.values()))
    assert NOTES.keys() == GROUPS.keys()
