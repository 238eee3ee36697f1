"""The engine as a process: its ready line, its end, and the questions it answers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from local import ROOT

READY = re.compile(r"ready (http://127\.0\.0\.1:\d+) write_key=(\S+) read_key=(\S+)\n")


def serve(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "local.serve", "--port", "0", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(url, method, path, body=None, headers=None):
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request(method, path, body=body and json.dumps(body), headers=headers or {})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_ready_once_takes_events_and_ends_cleanly_within_five_seconds(number, tmp_path):
    process = serve("--state", tmp_path)
    try:
        ready = READY.fullmatch(process.stdout.readline())
        assert ready, process.stderr.read()
        url, write_key, _ = ready.groups()
        event = {"userId": "ada", "event": "Cart Viewed", "messageId": "m-1"}
        assert ask(url, "POST", "/v1/track", event, {"x-write-key": write_key})[0] == 200
        started = time.monotonic()
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert time.monotonic() - started < 5
        assert (process.returncode, output, errors) == (0, "", "")
    finally:
        process.kill()
    # What was accepted is in the lake, though its window of five minutes had not passed.
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "local.sql",
            "select event, count(*) n from events group by 1",
            "--state",
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "event        n\nCart Viewed  1\n"


def test_it_ends_within_five_seconds_with_a_backlog_too(tmp_path):
    process = serve("--state", tmp_path)
    try:
        url, write_key, _ = READY.fullmatch(process.stdout.readline()).groups()
        for start in range(0, 2000, 1000):
            batch = [
                {"type": "track", "userId": f"u{number}", "event": "x"}
                for number in range(start, start + 1000)
            ]
            assert (
                ask(url, "POST", "/v1/batch", {"batch": batch}, {"x-write-key": write_key})[0]
                == 200
            )
        started = time.monotonic()
        process.terminate()
        process.communicate(timeout=10)
        assert time.monotonic() - started < 5
        assert process.returncode == 0
    finally:
        process.kill()


def test_another_config_names_other_sources_and_secrets(tmp_path):
    config = tmp_path / "shop.toml"
    config.write_text(
        'stage = "shop"\n[sources.sendgrid]\nsecret = "sg-secret"\n[destinations.webhook]\n'
        'url = "https://example.com"\n[personalization]\nread_key = "reader"\n'
        'fallback = { first_name = "friend" }\n'
    )
    process = serve("--config", config, "--state", tmp_path / "state")
    try:
        url, write_key, read_key = READY.fullmatch(process.stdout.readline()).groups()
        assert (write_key.startswith("wk_"), read_key) == (True, "reader")
        event = {"userId": "ada", "event": "Cart Viewed"}
        assert ask(url, "POST", "/v1/track", event, {"x-write-key": "sg-secret"})[0] == 401
        assert ask(url, "POST", "/v1/track", event, {"x-write-key": write_key})[0] == 200
        assert ask(url, "GET", "/_local/settled?timeout=20")[0] == 200
        headers = {"authorization": "Bearer reader"}
        _, body = ask(url, "GET", "/v1/profiles/user_id:nobody", headers=headers)
        assert json.loads(body)["traits"] == {"first_name": "friend"}
        assert ask(url, "GET", "/_local/outbox/klaviyo")[0] == 400
        assert len(json.loads(ask(url, "GET", "/_local/outbox/webhook")[1])) == 1
        assert json.loads(ask(url, "GET", "/_local/grants")[1])["refused"] == []
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sources = 3", "sources"),
        ("[sources.web]\n[destinations.nobody]\n", "unknown destination `nobody`"),
        ('[sources.alerts]\nwebhook = "ses"\nqueue = true\n', "no queue for alerts"),
    ],
)
def test_a_config_that_cannot_run_is_said_in_a_sentence(text, sentence, tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text(text)
    process = serve("--config", config, "--state", tmp_path / "state")
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert sentence in errors
    assert "Traceback" not in errors


def test_a_port_in_use_is_said_in_a_sentence(tmp_path):
    process = serve("--state", tmp_path / "one")
    try:
        port = urlsplit(READY.fullmatch(process.stdout.readline())[1]).port
        other = serve("--port", port, "--state", tmp_path / "two")
        _, errors = other.communicate(timeout=30)
        assert other.returncode == 1
        assert "cannot start" in errors
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


def test_a_folder_of_somebody_elses_files_is_not_emptied(tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "thesis.txt").write_text("years of work")
    process = serve("--state", tmp_path)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "holds files that are not a local lake's" in errors
    assert (tmp_path / "lake" / "thesis.txt").exists()


def test_an_empty_lake_is_said_in_a_sentence(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "local.sql", "select 1", "--state", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "holds no events yet" in answer.stderr
