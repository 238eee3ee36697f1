"""Svix: Standard Webhooks under their first names."""

from tests.sources.signing import OTHER_WHSEC, WHSEC, Vendor, svix

vendor = Vendor(
    sign=svix("svix"),
    secret=WHSEC,
    other=OTHER_WHSEC,
    signature="svix-signature",
    timestamp="svix-timestamp",
    id="svix-id",
    prefix="v1,",
)
