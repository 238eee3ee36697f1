"""Shopify's and SNS's verifiers for Node beside ours: same input, same verdict.

Their Python ones do not exist or know less (docs/reference/intake-proofs.md lists all of them).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess

import pytest

from tests.sdks.conftest import HERE, node_command
from tests.sources.door import Door
from tests.sources.signing import NOW_MS, Posted, iso
from tests.sources.test_attacks import attempts, small
from tests.sources.vendors import VENDORS
from tests.sources.vendors.ses import CERTIFICATE_URL, certificate, sns_message, sns_signed

SHOP = {
    "X-Shopify-Topic": "orders/paid",
    "X-Shopify-Shop-Domain": "shop.myshopify.com",
    "X-Shopify-API-Version": "2026-07",
    "X-Shopify-Webhook-Id": "w-1",
    "X-Shopify-Event-Id": "e-1",
    "X-Shopify-Triggered-At": iso(NOW_MS),
}
"""Without one of them Shopify's library refuses what it has verified."""


@pytest.fixture
def vendor_says(modules):
    def ask(name: str, posts: list[Posted]) -> list[bool]:
        told = {
            "posts": [
                {"body": base64.b64encode(post.body).decode(), "headers": post.headers}
                for post in posts
            ],
            "secret": VENDORS[name].secret,
            "url": CERTIFICATE_URL,
            "pem": certificate().decode(),
        }
        done = subprocess.run(
            node_command("node", str(HERE / "verify_webhooks.cjs"), name),
            input=json.dumps(told),
            env={**os.environ, "NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return ask


def rightly_signed(name: str) -> list[Posted]:
    sample = small(name)
    if name == "shopify":
        return [Door(name).sign(sample.content, headers={**SHOP, **sample.headers})]
    return [
        sns_signed(sns_message(Message=sample.content.decode(), SignatureVersion=version, **more))
        for version in ("1", "2")
        for more in ({}, {"Subject": "A subject"})
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shopify", "ses"])
def test_what_we_take_the_vendors_verifier_takes(name, vendor_says):
    posts = rightly_signed(name)
    assert all(Door(name).take(posted) for posted in posts)
    assert vendor_says(name, posts) == [True] * len(posts)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shopify", "ses"])
def test_whatever_the_vendors_verifier_refuses_we_refuse(name, vendor_says):
    tried = {
        label: posted.but(headers={**SHOP, **posted.headers} if name == "shopify" else None)
        for label, posted in attempts(name).items()
    }
    verdicts = dict(zip(tried, vendor_says(name, list(tried.values())), strict=True))
    refused = [label for label, verdict in verdicts.items() if not verdict]
    assert len(refused) >= 20
    door = Door(name)
    assert [label for label in refused if door.post(tried[label]).status == 200] == []
