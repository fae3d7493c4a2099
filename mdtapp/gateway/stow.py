"""STOW-RS as a sender (PS3.18 10.5): stored files to a DICOMweb address, as they are, one request each."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import secrets
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mdtapp.clinical.bitext import Bitext
from mdtapp.gateway.scu import PeerFailed, Step, not_known
from mdtapp.gateway.sending import OUT_OF_RESOURCES, Outgoing

CONNECT_SECONDS: Final = 8
ANSWER_SECONDS: Final = 120
CHUNK: Final = 1 << 18
MOST_ANSWER: Final = 1 << 20
NOWHERE: Final = "2.25.1"  # a study nobody has
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PROCESSING_FAILURE: Final = 0x0110
NOT_SEARCHED: Final = frozenset({405, 501})
_STORED, _FAILED, _REASON, _INSTANCE = "00081199", "00081198", "00081197", "00081155"

Close = Callable[[], None]


@dataclass(frozen=True, slots=True)
class StowPlace:
    """Where to send: the root of a DICOMweb, and the Authorization header, empty for none."""

    root: str
    authorization: str = ""

    def __repr__(self) -> str:
        return f"StowPlace({self.root!r})"  # what makes us known stays out of logs and traces


def basic(user: str, secret: str) -> str:
    """The Authorization header of a name and a password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def bearer(token: str) -> str:
    """The Authorization header of a token (RFC 6750)."""
    return f"Bearer {token}"


def send(
    place: StowPlace,
    files: Sequence[Outgoing],
    sent: Callable[[Outgoing], None],
    *,
    opened: Callable[[Close], None] = lambda _close: None,
) -> None:
    """Sends each file; `sent` is told those that were taken. PeerFailed with the sentence otherwise.

    `opened` is told how another thread ends the connection.
    """
    with _connected(place, ANSWER_SECONDS) as connection:
        opened(lambda: _end(connection))
        for file in files:
            _send_one(connection, place, file)
            sent(file)


def probe(place: StowPlace) -> None:
    """Whether the address answers us as a DICOMweb does; PeerFailed when it does not. Nothing is sent."""
    with _connected(place, CONNECT_SECONDS) as connection:
        path = f"{_path(place)}/studies?StudyInstanceUID={NOWHERE}&limit=1"
        status, _ = _ask(connection, "GET", path, _headers(place))
    if status in NOT_SEARCHED:
        return  # it takes what is sent and lets nobody search
    _check_status(place, status)


@contextlib.contextmanager
def _connected(place: StowPlace, seconds: float) -> Iterator[http.client.HTTPConnection]:
    """One connection, encrypted and verified where the address says https; no proxy, no redirect is followed."""
    parts = urlsplit(place.root)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, port, timeout=CONNECT_SECONDS, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    try:
        _open(connection, host)
        assert connection.sock is not None
        connection.sock.settimeout(seconds)
        connection.timeout = seconds  # for when the peer wants a new connection for each request
        yield connection
    finally:
        connection.close()


def _open(connection: http.client.HTTPConnection, host: str) -> None:
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as error:
        raise PeerFailed(Step.STOW, _not_trusted(host, error.verify_message)) from None
    except ssl.SSLError:
        raise PeerFailed(Step.STOW, _no_tls(host)) from None
    except socket.gaierror:
        raise PeerFailed(Step.STOW, not_known(host)) from None
    except OSError:
        raise PeerFailed(Step.STOW, _not_reached(host, connection.port)) from None


def _send_one(connection: http.client.HTTPConnection, place: StowPlace, file: Outgoing) -> None:
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    headers = {
        **_headers(place),
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
        "Content-Length": str(len(head) + file.path.stat().st_size + len(tail)),
    }
    status, answer = _ask(connection, "POST", f"{_path(place)}/studies", headers, _body(file, head, tail))
    if status in (200, 202, 409):
        _check_taken(file, status, answer)
    else:
        _check_status(place, status)


def _body(file: Outgoing, head: bytes, tail: bytes) -> Iterator[bytes]:
    yield head
    with file.path.open("rb") as content:
        while chunk := content.read(CHUNK):
            yield chunk
    yield tail


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    body: Iterator[bytes] | None = None,
) -> tuple[int, bytes]:
    """Status and body of the answer. A refusal that comes before the body was read whole is an answer too."""
    broken: OSError | None = None
    try:
        connection.request(method, path, body, headers)
    except (BrokenPipeError, ConnectionResetError) as error:
        broken = error
    except OSError:
        raise PeerFailed(Step.STOW, BROKE_OFF) from None
    try:
        answer = connection.getresponse()
        content = answer.read(MOST_ANSWER + 1)
    except (OSError, http.client.HTTPException):
        raise PeerFailed(Step.STOW, BROKE_OFF) from broken
    if len(content) > MOST_ANSWER:
        connection.close()  # what is left unread would be taken for the next answer
    if broken is not None and answer.status < 300:
        raise PeerFailed(Step.STOW, BROKE_OFF)
    return answer.status, content


def _check_taken(file: Outgoing, status: int, content: bytes) -> None:
    """Reads the Store Instances Response (PS3.18 10.5.3); a success that names our instance as failed is none."""
    answer = _payload(content)
    failed = _named(answer, _FAILED, file.sop_instance_uid)
    if failed is not None:
        reason = _reason(failed)
        raise PeerFailed(Step.STOW, FULL if reason in OUT_OF_RESOURCES else _not_taken(f"{reason:04X}"))
    with_warning = status == 202 and _named(answer, _STORED, file.sop_instance_uid) is not None
    if status != 200 and not with_warning:
        raise PeerFailed(Step.STOW, _not_taken(f"HTTP {status}"))


def _payload(content: bytes) -> dict[str, Any]:
    """The answer as DICOM JSON; empty when it is something else."""
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, dict) else {}


def _named(answer: dict[str, Any], sequence: str, sop_instance_uid: str) -> dict[str, Any] | None:
    """The item of a sequence that is about our instance, or that names none."""
    for item in _values(answer, sequence):
        if isinstance(item, dict) and _values(item, _INSTANCE)[:1] in ([sop_instance_uid], []):
            return item
    return None


def _reason(item: dict[str, Any]) -> int:
    reason = next(iter(_values(item, _REASON)), None)
    return reason if isinstance(reason, int) else PROCESSING_FAILURE


def _values(answer: dict[str, Any], tag: str) -> list[Any]:
    element = answer.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def _headers(place: StowPlace) -> dict[str, str]:
    headers = {"Accept": "application/dicom+json", "User-Agent": "mdtapp"}
    return {**headers, "Authorization": place.authorization} if place.authorization else headers


def _path(place: StowPlace) -> str:
    return quote(urlsplit(place.root).path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")


def _end(connection: http.client.HTTPConnection) -> None:
    """From another thread: whoever waits for the answer is woken."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _check_status(place: StowPlace, status: int) -> None:
    if 200 <= status < 300:
        return
    host = urlsplit(place.root).hostname or ""
    if status == 401:
        raise PeerFailed(Step.STOW, NOT_KNOWN_TO_IT)
    if status == 403:
        raise PeerFailed(Step.STOW, NOT_ALLOWED)
    if status in (404, 405, 501):
        raise PeerFailed(Step.STOW, _nothing_there(place.root))
    if 300 <= status < 400:
        raise PeerFailed(Step.STOW, _elsewhere(host))
    if status == 413:
        raise PeerFailed(Step.STOW, TOO_LARGE)
    if status in (429, 503, 507):
        raise PeerFailed(Step.STOW, FULL)
    raise PeerFailed(Step.STOW, _not_taken(f"HTTP {status}"))


BROKE_OFF = Bitext(
    "The connection to the PACS broke off, or it did not answer in time. What it has taken is not sent again; it is tried again by itself.",
    "与 PACS 的连接中断或超时。已接收的内容不再重发，系统将自动重试。",
)
NOT_KNOWN_TO_IT = Bitext(
    "The DICOMweb address does not accept our name and password, or our token (401). Ask its administrator for new ones and enter them under PACS.",
    "DICOMweb 地址不接受我方的用户名和密码或令牌（401）。请向其管理员索取新的凭据，并在“PACS”中填写。",
)
NOT_ALLOWED = Bitext(
    "The DICOMweb address knows us and does not let us store (403). Ask its administrator for the right to store.",
    "DICOMweb 地址认识我方，但不允许存储（403）。请联系其管理员授予存储权限。",
)
TOO_LARGE = Bitext(
    "The DICOMweb address takes no file of this size (413). Ask its administrator to raise the limit, or send by C-STORE.",
    "DICOMweb 地址不接收此大小的文件（413）。请联系其管理员提高上限，或改用 C-STORE 发送。",
)
FULL = Bitext(
    "The PACS has no room or is too busy. It is tried again by itself; if it stays so, tell the administrator of the PACS.",
    "PACS 空间不足或过于繁忙。系统将自动重试；如仍失败，请告知 PACS 管理员。",
)


def _not_taken(status: str) -> Bitext:
    return Bitext(
        f"The PACS did not take the file (status {status}). Tell the administrator of the PACS this number.",
        f"PACS 未接收该文件（状态 {status}）。请将该状态码告知 PACS 管理员。",
    )


def _nothing_there(root: str) -> Bitext:
    return Bitext(
        f"There is no DICOMweb at {root}. Ask the administrator of the PACS for the address that ends before /studies.",
        f"{root} 处没有 DICOMweb 服务。请向 PACS 管理员索取 /studies 之前的地址。",
    )


def _elsewhere(host: str) -> Bitext:
    return Bitext(
        f"{host} sends us to another address, which is not followed. Enter the address it means under PACS.",
        f"{host} 要求转向其他地址，系统不予跟随。请在“PACS”中填写其最终地址。",
    )


def _not_trusted(host: str, why: str) -> Bitext:
    return Bitext(
        f"The certificate of {host} cannot be trusted ({why}). Ask its administrator; a certificate of the hospital's own authority has to be made known to this server (SSL_CERT_FILE).",
        f"{host} 的证书不可信（{why}）。请联系其管理员；院内自建机构的证书须先在本服务器登记（SSL_CERT_FILE）。",
    )


def _no_tls(host: str) -> Bitext:
    return Bitext(
        f"{host} does not speak TLS on this port. Check address and port.",
        f"{host} 在该端口不支持 TLS。请检查地址和端口。",
    )


def _not_reached(host: str, port: int | None) -> Bitext:
    return Bitext(
        f"{host} takes no connection on port {port}. Check the address, and whether the DICOMweb of the PACS is running.",
        f"{host} 的端口 {port} 拒绝连接。请检查地址，并确认 PACS 的 DICOMweb 正在运行。",
    )
