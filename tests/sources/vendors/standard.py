"""Standard Webhooks: id, time and body."""

from tests.sources.signing import OTHER_WHSEC, WHSEC, Vendor, svix

vendor = Vendor(
    sign=svix("webhook"),
    secret=WHSEC,
    other=OTHER_WHSEC,
    signature="webhook-signature",
    timestamp="webhook-timestamp",
    id="webhook-id",
    prefix="v1,",
)
