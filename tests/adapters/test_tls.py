"""Over TLS, as AWS always is: the name is checked, the bundle is the one that was chosen."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from millrace.adapters import connections
from millrace.adapters.connections import Connections

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def certificate(folder: Path) -> Path:
    """Key and self-signed certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / "both.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(secret + made.public_bytes(pem))
    return file


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Path]:
    connections._trust.cache_clear()
    yield certificate(tmp_path)
    connections._trust.cache_clear()


@pytest.fixture
def port(bundle: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer_all, args=(listening, context), daemon=True).start()
        yield listening.getsockname()[1]


def answer_all(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                while connection.recv(65_536):
                    connection.sendall(ANSWER)
        except OSError:  # the client did not like the certificate
            plain.close()


def reach(url: str) -> Connections:
    return Connections(url, connect_seconds=10, read_seconds=10, keep=2)


def test_a_kept_connection_serves_several_requests(
    port: int, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    there = reach(f"https://127.0.0.1:{port}/")
    used: set[object] = set()
    for _ in range(3):
        assert there.post({"host": there.host}, b"{}").content == b"{}"
        used.update(connection.getsockname() for connection in there._idle)
    assert len(used) == 1
    there.close()


def test_a_certificate_that_nobody_vouches_for_is_refused(port: int) -> None:
    with pytest.raises(SSLError):
        reach(f"https://127.0.0.1:{port}/").post({}, b"{}")


def test_a_certificate_for_another_name_is_refused(
    port: int, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    with pytest.raises(SSLError):
        reach(f"https://localhost:{port}/").post({}, b"{}")
