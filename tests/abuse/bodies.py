"""Bodies and requests that no sender should send, with the answers they get."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import NamedTuple

GOOD = {"type": "track", "userId": "good", "event": "Fine"}
_GOOD = json.dumps(GOOD).encode()
_LIST = b'"batch":[' + _GOOD + b"]"


class Body(NamedTuple):
    """A body for POST /v1/batch; without a code, how many of its events are good."""

    raw: bytes
    code: str = ""
    good: int = 0
    is_kept: bool = True


def batch(members: bytes) -> bytes:
    return b"{" + members + b"}"


BODIES = {
    "nothing": Body(b"", "invalid_json"),
    "spaces": Body(b"  \n", "invalid_json"),
    "null": Body(b"null", "invalid_json"),
    "a text": Body(b'"batch"', "invalid_json"),
    "a list of events": Body(b"[" + _GOOD + b"]", "invalid_json"),
    "an empty object": Body(b"{}", "invalid_batch"),
    "an open bracket": Body(b"{", "invalid_json"),
    "cut in the middle": Body(batch(_LIST)[:-20], "invalid_json"),
    "cut before the last bracket": Body(batch(_LIST)[:-1], "invalid_json"),
    "garbage behind": Body(batch(_LIST) + b"x", "invalid_json"),
    "two batches": Body(batch(_LIST) * 2, "invalid_json"),
    "a batch a line": Body(batch(_LIST) + b"\n" + batch(_LIST), "invalid_json"),
    "events a line": Body(_GOOD + b"\n" + _GOOD, "invalid_json"),
    "the anti-hijacking prefix": Body(b")]}'\n" + batch(_LIST), "invalid_json"),
    "a comment": Body(batch(_LIST + b"/* */"), "invalid_json"),
    "a trailing comma": Body(batch(_LIST + b","), "invalid_json"),
    "a leading comma": Body(batch(b"," + _LIST), "invalid_json"),
    "a key without quotes": Body(batch(_LIST + b",a:1"), "invalid_json"),
    "single quotes": Body(batch(_LIST.replace(b'"batch"', b"'batch'")), "invalid_json"),
    "batch null": Body(batch(b'"batch":null'), "invalid_batch"),
    "batch a number": Body(batch(b'"batch":5'), "invalid_batch"),
    "batch an object": Body(batch(b'"batch":{}'), "invalid_batch"),
    "batch a text": Body(batch(b'"batch":"[]"'), "invalid_batch"),
    "batch in capitals": Body(batch(_LIST.replace(b"batch", b"BATCH")), "invalid_batch"),
    "batch with a space": Body(batch(_LIST.replace(b"batch", b"batch ")), "invalid_batch"),
    "batch twice": Body(batch(_LIST + b"," + _LIST), "duplicate_key"),
    "batch twice, once as an escape": Body(
        batch(_LIST + b"," + _LIST.replace(b"batch", rb"b\u0061tch")), "duplicate_key"
    ),
    "batch twice, the second broken": Body(
        batch(_LIST + b',"batch":[{"type":NaN}]'), "duplicate_key"
    ),
    "context twice": Body(batch(_LIST + b',"context":{},"context":{}'), "duplicate_key"),
    "an unknown key twice": Body(batch(_LIST + b',"a":1,"a":2'), "duplicate_key"),
    "a key with a colon, twice": Body(batch(_LIST + rb',":":"x","\u003a":1'), "duplicate_key"),
    "a key with a colon": Body(batch(_LIST + b',"a:b":1'), "", 1),
    "sentAt twice": Body(batch(_LIST + b',"sentAt":1,"sentAt":2'), "duplicate_key"),
    "an unknown key": Body(batch(_LIST + b',"else":{"a":[1,2]}'), "", 1),
    "__proto__ beside it": Body(batch(_LIST + b',"__proto__":{"batch":[]}'), "", 1),
    "an unknown key that is NaN": Body(batch(_LIST + b',"else":NaN'), "", 1),
    "context a text": Body(batch(_LIST + b',"context":"x"'), "not_an_object"),
    "context a list": Body(batch(_LIST + b',"context":[]'), "not_an_object"),
    "context with NaN": Body(batch(_LIST + b',"context":{"a":NaN}'), "non_finite_number"),
    "context with a key twice": Body(batch(_LIST + b',"context":{"a":1,"a":2}'), "duplicate_key"),
    "context 50 deep": Body(
        batch(_LIST + b',"context":' + b'{"a":' * 50 + b"1" + b"}" * 50), "too_deep"
    ),
    "context with a lone surrogate": Body(
        batch(_LIST + rb',"context":{"a":"\ud800"}'), "invalid_unicode"
    ),
    "context of 33 KB": Body(
        batch(_LIST + b',"context":{"a":"' + b"x" * 33_000 + b'"}'),
        "context_too_large",
        is_kept=False,
    ),
    "context traits a text": Body(batch(_LIST + b',"context":{"traits":"x"}'), "", 0),
    "context null": Body(batch(_LIST + b',"context":null'), "", 1),
    "integrations a text": Body(batch(_LIST + b',"integrations":"all"'), "not_an_object"),
    "integrations of 33 KB": Body(
        batch(_LIST + b',"integrations":{"a":"' + b"x" * 33_000 + b'"}'),
        "context_too_large",
        is_kept=False,
    ),
    "sentAt an object": Body(batch(_LIST + b',"sentAt":{}'), "", 1),
    "sentAt NaN": Body(batch(_LIST + b',"sentAt":NaN'), "", 1),
    "writeKey a list": Body(batch(_LIST + b',"writeKey":["x"]'), "", 1),
    "another writeKey than the header's": Body(batch(_LIST + b',"writeKey":"wk_other"'), "", 1),
    "no events": Body(batch(b'"batch":[]'), "", 0),
    "only commas": Body(batch(b'"batch":[,,,]'), "invalid_json"),
    "a comma too many": Body(batch(b'"batch":[' + _GOOD + b",]"), "invalid_json"),
    "events in lists": Body(batch(b'"batch":[[' + _GOOD + b"]]"), "", 0),
    "events in texts": Body(
        batch(b'"batch":[' + json.dumps(json.dumps(GOOD)).encode() + b"]"), "", 0
    ),
    "nulls": Body(batch(b'"batch":[null,null]'), "", 0),
    "nulls beside a good one": Body(batch(b'"batch":[null,' + _GOOD + b",null]"), "", 1),
    "a batch in a batch": Body(batch(b'"batch":[{' + _LIST + b"}]"), "", 0),
    "2,500 nulls": Body(batch(b'"batch":[' + b",".join([b"null"] * 2500) + b"]"), "", 0),
    "2,501 events": Body(
        batch(b'"batch":[' + b",".join([b"{}"] * 2501) + b"]"), "too_many_events", is_kept=False
    ),
    "100,000 events": Body(
        batch(b'"batch":[' + b",".join([b"{}"] * 100_000) + b"]"), "too_many_events", is_kept=False
    ),
    "50,000 brackets": Body(b"[" * 50_000, "invalid_json"),
    "50,000 objects": Body(b'{"a":' * 50_000, "invalid_json"),
    "50,000 brackets in the batch": Body(batch(b'"batch":' + b"[" * 50_000), "invalid_json"),
    "512,001 bytes": Body(
        batch(_LIST) + b" " * (512_001 - len(batch(_LIST))), "body_too_large", is_kept=False
    ),
    "512,000 bytes": Body(batch(_LIST) + b" " * (512_000 - len(batch(_LIST))), "", 1),
    "UTF-8 with a byte order mark": Body(b"\xef\xbb\xbf" + batch(_LIST), "not_utf8"),
    "UTF-16": Body(batch(_LIST).decode().encode("utf-16"), "not_utf8"),
    "UTF-16 without a mark": Body(batch(_LIST).decode().encode("utf-16-le"), "not_utf8"),
    "UTF-32": Body(batch(_LIST).decode().encode("utf-32"), "not_utf8"),
    "a key that is not UTF-8": Body(batch(_LIST + b',"\xff":1'), "invalid_json"),
    "a form": Body(b"batch=%5B%5D&writeKey=x", "invalid_json"),
    "multipart": Body(b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n{}", "invalid_json"),
    "XML": Body(b"<batch/>", "invalid_json"),
    "noise": Body(bytes(range(256)), "not_utf8"),
    "gzip that is cut": Body(gzip.compress(batch(_LIST), mtime=0)[:-9], "invalid_encoding"),
    "gzip with garbage behind": Body(
        gzip.compress(batch(_LIST), mtime=0) + b"x", "invalid_encoding"
    ),
    "two gzips": Body(gzip.compress(batch(_LIST), mtime=0) * 2, "invalid_encoding"),
    "gzip with a wrong sum": Body(
        gzip.compress(batch(_LIST), mtime=0)[:-8] + bytes(8), "invalid_encoding"
    ),
    "only the head of a gzip": Body(b"\x1f\x8b\x08", "invalid_encoding"),
    "a gzip bomb": Body(gzip.compress(b" " * 50_000_000, mtime=0), "body_too_large", is_kept=False),
    "gzip without saying so": Body(gzip.compress(batch(_LIST), mtime=0), "", 1),
    "gzip in gzip": Body(
        gzip.compress(gzip.compress(batch(_LIST), mtime=0), mtime=0), "invalid_json"
    ),
}
"""Each with the write key in a header. A gzip is kept as what it inflates to, if it does."""

ENCODED = {
    ("gzip", zlib.compress(batch(_LIST))): "invalid_json",
    ("deflate", zlib.compress(batch(_LIST))): "",
    ("deflate", zlib.compress(batch(_LIST))[2:-4]): "",
    ("deflate", b"\x78not deflate"): "invalid_encoding",
    ("deflate", b""): "invalid_encoding",
    ("br", batch(_LIST)): "",
    ("identity", batch(_LIST)): "",
    ("gzip, gzip", gzip.compress(batch(_LIST), mtime=0)): "",
    ("gzip", batch(_LIST)): "",
    ("", batch(_LIST)): "",
    ("\u00fc", batch(_LIST)): "",
    ("x" * 4000, batch(_LIST)): "",
}
"""(Content-Encoding, body) -> code."""

KEYS = [
    {},
    {"x-write-key": ""},
    {"x-write-key": "wrong"},
    {"x-write-key": "x" * 6000},
    {"x-write-key": "\u00fc"},
    {"x-write-key": "wk_%00"},
    {"x-write-key": "' or 1=1 --"},
    {"x-write-key": "*"},
    {"authorization": ""},
    {"authorization": "Basic"},
    {"authorization": "Basic ="},
    {"authorization": "Basic !!!"},
    {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:").decode()},
    {"authorization": "Basic " + base64.b64encode(b":").decode()},
    {"authorization": "Basic " + base64.b64encode(b":password").decode()},
    {"authorization": "Bearer"},
    {"authorization": "Bearer x"},
    {"authorization": "Digest username=x"},
    {"authorization": "\u00fc \u00fc"},
    {"authorization": "Basic " + "A" * 5001},
]
"""Headers that name no source."""

PEOPLE = [
    "", ":", "x", "user_id", "user_id:", ":x", "nobody:x", "USER_ID:x", "user_id:null", "user_id:0",
    "user_id:undefined", "email:x", "email:a@b", "email:@", "anonymous_id:%00", "user_id:%0d%0a",
    "user_id:%1b[31m", "user_id:%e2%80%ae", "user_id:%ff", "user_id:%c0%af", "user_id:%ed%a0%80",
    "user_id:%", "user_id:%zz", "user_id:../..", "user_id:..%2f..%2fetc", "user_id:a/b/c",
    "user_id:a%2Fb", "user_id:%252e", "user_id:a?b=c", "user_id:a#b", "user_id:a:b:c",
    "user_id:a+b", "user_id:a%20b", "user_id:*", "user_id:{{7*7}}", "user_id:' or 1=1",
    "user_id:__proto__",
    "user_id:" + "x" * 513, "user_id:" + "x" * 7000, "email:" + "x" * 300 + "@a.example",
    "email:z%40b.example", "email:Z@B.EXAMPLE", "email:a@b%c3%bc.example", "phone:+4912345",
    "constructor:x", "user_id:i#user_id#x", "user_id:%F0%9F%98%80", "user_id:\u00fc",
]  # fmt: skip
"""What may stand behind /v1/profiles/."""

PIXELS = [
    "", "data=", "data", "data=%", "data=!!!", "data=eyJ", "data=bnVsbA", "data=W10", "data=e30",
    "data=%7B%7D", "data={}", "data={", "data=%ff%fe", "data=%00", "data=" + "A" * 5000,
    "data=e30&data=e30", "data=eyJhIjoxLCJhIjoyfQ", "event=", "event=x", "event=x&userId=",
    "event=x&userId=null", "userId=u&userId=v&event=x", "userId=u&event=" + "e" * 300,
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n=1&userId=u", "properties=x&properties.a=1&userId=u&event=x",
    "properties.a=1&properties.a.b=2&userId=u&event=x", "__proto__.x=1&userId=u&event=x",
    ".=1&userId=u&event=x", "..=1", "userId=%00&event=x", "userId=%e2%80%ae&event=%0d%0a",
    "userId=%ed%a0%80&event=x", "userId=u&event=%u0041", "=x", "&&&", "?", "userId[]=a&event=x",
    "userId=u&event=x&context=1", "userId=u&event=x&traits=1", "userId=u&type=nonsense",
    "userId=u&event=x&sentAt=never&timestamp=-1", "writeKey=x&event=x&userId=u",
]  # fmt: skip
"""Queries of GET /v1/pixel.gif; the answer is the image to every one."""

SETTINGS = [
    "", "x", "%00", "%ff", "..", "..%2f..", "a%2fb", "a:b", ":", "%20", "{}", "*", "x" * 5000,
    "\u00fc", "%F0%9F%98%80", "'", "<script>", "%0d%0aset-cookie:a=b", "__proto__", "wk_",
]  # fmt: skip
"""Write keys that belong to nobody, in GET /v1/projects/{writeKey}/settings."""
