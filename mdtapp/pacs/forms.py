"""Forms: a PACS as the administrator enters it, the coordinator's search, fetch and sending."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.models import OpinionVersion
from mdtapp.pacs.document import document_title
from mdtapp.pacs.models import PacsNode
from mdtapp.pacs.operations import NodeFacts
from mdtapp.pacs.queries import LinkedStudy, MadeSeries
from mdtapp.pacs.status import Retrieve, SendBy, StowAuth
from mdtapp.store.numbers import whole_number
from mdtapp.web.forms import PageForm
from mdtapp.web.language import sentence

RETRIEVE_WORDS = {
    Retrieve.GET: Bitext("C-GET: over our own connection", "C-GET：通过我方连接取回"),
    Retrieve.MOVE: Bitext("C-MOVE: the PACS sends to our listener", "C-MOVE：由 PACS 发送到我方接收端"),
}
SEND_BY_WORDS = {
    SendBy.STORE: Bitext("C-STORE: over DICOM", "C-STORE：通过 DICOM"),
    SendBy.STOW: Bitext("STOW-RS: over the web", "STOW-RS：通过网络"),
}
STOW_AUTH_WORDS = {
    StowAuth.NONE: Bitext("nothing", "无"),
    StowAuth.BASIC: Bitext("name and password", "用户名和密码"),
    StowAuth.BEARER: Bitext("a token", "令牌"),
}
MADE_KINDS = {
    "KO": Bitext("Key images", "关键图像"),
    "SR": Bitext("Measurements", "测量"),
    "SEG": Bitext("Segmentation", "分割"),
    "RTSTRUCT": Bitext("Outlines", "轮廓"),
    "PR": Bitext("Presentation", "显示状态"),
}
MODALITIES = {
    "CT": Bitext("CT", "CT"),
    "MR": Bitext("MR", "磁共振"),
    "PT": Bitext("PET", "PET"),
    "NM": Bitext("Nuclear medicine", "核医学"),
    "US": Bitext("Ultrasound", "超声"),
    "MG": Bitext("Mammography", "乳腺X线"),
    "CR": Bitext("X-ray (CR)", "X线（CR）"),
    "DX": Bitext("X-ray (DX)", "X线（DX）"),
    "XA": Bitext("Angiography", "血管造影"),
    "SM": Bitext("Slides", "病理切片"),
    "ES": Bitext("Endoscopy", "内镜"),
}


class NodeForm(PageForm):
    """How a PACS is called and reached."""

    name = StringField(_l("Name"), [DataRequired(_l("Give the PACS a name")), Length(max=80)])
    ae_title = StringField(
        _l("AE title of the PACS"), [DataRequired(_l("Enter the AE title of the PACS")), Length(max=16)]
    )
    host = StringField(
        _l("Host name or address"), [DataRequired(_l("Enter the host name or address")), Length(max=253)]
    )
    port = IntegerField(
        _l("Port"),
        [
            InputRequired(_l("Enter the port, often 104 or 11112")),
            NumberRange(1, 65535, _l("Enter a port from 1 to 65535")),
        ],
    )
    calling_ae = StringField(_l("Our AE title there"), [Optional(), Length(max=16)])
    retrieve = RadioField(_l("How images come"), [InputRequired(_l("Choose how images come"))], default="get")
    send_by = RadioField(
        _l("How it is sent to"), [InputRequired(_l("Choose how it is sent to"))], default="store"
    )
    stow_url = StringField(_l("DICOMweb address"), [Optional(), Length(max=300)])
    stow_auth = RadioField(
        _l("What makes us known there"),
        [InputRequired(_l("Choose what makes us known there"))],
        default="none",
    )
    stow_user = StringField(_l("User name"), [Optional(), Length(max=200)])
    stow_secret = PasswordField(_l("Password or token"), [Optional(), Length(max=4000)])
    stow_plain = BooleanField(_l("Allow http, which is not encrypted, for this address"))
    active = BooleanField(_l("Offered to coordinators"), default=True)
    row_version = HiddenField()

    def fill_choices(self) -> NodeForm:
        self.retrieve.choices = [SelectChoice(str(way), words) for way, words in RETRIEVE_WORDS.items()]
        self.send_by.choices = [SelectChoice(str(way), words) for way, words in SEND_BY_WORDS.items()]
        self.stow_auth.choices = [SelectChoice(str(way), words) for way, words in STOW_AUTH_WORDS.items()]
        return self

    def fill_from(self, node: PacsNode) -> NodeForm:
        """What is kept, without what is sealed."""
        for name in ("name", "ae_title", "host", "port", "calling_ae", "active", "stow_url", "stow_plain"):
            self._fields[name].data = getattr(node, name)
        self.retrieve.data, self.row_version.data = str(node.retrieve), str(node.row_version)
        self.send_by.data, self.stow_auth.data = str(node.send_by), str(node.stow_auth)
        return self

    @property
    def version(self) -> int:
        """-1, which is always stale, when it was tampered with."""
        return whole_number(self.row_version.data) or -1

    def to_facts(self) -> NodeFacts:
        return NodeFacts(
            name=self.name.data or "",
            ae_title=self.ae_title.data or "",
            host=self.host.data or "",
            port=self.port.data or 0,
            calling_ae=self.calling_ae.data or "",
            retrieve=Retrieve(self.retrieve.data),
            active=bool(self.active.data),
            send_by=SendBy(self.send_by.data),
            stow_url=self.stow_url.data or "",
            stow_auth=StowAuth(self.stow_auth.data),
            stow_user=self.stow_user.data or "",
            stow_secret=self.stow_secret.data or "",
            stow_plain=bool(self.stow_plain.data),
        )


class SearchForm(PageForm):
    """What is searched; who is searched stands in the sealed identity."""

    node_id = SelectField(_l("PACS"), [DataRequired(_l("Choose the PACS"))])
    modality = SelectField(_l("Kind of examination"), [Optional()])
    first = DateField(_l("Day, or from"), [Optional()])
    last = DateField(_l("To"), [Optional()])

    def fill_choices(self, nodes: Sequence[PacsNode]) -> SearchForm:
        self.node_id.choices = _nodes(nodes)
        self.modality.choices = [
            SelectChoice("", str(_l("any"))),
            *(SelectChoice(code, sentence(words)) for code, words in MODALITIES.items()),
        ]
        return self


class FetchForm(PageForm):
    """One line of the results. All but the identifiers is only shown again."""

    node_id = HiddenField(validators=[DataRequired(_l("Search again"))])
    study_instance_uid = HiddenField(validators=[DataRequired(_l("Search again")), Length(max=64)])
    study_date = HiddenField()
    modalities = HiddenField(validators=[Length(max=200)])
    description = HiddenField(validators=[Length(max=200)])

    @property
    def node(self) -> int:
        return whole_number(self.node_id.data) or -1

    @property
    def day(self) -> date | None:
        text = self.study_date.data or ""
        return (
            date.fromisoformat(text) if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-([01]\d|2[0-8])", text) else None
        )


class SendForm(PageForm):
    """Which released text goes into which study of which PACS."""

    version_id = SelectField(_l("Document"), [DataRequired(_l("Choose the document"))])
    language = RadioField(_l("Language that leads"), [InputRequired(_l("Choose the language"))], default="en")
    study_id = SelectField(_l("Into the study"), [DataRequired(_l("Choose the study"))])
    to_node_id = SelectField(_l("PACS"), [DataRequired(_l("Choose the PACS"))])

    def fill_choices(
        self,
        versions: Sequence[OpinionVersion],
        studies: Sequence[tuple[LinkedStudy, str]],
        nodes: Sequence[PacsNode],
    ) -> SendForm:
        self.version_id.choices = [
            SelectChoice(str(version.id), document_title(version)) for version in versions
        ]
        self.language.choices = [SelectChoice("en", "English"), SelectChoice("zh", "中文")]
        self.study_id.choices = [SelectChoice(str(row.study.id), words) for row, words in studies]
        self.to_node_id.choices = _nodes(nodes)
        return self


class SendMadeForm(PageForm):
    """Which series that were made here go to which PACS."""

    series = SelectMultipleField(
        _l("What is sent"), [DataRequired(_l("Tick at least one of them"))], coerce=int
    )
    made_node_id = SelectField(_l("PACS"), [DataRequired(_l("Choose the PACS"))])

    def fill_choices(self, made: Sequence[MadeSeries], nodes: Sequence[PacsNode]) -> SendMadeForm:
        self.series.choices = [SelectChoice(str(row.series.id), made_title(row)) for row in made]
        self.made_node_id.choices = _nodes(nodes)
        return self


def made_title(made: MadeSeries) -> str:
    """Kind, and how many objects where it is more than one: `Measurements (3)`."""
    words = sentence(MADE_KINDS.get(made.series.modality, Bitext(made.series.modality, made.series.modality)))
    return f"{words or 'DICOM'} ({len(made.instances)})" if len(made.instances) > 1 else words or "DICOM"


def _nodes(nodes: Sequence[PacsNode]) -> list[SelectChoice]:
    return [SelectChoice(str(node.id), node.name) for node in nodes]
