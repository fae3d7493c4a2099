"""Sending by STOW-RS: what leaves, what each answer means, TLS that is verified, and a peer that breaks off."""

from __future__ import annotations

import io
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mdtapp.dicomweb.stow import boundary_of, parts
from mdtapp.gateway import stow
from mdtapp.gateway.scu import PeerFailed
from mdtapp.gateway.sending import Outgoing
from mdtapp.gateway.stow import StowPlace, basic, bearer, probe, send
from tests.gateway.test_tls import make
from tests.server import free_port

UID = "1.2.3.4"
TAKEN = json.dumps({"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": [UID]}}]}})


def failed(reason: int | None, uid: str = UID) -> str:
    item: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uid]}}
    if reason is not None:
        item["00081197"] = {"vr": "US", "Value": [reason]}
    return json.dumps({"00081198": {"vr": "SQ", "Value": [item]}})


@dataclass
class Peer:
    """An HTTP server that answers as it is told and remembers what it was sent."""

    root: str = ""
    status: int = 200
    body: str = TAKEN
    headers: dict[str, str] = field(default_factory=dict)
    breaks_off: bool = False
    heard: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def place(self) -> StowPlace:
        return StowPlace(self.root)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    peer: Peer

    def do_POST(self) -> None:
        content = b"" if self.peer.breaks_off else self.rfile.read(int(self.headers["Content-Length"]))
        self.peer.heard.append((self.command, self.path, dict(self.headers), content))
        if self.peer.breaks_off:
            self.close_connection = True
            return
        body = self.peer.body.encode()
        self.send_response(self.peer.status)
        for name, value in {"Content-Length": str(len(body)), **self.peer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.headers["Content-Length"] = "0"
        self.do_POST()

    def log_message(self, *_args: Any) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    def handle_error(self, *_args: Any) -> None:
        pass  # a client that does not trust us ends the handshake


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    peer = Peer()
    server = Quiet(("127.0.0.1", 0), type("Telling", (Handler,), {"peer": peer}))
    scheme = "http"
    if context is not None:
        server.socket, scheme = context.wrap_socket(server.socket, server_side=True), "https"
    peer.root = f"{scheme}://127.0.0.1:{server.server_port}/dicom-web"
    thread = threading.Thread(target=lambda: server.serve_forever(0.01))
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with listening() as running:
        yield running


@pytest.fixture(autouse=True)
def _as_new(peer: Peer) -> None:
    root = peer.root
    peer.__init__()  # type: ignore[misc]
    peer.root = root


@pytest.fixture
def file(tmp_path: Path) -> Outgoing:
    path = tmp_path / "one.dcm"
    path.write_bytes(b"\0" * 128 + b"DICM" + bytes(range(256)) * 2000)
    return Outgoing(path, "1.2.840.10008.5.1.4.1.1.88.33", UID, "1.2.840.10008.1.2.1")


def refusal(act: Callable[[], None]) -> str:
    with pytest.raises(PeerFailed) as told:
        act()
    assert told.value.sentence.missing() == []
    return told.value.sentence.en


def test_the_file_leaves_as_it_is(peer: Peer, file: Outgoing, tmp_path: Path) -> None:
    sent: list[Outgoing] = []
    send(StowPlace(peer.root, basic("us", "sä:cret")), [file, file], sent.append)
    assert sent == [file, file]
    (method, path, headers, body), _second = peer.heard
    assert (method, path) == ("POST", "/dicom-web/studies")
    assert headers["Authorization"] == "Basic dXM6c8OkOmNyZXQ="
    line = boundary_of(headers["Content-Type"])
    (part,) = (one.read() for one in parts(io.BytesIO(body), line, tmp_path / "parts", 1 << 30))
    assert part == file.path.read_bytes()
    assert 'type="application/dicom"' in headers["Content-Type"]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, "", "does not accept our name and password"),
        (403, "", "does not let us store"),
        (404, "<html>", "There is no DICOMweb"),
        (302, "", "another address, which is not followed"),
        (413, "", "no file of this size"),
        (503, "", "no room or is too busy"),
        (500, "oops", "HTTP 500"),
        (409, failed(0x0110), "status 0110"),
        (409, failed(0xA700), "no room or is too busy"),
        (409, "no json", "HTTP 409"),
        (202, failed(0xC000), "status C000"),
        (200, failed(0x0122), "status 0122"),  # called a success, and it is none
        (200, failed(None), "status 0110"),
        (202, "[]", "HTTP 202"),
        (202, TAKEN, ""),  # taken with a warning
        (204, "", ""),
    ],
)
def test_what_each_answer_means(peer: Peer, file: Outgoing, status: int, body: str, words: str) -> None:
    peer.status, peer.body, peer.headers = status, body, {"Location": "http://127.0.0.1:9/"}
    sent: list[Outgoing] = []
    if words:
        assert words in refusal(lambda: send(peer.place, [file], sent.append))
    else:
        send(peer.place, [file], sent.append)
    assert len(sent) == (not words)
    assert len(peer.heard) == 1


@pytest.mark.parametrize("body", ["", "[]", "[1]", '{"00081198": 1}', "<xml/>", failed(0xC000, "9.9"), TAKEN])
def test_a_success_without_our_instance_among_the_failed_is_one(
    peer: Peer, file: Outgoing, body: str
) -> None:
    peer.body = body
    send(peer.place, [file], lambda _file: None)


def test_a_peer_that_breaks_off_or_is_not_there(peer: Peer, file: Outgoing) -> None:
    peer.breaks_off = True
    assert "broke off" in refusal(lambda: send(peer.place, [file], lambda _file: None))
    nobody = StowPlace(f"http://127.0.0.1:{free_port()}")
    assert "takes no connection" in refusal(lambda: send(nobody, [file], lambda _file: None))
    unknown = StowPlace("https://no-such-host.invalid")
    assert "is not known" in refusal(lambda: probe(unknown))
    encrypted = StowPlace(peer.root.replace("http:", "https:"))
    assert "does not speak TLS" in refusal(lambda: probe(encrypted))


def test_the_connection_test_asks_for_a_study_nobody_has(peer: Peer) -> None:
    peer.body = "[]"
    probe(StowPlace(peer.root, bearer("t0ken")))
    (asked,) = peer.heard
    assert asked[:2] == ("GET", f"/dicom-web/studies?StudyInstanceUID={stow.NOWHERE}&limit=1")
    assert asked[2]["Authorization"] == "Bearer t0ken"
    peer.status = 405  # takes what is sent, and lets nobody search
    probe(peer.place)
    peer.status = 401
    assert "does not accept" in refusal(lambda: probe(peer.place))


def test_a_certificate_is_checked(tmp_path: Path, file: Outgoing, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = make(tmp_path, "pacs")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(theirs.certificate, theirs.key)
    with listening(context) as secured:
        sent: list[Outgoing] = []
        assert "cannot be trusted" in refusal(lambda: send(secured.place, [file], sent.append))
        assert secured.heard == []
        monkeypatch.setenv("SSL_CERT_FILE", str(theirs.certificate))
        send(secured.place, [file], sent.append)
        assert sent == [file]
        elsewhere = StowPlace(secured.root.replace("127.0.0.1", "localhost"))
        assert "cannot be trusted" in refusal(lambda: send(elsewhere, [file], sent.append))


def test_it_ends_when_the_transfer_is_lost(peer: Peer, file: Outgoing) -> None:
    """Whoever cancels does not wait for the time-out."""
    ends: list[Callable[[], None]] = []

    def lost(_file: Outgoing) -> None:
        ends[0]()

    assert "broke off" in refusal(lambda: send(peer.place, [file, file], lost, opened=ends.append))
    assert len(peer.heard) == 1


def test_what_makes_us_known_is_not_shown() -> None:
    assert "c2VjcmV0" not in repr(StowPlace("https://pacs/d", "Basic c2VjcmV0"))
