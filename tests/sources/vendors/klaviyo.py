"""The body, then the time, in hex."""

from tests.sources.signing import Posted, Vendor, mac, seconds


def klaviyo(content, secret, at_ms):
    return Posted(
        content,
        {
            "Klaviyo-Signature": mac(secret, content + seconds(at_ms).encode()).hex(),
            "Klaviyo-Timestamp": seconds(at_ms),
            "Klaviyo-Webhook-Id": "01HWEBHOOK",
        },
    )


vendor = Vendor(sign=klaviyo, signature="Klaviyo-Signature", timestamp="Klaviyo-Timestamp")
