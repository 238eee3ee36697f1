"""A mapping changes what it names, says so without values, and never makes another event."""

import pytest

from millrace.errors import NeedsHuman, RejectedEvent
from millrace.failed.mending import mend, steps_in, steps_of


def test_a_field_is_set_where_it_is_missing_and_where_it_is_not():
    steps = steps_of(puts=["/userId=ada", "/properties/total=12.5"])
    mended, changes = mend(steps, {"userId": "x", "properties": {"a": 1}})
    assert mended == {"userId": "ada", "properties": {"a": 1, "total": 12.5}}
    assert changes == ["set /userId", "set /properties/total (was missing)"]


def test_objects_on_the_way_are_made():
    assert mend(steps_of(puts=["/a/b/c=1"]), {"a": None})[0] == {"a": {"b": {"c": 1}}}


def test_setting_what_is_there_already_is_no_change():
    assert mend(steps_of(puts=["a=1"]), {"a": 1}) == ({"a": 1}, [])


def test_a_value_is_json_or_else_text():
    mended, _ = mend(steps_of(puts=["a=null", 'b="1"', "c=[1]", "d=Order Completed"]), {})
    assert mended == {"a": None, "b": "1", "c": [1], "d": "Order Completed"}


def test_a_field_is_dropped_and_one_that_is_not_there_is_no_change():
    steps = steps_of(drops=["/context/ip", "/nothing/here"])
    assert mend(steps, {"context": {"ip": "1", "x": 2}}) == (
        {"context": {"x": 2}},
        ["drop /context/ip"],
    )


def test_a_field_is_renamed_but_never_over_another():
    steps = steps_of(renames=["user_id=userId", "/traits/mail=/traits/email"])
    mended, changes = mend(steps, {"user_id": "ada", "traits": {"mail": "a", "email": "b"}})
    assert mended == {"traits": {"mail": "a", "email": "b"}, "userId": "ada"}
    assert changes == ["rename /user_id to /userId"]


def test_a_pointer_may_hold_a_slash_and_a_tilde():
    assert mend(steps_of(drops=["/a~1b~0c"]), {"a/b~c": 1})[0] == {}


def test_what_it_was_given_is_left_as_it_was():
    fields = {"properties": {"total": 1}}
    mend(steps_of(puts=["/properties/total=2"], drops=["/properties"]), fields)
    assert fields == {"properties": {"total": 1}}


def test_a_step_through_a_number_does_not_fit():
    with pytest.raises(RejectedEvent) as raised:
        mend(steps_of(puts=["/a/b=1"]), {"a": 5})
    assert raised.value.code == "mapping_does_not_fit"


@pytest.mark.parametrize(
    "field", ["messageId", "timestamp", "originalTimestamp", "sentAt", "message_id", "event_at"]
)
def test_what_would_make_another_event_of_it_cannot_be_changed(field):
    for words in ({"puts": [f"{field}=1"]}, {"drops": [field]}, {"renames": [f"{field}=x"]}):
        with pytest.raises(NeedsHuman, match="count events twice"):
            steps_of(**words)
    with pytest.raises(NeedsHuman):
        steps_of(renames=[f"x={field}"])


def test_a_mapping_file_says_the_same_as_the_command_line():
    toml = 'drop = ["/c"]\n[rename]\na = "b"\n[set]\n"/properties/total" = 1\n'
    assert steps_in(toml) == steps_of(renames=["a=b"], drops=["/c"], puts=["/properties/total=1"])


@pytest.mark.parametrize(
    "toml", ["[", "sets = {}", "drop = 1", "[set]\nmessageId = 1", "drop=['/']"]
)
def test_a_mapping_file_that_cannot_be_followed_is_refused_with_a_sentence(toml):
    with pytest.raises(NeedsHuman) as raised:
        steps_in(toml)
    assert raised.value.code == "bad_mapping"


@pytest.mark.parametrize("words", [{"puts": ["x"]}, {"renames": ["x"]}, {"puts": ["=1"]}])
def test_a_word_without_its_other_half_is_refused(words):
    with pytest.raises(NeedsHuman):
        steps_of(**words)
