"""How each vendor signs, a file each, from its own documentation; found, not registered."""

import sys

from millrace.registry import discover
from tests.sources.signing import Vendor

VENDORS = discover(sys.modules[__name__], Vendor)
