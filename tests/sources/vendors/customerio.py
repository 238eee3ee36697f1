"""Time and body, in hex, behind the version."""

from tests.sources.signing import Posted, Vendor, mac, seconds


def customerio(content, secret, at_ms):
    text = b"v0:" + seconds(at_ms).encode() + b":" + content
    return Posted(
        content,
        {"X-CIO-Timestamp": seconds(at_ms), "X-CIO-Signature": mac(secret, text).hex()},
    )


vendor = Vendor(sign=customerio, signature="X-CIO-Signature", timestamp="X-CIO-Timestamp")
