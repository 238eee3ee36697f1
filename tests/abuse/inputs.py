"""What no sender should send and what becomes of it: the table of docs/reference/bad-inputs.md.

A document is one event. Its code says why it is kept as a failed event; without one it is taken.
"""

from __future__ import annotations

from typing import NamedTuple

PARSER_CODES = frozenset(
    {
        "duplicate_key",
        "integer_out_of_range",
        "invalid_json",
        "invalid_unicode",
        "non_finite_number",
        "not_an_object",
        "not_utf8",
        "number_out_of_range",
        "too_deep",
    }
)
"""Reasons that a parser can give; `not_an_object` of a member comes later."""


class Document(NamedTuple):
    group: str
    raw: bytes
    code: str = ""

    @property
    def is_json(self) -> bool:
        """Whether the code, if any, is the parser's verdict on the document itself."""
        is_inner = self.code == "not_an_object" and self.raw.lstrip().startswith(b"{")
        return self.code in PARSER_CODES and not is_inner


def event(members: str | bytes, call: str = "track") -> bytes:
    """An event of "someone" that is fine but for `members`."""
    inner = members.encode() if isinstance(members, str) else members
    return b'{"type":"%s","userId":"someone","event":"Seen",%s}' % (call.encode(), inner)


def holding(value: str | bytes) -> bytes:
    """An event with the JSON text `value` as a property."""
    inner = value.encode() if isinstance(value, str) else value
    return event(b'"properties":{"x":' + inner + b"}")


def of(identifiers: str, call: str = "page") -> bytes:
    """An event of whoever `identifiers` name."""
    return f'{{"type":"{call}",{identifiers}}}'.encode()


_PLAIN = '{"type":"page","userId":"someone"}'

_ENCODINGS = {
    "UTF-8 byte order mark": (b"\xef\xbb\xbf" + _PLAIN.encode(), "not_utf8"),
    "UTF-16, little endian": (_PLAIN.encode("utf-16-le"), "not_utf8"),
    "UTF-16, big endian": (_PLAIN.encode("utf-16-be"), "not_utf8"),
    "UTF-16 with its mark": (_PLAIN.encode("utf-16"), "not_utf8"),
    "UTF-16, big endian, with its mark": (b"\xfe\xff" + _PLAIN.encode("utf-16-be"), "not_utf8"),
    "UTF-32, little endian": (_PLAIN.encode("utf-32-le"), "not_utf8"),
    "UTF-32, big endian": (_PLAIN.encode("utf-32-be"), "not_utf8"),
    "UTF-32 with its mark": (_PLAIN.encode("utf-32"), "not_utf8"),
    "only a byte order mark": (b"\xef\xbb\xbf", "not_utf8"),
    "UTF-7": (b'{"type":"page","userId":"+2AA-"}', ""),
    "Latin-1": (holding(b'"caf\xe9"'), "invalid_unicode"),
    "Latin-1 in a key": (event(b'"properties":{"caf\xe9":1}'), "invalid_unicode"),
    "Windows-1252 quotes": (holding(b'"\x93x\x94"'), "invalid_unicode"),
    "Shift JIS": (holding(b'"\x83e"'), "invalid_unicode"),
    "a cut UTF-8 character": (holding(b'"\xf0\x9f\x98"'), "invalid_unicode"),
    "a continuation byte alone": (holding(b'"\x80"'), "invalid_unicode"),
    "overlong slash, 2 bytes": (holding(b'"\xc0\xaf"'), "invalid_unicode"),
    "overlong slash, 3 bytes": (holding(b'"\xe0\x80\xaf"'), "invalid_unicode"),
    "overlong NUL": (holding(b'"\xc0\x80"'), "invalid_unicode"),
    "beyond U+10FFFF": (holding(b'"\xf4\x90\x80\x80"'), "invalid_unicode"),
    "5-byte sequence": (holding(b'"\xf8\x88\x80\x80\x80"'), "invalid_unicode"),
    "CESU-8": (holding(b'"\xed\xa0\xbd\xed\xb8\x80"'), "invalid_unicode"),
    "surrogate as bytes": (holding(b'"\xed\xa0\x80"'), "invalid_unicode"),
    "byte 0xFF": (holding(b'"\xff"'), "invalid_unicode"),
}

_NUMBERS = {
    "NaN": (holding("NaN"), "non_finite_number"),
    "Infinity": (holding("Infinity"), "non_finite_number"),
    "-Infinity": (holding("-Infinity"), "non_finite_number"),
    "NaN in a list": (holding("[1,NaN]"), "non_finite_number"),
    "NaN at the root": (b"NaN", "non_finite_number"),
    "1e999": (holding("1e999"), "number_out_of_range"),
    "-1e999": (holding("-1e999"), "number_out_of_range"),
    "1E+400": (holding("1E+400"), "number_out_of_range"),
    "an exponent of 20 digits": (holding("1e" + "9" * 20), "number_out_of_range"),
    "the largest float, times 10": (holding("1.8e309"), "number_out_of_range"),
    "1e-999": (holding("1e-999"), ""),
    "the largest float": (holding("1.7976931348623157e308"), ""),
    "the smallest float": (holding("5e-324"), ""),
    "2**64": (holding(str(2**64)), "integer_out_of_range"),
    "-2**63 - 1": (holding(str(-(2**63) - 1)), "integer_out_of_range"),
    "2**64 - 1": (holding(str(2**64 - 1)), ""),
    "-2**63": (holding(str(-(2**63))), ""),
    "2**53 + 1": (holding(str(2**53 + 1)), ""),
    "an integer of 40 digits": (holding("7" * 40), "integer_out_of_range"),
    "an integer of 4,000 digits": (holding("9" * 4000), "integer_out_of_range"),
    "an integer of 5,000 digits": (holding("9" * 5000), "integer_out_of_range"),
    "a negative integer of 5,000 digits": (holding("-" + "9" * 5000), "integer_out_of_range"),
    "an integer of 40 digits in a list": (holding("[" + "7" * 40 + "]"), "integer_out_of_range"),
    "an integer of 40 digits as text": (holding('"' + "7" * 40 + '"'), ""),
    "a fraction of 5,000 digits": (holding("0." + "1" * 5000), ""),
    "-0": (holding("-0"), ""),
    "-0.0": (holding("-0.0"), ""),
    "01": (holding("01"), "invalid_json"),
    "-01": (holding("-01"), "invalid_json"),
    "+1": (holding("+1"), "invalid_json"),
    ".5": (holding(".5"), "invalid_json"),
    "5.": (holding("5."), "invalid_json"),
    "1e": (holding("1e"), "invalid_json"),
    "1e+": (holding("1e+"), "invalid_json"),
    "-": (holding("-"), "invalid_json"),
    "--1": (holding("--1"), "invalid_json"),
    "0x10": (holding("0x10"), "invalid_json"),
    "1_000": (holding("1_000"), "invalid_json"),
    "1,5 as a number": (holding("1,5"), "invalid_json"),
    "1n": (holding("1n"), "invalid_json"),
    "1.2.3": (holding("1.2.3"), "invalid_json"),
    "Arabic digits": (holding("\u0661\u0662"), "invalid_json"),
    "a fullwidth digit": (holding("\uff11"), "invalid_json"),
}

_TEXTS = {
    "high surrogate": (holding(r'"\ud800"'), "invalid_unicode"),
    "low surrogate": (holding(r'"\udc00"'), "invalid_unicode"),
    "high surrogate, then text": (holding(r'"\ud83dx"'), "invalid_unicode"),
    "two high surrogates": (holding(r'"\ud83d\ud83d"'), "invalid_unicode"),
    "surrogates the wrong way round": (holding(r'"\ude00\ud83d"'), "invalid_unicode"),
    "high surrogate, then an escape": (holding(r'"\ud83d\n"'), "invalid_unicode"),
    "surrogate in a key": (event(r'"properties":{"\udfff":1}'), "invalid_unicode"),
    "surrogate in the name of a trait": (event(r'"traits":{"\ud800":1}'), "invalid_unicode"),
    "surrogate in the event": (
        b'{"type":"track","userId":"s","event":"\\ud800"}',
        "invalid_unicode",
    ),
    "surrogate in the user id": (of(r'"userId":"\ud800"'), "invalid_unicode"),
    "a pair of surrogates": (holding(r'"\ud83d\ude00"'), ""),
    "NUL as an escape": (holding(r'"a\u0000b"'), ""),
    "NUL as an escape in a key": (event(r'"properties":{"a\u0000b":1}'), ""),
    "only NUL": (holding(r'"\u0000"'), ""),
    "text that says \\u0000": (holding(r'"\\u0000"'), ""),
    "NUL as a byte in text": (holding(b'"a\0b"'), "invalid_json"),
    "NUL as a byte after all": (_PLAIN.encode() + b"\0", "invalid_json"),
    "NUL as a byte between": (event(b'"a":\x001'), "invalid_json"),
    "line feed in text": (holding(b'"a\nb"'), "invalid_json"),
    "tab in text": (holding(b'"a\tb"'), "invalid_json"),
    "escape character in text": (holding(b'"a\x1b[31m"'), "invalid_json"),
    "line feed in a key": (event(b'"a\nb":1'), "invalid_json"),
    "control characters as escapes": (holding(r'"\u0001\u001f\u007f\u0085"'), ""),
    "DEL as a byte": (holding(b'"\x7f"'), ""),
    "line separators": (holding('"\u2028\u2029"'), ""),
    "right-to-left override": (holding('"\u202egnp.exe"'), ""),
    "zero-width characters": (holding('"a\u200bb\u200d\ufeff"'), ""),
    "a noncharacter": (holding('"\uffff\U0010ffff"'), ""),
    "private use": (holding('"\ue000"'), ""),
    "1,000 combining marks": (holding('"a' + "\u0301" * 1000 + '"'), ""),
    "unknown escape": (holding(r'"\q"'), "invalid_json"),
    "octal escape": (holding(r'"\101"'), "invalid_json"),
    "\\x escape": (holding(r'"\x41"'), "invalid_json"),
    "\\u with 2 digits": (holding(r'"\u12"'), "invalid_json"),
    "\\u with a letter g": (holding(r'"\u00g0"'), "invalid_json"),
    "\\u{...}": (holding(r'"\u{41}"'), "invalid_json"),
    "\\U": (holding(r'"\U0001F600"'), "invalid_json"),
    "a backslash at the end": (holding('"\\"'), "invalid_json"),
    "no closing quote": (holding('"x'), "invalid_json"),
    "single quotes": (holding("'x'"), "invalid_json"),
    "backquotes": (holding("`x`"), "invalid_json"),
    "typographic quotes": (holding("\u201cx\u201d"), "invalid_json"),
    "two texts side by side": (holding('"a" "b"'), "invalid_json"),
    "Python's None": (holding("None"), "invalid_json"),
    "undefined": (holding("undefined"), "invalid_json"),
    "True": (holding("True"), "invalid_json"),
    "NULL": (holding("NULL"), "invalid_json"),
    "a function": (holding("function(){}"), "invalid_json"),
    "a date object": (holding("new Date(0)"), "invalid_json"),
}

_STRUCTURE = {
    "nothing": (b"", "invalid_json"),
    "only spaces": (b" \n ", "invalid_json"),
    "null": (b"null", "not_an_object"),
    "true": (b"true", "not_an_object"),
    "a number": (b"17", "not_an_object"),
    "a text": (b'"track"', "not_an_object"),
    "a list": (b"[1]", "not_an_object"),
    "an empty list": (b"[]", "not_an_object"),
    "a list of an event": (b"[" + _PLAIN.encode() + b"]", "not_an_object"),
    "JSON in a text": (b'"{\\"type\\":\\"page\\"}"', "not_an_object"),
    "an open bracket": (b"{", "invalid_json"),
    "a closed bracket": (b"}", "invalid_json"),
    "brackets crossed": (holding("[1}"), "invalid_json"),
    "one bracket too many": (_PLAIN.encode() + b"}", "invalid_json"),
    "one bracket too few": (_PLAIN.encode()[:-1], "invalid_json"),
    "two documents": (_PLAIN.encode() * 2, "invalid_json"),
    "two documents on two lines": ((_PLAIN + "\n" + _PLAIN).encode(), "invalid_json"),
    "garbage behind": (_PLAIN.encode() + b" x", "invalid_json"),
    "garbage before": (b"x " + _PLAIN.encode(), "invalid_json"),
    "a semicolon behind": (_PLAIN.encode() + b";", "invalid_json"),
    "JSONP": (b"callback(" + _PLAIN.encode() + b")", "invalid_json"),
    "the anti-hijacking prefix": (b")]}'\n" + _PLAIN.encode(), "invalid_json"),
    "a record separator before": (b"\x1e" + _PLAIN.encode(), "invalid_json"),
    "a form feed before": (b"\x0c" + _PLAIN.encode(), "invalid_json"),
    "a no-break space before": (("\u00a0" + _PLAIN).encode(), "invalid_json"),
    "spaces around": (b" \t\r\n" + _PLAIN.encode() + b"\r\n\r\n", ""),
    "a comment": (event('"a":1 /* no */'), "invalid_json"),
    "a line comment": (event('"a":1 // no\n'), "invalid_json"),
    "a hash comment": (event('"a":1 # no\n'), "invalid_json"),
    "a trailing comma": (event('"a":1,'), "invalid_json"),
    "a trailing comma in a list": (holding("[1,]"), "invalid_json"),
    "a leading comma": (holding("[,1]"), "invalid_json"),
    "two commas": (holding("[1,,2]"), "invalid_json"),
    "no comma": (holding("[1 2]"), "invalid_json"),
    "no comma between members": (event('"a":1 "b":2'), "invalid_json"),
    "no colon": (event('"a" 1'), "invalid_json"),
    "an equals sign": (event('"a"=1'), "invalid_json"),
    "two colons": (event('"a"::1'), "invalid_json"),
    "no value": (event('"a":'), "invalid_json"),
    "no key": (event(":1"), "invalid_json"),
    "a key without quotes": (event("a:1"), "invalid_json"),
    "a number as key": (event("1:1"), "invalid_json"),
    "null as key": (event("null:1"), "invalid_json"),
    "a list as key": (event("[]:1"), "invalid_json"),
    "a spread": (event("...x"), "invalid_json"),
    "depth 40": (b'{"x":' * 39 + b"{}" + b"}" * 39, "unknown_type"),
    "depth 41": (b'{"x":' * 41 + b"1" + b"}" * 41, "too_deep"),
    "depth 41 of lists": (holding("[" * 39 + "]" * 39), "too_deep"),
    "depth 1,000": (holding('{"x":' * 1000 + "1" + "}" * 1000), "too_deep"),
    "depth 1,000 of lists": (holding("[" * 1000 + "]" * 1000), "too_deep"),
    "depth 16,000": (b"[" * 16_000 + b"]" * 16_000, "too_deep"),
    "depth 32,000 and never closed": (b"[" * 32_000, "too_deep"),
    "brackets only in text": (holding('"' + "[{" * 1000 + '"'), ""),
    "1,000 lists side by side": (holding("[" + ",".join(["[]"] * 1000) + "]"), ""),
    "XML": (b"<event><type>page</type></event>", "invalid_json"),
    "YAML": (b"type: page\nuserId: someone\n", "invalid_json"),
    "a form": (b"type=page&userId=someone", "invalid_json"),
    "multipart": (b"--x\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--x--", "invalid_json"),
    "MessagePack": (b"\x82\xa4type\xa4page\xa6userId\xa1u", "invalid_unicode"),
    "CBOR": (b"\xa2\x64type\x64page", "invalid_unicode"),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "invalid_unicode"),
}

_KEYS = {
    "a key twice": (event('"a":1,"a":2'), "duplicate_key"),
    "a key twice with one value": (event('"a":1,"a":1'), "duplicate_key"),
    "userId twice": (event('"userId":"someone else"'), "duplicate_key"),
    "type twice": (event('"type":"page"'), "duplicate_key"),
    "a key twice, once as an escape": (event(r'"ab":1,"\u0061b":2'), "duplicate_key"),
    "a key twice in properties": (event('"properties":{"a":1,"a":2}'), "duplicate_key"),
    "a key twice in a list": (holding('[{"a":1},{"a":1,"a":2}]'), "duplicate_key"),
    "a key twice, 30 deep": (
        holding("[" * 30 + '{"a":1,"a":2}' + "]" * 30),
        "duplicate_key",
    ),
    "a key three times": (event('"a":1,"a":2,"a":3'), "duplicate_key"),
    "an empty key twice": (event('"":1,"":2'), "duplicate_key"),
    "a key twice but for NUL": (event(r'"a":1,"a\u0000":2'), "duplicate_key"),
    "a key twice behind an escaped colon": (event(r'"a":"\u003a","a":""'), "duplicate_key"),
    "properties twice": (event('"properties":{"a":1},"properties":{"b":1}'), "duplicate_key"),
    "traits twice": (event('"traits":{"a":1},"traits":{"b":1}'), "duplicate_key"),
    "a key in two cases": (event('"properties":{"a":1,"A":2}'), ""),
    "a key in two normal forms": (event('"properties":{"\u00e9":1,"e\u0301":2}'), ""),
    "a key in two objects": (event('"properties":{"a":1,"b":{"a":1}}'), ""),
    "an empty key": (event('"properties":{"":1}'), ""),
    "a key of one space": (event('"properties":{" ":1}'), ""),
    "a key that is NUL": (event(r'"properties":{"\u0000":1}'), ""),
    "__proto__": (event('"properties":{"__proto__":{"admin":true}}'), ""),
    "constructor": (event('"traits":{"constructor":{"prototype":{"x":1}}}'), ""),
    "prototype, toString, hasOwnProperty": (
        event('"traits":{"prototype":1,"toString":1,"hasOwnProperty":1}'),
        "",
    ),
    "__class__, __dict__, __init__": (
        event('"traits":{"__class__":1,"__dict__":{},"__init__":1}'),
        "",
    ),
    "$set, $unset, $where, $ne": (
        event('"traits":{"$set":{"a":1},"$unset":1,"$where":"1","$ne":1}'),
        "",
    ),
    "a dot, a slash, brackets": (event('"traits":{"a.b":1,"a/b":1,"a[0]":1,"~":1}'), ""),
    "DynamoDB's placeholders": (event('"traits":{"#n":1,":v":1,"S":"x","NULL":true}'), ""),
    "our own names": (
        event('"traits":{"pk":1,"sk":1,"v":1,"state":1,"dirty":{},"anchor":1,"flags":[]}'),
        "",
    ),
    "our own names at the root": (
        event('"received_at":1,"source":"x","anchor":["user_id","y"],"flags":["z"]'),
        "",
    ),
    "SQL": (event('"traits":{"x\\"; drop table events; --":1}'), ""),
    "a path": (event('"traits":{"../../etc/passwd":1}'), ""),
    "a template": (event('"traits":{"{{7*7}}":1,"${jndi:ldap://x}":1}'), ""),
    "an emoji": (event('"traits":{"\U0001f600":1}'), ""),
    "a right-to-left override in a key": (event('"traits":{"\u202ea":1}'), ""),
    "a key of 30,000 characters": (event('"properties":{"' + "k" * 30_000 + '":1}'), ""),
    "a key of 33,000 characters": (
        event('"properties":{"' + "k" * 33_000 + '":1}'),
        "event_too_large",
    ),
    "3,000 keys": (
        event('"properties":{' + ",".join(f'"k{n}":1' for n in range(3000)) + "}"),
        "",
    ),
    "3,000 traits": (event('"traits":{' + ",".join(f'"k{n}":1' for n in range(3000)) + "}"), ""),
    "12,000 keys": (
        event('"properties":{' + ",".join(f'"k{n}":1' for n in range(12_000)) + "}"),
        "event_too_large",
    ),
    "30,000 keys": (
        event('"properties":{' + ",".join(f'"{n}":1' for n in range(30_000)) + "}"),
        "event_too_large",
    ),
}

_SIZES = {
    "32,768 bytes": (holding('"' + "x" * (32_768 - len(holding('""'))) + '"'), ""),
    "32,769 bytes": (
        holding('"' + "x" * (32_769 - len(holding('""'))) + '"'),
        "event_too_large",
    ),
    "33 KB of spaces": (_PLAIN.encode() + b" " * 33_000, "event_too_large"),
    "300 KB of text": (holding('"' + "x" * 300_000 + '"'), "event_too_large"),
    "a list of 10,000 numbers": (holding("[" + ",".join("1" * 10_000) + "]"), ""),
}

_SHAPES = {
    "an empty object": (b"{}", "unknown_type"),
    "no type": (b'{"userId":"someone","event":"x"}', "unknown_type"),
    "type null": (b'{"type":null,"userId":"someone"}', "unknown_type"),
    "type a number": (b'{"type":1,"userId":"someone"}', "unknown_type"),
    "type a list": (b'{"type":["track"],"userId":"someone"}', "unknown_type"),
    "type an object": (b'{"type":{"$ne":1},"userId":"someone"}', "unknown_type"),
    "type unknown": (b'{"type":"purchase","userId":"someone"}', "unknown_type"),
    "type in capitals": (b'{"type":"TRACK","userId":"someone","event":"x"}', "unknown_type"),
    "type with a space": (b'{"type":"track ","userId":"someone","event":"x"}', "unknown_type"),
    "type empty": (b'{"type":"","userId":"someone"}', "unknown_type"),
    "type batch": (b'{"type":"batch","userId":"someone","batch":[]}', "unknown_type"),
    "no event": (b'{"type":"track","userId":"someone"}', "missing_event"),
    "event null": (b'{"type":"track","userId":"someone","event":null}', "missing_event"),
    "event empty": (b'{"type":"track","userId":"someone","event":""}', "missing_event"),
    "event blank": (b'{"type":"track","userId":"someone","event":" \\t "}', "missing_event"),
    "event a list": (b'{"type":"track","userId":"someone","event":["x"]}', "missing_event"),
    "event an object": (b'{"type":"track","userId":"someone","event":{}}', "missing_event"),
    "event true": (b'{"type":"track","userId":"someone","event":true}', "missing_event"),
    "event only NUL": (b'{"type":"track","userId":"someone","event":"\\u0000"}', "missing_event"),
    "event a number": (b'{"type":"track","userId":"someone","event":7}', ""),
    "event of 256 characters": (
        b'{"type":"track","userId":"someone","event":"' + b"x" * 256 + b'"}',
        "",
    ),
    "event of 257 characters": (
        b'{"type":"track","userId":"someone","event":"' + b"x" * 257 + b'"}',
        "name_too_long",
    ),
    "event with line breaks": (b'{"type":"track","userId":"someone","event":"a\\r\\nb"}', ""),
    "event that is script": (
        b'{"type":"track","userId":"someone","event":"<script>alert(1)</script>"}',
        "",
    ),
    "event named __proto__": (b'{"type":"track","userId":"someone","event":"__proto__"}', ""),
    "properties a list": (event('"properties":[1]'), "not_an_object"),
    "properties a text": (event('"properties":"x"'), "not_an_object"),
    "properties a number": (event('"properties":1'), "not_an_object"),
    "properties false": (event('"properties":false'), "not_an_object"),
    "properties JSON in a text": (event('"properties":"{}"'), "not_an_object"),
    "traits a list": (event('"traits":[]'), "not_an_object"),
    "traits a text": (event('"traits":"x"', "identify"), "not_an_object"),
    "traits a number": (event('"traits":0'), "not_an_object"),
    "context a list": (event('"context":[]'), "not_an_object"),
    "context true": (event('"context":true'), "not_an_object"),
    "context traits a list": (event('"context":{"traits":[]}'), "not_an_object"),
    "context traits a text": (event('"context":{"traits":"x"}'), "not_an_object"),
    "integrations a list": (event('"integrations":[]'), "not_an_object"),
    "integrations a text": (event('"integrations":"all"'), "not_an_object"),
    "all objects null": (
        event('"properties":null,"traits":null,"context":null,"integrations":null'),
        "",
    ),
    "messageId a list": (event('"messageId":["x"]'), ""),
    "messageId null": (event('"messageId":null'), ""),
    "messageId empty": (event('"messageId":""'), ""),
    "messageId a number": (event('"messageId":7'), ""),
    "messageId of 101 characters": (event('"messageId":"' + "m" * 101 + '"'), ""),
    "messageId of 20,000 characters": (event('"messageId":"' + "m" * 20_000 + '"'), ""),
    "messageId with line breaks": (event(r'"messageId":"a\r\nb"'), ""),
    "group without groupId": (b'{"type":"group","userId":"someone"}', "missing_group_id"),
    "groupId a list": (b'{"type":"group","userId":"someone","groupId":[]}', "missing_group_id"),
    "groupId blank": (b'{"type":"group","userId":"someone","groupId":" "}', "missing_group_id"),
    "groupId of 257 characters": (
        b'{"type":"group","userId":"someone","groupId":"' + b"g" * 257 + b'"}',
        "name_too_long",
    ),
    "alias without userId": (b'{"type":"alias","previousId":"a"}', "missing_user_id"),
    "alias without previousId": (b'{"type":"alias","userId":"someone"}', "missing_previous_id"),
    "alias of null": (
        b'{"type":"alias","userId":"someone","previousId":"null"}',
        "missing_previous_id",
    ),
    "alias of a list": (
        b'{"type":"alias","userId":"someone","previousId":["a"]}',
        "missing_previous_id",
    ),
    "alias of itself": (b'{"type":"alias","userId":"someone","previousId":"someone"}', ""),
    "page named by a list": (b'{"type":"page","userId":"someone","name":["x"]}', ""),
    "a page name of 10,000 characters": (
        b'{"type":"page","userId":"someone","name":"' + b"n" * 10_000 + b'"}',
        "",
    ),
    "price a text": (event('"properties":{"price":"12,50 EUR","currency":"euro"}'), ""),
    "price negative": (event('"properties":{"price":-1,"quantity":-3}'), ""),
    "products not a list": (event('"properties":{"products":"all"}'), ""),
}

_IDENTIFIERS = {
    "nobody": (b'{"type":"page"}', "no_identifier"),
    "every id null": (of('"userId":null,"anonymousId":null'), "no_identifier"),
    "every id empty": (of('"userId":"","anonymousId":""'), "no_identifier"),
    **{
        f"user id {value}": (of(f'"userId":"{value}"'), "no_identifier")
        for value in (
            "null",
            "NULL",
            "undefined",
            "None",
            "nil",
            "anonymous",
            "guest",
            "0",
            "000",
            "-1",
            "NaN",
            "Infinity",
            "true",
            "false",
            "unknown",
            "n/a",
            "[object Object]",
            "userId",
            "00000000-0000-0000-0000-000000000000",
        )
    },
    "user id 0 as a number": (of('"userId":0'), "no_identifier"),
    "user id true as a word": (of('"userId":true'), "no_identifier"),
    "user id a list": (of('"userId":["a"]'), "no_identifier"),
    "user id an object": (of('"userId":{"$ne":null}'), "no_identifier"),
    "user id a number": (of('"userId":42'), ""),
    "user id a float": (of('"userId":42.0'), ""),
    "user id 1e308": (of('"userId":1e308'), ""),
    "user id 2**64": (of(f'"userId":{2**64}'), "integer_out_of_range"),
    "user id spaces": (of('"userId":"   "'), "no_identifier"),
    "user id with spaces around": (of('"userId":"  someone "'), ""),
    "user id with line breaks": (of(r'"userId":"a\r\nb"'), "no_identifier"),
    "user id with a tab": (of(r'"userId":"a\tb"'), "no_identifier"),
    "user id with ANSI colours": (of(r'"userId":"a\u001b[31m"'), "no_identifier"),
    "user id with a C1 control": (of(r'"userId":"a\u009bb"'), "no_identifier"),
    "user id with DEL": (of(r'"userId":"a\u007fb"'), "no_identifier"),
    "user id with NUL": (of(r'"userId":"some\u0000one"'), ""),
    "user id with a line separator": (of(r'"userId":"a\u2028b"'), "no_identifier"),
    "user id with a right-to-left override": (of(r'"userId":"a\u202eb"'), "no_identifier"),
    "user id with a right-to-left isolate": (of(r'"userId":"a\u2067b"'), "no_identifier"),
    "user id with a right-to-left mark": (of(r'"userId":"a\u200fb"'), "no_identifier"),
    "user id with a zero-width space": (of(r'"userId":"a\u200bb"'), "no_identifier"),
    "user id with a word joiner": (of(r'"userId":"a\u2060b"'), "no_identifier"),
    "user id with a soft hyphen": (of(r'"userId":"a\u00adb"'), "no_identifier"),
    "user id with a byte order mark": (of(r'"userId":"a\ufeffb"'), "no_identifier"),
    "user id with a zero-width space at its end": (of(r'"userId":"someone\u200b"'), ""),
    "user id with a joiner": (of('"userId":"\u0646\u200c\u0627"'), ""),
    "user id of 512 characters": (of(f'"userId":"{"u" * 512}"'), ""),
    "user id of 513 characters": (of(f'"userId":"{"u" * 513}"'), "no_identifier"),
    "user id of 2,049 characters": (of(f'"userId":"{"u" * 2049}"'), "no_identifier"),
    "user id of 20,000 characters": (of(f'"userId":"{"u" * 20_000}"'), "no_identifier"),
    "user id a path": (of('"userId":"../../x"'), ""),
    "user id SQL": (of('"userId":"\' or 1=1 --"'), ""),
    "user id script": (of('"userId":"<img src=x onerror=alert(1)>"'), ""),
    "user id a row key of ours": (of('"userId":"i#user_id#x"'), ""),
    "user id in two normal forms": (of('"userId":"e\u0301","anonymousId":"\u00e9"'), ""),
    "user id of a combining mark": (of('"userId":"\u0301"'), ""),
    "user id unusable, anonymous id usable": (of('"userId":"null","anonymousId":"a-1"'), ""),
    "user id and anonymous id the same": (of('"userId":"same","anonymousId":"same"'), ""),
    "anonymous id null in a text": (of('"anonymousId":"null"'), "no_identifier"),
    "anonymous id a list": (of('"anonymousId":[1]'), "no_identifier"),
    "anonymous id zeros": (of('"anonymousId":"0000-0000"'), "no_identifier"),
    "e-mail without @": (of('"traits":{"email":"x"}', "identify"), "no_identifier"),
    "e-mail with two @": (of('"traits":{"email":"a@b@c.example"}', "identify"), "no_identifier"),
    "e-mail without a dot": (of('"traits":{"email":"a@localhost"}', "identify"), "no_identifier"),
    "e-mail with a space": (of('"traits":{"email":"a b@c.example"}', "identify"), "no_identifier"),
    "e-mail with a line break": (
        of(r'"traits":{"email":"a@b.example\r\nBcc: x@y.example"}', "identify"),
        "no_identifier",
    ),
    "e-mail with a name": (
        of('"traits":{"email":"A <a@b.example>"}', "identify"),
        "no_identifier",
    ),
    "two e-mails": (
        of('"traits":{"email":"a@b.example,c@d.example"}', "identify"),
        "no_identifier",
    ),
    "e-mail a list": (of('"traits":{"email":["a@b.example"]}', "identify"), "no_identifier"),
    "e-mail an object": (of('"traits":{"email":{"x":1}}', "identify"), "no_identifier"),
    "e-mail a number": (of('"traits":{"email":7}', "identify"), "no_identifier"),
    "e-mail of 1,000 characters": (
        of('"traits":{"email":"' + "x" * 990 + '@x.example"}', "identify"),
        "no_identifier",
    ),
    "e-mail with a local part of 65": (
        of('"traits":{"email":"' + "x" * 65 + '@x.example"}', "identify"),
        "no_identifier",
    ),
    "e-mail with a quoted local part": (
        of(r'"traits":{"email":"\"a b\"@c.example"}', "identify"),
        "no_identifier",
    ),
    "e-mail at an address literal": (
        of('"traits":{"email":"a@[127.0.0.1]"}', "identify"),
        "no_identifier",
    ),
    "e-mail in capitals": (of('"traits":{"email":"A@B.EXAMPLE"}', "identify"), ""),
    "e-mail with a tag": (of('"traits":{"email":"a+tag@b.example"}', "identify"), ""),
    "e-mail at a name in another script": (
        of('"traits":{"email":"a@b\u00fccher.example"}', "identify"),
        "",
    ),
    "e-mail at a dash": (of('"traits":{"email":"a@-b.example"}', "identify"), "no_identifier"),
    "e-mail at two dots": (of('"traits":{"email":"a@b..example"}', "identify"), "no_identifier"),
    "e-mail in fullwidth letters": (
        of('"traits":{"email":"\uff41@b.example"}', "identify"),
        "",
    ),
    "e-mail unusable, user id usable": (event('"traits":{"email":"nonsense"}', "identify"), ""),
}

_TIMES = {
    f"timestamp {text}": (event(f'"timestamp":{text}'), "")
    for text in (
        '"yesterday"', '""', "null", "-5", "0", "0.5", "true", "[]", "{}", '"0000-00-00"',
        '"2026-13-01"', '"2026-02-30"', '"1969-12-31T23:59:59Z"', '"9999-12-31T23:59:59Z"',
        '"2026-01-01T00:00:00+99:99"', '"2026-01-01T25:00:00Z"', '"2026-01-01T00:00:60Z"',
        '"20260101"', '"2026-W01-1"', "1e300", "253402300800000", "18446744073709551615",
        '"' + "9" * 400 + '"', '"\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"',
        '"2026-01-01T00:00:00\\u0000Z"', '"Thu, 01 Jan 1970 00:00:00 GMT"',
        '"2026-01-01T00:00:00.123456789123Z"', '"-2026-01-01T00:00:00Z"',
    )
} | {
    "sentAt before timestamp": (
        event('"timestamp":"2026-01-02T00:00:00Z","sentAt":"2025-01-01T00:00:00Z"'),
        "",
    ),
    "sentAt a list": (event('"timestamp":"2026-01-02T00:00:00Z","sentAt":[]'), ""),
    "originalTimestamp an object": (event('"originalTimestamp":{}'), ""),
    "receivedAt from the sender": (event('"receivedAt":"1999-01-01T00:00:00Z"'), ""),
}  # fmt: skip

_CONTENT = {
    f"a trait that is {name}": (event(f'"traits":{{"first_name":{text}}}', "identify"), "")
    for name, text in {
        "a template": '"{{7*7}}{% include x %}${7*7}<%= 7 %>"',
        "a formula": '"=cmd|calc!A1"',
        "script": '"<script>alert(1)</script>"',
        "a header": r'"x\r\nBcc: a@b.example"',
        "SQL": '"\'; drop table profiles; --"',
        "a look-up": '"${jndi:ldap://x.example/a}"',
        "a format": '"%s%n%x{0}{self.__class__}"',
        "a path": '"file:///etc/passwd"',
        "our metadata's address": '"http://169.254.169.254/latest/meta-data"',
        "10,000 spaces": '"' + " " * 10_000 + '"',
        "an entity": '"<!DOCTYPE x [<!ENTITY y SYSTEM \\"file:///x\\">]>"',
        "null": "null",
        "a list of everything": '[null,true,1,-1.5,"x",{},[]]',
    }.items()
}

GROUPS = {
    "Encoding": _ENCODINGS,
    "Numbers": _NUMBERS,
    "Text": _TEXTS,
    "Structure": _STRUCTURE,
    "Keys": _KEYS,
    "Size": _SIZES,
    "Shape": _SHAPES,
    "Identifiers": _IDENTIFIERS,
    "Times": _TIMES,
    "Content": _CONTENT,
}
DOCUMENTS = {
    name: Document(group, *entry)
    for group, entries in GROUPS.items()
    for name, entry in entries.items()
}
"""Every listed document by its name."""
