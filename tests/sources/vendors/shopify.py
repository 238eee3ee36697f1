"""The body."""

from tests.sources.signing import Vendor, body_only

vendor = Vendor(sign=body_only("X-Shopify-Hmac-Sha256"), signature="X-Shopify-Hmac-Sha256")
