"""The `mdtapp` command: every act a script may rely on, errors in one sentence, `--json` for machines."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from subprocess import SubprocessError
from typing import Any, NoReturn, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from mdtapp import __version__, operate
from mdtapp.app import create_app
from mdtapp.audit.trail import Actor, command_line_actor, verify
from mdtapp.cases.models import Case
from mdtapp.cases.queries import NO_SUCH_CASE, find_case
from mdtapp.clinical.bitext import LANGUAGES, Bitext
from mdtapp.config import Settings, UnsafeSettings
from mdtapp.disciplines import catalogue
from mdtapp.documents.verify import content_hash
from mdtapp.errors import DomainError, Invalid, NotFound
from mdtapp.imaging.copy_order import Form
from mdtapp.imaging.exports.operations import start_export
from mdtapp.imaging.exports.package import Package
from mdtapp.imaging.exports.queries import find_study
from mdtapp.imaging.limited import LimitedReader
from mdtapp.materials.status import Source
from mdtapp.opinions import exchange, exchange_completion, findings, queries
from mdtapp.opinions.conflicts import evaluate, evaluate_outside
from mdtapp.opinions.documents import Press
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.exchange_shape import check_plain
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.operations import drafted
from mdtapp.opinions.panel import draft_sources
from mdtapp.opinions.signing import House, is_intact
from mdtapp.opinions.status import FindingStatus, OpinionStatus
from mdtapp.people import operations as people
from mdtapp.people.queries import find_by_email
from mdtapp.people.roles import Role
from mdtapp.schema import migrate
from mdtapp.store.db import unit_of_work

Command = TypeVar("Command", bound=Callable[..., Any])
REFUSALS = (DomainError, UnsafeSettings, OSError, SQLAlchemyError, SubprocessError)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def said_plainly(command: Command) -> Command:
    """A refusal becomes one sentence on stderr and a non-zero status."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except REFUSALS as refusal:
            _end_with(_in_words(refusal), 1)

    return run  # type: ignore[return-value]


def _end_with(sentence: str, status: int) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(status)


def _in_words(refusal: Exception) -> str:
    """What went wrong as one line for the person at the terminal."""
    if isinstance(refusal, Invalid):
        fields = [text.en for text in refusal.fields.values()]
        return " ".join(dict.fromkeys([refusal.sentence.en, *fields]))
    if isinstance(refusal, DomainError):
        return refusal.sentence.en
    if isinstance(refusal, OSError) and refusal.strerror:
        return f"{refusal.filename or 'The system'}: {refusal.strerror}."
    if isinstance(refusal, SQLAlchemyError):
        return f"The database refused this, and nothing was stored: {_first_line(getattr(refusal, 'orig', refusal))}"
    return _first_line(refusal)


def _first_line(value: object) -> str:
    return next(iter(str(value).splitlines()), type(value).__name__)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mdtapp")
def main() -> None:
    """Multidisciplinary second opinions: cases, inputs, conflicts, one signed opinion."""


# --- serving ------------------------------------------------------------------------------------


@main.command()
@said_plainly
def run() -> None:
    """Serve everything in one process group: pages, DICOM listener, worker."""
    operate.run_all(_settings())


@main.command()
@said_plainly
def web() -> None:
    """Serve the pages alone."""
    operate.run_web(_settings())


@main.command()
@said_plainly
def worker() -> None:
    """Take arrivals out of the spool and make previews, alone."""
    operate.run_worker(_app())


@main.command()
@said_plainly
def gateway() -> None:
    """Listen for DICOM (C-ECHO, C-STORE), alone."""
    operate.run_gateway(_app())


@main.command()
@said_plainly
def upgrade() -> None:
    """Bring the database to the current schema."""
    app = create_app(_settings())
    migrate.upgrade(app)
    click.echo(f"The database is at schema {migrate.current_revision(app)}.")


# --- people -------------------------------------------------------------------------------------


@main.command("add-user")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--discipline", "disciplines", multiple=True, help="May be given several times.")
@click.option("--as", "acting", metavar="EMAIL", help="The person who does this.")
@said_plainly
def add_user(email: str, name: str, role: str, disciplines: tuple[str, ...], acting: str | None) -> None:
    """Add a person and print a one-time link for their password."""
    app = _app()
    _check_person(name, role, disciplines)
    with app.app_context(), unit_of_work():
        actor, at = _actor(acting), _now()
        user = people.add_person(
            actor=actor, at=at, email=email, name=name, role=Role(role), disciplines=disciplines
        )
        token = people.issue_reset(actor=actor, at=at, user=user)
    click.echo(f"{app.config['MDTAPP'].base_url}/password/{token}")


@main.command()
@click.argument("email")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 365))
@click.option("--as", "acting", metavar="EMAIL", help="The person who does this.")
@said_plainly
def token(email: str, days: int, acting: str | None) -> None:
    """Print a bearer token for a person's scripts; nothing else is printed."""
    with _app().app_context(), unit_of_work():
        user = find_by_email(email)
        if user is None or not user.active:
            raise NotFound(Bitext(f"There is no active person with the e-mail {email}.", "无此人员。"))
        issued = people.issue_token(actor=_actor(acting), at=_now(), user=user, days=days)
    click.echo(issued)


@main.command("seed-demo")
@json_option
@said_plainly
def seed_demo(as_json: bool) -> None:
    """Add the invented demonstration cases and print who can sign in."""
    from mdtapp.demo.seed import seed

    app = _app()
    accounts = [asdict(account) for account in seed(app, at=_now())]
    if as_json:
        _print_json(accounts)
        return
    for account in accounts:
        disciplines = f" ({', '.join(account['disciplines'])})" if account["disciplines"] else ""
        click.echo(f"{account['email']:<44} {account['password']:<22} {account['role']}{disciplines}")


# --- cases and materials ------------------------------------------------------------------------


@main.command("import-case")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--complete", is_flag=True, help="Also apply the file's meeting, settlements and opinion.")
@click.option("--as", "acting", metavar="EMAIL", help="The person who does this.")
@json_option
@said_plainly
def import_case(file: Path, complete: bool, acting: str | None, as_json: bool) -> None:
    """Import whole cases in the exchange format."""
    app = _app()
    entries = exchange.cases_in(_read_json(file))
    for place, entry in enumerate(entries, start=1):
        exchange.check(entry, place, complete=complete)
    with app.app_context():
        with unit_of_work():
            actor = _actor(acting)
            imported = [
                _imported(app, actor, entry, place, complete) for place, entry in enumerate(entries, start=1)
            ]
        if complete:
            for row in imported:
                _release(app, acting, row["case_no"])
    if as_json:
        _print_json(imported)
        return
    for row in imported:
        click.echo(f"{row['case_no']}  {row['inputs']} inputs  {row['source_id']}")


@main.command("import-materials")
@click.argument("case_no")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--vouch", metavar="REASON", help="Take images that do not fit the identity, for this reason.")
@click.option("--as", "acting", metavar="EMAIL", help="The person who does this.")
@json_option
@said_plainly
def import_materials(
    case_no: str, paths: tuple[Path, ...], vouch: str | None, acting: str | None, as_json: bool
) -> None:
    """Import files, folders, zips or a patient CD into a case."""
    app = _app()
    with app.app_context():
        intake = operate.intake_of(app)
        with unit_of_work(writing=False):
            actor = _actor(acting)
        report = intake.import_path(
            list(paths), case_no=case_no, actor=actor, vouch=vouch, source=Source.COMMAND_LINE
        ).as_json()
    if as_json:
        _print_json(report)
        return
    for row in report["files"]:
        click.echo(f"{row['outcome']:<10} {row['path']}" + (f"  {row['reason']}" if row["reason"] else ""))
    for study in report["studies"]:
        click.echo(f"{study['study_instance_uid']}  {study['series']} series, {study['instances']} instances")


@main.command("export-study")
@click.argument("case_no")
@click.argument("study_uid")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The zip to write.")
@click.option("--form", "form_name", required=True, type=click.Choice([str(form) for form in Form]))
@click.option("--reason", default="", help="What for; needed for the form as received.")
@click.option("--as", "acting", metavar="EMAIL", help="The person who does this.")
@json_option
@said_plainly
def export_study(
    case_no: str, study_uid: str, out: Path, form_name: str, reason: str, acting: str | None, as_json: bool
) -> None:
    """Write a study as a zip: as received, as served to the panel, or de-identified for use outside."""
    app = _app()
    with app.app_context(), unit_of_work():
        case = _case(case_no)
        plan = start_export(
            actor=_actor(acting),
            at=_now(),
            case=case,
            study=find_study(case, study_uid),
            form=Form(form_name),
            reason=reason,
            key=app.extensions["mdtapp.identity_key"],
        )
    with LimitedReader() as reader:
        package = Package(plan, app.extensions["mdtapp.objects"], reader)
        with out.open("wb") as file:
            file.writelines(package)
    report = package.report
    if as_json:
        _print_json(report.as_json())
        return
    click.echo(f"{out}  {report.included} images, {len(report.left_out)} left out")
    for entry in report.left_out:
        click.echo(f"left out  {entry.uid}  {entry.words.en}")


@main.command()
@click.argument("case_no", required=False)
@click.option("--outside", is_flag=True, help="Run the rules on the home hospital's plan instead.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Fragments; nothing is stored.")
@json_option
@said_plainly
def conflicts(case_no: str | None, outside: bool, file: Path | None, as_json: bool) -> None:
    """Print the contradictions the rules name in a case, or in fragments of cases."""
    if file is not None:
        if case_no is not None:
            raise Invalid(Bitext("Name a case or a file, not both.", "请只指定病例号或文件之一。"))
        _print_json(_fired(_read_json(file), outside))
        return
    with _app().app_context(), unit_of_work(writing=False):
        rows = _conflicts(_case(case_no), outside)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['rule']}  {row['severity']:<8}  {row['state']:<8}  {', '.join(row['inputs'])}")


@main.command()
@click.argument("case_no")
@click.option("--json", "as_json", is_flag=True, default=True, help="Print one JSON document (always done).")
@said_plainly
def draft(case_no: str, as_json: bool) -> None:
    """Print the draft of the opinion, computed from the signed inputs; nothing is stored."""
    del as_json
    with _app().app_context(), unit_of_work(writing=False):
        case = _case(case_no)
        found = build_draft(queries.case_facts(case), **draft_sources(case)).as_json()
    _print_json(found)


@main.command("opinion-pdf")
@click.argument("case_no")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--lang", default="en", show_default=True, type=click.Choice(["en", "zh"]))
@click.option("--draft", "as_draft", is_flag=True, help="The chair's text now, with a watermark.")
@said_plainly
def opinion_pdf(case_no: str, out: Path, lang: Any, as_draft: bool) -> None:
    """Write the opinion as a PDF: the stored bytes once it is released, a marked draft before the chair has begun."""
    app = _app()
    press = app.extensions["mdtapp.press"]
    with app.app_context(), unit_of_work(writing=False):
        case = _case(case_no)
        opinion = queries.find_opinion(case.id) or drafted(case)
        version = None if as_draft else queries.running_version(opinion)
        pdf = press.document_of(version, lang) if version else press.draft(opinion, _house(app), lang)
    out.write_bytes(pdf)
    click.echo(f"{out}  {len(pdf):,} bytes  sha256 {content_hash(pdf)}")


# --- verification -------------------------------------------------------------------------------


@main.command("verify-pdf")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def verify_pdf(file: Path, as_json: bool) -> None:
    """Say whether a PDF is one this centre released: status 0 genuine, 1 not genuine, 2 unreadable."""
    try:
        content = file.read_bytes()
    except OSError as error:
        _end_with(f"{file} cannot be read: {error.strerror}.", 2)
    if not content.startswith(b"%PDF-"):
        _end_with(f"{file} is not a PDF.", 2)
    try:
        with _app().app_context(), unit_of_work(writing=False):
            report = _genuineness(content)
    except REFUSALS as refusal:
        _end_with(_in_words(refusal), 2)
    if as_json:
        _print_json(report)
    else:
        click.echo(f"{'genuine' if report['genuine'] else 'not genuine'}  {report['version'] or ''}".strip())
        for signer in report["signers"]:
            click.echo(f"  {signer['name']}  {signer['role']}  {signer['at']}")
    sys.exit(0 if report["genuine"] else 1)


@main.command("verify-audit")
@json_option
@said_plainly
def verify_audit(as_json: bool) -> None:
    """Walk the chain of events: status 1 and the first bad event when it is broken."""
    with _app().app_context(), unit_of_work(writing=False):
        found = verify()
    if as_json:
        _print_json(
            {"whole": found.whole, "events": found.events, "bad_event": found.bad_seq, "reason": found.reason}
        )
    elif found.whole:
        click.echo(f"The chain of {found.events} events is intact.")
    else:
        click.echo(f"Event {found.bad_seq} does not hold: {found.reason}.", err=True)
    sys.exit(0 if found.whole else 1)


# --- keeping ------------------------------------------------------------------------------------


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@said_plainly
def backup(folder: Path) -> None:
    """Copy database, files and keys to a new folder while the system runs."""
    click.echo(operate.backup(_app(), folder))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@said_plainly
def restore(folder: Path) -> None:
    """Bring a backup back into an empty instance folder, every file verified."""
    click.echo(operate.restore(_settings(), folder))


@main.command()
@json_option
@said_plainly
def doctor(as_json: bool) -> None:
    """Say what is missing or unsafe in this installation."""
    examined = operate.examine(_settings())
    if as_json:
        _print_json([asdict(finding) for finding in examined])
    for finding in [] if as_json else examined:
        click.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.what}: {finding.detail}")
    sys.exit(0 if all(finding.fine for finding in examined) else 1)


# --- parts used above ---------------------------------------------------------------------------


def _settings() -> Settings:
    return Settings.from_environment()


def _app() -> Flask:
    """The application on an up-to-date database; a sentence says what to do when it is not."""
    app = create_app(_settings())
    if not migrate.is_current(app):
        raise Invalid(
            Bitext(
                "The database is not at the current schema. Run: mdtapp upgrade", "请先运行 mdtapp upgrade。"
            )
        )
    return app


def _now() -> datetime:
    return datetime.now(UTC)


def _actor(email: str | None) -> Actor:
    """The person named by `--as`, or whoever typed the command."""
    if email is None:
        return command_line_actor()
    user = find_by_email(email)
    if user is None or not user.active:
        raise NotFound(Bitext(f"There is no active person with the e-mail {email}.", "无此人员。"))
    return user


def _case(case_no: str | None) -> Case:
    if case_no is None:
        raise Invalid(Bitext("Name a case, or a file with --file.", "请指定病例号，或使用 --file。"))
    case = find_case(case_no)
    if case is None:
        raise NotFound(Bitext(f"There is no case {case_no}.", NO_SUCH_CASE.zh))
    return case


def _house(app: Flask) -> House:
    settings: Settings = app.config["MDTAPP"]
    return House(
        hospital=Bitext(settings.hospital_name_en, settings.hospital_name_zh),
        identity_key=app.extensions["mdtapp.identity_key"],
        today=_now().astimezone(settings.timezone).date(),
    )


def _conflicts(case: Case, outside: bool) -> list[dict[str, Any]]:
    """One entry per rule: what fires now with its state, and what was named once and does not hold any more."""
    facts = queries.case_facts(case)
    if outside:
        return [
            _entry(firing.rule, str(firing.severity), firing.section, firing.inputs, FindingStatus.OPEN)
            for firing in evaluate_outside(facts)
        ]
    standing = findings.standing(case, facts)
    states = [(row, row.status) for row in standing]
    states += [(row, FindingStatus.OBSOLETE) for row in findings.past(case, standing)]
    entries = [_entry(row.rule, row.severity, row.section, row.values, state) for row, state in states]
    return sorted(entries, key=lambda entry: str(entry["rule"]))


def _entry(
    rule: str, severity: str, section: str, inputs: Iterable[str], state: FindingStatus
) -> dict[str, Any]:
    return {
        "rule": rule,
        "severity": severity,
        "section": section,
        "inputs": list(inputs),
        "state": str(state),
    }


def _fired(fragments: Any, outside: bool) -> Any:
    """The same shape with the ids of the rules that fire in place of each fragment."""
    if isinstance(fragments, list):
        return [_fired(each, outside) for each in fragments]
    if not isinstance(fragments, dict):
        raise Invalid(Bitext("The file holds no fragments of cases.", "文件中没有病例片段。"))
    if _is_fragment(fragments):
        facts = CaseFacts.from_json(fragments)
        return [firing.rule for firing in (evaluate_outside(facts) if outside else evaluate(facts))]
    return {key: _fired(each, outside) for key, each in fragments.items()}


FRAGMENT_PARTS = {"patient", "case", "outside", "questions", "history", "inputs", "draft"}


def _is_fragment(value: dict[str, Any]) -> bool:
    """A fragment names parts of a case; an empty object is a fragment that says nothing."""
    return not value or bool(FRAGMENT_PARTS & value.keys())


def _genuineness(content: bytes) -> dict[str, Any]:
    version = queries.find_version_by_document(content_hash(content))
    genuine = version is not None and is_intact(version)
    if version is None or not genuine:
        return {"genuine": False, "version": None, "case_no": None, "state": None, "signers": []}
    state = "current" if queries.is_current(version) else "superseded"
    if version.opinion.status == OpinionStatus.WITHDRAWN:
        state = "withdrawn"
    return {
        "genuine": True,
        "version": version.version,
        "case_no": version.opinion.case.case_no,
        "state": state,
        "content_hash": version.content_hash,
        "signers": [
            {
                "name": row.user.name,
                "discipline": row.discipline,
                "role": row.role,
                "meaning": str(row.meaning),
                "at": row.at.isoformat(),
            }
            for row in version.signatures
        ],
    }


def _read_json(file: Path) -> Any:
    try:
        read = json.loads(file.read_text(encoding="utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise Invalid(Bitext(f"{file} is not a text in UTF-8.", "文件不是 UTF-8 文本。")) from error
    except json.JSONDecodeError as error:
        raise Invalid(
            Bitext(f"{file} is not JSON: {error.msg} in line {error.lineno}.", "文件不是 JSON。")
        ) from error
    except (ValueError, RecursionError) as error:
        raise Invalid(
            Bitext(
                f"{file} holds a number or a nesting that no case has.", "文件中的数字或嵌套层次无法读取。"
            )
        ) from error
    check_plain(read)
    return read


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_person(name: str, role: str, disciplines: tuple[str, ...]) -> None:
    """What the page of people asks as well."""
    unknown = [key for key in disciplines if key not in catalogue().disciplines]
    if unknown:
        known = ", ".join(catalogue().disciplines)
        raise Invalid(Bitext(f"There is no discipline {unknown[0]}. Known: {known}.", "无此学科。"))
    if not name.strip():
        raise Invalid(Bitext("Give the person's name with --name.", "请填写姓名。"))
    if role == Role.SPECIALIST and not disciplines:
        raise Invalid(Bitext("A specialist needs at least one --discipline.", "专科医生须至少有一个学科。"))


def _imported(app: Flask, actor: Actor, entry: exchange.Json, place: int, complete: bool) -> dict[str, Any]:
    """One case of a file, in the running transaction."""
    with exchange.named(entry, place):
        at, key = _now(), app.extensions["mdtapp.identity_key"]
        found = exchange.import_case(
            actor=actor, at=at, entry=entry, identity_key=key, demonstration=complete
        )
        if complete:
            exchange_completion.complete(
                actor=actor,
                at=at,
                case=found.case,
                entry=entry,
                house=_house(app),
            )
        return found.as_json()


def _release(app: Flask, acting: str | None, case_no: str) -> None:
    """Makes the documents of a completed case, without holding the database meanwhile, and stores them."""
    press: Press = app.extensions["mdtapp.press"]
    with unit_of_work(writing=False):
        version = queries.signed_version(queries.get_opinion(_case(case_no).id))
        pdfs = {lang: press.final(version, lang) for lang in LANGUAGES}
    with unit_of_work():
        exchange_completion.release(
            actor=_actor(acting),
            at=_now(),
            case=_case(case_no),
            store=press.store,
            make=lambda _version, lang: pdfs[lang],
        )


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
