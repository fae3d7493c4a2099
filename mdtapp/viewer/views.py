"""The viewer's page and files. What it shows comes from `/dicomweb/`, which knows whose cases are whose."""

from __future__ import annotations

import mimetypes

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from mdtapp.clinical.bitext import Bitext
from mdtapp.dicomweb.queries import Scope, find_case, get_instance
from mdtapp.errors import NotFound
from mdtapp.imaging.queries import NO_SUCH_STUDY
from mdtapp.people.access import may
from mdtapp.people.roles import Permission
from mdtapp.viewer.files import ViewerFiles, viewer_files
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in

viewer = Blueprint("viewer", __name__)

NOT_INSTALLED = Bitext(
    "The viewer's files are not installed. Ask the administrator to run the set-up again.",
    "阅片器文件未安装，请联系管理员重新运行安装程序。",
)
# OHIF makes style elements while it runs, and workers and pictures of its own out of memory (blob:).
# Its decoders are WebAssembly. Nothing is loaded from, or sent to, another site.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'self' blob:",
        "frame-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self' data: blob:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    ]
)
# The decoders' glue makes functions out of text (Emscripten's embind). A worker has the policy its own
# script came with: only there, without a page and without the person's session in reach of a script element.
DECODER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'; connect-src 'self'"
DECODERS = ("1927.bundle.", "polySeg.bundle.", "dicom-microscopy-viewer/dataLoader.worker.")
FOR_A_YEAR = "private, max-age=31536000, immutable"  # the address changes with the content


@viewer.get("/viewer/", defaults={"place": ""})
@viewer.get("/viewer/<path:place>")
@requires(Permission.MATERIAL_READ)
def page(place: str) -> ResponseReturnValue:
    """The one page of the viewer, whatever its own router makes of `place`."""
    may_choose = may(signed_in(), Permission.INPUT_WRITE)
    answer = make_response(
        render_template("viewer/page.html", place=place, files=_files(), may_choose=may_choose)
    )
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@viewer.get("/viewer/key-image")
@requires(Permission.INPUT_WRITE)
def key_image() -> ResponseReturnValue:
    """Leads from the image the viewer shows to the form that makes it a key image of the case it is served under.

    `study`, `series` and `instance` are UIDs, `frame` counts from 1. NotFound for an unknown and a foreign image alike.
    """
    named = request.args
    scope = Scope(signed_in())
    instance = get_instance(scope, named.get("study", ""), named.get("series", ""), named.get("instance", ""))
    case = find_case(scope, named.get("study", ""))
    if case is None:
        raise NotFound(NO_SUCH_STUDY)
    return redirect(
        url_for(
            "key_images.new",
            case_no=case.case_no,
            instance=instance.id,
            frame=named.get("frame", "1"),
            bare=1,
        )
    )


@viewer.get("/viewer/files/<release>/<path:name>")
@requires(Permission.MATERIAL_READ)
def file(release: str, name: str) -> ResponseReturnValue:
    """A file of this release, compressed where there is a copy; another release's files are gone."""
    files = _files()
    path = files.path(name) if release == files.release else None
    if path is None:
        abort(404)
    pressed = files.pressed(name) if request.accept_encodings["gzip"] else None
    sent = name if pressed is None else f"{name}.gz"
    answer = send_file(pressed or path, mimetype=_media_type(name), etag=files.hashes[sent], max_age=None)
    return _marked(answer, name, compressed=pressed is not None)


def _marked(answer: Response, name: str, *, compressed: bool) -> Response:
    answer.headers["Cache-Control"] = FOR_A_YEAR
    answer.vary.add("Accept-Encoding")
    if compressed:
        answer.headers["Content-Encoding"] = "gzip"
    if name.startswith(DECODERS):
        answer.headers["Content-Security-Policy"] = DECODER_POLICY
    return answer


def _media_type(name: str) -> str:
    known = {".js": "text/javascript", ".wasm": "application/wasm", ".woff2": "font/woff2"}
    return (
        known.get("." + name.rsplit(".", 1)[-1])
        or mimetypes.guess_type(name)[0]
        or "application/octet-stream"
    )


def _files() -> ViewerFiles:
    files: ViewerFiles | None = current_app.config.get("MDTAPP_VIEWER_FILES") or viewer_files()
    if files is None:
        raise NotFound(NOT_INSTALLED)
    return files
