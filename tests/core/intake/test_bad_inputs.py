"""Inputs that break other pipelines: no exception, a clear answer, and the good events applied."""

import json

import pytest

from millrace.intake.reasons import REASONS

GOOD = b'{"type": "track", "userId": "u1", "event": "good"}'


def track(fields: bytes) -> bytes:
    return b'{"type": "track", "userId": "u1", "event": "e", ' + fields + b"}"


REJECTED = {
    "NaN": (track(b'"properties": {"x": NaN}'), "non_finite_number"),
    "Infinity": (track(b'"properties": {"x": Infinity}'), "non_finite_number"),
    "minus Infinity": (track(b'"properties": {"x": -Infinity}'), "non_finite_number"),
    "1e999": (track(b'"properties": {"x": 1e999}'), "number_out_of_range"),
    "-1e999": (track(b'"properties": {"x": -1e999}'), "number_out_of_range"),
    "2 to the 64": (track(b'"properties": {"x": 18446744073709551616}'), "integer_out_of_range"),
    "below 64 bits": (track(b'"properties": {"x": -9223372036854775809}'), "integer_out_of_range"),
    "40 digits": (track(b'"properties": {"x": ' + b"7" * 40 + b"}"), "integer_out_of_range"),
    "4000 digits": (track(b'"properties": {"x": ' + b"9" * 4_000 + b"}"), "integer_out_of_range"),
    "5000 digits": (track(b'"properties": {"x": ' + b"9" * 5_000 + b"}"), "integer_out_of_range"),
    "high surrogate": (track(rb'"properties": {"x": "\ud800"}'), "invalid_unicode"),
    "high surrogate and text": (
        track(rb'"properties": {"x": "\ud800 and more"}'),
        "invalid_unicode",
    ),
    "low surrogate": (track(rb'"properties": {"x": "\udc00"}'), "invalid_unicode"),
    "surrogate in a key": (track(rb'"properties": {"\udfff": 1}'), "invalid_unicode"),
    "surrogates reversed": (track(rb'"properties": {"x": "\ude00\ud83d"}'), "invalid_unicode"),
    "surrogate in bytes": (track(b'"properties": {"x": "\xed\xa0\x80"}'), "invalid_unicode"),
    "latin-1": (track(b'"properties": {"x": "caf\xe9"}'), "invalid_unicode"),
    "overlong UTF-8": (track(b'"properties": {"x": "\xc0\xaf"}'), "invalid_unicode"),
    "depth 1,000 arrays": (
        track(b'"properties": {"x": ' + b"[" * 1_000 + b"]" * 1_000 + b"}"),
        "too_deep",
    ),
    "depth 1,000 objects": (
        track(b'"properties": ' + b'{"x":' * 1_000 + b"1" + b"}" * 1_000),
        "too_deep",
    ),
    "depth 15,000": (b"[" * 15_000 + b"]" * 15_000, "too_deep"),
    "depth 41": (b'{"x":' * 41 + b"1" + b"}" * 41, "too_deep"),
    "leading zero": (track(b'"properties": {"x": 01}'), "invalid_json"),
    "plus sign": (track(b'"properties": {"x": +1}'), "invalid_json"),
    "hexadecimal": (track(b'"properties": {"x": 0x10}'), "invalid_json"),
    "raw control character": (track(b'"properties": {"x": "a\nb"}'), "invalid_json"),
    "raw NUL": (track(b'"properties": {"x": "a\0b"}'), "invalid_json"),
    "unknown escape": (track(rb'"properties": {"x": "\q"}'), "invalid_json"),
    "short escape": (track(rb'"properties": {"x": "\u12"}'), "invalid_json"),
    "trailing comma": (track(b'"properties": {"x": 1,}'), "invalid_json"),
    "comment": (track(b'"properties": {} /* no */'), "invalid_json"),
    "single quotes": (track(b"'properties': {}"), "invalid_json"),
    "bare word": (b"undefined", "invalid_json"),
    "two values": (GOOD + b" " + GOOD, "invalid_json"),
    "missing colon": (b'{"type" "track"}', "invalid_json"),
    "duplicate keys": (track(b'"properties": {"x": 1, "x": 2}'), "duplicate_key"),
    "null": (b"null", "not_an_object"),
    "string": (b'"track"', "not_an_object"),
    "number": (b"17", "not_an_object"),
    "array": (b"[1]", "not_an_object"),
    "true": (b"true", "not_an_object"),
    "properties an array": (track(b'"properties": [1]'), "not_an_object"),
    "properties a string": (track(b'"properties": "x"'), "not_an_object"),
    "traits a number": (track(b'"traits": 1'), "not_an_object"),
    "context true": (track(b'"context": true'), "not_an_object"),
    "context traits a list": (track(b'"context": {"traits": []}'), "not_an_object"),
    "integrations a list": (track(b'"integrations": []'), "not_an_object"),
    "no type": (b'{"userId": "u1", "event": "e"}', "unknown_type"),
    "unknown type": (b'{"type": "purchase", "userId": "u1"}', "unknown_type"),
    "type a list": (b'{"type": ["track"], "userId": "u1"}', "unknown_type"),
    "type an object": (b'{"type": {}, "userId": "u1"}', "unknown_type"),
    "no event": (b'{"type": "track", "userId": "u1"}', "missing_event"),
    "blank event": (b'{"type": "track", "userId": "u1", "event": "  "}', "missing_event"),
    "event an object": (b'{"type": "track", "userId": "u1", "event": {}}', "missing_event"),
    "event true": (b'{"type": "track", "userId": "u1", "event": true}', "missing_event"),
    "long event": (
        b'{"type": "track", "userId": "u1", "event": "' + b"x" * 257 + b'"}',
        "name_too_long",
    ),
    "no group": (b'{"type": "group", "userId": "u1"}', "missing_group_id"),
    "alias without user": (b'{"type": "alias", "previousId": "a"}', "missing_user_id"),
    "alias without previous": (b'{"type": "alias", "userId": "u1"}', "missing_previous_id"),
    "alias of null": (
        b'{"type": "alias", "userId": "u1", "previousId": "null"}',
        "missing_previous_id",
    ),
    "nobody": (b'{"type": "page"}', "no_identifier"),
    "user id undefined": (b'{"type": "page", "userId": "undefined"}', "no_identifier"),
    "user id 0": (b'{"type": "page", "userId": 0}', "no_identifier"),
    "user id false": (b'{"type": "page", "userId": false}', "no_identifier"),
    "user id an object": (b'{"type": "page", "userId": {"$ne": null}}', "no_identifier"),
    "user id a list": (b'{"type": "page", "userId": []}', "no_identifier"),
    "zero UUID": (
        b'{"type": "page", "anonymousId": "00000000-0000-0000-0000-000000000000"}',
        "no_identifier",
    ),
    "user id of 2,049 bytes": (
        b'{"type": "page", "userId": "' + b"x" * 2_049 + b'"}',
        "no_identifier",
    ),
    "CR LF in the id": (rb'{"type": "page", "userId": "a\r\nb"}', "no_identifier"),
    "ANSI in the id": (rb'{"type": "page", "userId": "a\u001b[31m"}', "no_identifier"),
    "RTL and zero width in the id": (
        '{"type": "page", "userId": "u\u200b\u202e1"}'.encode(),
        "no_identifier",
    ),
    "e-mail of 1,000 characters": (
        b'{"type": "identify", "traits": {"email": "' + b"x" * 990 + b'@x.example"}}',
        "no_identifier",
    ),
    "e-mail a list": (
        b'{"type": "identify", "traits": {"email": ["a@b.example"]}}',
        "no_identifier",
    ),
}

TAKEN = {
    "emoji": track('"properties": {"x": "😀"}'.encode()),
    "escaped emoji": track(rb'"properties": {"x": "\ud83d\ude00"}'),
    "NUL in a string": track(rb'"properties": {"x": "a\u0000b"}'),
    "NUL in a key": track(rb'"properties": {"a\u0000b": 1}'),
    "NUL in the event": rb'{"type": "track", "userId": "u1", "event": "a\u0000b"}',
    "NUL in the id": rb'{"type": "page", "userId": "u\u00001"}',
    "text of NaN": track(b'"properties": {"x": "NaN, Infinity"}'),
    "2 to the 64, less 1": track(b'"properties": {"x": 18446744073709551615}'),
    "40 digits in a string": track(b'"properties": {"x": "' + b"7" * 40 + b'"}'),
    "tiny number": track(b'"properties": {"x": 1e-999}'),
    "long fraction": track(b'"properties": {"x": 0.' + b"1" * 5_000 + b"}"),
    "empty key": track(b'"properties": {"": 1}'),
    "keys of other systems": track(
        b'"properties": {"$set": 1, "a.b": 1, "#n": 1, ":v": 1, "__proto__": {}, "__class__": 1}'
    ),
    "our own names": track(b'"properties": {"pk": 1, "anchor": 1, "version": 1, "source": 1}'),
    "script": track(b'"properties": {"x": "<script>{{7*7}}{% x %}=cmd()"}'),
    "depth 39": track(b'"properties": ' + b'{"x":' * 39 + b"1" + b"}" * 39),
    "brackets in text": track(b'"properties": {"x": "' + b"[{" * 1_000 + b'"}'),
    "many keys": track(b'"properties": {' + b",".join(b'"k%d":1' % n for n in range(3_000)) + b"}"),
    "nulls": track(
        b'"properties": null, "context": null, "traits": null, "integrations": null,'
        b' "anonymousId": null, "timestamp": null, "messageId": null'
    ),
    "garbage time": track(b'"timestamp": "yesterday", "sentAt": []'),
    "negative time": track(b'"timestamp": -5'),
    "time of 400 digits": track(b'"timestamp": "' + b"9" * 400 + b'"'),
    "year 9999": track(b'"timestamp": "9999-12-31T23:59:59Z"'),
    "year 1": track(b'"timestamp": "0001-01-01T00:00:00+05:00"'),
    "message id an object": track(b'"messageId": {}'),
    "message id of 5,000": track(b'"messageId": "' + b"m" * 5_000 + b'"'),
    "same id twice": track(b'"anonymousId": "u1"'),
    "unknown fields": track(b'"channel": "web", "_metadata": {"bundled": []}, "version": 2'),
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_bad_event_is_kept_byte_for_byte_and_its_neighbours_are_taken(intake, name):
    bad, code = REJECTED[name]
    response = intake.post("batch", b'{"batch": [' + GOOD + b",\n " + bad + b" ," + GOOD + b"]}")
    assert response.status == 200
    assert response.body == b'{"success":true}'
    (failed,) = intake.failed_events.kept
    assert (failed.code, failed.payload) == (code, bad)
    assert [event.name for event in intake.sink.events] == ["good", "good"]
    assert intake.counts == {"EventsReceived": 3, "EventsFailed": 1}


@pytest.mark.parametrize("name", REJECTED)
def test_a_bad_event_alone_is_a_400_with_its_code_or_is_mended_by_its_route(intake, code_of, name):
    bad, code = REJECTED[name]
    response = intake.post("track", bad)
    if code in {"unknown_type", "missing_group_id", "missing_user_id", "missing_previous_id"}:
        assert response.status in {200, 400}  # the route names the type
    else:
        assert response.status == 400
        assert code_of(response) in {code, "missing_event"}
    assert len(intake.sink.events) + len(intake.failed_events.kept) == 1


@pytest.mark.parametrize("name", TAKEN)
def test_an_odd_event_is_taken(intake, name):
    response = intake.post("batch", b'{"batch": [' + TAKEN[name] + b"," + GOOD + b"]}")
    assert response.status == 200
    assert intake.failed_events.kept == []
    odd, good = intake.sink.events
    assert good.name == "good"
    json.dumps({"t": odd.traits, "p": odd.properties, "c": odd.context}, allow_nan=False).encode()
    assert "\\u0000" not in json.dumps([odd.properties, odd.name, odd.anchor.value])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"batch": [}',
        b'{"batch": [{"a": "x]}',
        b'{"batch": [{"a": [}]]}',
        b'{"batch": [' + GOOD + b",," + GOOD + b"]}",
        b'{"batch": [' + GOOD + b",]}",
        b'{"batch": []} trailing',
        b'{"batch": []',
        b'{"batch" []}',
        b'{"batch": [], "context": NaN}',
        b'{"batch": [], "context": {"x": 1e999}}',
        b'{"batch": [], "context": []}',
        b"{batch: []}",
        b'{"\\ud800": 1, "batch": []}',
        b"\xef\xbb\xbf" + b'{"batch": []}',
        '{"batch": []}'.encode("utf-16"),
        b"[" * 200_000,
        b'{"batch":' * 50_000,
        b'"' + b"\\" * 100_001,
        b"writeKey=wk_website&event=x",
        b'------x\r\nContent-Disposition: form-data; name="a"\r\n',
    ],
)
def test_a_body_that_is_no_batch_is_400_and_kept(intake, code_of, body):
    response = intake.post("batch", body)
    assert response.status == 400
    assert code_of(response) in REASONS
    assert [failed.payload for failed in intake.failed_events.kept] == [body]
    assert intake.sink.records == []


@pytest.mark.parametrize("junk", [b"NaN", b"1e999", b'"\\ud800"', b"[" * 900 + b"]" * 900])
def test_a_broken_value_that_nobody_reads_does_no_harm(intake, junk):
    body = b'{"junk": ' + junk + b', "sentAt": ' + junk + b', "batch": [' + GOOD + b"]}"
    assert intake.post("batch", body).status == 200
    assert len(intake.sink.events) == 1
