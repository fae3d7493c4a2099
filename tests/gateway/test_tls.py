"""The DICOM port with TLS: a certificate stands in for the address, and belongs to one AE title."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from mdtapp.config import DicomTls, UnsafeSettings
from mdtapp.gateway.server import tls_context
from tests.gateway.conftest import Listening, dcmtk, run
from tests.gateway.peer import associate_rq
from tests.imaging import dicom
from tests.server import free_port


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with a certificate signed by itself, as PEM files."""

    certificate: Path
    key: Path
    sha256: str


def make(folder: Path, name: str) -> Identity:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    secret.chmod(0o600)
    return Identity(
        pem, secret, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    )


@dataclass(frozen=True, slots=True)
class Secured:
    """A gateway with a TLS port that knows PACS by its certificate, and a stranger whose authority is trusted."""

    listening: Listening
    port: int
    site: Identity
    pacs: Identity
    other: Identity


@pytest.fixture
def secured(tmp_path: Path, listen: Callable[..., Listening]) -> Secured:
    site, pacs, other = (make(tmp_path, name) for name in ("site", "pacs", "other"))
    clients = tmp_path / "clients.pem"
    clients.write_bytes(pacs.certificate.read_bytes() + other.certificate.read_bytes())
    port = free_port()
    tls = DicomTls(port, site.certificate, site.key, clients, (("PACS", pacs.sha256),))
    return Secured(listen(peers=(("NOBODY", "10.0.0.5"),), tls=tls), port, site, pacs, other)


def echo(secured: Secured, who: Identity, title: str) -> bool:
    show: list[str | Path] = ["+tls", who.key, who.certificate, "+cf", secured.site.certificate]
    done = run(dcmtk("echoscu"), *show, "-aet", title, "-aec", "MDTAPP", "127.0.0.1", str(secured.port))
    return done.returncode == 0


def test_the_certificate_stands_in_for_the_address(secured: Secured) -> None:
    assert echo(secured, secured.pacs, "PACS")
    assert not echo(secured, secured.pacs, "ANOTHER")
    assert not echo(secured, secured.other, "PACS")
    plain = run(dcmtk("echoscu"), "-aet", "PACS", "-aec", "MDTAPP", "127.0.0.1", str(secured.listening.port))
    assert plain.returncode != 0


def test_a_study_comes_over_tls(secured: Secured, tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    for number in range(5):
        content = dicom.encoded(dicom.image(SOPInstanceUID=f"1.2.{number}", PixelData=bytes(300_000)))
        (folder / f"{number}.dcm").write_bytes(content)
    show: list[str | Path] = [
        "+tls",
        secured.pacs.key,
        secured.pacs.certificate,
        "+cf",
        secured.site.certificate,
    ]
    send = [dcmtk("storescu"), *show, "-aet", "PACS", "-aec", "MDTAPP", "+sd"]
    done = run(*send, "127.0.0.1", str(secured.port), folder)
    assert done.returncode == 0, done.stderr
    kept = secured.listening.spool.ready()
    assert sorted(one.name for one in kept) == [f"1.2.{number}.dcm" for number in range(5)]
    assert {one.peer for one in kept} == {"PACS@127.0.0.1"}


@pytest.mark.parametrize("with_tls", [True, False])
def test_whoever_shows_no_certificate_is_not_heard(secured: Secured, with_tls: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    heard = b""
    with contextlib.suppress(OSError), contextlib.ExitStack() as closing:
        speaking = closing.enter_context(socket.create_connection(("127.0.0.1", secured.port), timeout=10))
        if with_tls:
            speaking = closing.enter_context(context.wrap_socket(speaking))
        speaking.sendall(associate_rq(calling="PACS"))
        heard = speaking.recv(1)
    assert heard != b"\x02"
    assert echo(secured, secured.pacs, "PACS")


def test_silent_handshakes_keep_nobody_out(secured: Secured) -> None:
    silent = [socket.create_connection(("127.0.0.1", secured.port), timeout=10) for _ in range(300)]
    try:
        assert echo(secured, secured.pacs, "PACS")
    finally:
        for connection in silent:
            connection.close()


def test_files_that_are_no_certificates_are_named_at_the_start(tmp_path: Path) -> None:
    for name in ("cert", "key", "clients"):
        (tmp_path / name).write_text("not PEM")
    tls = DicomTls(2762, tmp_path / "cert", tmp_path / "key", tmp_path / "clients", (("PACS", "ab" * 32),))
    with pytest.raises(UnsafeSettings, match="MDTAPP_DICOM_TLS"):
        tls_context(tls)
