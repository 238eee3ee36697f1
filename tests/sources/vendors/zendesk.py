"""The time as ISO 8601, then the body."""

from tests.sources.signing import Posted, Vendor, b64, iso, mac


def zendesk(content, secret, at_ms):
    moment = iso(at_ms)
    return Posted(
        content,
        {
            "X-Zendesk-Webhook-Signature": b64(mac(secret, moment.encode() + content)),
            "X-Zendesk-Webhook-Signature-Timestamp": moment,
        },
    )


vendor = Vendor(
    sign=zendesk,
    signature="X-Zendesk-Webhook-Signature",
    timestamp="X-Zendesk-Webhook-Signature-Timestamp",
)
