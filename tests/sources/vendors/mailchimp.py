"""A secret in the address; nothing is signed."""

import json
from urllib.parse import urlencode

from tests.sources.signing import Posted, Vendor


def mailchimp(content, secret, _at_ms):
    return Posted(urlencode(json.loads(content)).encode(), query={"secret": secret})


vendor = Vendor(sign=mailchimp)
