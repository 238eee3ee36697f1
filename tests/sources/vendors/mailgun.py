"""A token and the time, inside the JSON; not the body."""

import hashlib
import json

from tests.sources.signing import Posted, Vendor, mac, seconds


def mailgun(content, secret, at_ms):
    payload = json.loads(content)
    token = payload.get("signature", {}).get("token") or hashlib.sha256(content).hexdigest()[:50]
    signed = mac(secret, (seconds(at_ms) + token).encode()).hex()
    payload["signature"] = {"token": token, "timestamp": seconds(at_ms), "signature": signed}
    return Posted(json.dumps(payload).encode())


vendor = Vendor(sign=mailgun)
