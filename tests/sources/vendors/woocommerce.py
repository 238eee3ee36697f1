"""The body."""

from tests.sources.signing import Vendor, body_only

vendor = Vendor(sign=body_only("X-WC-Webhook-Signature"), signature="X-WC-Webhook-Signature")
