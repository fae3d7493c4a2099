"""The forms of a meeting: plan, agenda, attendance, decision, dissent, deferral."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.meetings.checks import Conclusion, MeetingPlan
from mdtapp.meetings.minutes import (
    CHOOSABLE_REASONS,
    DEFERRAL_LABELS,
    PROMPTS,
    DeferralReason,
    Presence,
    Votes,
)
from mdtapp.meetings.queries import Seat
from mdtapp.store.numbers import whole_number
from mdtapp.web.forms import PageForm
from mdtapp.web.language import current_language

if TYPE_CHECKING:
    from mdtapp.cases.models import Case
    from mdtapp.meetings.models import Meeting
    from mdtapp.people.models import User

PRESENCE_LABELS = {
    Presence.IN_PERSON: _l("In the room"),
    Presence.VIDEO: _l("By video"),
    Presence.WRITTEN: _l("In writing"),
    Presence.ABSENT: _l("Absent"),
}


class StepForm(PageForm):
    """A step that needs nothing but the version of what the page showed."""

    row_version = HiddenField()

    @property
    def version(self) -> int:
        """The version the page showed; -1, which is always stale, when it was tampered with."""
        return whole_number(self.row_version.data) or -1


class ReasonForm(StepForm):
    """A step that needs a reason: cancelling, taking a case off."""

    reason = StringField(_l("Reason"), [DataRequired(_l("Say why in one sentence")), Length(max=500)])


class PlanForm(StepForm):
    """When, where and with whom; `day` and `time` are local to the meeting's zone."""

    title = StringField(_l("Name of the meeting"), [DataRequired(_l("Name the meeting")), Length(max=200)])
    day = DateField(_l("Day"), [InputRequired(_l("Choose the day"))])
    time = TimeField(_l("Time"), [InputRequired(_l("Enter the time"))])
    minutes = IntegerField(_l("Length"), [InputRequired(_l("Enter the length in minutes"))], default=60)
    place = StringField(_l("Place"), [Optional(), Length(max=200)])
    video_link = StringField(_l("Video link"), [Optional(), Length(max=500)])
    chair = SelectField(_l("Chair"), [DataRequired(_l("Choose who chairs"))])

    def fill_choices(self, chairs: Sequence[User]) -> PlanForm:
        self.chair.choices = [
            SelectChoice("", "–"),
            *(SelectChoice(str(person.id), person.name) for person in chairs),
        ]
        return self

    def fill_from(self, meeting: Meeting) -> PlanForm:
        local = meeting.starts_at.astimezone(ZoneInfo(meeting.timezone))
        self.day.data, self.time.data = local.date(), local.time()
        self.chair.data, self.row_version.data = str(meeting.chair_id), meeting.row_version
        for name in ("title", "minutes", "place", "video_link"):
            self[name].data = getattr(meeting, name)
        return self

    def to_plan(self, zone: ZoneInfo, chairs: Sequence[User]) -> MeetingPlan:
        return MeetingPlan(
            title=self.title.data or "",
            day=self.day.data,
            clock=self.time.data,
            zone=zone,
            chair=next(person for person in chairs if str(person.id) == self.chair.data),
            minutes=self.minutes.data,
            place=self.place.data or "",
            video_link=self.video_link.data or "",
        )


class AgendaForm(StepForm):
    """A case to be put on the agenda."""

    case_no = SelectField(_l("Case"), [DataRequired(_l("Choose a case"))])
    planned_minutes = IntegerField(_l("Minutes"), [InputRequired(_l("Enter the minutes"))], default=15)

    def fill_choices(self, cases: Sequence[Case]) -> AgendaForm:
        language = current_language()
        self.case_no.choices = [
            SelectChoice(case.case_no, f"{case.patient.pseudonym} · {case.title.in_language(language)}")
            for case in cases
        ]
        return self


class AttendanceForm(StepForm):
    """One segmented control for each member of the panel; made by `attendance_form`."""

    def control(self, user_id: int) -> Any:
        return self[f"presence_{user_id}"]

    def presences(self, seats: Sequence[Seat]) -> dict[int, Presence]:
        """What was chosen, by user id; whoever is not marked is left out."""
        chosen = {seat.user.id: self.control(seat.user.id).data for seat in seats}
        return {user_id: Presence(value) for user_id, value in chosen.items() if value}


def attendance_form(seats: Sequence[Seat], usual: dict[int, Presence]) -> AttendanceForm:
    """The attendance as taken, or as in the case before; nothing is chosen for somebody new."""
    choices = [SelectChoice(str(presence), label) for presence, label in PRESENCE_LABELS.items()]
    fields = {
        f"presence_{seat.user.id}": RadioField(
            seat.user.name, [Optional()], choices=choices, default=seat.presence or usual.get(seat.user.id)
        )
        for seat in seats
    }
    made = type("PanelAttendanceForm", (AttendanceForm,), fields)()
    assert isinstance(made, AttendanceForm)
    return made


class DissentForm(PageForm):
    """A member sees it differently."""

    dissent_en = TextAreaField(_l("In English"), [Optional()])
    dissent_zh = TextAreaField(_l("In Chinese"), [Optional()])
    to_patient = BooleanField(_l("The patient may read this"))

    def to_text(self) -> Bitext:
        return Bitext((self.dissent_en.data or "").strip(), (self.dissent_zh.data or "").strip())


class DecisionForm(StepForm):
    """What the chair records once it was read aloud."""

    result_class = RadioField(_l("Result"), [InputRequired(_l("Choose the result"))])
    also = SelectMultipleField(_l("Also"))
    decision_en = TextAreaField(
        _l("Decision in English"), [DataRequired(_l("Write the decision in English"))]
    )
    decision_zh = TextAreaField(
        _l("Decision in Chinese"), [DataRequired(_l("Write the decision in Chinese"))]
    )
    votes_for = IntegerField(_l("For"), [InputRequired(_l("Count the votes for it"))])
    votes_against = IntegerField(_l("Against"), [InputRequired(_l("Count the votes against it"))], default=0)
    votes_abstain = IntegerField(_l("Abstain"), [InputRequired(_l("Count who abstains"))], default=0)
    prompts = SelectMultipleField(_l("Before we decide"))
    minutes_used = IntegerField(_l("Minutes used"), [Optional()])
    dissent_asked = BooleanField(_l("I asked whether anybody sees it differently"))

    def fill_choices(self) -> DecisionForm:
        classes = catalogue().result_classes
        self.result_class.choices = [SelectChoice(code, row.label) for code, row in classes.items()]
        self.also.choices = [SelectChoice(code, row.label) for code, row in classes.items()]
        self.prompts.choices = [SelectChoice(key, label) for key, label in PROMPTS.items()]
        return self

    def to_conclusion(self, written: Collection[str]) -> Conclusion:
        return Conclusion(
            result_class=self.result_class.data,
            also=tuple(self.also.data or ()),
            decision=Bitext((self.decision_en.data or "").strip(), (self.decision_zh.data or "").strip()),
            votes=Votes(self.votes_for.data, self.votes_against.data, self.votes_abstain.data),
            written=frozenset(written),
            dissent_asked=bool(self.dissent_asked.data),
            prompts=tuple(self.prompts.data or ()),
            minutes_used=self.minutes_used.data,
        )


class DeferForm(StepForm):
    """Why the case is not decided today."""

    defer_reason = RadioField(_l("Why"), [InputRequired(_l("Choose why"))])
    note = StringField(_l("What has to happen first"), [Optional(), Length(max=500)])

    def fill_choices(self) -> DeferForm:
        self.defer_reason.choices = [
            SelectChoice(str(reason), DEFERRAL_LABELS[reason]) for reason in CHOOSABLE_REASONS
        ]
        return self

    @property
    def reason(self) -> DeferralReason:
        return DeferralReason(self.defer_reason.data)
