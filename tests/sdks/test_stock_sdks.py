"""Clients that are not ours, unchanged: every event in ledger and profile, and none twice."""

from __future__ import annotations

import functools
import os
import subprocess

import pytest

from tests.sdks.conftest import HERE, Shop, node_command

slowly = functools.partial(pytest.param, marks=pytest.mark.slow)
EVENTS = 100
PEOPLE = 5


def expect_all(engine, ask, prefix, *, calls, people=PEOPLE):
    """`calls` beside EVENTS tracks spread over `people`; the first of them is Ada."""
    assert engine.settle(timeout=60) == {}
    ledger = engine.ledger()
    assert (ledger["received"], ledger["applied"]) == (EVENTS + calls, EVENTS + calls)
    assert (ledger["duplicate"], ledger["failed"], ledger["balance"]) == (0, 0, 0)
    for number in range(people):
        profile = ask.profile(f"user_id:{prefix}-{number}")
        assert profile["counters"]["Seen"] == EVENTS // people
    ada = ask.profile(f"user_id:{prefix}-0")
    assert (ada["traits"]["first_name"], ada["traits"]["plan"]) == ("Ada", "gold")


@pytest.mark.parametrize("gzip", [False, slowly(True)])
def test_segment_analytics_python(gzip, engine, ask):
    from segment.analytics.client import Client

    failures = []
    client = Client(
        ask.write_key,
        host=ask.url,
        gzip=gzip,
        max_retries=1,
        on_error=lambda error, _items: failures.append(error),
    )
    client.identify("python-0", {"first_name": "Ada", "plan": "gold"})
    for number in range(EVENTS):
        client.track(f"python-{number % PEOPLE}", "Seen", {"number": number})
    client.flush()
    client.join()
    assert failures == []
    expect_all(engine, ask, "python", calls=1)


@pytest.mark.parametrize("gzip", [slowly(False), True])
def test_rudder_sdk_python(gzip, engine, ask):
    from rudderstack.analytics.client import Client

    failures = []
    client = Client(
        ask.write_key,
        host=ask.url,
        gzip=gzip,
        max_retries=1,
        on_error=lambda error, _items: failures.append(error),
    )
    client.identify("python-0", {"first_name": "Ada", "plan": "gold"})
    for number in range(EVENTS):
        client.track(f"python-{number % PEOPLE}", "Seen", {"number": number})
    client.flush()
    client.join()
    assert failures == []
    expect_all(engine, ask, "python", calls=1)


@pytest.mark.slow
@pytest.mark.parametrize("script", ["segment_node.cjs", "rudder_node.cjs"])
def test_sdks_for_node(script, modules, engine, ask):
    command = node_command("node", str(HERE / script), ask.url, ask.write_key, str(EVENTS))
    done = subprocess.run(
        command,
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    expect_all(engine, ask, "node", calls=1)


@pytest.mark.slow
def test_analytics_next_in_a_browser(modules, browser, engine, ask, tmp_path):
    page = (HERE / "browser.html").read_text()
    told = {"write_key": ask.write_key, "url": ask.url, "count": str(EVENTS)}
    for name, value in told.items():
        page = page.replace("{{" + name + "}}", value)
    library = modules / "@segment" / "analytics-next" / "dist" / "umd" / "standalone.js"
    files = {
        "/": ("text/html", page.encode()),
        "/standalone.js": ("text/javascript", library.read_bytes()),
    }
    with Shop(files) as shop:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        data = f"--user-data-dir={tmp_path / 'browser'}"
        log = (tmp_path / "browser.log").open("wb")
        running = subprocess.Popen([browser, *options, data, shop.url], stdout=log, stderr=log)
        try:
            assert shop.ended.wait(60), (tmp_path / "browser.log").read_text()[-2000:]
        finally:
            running.terminate()
            running.wait(timeout=20)
            log.close()
    assert shop.said == "/done"
    expect_all(engine, ask, "browser", calls=2, people=1)
