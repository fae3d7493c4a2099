"""Settings, read once from `MDTAPP_*` variables; unsafe values are refused with a sentence."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}


class UnsafeSettings(Exception):
    """A setting that would endanger the installation; the message says which and what to write instead."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys made on first start. `session` signs cookies, `identity` seals names and birth dates."""

    session: str
    identity: str


@dataclass(frozen=True, slots=True)
class DicomTls:
    """The DICOM port with TLS and client certificates (PS3.15 B.12): PEM files, and who holds which certificate.

    `peers` pairs an AE title with the SHA-256 of its certificate, in lower-case hexadecimal.
    """

    port: int
    certificate: Path
    key: Path
    clients: Path
    peers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the site decides. Paths are absolute, ports are numbers, the time zone exists."""

    instance: Path
    database_url: str
    base_url: str
    host: str
    port: int
    web_processes: int
    dicom_port: int
    dicom_host: str
    dicom_ae_title: str
    dicom_peers: tuple[tuple[str, str], ...]
    timezone: ZoneInfo
    trusted_proxies: int
    redis_url: str | None
    idle_minutes: int
    hospital_name_en: str
    hospital_name_zh: str
    dicom_tls: DicomTls | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Reads and checks `MDTAPP_*`; UnsafeSettings names the variable that is wrong."""
        env = os.environ if environ is None else environ
        port = _port(env, "MDTAPP_PORT", 8000)
        instance = Path(env.get("MDTAPP_INSTANCE", "instance")).expanduser().absolute()
        settings = cls(
            instance=instance,
            database_url=_database_url(env.get("MDTAPP_DATABASE_URL"), instance),
            base_url=_base_url(env.get("MDTAPP_BASE_URL", f"http://127.0.0.1:{port}")),
            host=env.get("MDTAPP_HOST", "127.0.0.1"),
            port=port,
            web_processes=_whole_number(env, "MDTAPP_WEB_PROCESSES", 1, 1, 32),
            dicom_port=_port(env, "MDTAPP_DICOM_PORT", 11112),
            dicom_host=env.get("MDTAPP_DICOM_HOST", "127.0.0.1"),
            dicom_ae_title=_ae_title(env.get("MDTAPP_DICOM_AE", "MDTAPP")),
            dicom_peers=_peers(env.get("MDTAPP_DICOM_PEERS", "")),
            timezone=_timezone(env.get("MDTAPP_TIMEZONE", "Asia/Shanghai")),
            trusted_proxies=_whole_number(env, "MDTAPP_TRUSTED_PROXIES", 0, 0, 5),
            redis_url=env.get("MDTAPP_REDIS_URL") or None,
            idle_minutes=_whole_number(env, "MDTAPP_IDLE_MINUTES", 30, 5, 480),
            hospital_name_en=env.get("MDTAPP_HOSPITAL_EN", "Qingyuan Cancer Centre (invented)"),
            hospital_name_zh=env.get("MDTAPP_HOSPITAL_ZH", "清源肿瘤中心（虚构）"),
            dicom_tls=_dicom_tls(env),
        )
        if (
            not settings.on_loopback_only
            and settings.dicom_host not in LOOPBACK_HOSTS
            and not settings.dicom_peers
            and settings.dicom_tls is None
        ):
            raise UnsafeSettings(
                "MDTAPP_DICOM_HOST opens the DICOM port to the network but MDTAPP_DICOM_PEERS names no peer. "
                "Write the peers as AETITLE@address, separated by commas, or set MDTAPP_DICOM_TLS_CERT."
            )
        return settings

    @property
    def plain_dicom(self) -> bool:
        """Whether the DICOM port without TLS is opened: on the network only for peers that are named."""
        return self.dicom_host in LOOPBACK_HOSTS or bool(self.dicom_peers)

    @property
    def on_loopback_only(self) -> bool:
        return (urlsplit(self.base_url).hostname or "") in LOOPBACK_HOSTS

    @property
    def host_is_loopback(self) -> bool:
        """Whether the web server listens on this machine only."""
        return self.host in LOOPBACK_HOSTS

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel over https only, except where the site is plain http on this machine."""
        return not (self.base_url.startswith("http://") and self.on_loopback_only)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def prepare_instance(self) -> Secrets:
        """Makes the instance folder and its keys (mode 0600) when missing, and returns the keys."""
        self.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Secrets(
            session=_secret(self.instance / "session.key", lambda: secrets.token_hex(32)),
            identity=_secret(self.instance / "identity.key", lambda: Fernet.generate_key().decode()),
        )


def _secret(path: Path, make: object) -> str:
    if not path.exists():
        assert callable(make)
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(str(make()))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # fails when another process was first: its key stands
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    if path.stat().st_mode & 0o077:
        raise UnsafeSettings(f"{path.name} can be read by others. Run: chmod 600 {path}")
    return path.read_text().strip()


def _whole_number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise UnsafeSettings(f"{name} is {text!r}. Write a whole number from {low} to {high}.")
    return int(text)


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    return _whole_number(env, name, default, 1, 65535)


def _database_url(url: str | None, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'mdtapp.sqlite'}"
    scheme = url.split(":", 1)[0]
    if scheme in {"postgres", "postgresql"}:
        return "postgresql+psycopg:" + url.split(":", 1)[1]
    if scheme in {"postgresql+psycopg", "sqlite"}:
        return url
    raise UnsafeSettings(
        f"MDTAPP_DATABASE_URL starts with {scheme!r}. Write postgresql://user@host/name, or leave it out for SQLite."
    )


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise UnsafeSettings("MDTAPP_BASE_URL must be an address like https://mdt.hospital.example")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise UnsafeSettings(
            "MDTAPP_BASE_URL is plain http on a network name. Patients' records need https: put a TLS proxy in front."
        )
    return url.rstrip("/")


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnsafeSettings(f"MDTAPP_TIMEZONE is {name!r}. Write a name such as Asia/Shanghai.") from error


def _ae_title(title: str) -> str:
    if not title.strip() or len(title) > 16 or not title.isascii() or "\\" in title:
        raise UnsafeSettings("MDTAPP_DICOM_AE must be 1 to 16 ASCII characters without a backslash.")
    return title.strip()


def _peers(text: str) -> tuple[tuple[str, str], ...]:
    peers = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        title, separator, address = entry.partition("@")
        try:
            ipaddress.ip_address(address)
        except ValueError:
            separator = ""
        if not separator or not title:
            raise UnsafeSettings(
                f"MDTAPP_DICOM_PEERS holds {entry!r}. Write AETITLE@address, for example PACS1@10.0.0.5."
            )
        peers.append((title, address))
    return tuple(peers)


_TLS_FILES = {
    "MDTAPP_DICOM_TLS_CERT": "the certificate of this site",
    "MDTAPP_DICOM_TLS_KEY": "its key",
    "MDTAPP_DICOM_TLS_CLIENTS": "the certificates (or their authorities) that peers may show",
}


def _dicom_tls(env: Mapping[str, str]) -> DicomTls | None:
    """All of it or nothing: a TLS port that asks for no certificate would know nobody."""
    given = [name for name in (*_TLS_FILES, "MDTAPP_DICOM_TLS_PEERS") if env.get(name)]
    if not given:
        return None
    for name, meaning in _TLS_FILES.items():
        if not env.get(name) or not Path(env[name]).is_file():
            raise UnsafeSettings(f"{given[0]} is set, so {name} must name a PEM file with {meaning}.")
    key = Path(env["MDTAPP_DICOM_TLS_KEY"]).absolute()
    if key.stat().st_mode & 0o077:
        raise UnsafeSettings(f"MDTAPP_DICOM_TLS_KEY can be read by others. Run: chmod 600 {key}")
    return DicomTls(
        port=_port(env, "MDTAPP_DICOM_TLS_PORT", 2762),
        certificate=Path(env["MDTAPP_DICOM_TLS_CERT"]).absolute(),
        key=key,
        clients=Path(env["MDTAPP_DICOM_TLS_CLIENTS"]).absolute(),
        peers=_tls_peers(env.get("MDTAPP_DICOM_TLS_PEERS", "")),
    )


def _tls_peers(text: str) -> tuple[tuple[str, str], ...]:
    peers = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        title, _, fingerprint = entry.partition("@")
        digest = fingerprint.replace(":", "").lower()
        if not title or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise UnsafeSettings(
                f"MDTAPP_DICOM_TLS_PEERS holds {entry!r}. Write AETITLE@ and the SHA-256 of its certificate: "
                "openssl x509 -noout -fingerprint -sha256 -in FILE"
            )
        peers.append((title, digest))
    if not peers:
        raise UnsafeSettings(
            "MDTAPP_DICOM_TLS_PEERS names nobody, so nobody could use the DICOM port with TLS. "
            "Write AETITLE@ and the SHA-256 of the peer's certificate, separated by commas."
        )
    return tuple(peers)
