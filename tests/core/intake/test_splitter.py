"""The splitter: the bytes of each part, whatever the parts are."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.errors import RejectedEvent
from millrace.intake.splitter import depth, split_array, split_object
from tests.examples import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
FEW = examples(40, slow=1_000)
LAYOUTS = st.sampled_from([None, 0, 1, "\t"])


def dumps(value, indent, ascii_only):
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(
        "utf-8", "surrogatepass"
    )


def _bytes_of(parts) -> list[bytes]:
    return list(parts.values()) if isinstance(parts, dict) else parts


def same(left, right) -> bool:
    """Equal, NaN included."""
    return json.dumps(left) == json.dumps(right)


@FEW
@given(st.lists(VALUES), LAYOUTS, st.booleans())
def test_the_slices_of_an_array_parse_to_its_elements(values, indent, ascii_only):
    slices = split_array(dumps(values, indent, ascii_only))
    parsed = [json.loads(part.decode("utf-8", "surrogatepass")) for part in slices]
    assert same(parsed, values)


@FEW
@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES),
    LAYOUTS,
    st.booleans(),
)
def test_the_slices_of_an_object_parse_to_its_members(members, indent, ascii_only):
    slices = split_object(dumps(members, indent, ascii_only))
    assert list(slices) == list(members)
    parsed = {
        key: json.loads(part.decode("utf-8", "surrogatepass")) for key, part in slices.items()
    }
    assert same(parsed, members)


@examples(100, slow=5_000)
@given(st.binary(max_size=60) | st.text('[]{}",:\\ aN1', max_size=60).map(str.encode))
def test_whatever_the_bytes_are_they_are_cut_or_refused(raw):
    for split in (split_array, split_object):
        with suppress(RejectedEvent):
            parts = split(raw)
            assert all(part in raw for part in _bytes_of(parts))


@FEW
@given(st.lists(VALUES), st.integers(0, 200))
def test_an_array_that_was_cut_off_is_refused(values, length):
    raw = json.dumps(values).encode()
    with pytest.raises(RejectedEvent):
        split_array(raw[: min(length, len(raw) - 1)])


def test_parts_keep_their_exact_bytes():
    raw = (
        b'[ {"a" : 1.0} ,NaN, "x,]\\"" ,\n'
        + b"7" * 4_000
        + b","
        + b"[" * 1_000
        + b"]" * 1_000
        + b"]"
    )
    assert split_array(raw) == [
        b'{"a" : 1.0}',
        b"NaN",
        b'"x,]\\""',
        b"7" * 4_000,
        b"[" * 1_000 + b"]" * 1_000,
    ]


def test_the_last_of_two_members_with_one_key_wins_as_in_parsers():
    assert split_object(b'{"a": 1, "\\u0061": 2}') == {"a": b"2"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(b"1", 0), (b"[]", 1), (b'{"a": [1, {"b": []}]}', 4), (b'["[[[[", "\\"[["]', 1)],
)
def test_depth_counts_brackets_outside_text(raw, expected):
    assert depth(raw) == expected


@pytest.mark.parametrize("raw", [b'"' + b"\\\\" * 250_000, b'["' * 170_000, b'"a"' * 170_000])
def test_half_a_megabyte_of_quotes_is_cut_in_linear_time(raw):
    with pytest.raises(RejectedEvent):
        split_array(b"[" + raw)
