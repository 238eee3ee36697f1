"""Time and body, both in one header."""

from tests.sources.signing import Posted, Vendor, mac, seconds


def stripe(content, secret, at_ms):
    signed = mac(secret, seconds(at_ms).encode() + b"." + content).hex()
    return Posted(content, {"Stripe-Signature": f"t={seconds(at_ms)},v1={signed}"})


vendor = Vendor(sign=stripe, signature="Stripe-Signature", prefix="v1=", has_time_in_signature=True)
