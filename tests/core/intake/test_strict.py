"""The fast parser against the reference parser: one verdict and one value for every input."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from millrace.errors import RejectedEvent
from millrace.intake.objects import MAX_DEPTH, read_object
from millrace.intake.strict import read_strictly
from tests.abuse.inputs import DOCUMENTS
from tests.examples import examples

NOISE = examples(500, slow=8_000)
WRITTEN = examples(80, slow=2_000)
PAYLOADS = [
    json.dumps(json.loads(path.read_bytes()), ensure_ascii=index % 2 == 0).encode()
    for index, path in enumerate(
        sorted(Path(__file__).parents[3].glob("docs/reference/schemas/*.json"))[:40]
    )
]
PIECES = [
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\\ud800", b"\\udc00", b"\\u003a",
    b"\\u00", b"\\/", b"\\x", b"\0", b"\n", b" ", b"\x1f", b"\x7f", b"\xff", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xae", b"0", b"-", b"-0", b"-0.0", b"01", b"1.", b".5",
    b"1e999", b"1e-999", b"1E+2", b"18446744073709551615", b"18446744073709551616", b"NaN",
    b"-9223372036854775808", b"-9223372036854775809", b"9" * 400, b"Infinity", b"-Infinity",
    b"null", b"true", b"nul", b"//", b"/**/", b"'", b'"":0', b'"a":1,"a":2', b'{"a":1,"a":1}',
    b"[" * 41, b'{"":' * 41, b"]" * 41, b"\xf0\x9f\x98\x80", b"\\uD83D\\uDE00",
]  # fmt: skip


def verdict(parse, raw):
    """What `parse` says, in a form in which 1, 1.0 and True differ, and 0.0 and -0.0 too."""
    try:
        value, had_nul = parse(raw)
    except RejectedEvent as error:
        return "rejected", error.code
    return "taken", repr(value), had_nul


def agree(raw):
    fast, strict = verdict(read_object, raw), verdict(read_strictly, raw)
    assert fast[0] == strict[0], (raw, fast, strict)
    if fast[0] == "taken":
        assert fast == strict, raw
    return fast[0]


def test_both_parsers_give_every_listed_input_its_listed_outcome():
    for name, document in DOCUMENTS.items():
        code = document.code if document.is_json else ""
        for parse in (read_object, read_strictly):
            found = verdict(parse, document.raw)
            assert found[0] == ("rejected" if code else "taken"), (name, parse.__name__, found)
            assert not code or found[1] == code, (name, parse.__name__, found)
        agree(document.raw)


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_names = st.sampled_from(["a", "a\0", ":", "", "é", "\\u003a", '"', "__proto__"]) | _text
_numbers = (
    st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -0.0, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 5e-324, 1.7e308])
)
_leaves = (
    st.none() | st.booleans() | _numbers | _text | st.sampled_from(["a:b", "\0", "\\", "\x7f"])
)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=20,
)
_objects = st.dictionaries(_names, _values, max_size=6)


@WRITTEN
@given(_objects, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_both_parsers_read_what_an_encoder_wrote(value, is_ascii, indent):
    agree(json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode())


@WRITTEN
@given(st.lists(st.tuples(_names, _values), max_size=5), st.booleans())
@example([("a", ":"), ("a", "b")], True)
def test_both_parsers_find_every_repeated_key(pairs, is_colon_escaped):
    members = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs]
    raw = ("{" + ",".join(members) + "}").encode()
    if is_colon_escaped:
        raw = raw.replace(b'": "', b'"\\u003a"').replace(b'":":', b'"\\u003A":')
    outcome = agree(raw)
    names = [name.replace("\0", "") for name, _ in pairs]
    if len(set(names)) < len(names):
        assert outcome == "rejected"


@NOISE
@given(st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_both_parsers_judge_noise_alike(raw):
    agree(raw)
    agree(b'{"a":' + raw + b"}")


@NOISE
@given(st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_both_parsers_judge_text_alike(inner):
    agree(b'{"a":"' + inner + b'"}')
    agree(b'{"' + inner + b'":1}')


@pytest.mark.parametrize("many", [6_000, pytest.param(24_000, marks=pytest.mark.slow)])
def test_both_parsers_agree_on_thousands_of_damaged_payloads(many):
    """Real payloads with one to three pieces put in, cut out, doubled or flipped."""
    chance = random.Random(3)
    outcomes = {"taken": 0, "rejected": 0}
    for raw in itertools.islice(itertools.cycle(PAYLOADS), many):
        outcomes[agree(damaged(raw[: chance.choice((300, len(raw)))], chance))] += 1
    assert min(outcomes.values()) > many // 50, outcomes


def damaged(raw, chance):
    for _ in range(chance.randint(1, 3)):
        at, piece = chance.randrange(len(raw) + 1), chance.choice(PIECES)
        match chance.randrange(5):
            case 0:
                raw = raw[:at] + piece + raw[at:]
            case 1:
                raw = raw[:at] + raw[at + chance.randint(1, 3) :]
            case 2:
                raw = raw[:at] + raw[at : at + 20] + raw[at:]
            case 3:
                raw = raw[:at] + piece + raw[at + len(piece) :]
            case _ if raw:
                at = min(at, len(raw) - 1)
                raw = raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]
    return raw


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize(("opener", "closer"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_both_parsers_count_depth_alike(depth, opener, closer):
    raw = b'{"a":' + opener * (depth - 1) + b"1" + closer * (depth - 1) + b"}"
    assert agree(raw) == ("taken" if depth == MAX_DEPTH else "rejected")


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"a":1,"a":2}', "/a"),
        (b' {"x":[{},{"y/z":{"~":1,"~":1}}]}', "/x/1/y~1z/~0"),
        (b'{"a":{"b":1,"b\\u0000":2}}', "/a/b"),
        (b'{"a":{"b":18446744073709551616}}', "/a/b"),
    ],
)
def test_both_parsers_point_at_the_same_place(raw, pointer):
    for parse in (read_object, read_strictly):
        with pytest.raises(RejectedEvent) as caught:
            parse(raw)
        assert caught.value.pointer == pointer
