"""Pages that hold every component in every state, served by the real application to a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    FileField,
    Form,
    FormField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired

from mdtapp.clinical.bitext import Bitext
from mdtapp.web.clock import now, today
from mdtapp.web.guards import public
from mdtapp.web.states import LOOKS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def choices(**labels: str) -> list[SelectChoice]:
    return [SelectChoice(code, label) for code, label in labels.items()]


AGREEMENT = choices(agree="agree", minor="minor", major="major", not_assessable="not_assessable")
IMPACT = choices(none="No", treatment_possible="Possibly", treatment_definite="Definitely")
SITES = [SelectChoice("", ""), *choices(lung="Lung", liver="Liver")]
WORDS = {
    "title": Bitext("Component gallery", "组件一览"),
    "states": Bitext("States", "状态"),
    "buttons": Bitext("Buttons", "按钮"),
    "fields": Bitext("Fields", "字段"),
    "theirs": Bitext("Against their record", "与外院对照"),
    "table": Bitext("Is the record complete?", "资料完整性"),
    "item": Bitext("Item", "项目"),
    "imaging": Bitext("Imaging", "影像"),
    "radiology": Bitext("Radiology", "影像科"),
    "sure": Bitext("How sure are you?", "把握程度"),
    "seen": Bitext("Materials I have seen", "本人已审阅的资料"),
    "why": Bitext("Why", "理由"),
    "summary": Bitext("Summary", "小结"),
    "lesions": Bitext("Lesions", "病灶"),
    "sign": Bitext("Sign", "签署"),
    "m": Bitext("M category", "M 分期"),
    "opened": Bitext("Patient opened the opinion", "患者已打开意见书"),
    "materials": Bitext("Materials", "资料"),
    "question": Bitext("Can it be removed?", "能否切除？"),
}
CONFLICT = {
    "rule": "X09",
    "severity": "critical",
    "state": "open",
    "title": Bitext("Radiology calls M1b; surgery calls M0.", "影像判为M1b；外科判为M0。"),
    "disciplines": [
        {"code": "RA", "name": WORDS["radiology"], "state": "signed"},
        {"code": "SO", "name": Bitext("Surgery", "外科"), "state": "amended"},
    ],
    "sides": [{"code": "RA", "quote": Bitext("Left adrenal nodule.", "左肾上腺结节。")}],
    "side_by_side": "#both",
    "resolutions": [
        {"code": "choose_input", "label": Bitext("Use M1b", "采用M1b")},
        {"code": "record_dissent", "label": Bitext("Record dissent", "记录异议")},
    ],
}


class LesionForm(Form):
    site = SelectField("Site", choices=SITES)
    size = DecimalField("Size")


class GalleryForm(FlaskForm):
    """One field of every kind; some carry answers, some refusals."""

    size = DecimalField("Size", [DataRequired("Enter the size in millimetres")])
    site = SelectField("Site", [DataRequired("Choose the site")], choices=SITES)
    sure = RadioField("How sure", choices=choices(high="High", moderate="Moderate", low="Low"))
    intent = RadioField("Intent", choices=choices(cure="Cure", control="Control"))
    seen = SelectMultipleField("Seen", choices=choices(M1="M1 · report", M2="M2 · slides"))
    why = TextAreaField("Why", [DataRequired("Write at least one sentence")])
    attest = BooleanField("I have looked at this material myself", [DataRequired("Tick this before signing")])
    on = DateField("Date of the study")
    scan = FileField("Scan")
    en = TextAreaField("English")
    zh = TextAreaField("Chinese")
    lesions = FieldList(FormField(LesionForm), min_entries=2)
    note = StringField("Note")
    detail = StringField("Detail")
    password = PasswordField("Password")
    coi = BooleanField("I have no conflict of interest")
    t_verdict = RadioField("T", choices=AGREEMENT)
    t_ours = StringField("Ours")
    t_impact = RadioField("Impact", choices=IMPACT)
    t_why = StringField("Why")
    m_verdict = RadioField("M", choices=AGREEMENT)
    m_ours = StringField("Ours")
    m_impact = RadioField("Impact", choices=IMPACT)
    m_why = TextAreaField("Why")
    s_verdict = RadioField("Stage", choices=AGREEMENT)


gallery = Blueprint("gallery", __name__, template_folder=str(Path(__file__).parent))


def context() -> dict[str, Any]:
    form = GalleryForm(
        formdata=None,
        data={
            "sure": "moderate",
            "seen": ["M1"],
            "t_verdict": "agree",
            "m_verdict": "major",
            "m_impact": "treatment_definite",
            "m_ours": "cM1b",
            "m_why": "Left adrenal nodule, probable metastasis. Not in either letter.",
            "zh": "左肾上腺结节。",
        },
    )
    blank = FormField(LesionForm).bind(form, "lesions-__row__")
    blank.process(None)
    return {
        "form": form,
        "blank": blank,
        "words": WORDS,
        "looks": LOOKS,
        "conflict": CONFLICT,
        "settled": CONFLICT
        | {
            "rule": "X47",
            "state": "resolved",
            "settled": {
                "how": "recorded as dissent",
                "who": "Dr Zhou",
                "at": now(),
                "why": "Both are printed.",
            },
        },
        "today": today(),
        "late": today() - timedelta(days=2),
        "nav_counts": {"inputs": 4},
        "banner": banner(),
    }


def banner() -> dict[str, Any]:
    return {
        "case_no": "SO-2026-0421",
        "pseudonym": "CEDAR-208",
        "url": "#case",
        "age": 63,
        "sex": "male",
        "country": "KZ",
        "tumour": Bitext("Lung, right upper lobe", "肺腺癌"),
        "stage_theirs": "IIIA",
        "stage_ours": "IVA",
        "stage_ours_state": "",
        "ecog": None,
        "questions": 2,
        "completeness": 88,
        "newest_imaging": {"date": today() - timedelta(days=50), "days": 50, "old": True},
        "state": "in_review",
        "due_on": today(),
        "alerts": [Bitext("Allergy to iodine contrast", "碘对比剂过敏")],
        "tabs": [
            ("overview", "Overview", "#overview", True),
            ("materials", "Materials", "#materials", False),
        ],
    }


@gallery.get("/gallery")
@public
def components() -> ResponseReturnValue:
    values = context()
    if request.args.get("refused"):
        values["form"] = GalleryForm(formdata=None, meta={"csrf": False})
        values["form"].validate()
    return render_template("gallery.html", **values)


@gallery.get("/gallery/workbench")
@public
def workbench() -> ResponseReturnValue:
    return render_template("gallery_workbench.html", **context())


@gallery.get("/gallery/recipient")
@public
def recipient() -> ResponseReturnValue:
    return render_template("gallery_recipient.html", **context())


@gallery.post("/gallery/save")
@public
def save() -> ResponseReturnValue:
    """Answers as the test asked for: (status, JSON) pairs, taken in order."""
    SAVED.append(request.form.to_dict())
    status, body = ANSWERS.pop(0)
    return jsonify(body), status


ANSWERS: list[tuple[int, dict[str, Any]]] = []
SAVED: list[dict[str, str]] = []


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application with the gallery on a port of its own; yields its address."""
    app.register_blueprint(gallery)
    server = make_server("127.0.0.1", 0, _closed_at_once(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def _closed_at_once(app: Flask) -> WSGIApplication:
    """Answers whole: this server forgets to close a file when the browser leaves in the middle of it."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, headers.to_wsgi_list())
        return body

    return answer
