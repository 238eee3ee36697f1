"""Basic auth; nothing is signed."""

from tests.sources.signing import Vendor, by_basic

vendor = Vendor(sign=by_basic)
