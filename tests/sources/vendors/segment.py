"""The body, with SHA-1, in hex."""

from tests.sources.signing import Vendor, body_only

vendor = Vendor(sign=body_only("X-Signature", "sha1", bytes.hex), signature="X-Signature")
