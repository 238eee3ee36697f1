"""ministack, an emulator of AWS that is not ours, in a virtual environment of its own.

It is started on loopback with a scrubbed environment: it has unauthenticated control endpoints
and runs handlers with the rights and the environment of its own process.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

VERSION = "1.5.33"
BUILD = Path(__file__).resolve().parent.parent / ".build"
START_SECONDS = 30
STOP_SECONDS = 10


def install() -> Path:
    """The emulator's program; installed once."""
    environment = BUILD / f"ministack-{VERSION}"
    program = environment / "bin" / "ministack"
    if not program.exists():
        uv = shutil.which("uv") or "uv"
        python = environment / "bin" / "python"
        subprocess.run([uv, "venv", "-q", "-p", sys.executable, str(environment)], check=True)
        command = [uv, "pip", "install", "-q", "-p", str(python), f"ministack=={VERSION}"]
        subprocess.run(command, check=True)
    return program


@contextlib.contextmanager
def running(log: Path) -> Iterator[str]:
    """The emulator's address while the block runs; its output goes to `log`."""
    program, port, home = install(), _free_port(), BUILD / "deploy-check" / "home"
    scratch = home / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with log.open("wb") as output:
        emulator = subprocess.Popen([program], env=environment, stdout=output, stderr=output)
        try:
            _wait_until_ready(port, emulator)
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(emulator)
            shutil.rmtree(scratch, ignore_errors=True)


def aws_environment(address: str) -> dict[str, str]:
    """The environment in which the CDK CLI and boto3 talk to the emulator and to nothing else."""
    return {
        **os.environ,
        "HOME": str(BUILD / "deploy-check" / "home"),
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(port: int, emulator: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if emulator.poll() is not None:
            sys.exit(f"the emulator ended with status {emulator.returncode}; see its log")
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2)
            return
        time.sleep(0.2)
    sys.exit(f"the emulator was not ready within {START_SECONDS} s; see its log")


def _stop(emulator: subprocess.Popen[bytes]) -> None:
    emulator.terminate()
    try:
        emulator.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        emulator.kill()
        emulator.wait()
