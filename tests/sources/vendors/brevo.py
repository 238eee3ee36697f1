"""A token of ours, as a bearer."""

from tests.sources.signing import Vendor, by_bearer

vendor = Vendor(sign=by_bearer)
