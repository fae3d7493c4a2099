"""Settings: safe by default, unsafe values refused with the name of the variable and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdtapp.config import Settings, UnsafeSettings


def read(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_environment({"MDTAPP_INSTANCE": str(tmp_path / "instance"), **env})


def test_without_any_variable_everything_stays_on_this_machine(tmp_path: Path):
    settings = read(tmp_path)
    assert (settings.host, settings.dicom_host, settings.dicom_port) == ("127.0.0.1", "127.0.0.1", 11112)
    assert settings.dicom_ae_title == "MDTAPP"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.on_loopback_only
    assert settings.host_is_loopback
    assert settings.is_sqlite
    assert not settings.secure_cookies, "plain http on this machine"


def test_cookies_travel_over_https_wherever_others_can_reach_the_site(tmp_path: Path):
    assert read(tmp_path, MDTAPP_BASE_URL="https://mdt.hospital.example/").secure_cookies
    assert read(tmp_path, MDTAPP_BASE_URL="https://mdt.hospital.example/").base_url.endswith(".example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MDTAPP_PORT", "0"),
        ("MDTAPP_PORT", "65536"),
        ("MDTAPP_PORT", "eight"),
        ("MDTAPP_PORT", "-1"),
        ("MDTAPP_DICOM_PORT", ""),
        ("MDTAPP_BASE_URL", "http://mdt.hospital.example"),
        ("MDTAPP_BASE_URL", "mdt.hospital.example"),
        ("MDTAPP_BASE_URL", "ftp://mdt.hospital.example"),
        ("MDTAPP_BASE_URL", "https://mdt.example/?x=1"),
        ("MDTAPP_DATABASE_URL", "mysql://db/mdtapp"),
        ("MDTAPP_TIMEZONE", "Mars/Olympus"),
        ("MDTAPP_TIMEZONE", "../../etc/passwd"),
        ("MDTAPP_DICOM_AE", "A TITLE OF MORE THAN 16"),
        ("MDTAPP_DICOM_AE", "BACK\\SLASH"),
        ("MDTAPP_DICOM_AE", " "),
        ("MDTAPP_DICOM_PEERS", "PACS1"),
        ("MDTAPP_DICOM_PEERS", "PACS1@hospital"),
        ("MDTAPP_DICOM_PEERS", "@10.0.0.5"),
        ("MDTAPP_TRUSTED_PROXIES", "9"),
        ("MDTAPP_IDLE_MINUTES", "1"),
        ("MDTAPP_IDLE_MINUTES", "10000"),
        ("MDTAPP_WEB_PROCESSES", "0"),
    ],
)
def test_an_unsafe_value_is_refused_and_its_variable_named(tmp_path: Path, name: str, value: str):
    with pytest.raises(UnsafeSettings, match=name):
        read(tmp_path, **{name: value})


def test_a_dicom_port_open_to_the_network_needs_named_peers(tmp_path: Path):
    public = {"MDTAPP_BASE_URL": "https://mdt.hospital.example", "MDTAPP_DICOM_HOST": "0.0.0.0"}
    with pytest.raises(UnsafeSettings, match="MDTAPP_DICOM_PEERS"):
        read(tmp_path, **public)
    settings = read(tmp_path, **public, MDTAPP_DICOM_PEERS="PACS1@10.0.0.5, PACS2@fd00::7")
    assert settings.dicom_peers == (("PACS1", "10.0.0.5"), ("PACS2", "fd00::7"))


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """Everything the DICOM port with TLS needs."""
    for name in ("cert", "key", "clients"):
        (tmp_path / f"{name}.pem").write_text(name)
    (tmp_path / "key.pem").chmod(0o600)
    return {
        "MDTAPP_DICOM_TLS_CERT": str(tmp_path / "cert.pem"),
        "MDTAPP_DICOM_TLS_KEY": str(tmp_path / "key.pem"),
        "MDTAPP_DICOM_TLS_CLIENTS": str(tmp_path / "clients.pem"),
        "MDTAPP_DICOM_TLS_PEERS": "PACS@" + ":".join(["AB"] * 32),
    }


def test_the_dicom_port_with_tls(tmp_path: Path, tls: dict[str, str]):
    assert read(tmp_path).dicom_tls is None
    found = read(tmp_path, **tls).dicom_tls
    assert found is not None
    assert (found.port, found.peers) == (2762, (("PACS", "ab" * 32),))
    public = {"MDTAPP_BASE_URL": "https://mdt.hospital.example", "MDTAPP_DICOM_HOST": "0.0.0.0"}
    assert not read(tmp_path, **public, **tls).plain_dicom
    assert read(tmp_path, **public, **tls, MDTAPP_DICOM_PEERS="PACS1@10.0.0.5").plain_dicom
    assert read(tmp_path, **tls).plain_dicom


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MDTAPP_DICOM_TLS_CERT", ""),
        ("MDTAPP_DICOM_TLS_KEY", ""),
        ("MDTAPP_DICOM_TLS_CLIENTS", ""),
        ("MDTAPP_DICOM_TLS_CLIENTS", "/nowhere/clients.pem"),
        ("MDTAPP_DICOM_TLS_PEERS", ""),
        ("MDTAPP_DICOM_TLS_PEERS", "PACS@10.0.0.5"),
        ("MDTAPP_DICOM_TLS_PEERS", "@" + "ab" * 32),
        ("MDTAPP_DICOM_TLS_PORT", "0"),
    ],
)
def test_tls_by_halves_is_refused(tmp_path: Path, tls: dict[str, str], name: str, value: str):
    with pytest.raises(UnsafeSettings, match=name):
        read(tmp_path, **{**tls, name: value})


def test_a_tls_key_that_others_can_read_is_refused(tmp_path: Path, tls: dict[str, str]):
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(UnsafeSettings, match="chmod 600"):
        read(tmp_path, **tls)


def test_a_postgresql_address_is_taken_in_its_usual_spellings(tmp_path: Path):
    for url in ("postgres://u@h/n", "postgresql://u@h/n", "postgresql+psycopg://u@h/n"):
        settings = read(tmp_path, MDTAPP_DATABASE_URL=url)
        assert settings.database_url == "postgresql+psycopg://u@h/n"
        assert not settings.is_sqlite


def test_keys_are_made_once_and_private(tmp_path: Path):
    settings = read(tmp_path)
    first = settings.prepare_instance()
    assert settings.prepare_instance() == first
    assert len(first.session) >= 64
    for name in ("session.key", "identity.key"):
        assert (settings.instance / name).stat().st_mode & 0o077 == 0
    assert settings.instance.stat().st_mode & 0o077 == 0


def test_a_key_that_others_can_read_stops_the_start(tmp_path: Path):
    settings = read(tmp_path)
    settings.prepare_instance()
    (settings.instance / "identity.key").chmod(0o644)
    with pytest.raises(UnsafeSettings, match="chmod 600"):
        settings.prepare_instance()
