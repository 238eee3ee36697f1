"""Method, address, body and time in milliseconds, version 3."""

from tests.sources.signing import URL, Posted, Vendor, b64, mac, milliseconds


def hubspot(content, secret, at_ms):
    text = b"POST" + URL.encode() + content + milliseconds(at_ms).encode()
    return Posted(
        content,
        {
            "X-HubSpot-Request-Timestamp": milliseconds(at_ms),
            "X-HubSpot-Signature-v3": b64(mac(secret, text)),
        },
    )


vendor = Vendor(
    sign=hubspot, signature="X-HubSpot-Signature-v3", timestamp="X-HubSpot-Request-Timestamp"
)
