"""Requests that are nearly right: for every scheme, what an attacker would try."""

import base64
import hashlib
import hmac
import json
import re

from tests.sources.signing import URL, Posted, b64, mac
from tests.sources.vendors import VENDORS
from tests.sources.vendors.mandrill import mandrill_signature

DAY = 86_400_000


def split_prefix(vendor, value):
    """A header's value as what stands before the signature, and the signature."""
    head, prefix, signature = value.partition(vendor.prefix) if vendor.prefix else ("", "", value)
    says = f"`{signature}` is no hex or base64; what stands before it is the `prefix` of a Vendor"
    assert re.fullmatch(r"[0-9a-f]+|[A-Za-z0-9+/]+=*", signature), says
    return head + prefix, signature


def in_another_encoding(signature):
    """Hex as base64, and the other way round."""
    if re.fullmatch("[0-9a-f]+", signature):
        return b64(bytes.fromhex(signature))
    return base64.b64decode(signature).hex()


def on_the_signature(name, posted):
    """The right request with another signature."""
    vendor = VENDORS[name]
    header = vendor.signature
    value = posted.headers[header]
    prefix, signature = split_prefix(vendor, value)
    odd = {
        "missing": None,
        "empty": "",
        "blank": " ",
        "one character short": prefix + signature[:-1],
        "one character long": value + "A",
        "first character lost": prefix + signature[1:],
        "last character changed": prefix + signature[:-2] + ("a" if signature[-2] != "a" else "b"),
        "case swapped": prefix + signature.swapcase(),
        "backwards": prefix + signature[::-1],
        "twice": prefix + signature + signature,
        "zeros": prefix + "0" * len(signature),
        "with NUL": prefix + signature[:5] + "\0" + signature[5:],
        "with a line break": prefix + signature[:5] + "\r\n" + signature[5:],
        "beyond ASCII": prefix + "\u00e9" * len(signature),
        "quoted": f'{prefix}"{signature}"',
        "the secret itself": prefix + vendor.secret,
        "very long": prefix + "A" * 20_000,
        "wildcard": prefix + "*",
        "another version": value.replace(vendor.prefix, f"v0{prefix[-1]}")
        if prefix
        else f"v0,{signature}",
        "percent-encoded": prefix + "".join(f"%{ord(c):02x}" for c in signature),
    }
    if not prefix:
        odd["the header twice"] = f"{value},{value}"
    for label, changed in odd.items():
        headers = {key: text for key, text in posted.headers.items() if key != header}
        yield (
            label,
            Posted(
                posted.body,
                headers if changed is None else {**headers, header: changed},
                posted.query,
            ),
        )
    headers = {key: text for key, text in posted.headers.items() if key != header}
    yield "in the query", Posted(posted.body, headers, {header.lower(): value})
    yield "under another name", Posted(posted.body, {**headers, f"{header}-old": value})


def on_the_body(posted):
    """The right signature on another body."""
    body = posted.body
    yield "body with a space behind", posted.but(body=body + b" ")
    yield "body with a line break behind", posted.but(body=body + b"\r\n")
    yield "body with a space before", posted.but(body=b" " + body)
    yield "body without its last byte", posted.but(body=body[:-1])
    yield "no body", posted.but(body=b"")
    yield "body twice", posted.but(body=body + body)
    yield "body of another event", posted.but(body=body.replace(b"e", b"E", 1))
    yield "body with a byte order mark", posted.but(body=b"\xef\xbb\xbf" + body)
    yield "body in UTF-16", posted.but(body=body.decode().encode("utf-16"))


def on_the_secret(name, content, now):
    """Well made, under what is not the secret."""
    vendor = VENDORS[name]
    sign, secret = vendor.sign, vendor.secret
    yield "signed with another secret", sign(content, vendor.other, now)
    if vendor.id:
        for label, key in (("no key", b"\0"), ("the text as key", secret.encode())):
            yield f"signed with {label}", sign(content, "whsec_" + b64(key), now)
        return
    yield "signed with an empty key", sign(content, "", now)
    yield "signed with half the secret", sign(content, secret[: len(secret) // 2], now)
    yield "signed with the secret backwards", sign(content, secret[::-1], now)
    yield "signed with the source's name", sign(content, name, now)


def on_the_digest(name, posted):
    """The right secret and text through another function."""
    vendor = VENDORS[name]
    header, secret = vendor.signature, vendor.secret
    prefix, right = split_prefix(vendor, posted.headers[header])
    other = in_another_encoding(right)
    yield "in another encoding", posted.but(headers={header: prefix + other})
    for digest in ("md5", "sha1", "sha256", "sha512"):
        for encode in (b64, bytes.hex):
            made = {
                "keyed hash": encode(mac(secret, posted.body, digest)),
                "plain hash": encode(hashlib.new(digest, posted.body).digest()),
                "hash of secret and body": encode(
                    hashlib.new(digest, secret.encode() + posted.body).digest()
                ),
            }
            for label, value in made.items():
                if value != right:
                    yield (
                        f"{label}, {digest}, {encode.__name__}",
                        posted.but(headers={header: prefix + value}),
                    )


def on_the_time(name, content, posted, now):
    """Signed at another time, or at what is no time; each of them under the right secret."""
    vendor = VENDORS[name]
    for label, at in {"ten days ago": now - 10 * DAY, "in an hour": now + DAY // 24}.items():
        yield f"signed {label}", vendor.sign(content, vendor.secret, at)
    header = vendor.timestamp
    right = posted.headers[header] if header else str(now // 1000)
    arabic = "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in right)
    odd = [f"+{right}", f" {right}", f"{right} ", f"-{right}", f"{right}.0", f"{right}e0",
           f"0x{right}", arabic, "", "now", "0", "9" * 40, f"1_{right}", right[:-1], right + "0",
           "NaN", f"{right}\n"]  # fmt: skip
    for text in odd:
        yield f"signed time {text[:20]!r}", vendor.sign(content, vendor.secret, text)
    if header:
        kept = {key: text for key, text in posted.headers.items() if key != header}
        yield "without the time", Posted(posted.body, kept)
        later = vendor.sign(content, vendor.secret, now + 2_000).headers[header]
        yield "with another time", posted.but(headers={header: later})
        digit, rest = right[-1:], right[:-1]
        yield (
            "a digit moved into the body",
            posted.but(headers={header: rest}, body=digit.encode() + posted.body),
        )
        yield (
            "a digit moved out to the body's end",
            posted.but(headers={header: right[1:]}, body=posted.body + right[:1].encode()),
        )


def on_the_id(name, posted):
    vendor = VENDORS[name]
    header, right = vendor.id, posted.headers[vendor.signature]
    yield "another id", posted.but(headers={header: "msg_other"})
    yield "no id", posted.but(headers={header: ""})
    secret = base64.b64decode(vendor.secret.removeprefix("whsec_"))
    time = posted.headers[vendor.timestamp]
    signed = b".".join([b"a.b", time.encode(), posted.body])
    value = "v1," + b64(hmac.new(secret, signed, "sha256").digest())
    yield "an id with a dot", posted.but(headers={header: "a.b", vendor.signature: value})
    yield (
        "the asymmetric version",
        posted.but(headers={vendor.signature: right.replace("v1,", "v1a,")}),
    )


def on_the_url(name, content, now):
    """Signed for another address, or for another method."""
    vendor = VENDORS[name]
    right = vendor.sign(content, vendor.secret, now)
    for url in (URL.replace("https", "http"), URL + "/", URL.upper(), "", "https://evil.example/"):
        if name == "hubspot":
            text = b"POST" + url.encode() + content + str(now).encode()
            signed = mac(vendor.secret, text)
        else:
            text = url + "mandrill_events" + content.decode()
            signed = mac(vendor.secret, text.encode(), "sha1")
        yield f"for {url!r}", right.but(headers={vendor.signature: b64(signed)})


def on_the_form(posted, content):
    """Mandrill: fields beside the one that was signed."""
    yield "another field", posted.but(body=posted.body + b"&more=1")
    yield "the field twice", posted.but(body=posted.body + b"&" + posted.body)
    yield (
        "signed with another field's name",
        posted.but(
            headers={
                "X-Mandrill-Signature": mandrill_signature(
                    VENDORS["mandrill"].secret, [("mandrill_event", content.decode())]
                )
            }
        ),
    )


def on_a_signature(name, content, now, headers):
    """All of the above that fit a source with its signature in a header."""
    vendor = VENDORS[name]
    posted = vendor.sign(content, vendor.secret, now)
    found = {
        **dict(on_the_signature(name, posted)),
        **dict(on_the_body(posted)),
        **dict(on_the_secret(name, content, now)),
        **dict(on_the_digest(name, posted)),
        **(dict(on_the_time(name, content, posted, now)) if vendor.is_timed else {}),
        **(dict(on_the_id(name, posted)) if vendor.id else {}),
        **(dict(on_the_url(name, content, now)) if name in {"hubspot", "mandrill"} else {}),
        **(dict(on_the_form(posted, content)) if name == "mandrill" else {}),
    }
    return {label: attack.but(headers=headers) for label, attack in found.items()}


def on_a_shared_secret(name, content, now):
    """Everything but the secret, in every place where one might look for it."""
    vendor = VENDORS[name]
    right, secret = vendor.sign(content, vendor.secret, now), vendor.secret
    body = right.body
    wrong = {
        "empty": "",
        "blank": " ",
        "another": vendor.other,
        "short": secret[:-1],
        "long": secret + "x",
        "tail": secret[1:],
        "case swapped": secret.swapcase(),
        "backwards": secret[::-1],
        "twice": secret + secret,
        "zeros": "0" * len(secret),
        "with NUL": f"{secret}\0",
        "with a space": f"{secret[:4]} {secret[4:]}",
        "beyond ASCII": "\u00e9" * len(secret),
        "very long": secret * 1000,
        "wildcard": "*",
        "quoted": f'"{secret}"',
        "hashed": hashlib.sha256(secret.encode()).hexdigest(),
        "as JSON": json.dumps([secret]),
        "percent-encoded": "".join(f"%{ord(c):02x}" for c in secret),
        "null": "null",
        "true": "true",
        "source name": name,
    }
    for label, text in wrong.items():
        yield f"as it should be, {label}", vendor.sign(content, text, now)
        yield f"bearer, {label}", Posted(body, {"Authorization": f"Bearer {text}"})
    for label, value in {
        "nothing": "",
        "the secret alone": secret,
        "digest": f"Digest {secret}",
        "basic without base64": f"Basic {secret}",
        "basic with the secret as user": "Basic " + b64(f"{secret}:".encode()),
        "basic with the secret as user and a password": "Basic " + b64(f"{secret}:x".encode()),
        "basic twice encoded": "Basic " + b64(b64(f"millrace:{secret}".encode()).encode()),
        "bearer encoded": "Bearer " + b64(secret.encode()),
        "negotiate": f"Negotiate {b64(secret.encode())}",
        "scheme missing": f" {secret}",
    }.items():
        yield f"authorization, {label}", Posted(body, {"Authorization": value})
    yield "in a cookie", Posted(body, {"Cookie": f"secret={secret}"})
    yield "in the body", Posted(body + secret.encode())
    yield "under another name", Posted(body, {"X-Secret": secret}, {"token": secret})
