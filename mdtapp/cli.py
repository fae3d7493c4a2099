"""The `mdtapp` command: every act a script may rely on, errors in one sentence, `--json` for machines."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask

from mdtapp import __version__, operate
from mdtapp.app import create_app
from mdtapp.audit.trail import Actor, command_line_actor, verify
from mdtapp.cases.models import Case
from mdtapp.cases.queries import NO_SUCH_CASE, find_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.config import Settings, UnsafeSettings
from mdtapp.disciplines import catalogue
from mdtapp.documents.verify import content_hash
from mdtapp.errors import DomainError, Invalid, NotFound
from mdtapp.materials.status import Source
from mdtapp.opinions import exchange, exchange_completion, queries
from mdtapp.opinions.conflicts import evaluate, evaluate_outside
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.panel import draft_sources
from mdtapp.opinions.signing import House, is_intact
from mdtapp.opinions.status import FindingStatus, OpinionStatus
from mdtapp.people import operations as people
from mdtapp.people.queries import find_by_email
from mdtapp.people.roles import Role
from mdtapp.schema import migrate
from mdtapp.store.db import unit_of_work

Command = TypeVar("Command", bound=Callable[..., Any])
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def said_plainly(command: Command) -> Command:
    """A refusal becomes one sentence on stderr and a non-zero status."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (DomainError, UnsafeSettings, OSError) as refusal:
            words = refusal.sentence.en if isinstance(refusal, DomainError) else str(refusal)
            fields = [text.en for text in refusal.fields.values()] if isinstance(refusal, Invalid) else []
            click.echo(" ".join(dict.fromkeys([words, *fields])), err=True)
            sys.exit(1)

    return run  # type: ignore[return-value]


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
    unknown = [key for key in disciplines if key not in catalogue().disciplines]
    if unknown:
        known = ", ".join(catalogue().disciplines)
        raise Invalid(Bitext(f"There is no discipline {unknown[0]}. Known: {known}.", "无此学科。"))
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
    imported = []
    for entry in exchange.cases_in(_read_json(file)):
        with app.app_context(), unit_of_work():
            actor, at, key = _actor(acting), _now(), app.extensions["mdtapp.identity_key"]
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
                    store=app.extensions["mdtapp.objects"],
                    make=app.extensions["mdtapp.press"].final,
                )
            imported.append(found.as_json())
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


@main.command()
@click.argument("case_no", required=False)
@click.option("--outside", is_flag=True, help="Run the rules on the home hospital's plan instead.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Fragments; nothing is stored.")
@json_option
@said_plainly
def conflicts(case_no: str | None, outside: bool, file: Path | None, as_json: bool) -> None:
    """Print the contradictions the rules name in a case, or in fragments of cases."""
    if file is not None:
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
        drafted = build_draft(queries.case_facts(case), **draft_sources(case)).as_json()
    _print_json(drafted)


@main.command("opinion-pdf")
@click.argument("case_no")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--lang", default="en", show_default=True, type=click.Choice(["en", "zh"]))
@click.option("--draft", "as_draft", is_flag=True, help="The chair's text now, with a watermark.")
@said_plainly
def opinion_pdf(case_no: str, out: Path, lang: Any, as_draft: bool) -> None:
    """Write the opinion as a PDF: the stored bytes once it is released."""
    app = _app()
    press = app.extensions["mdtapp.press"]
    with app.app_context(), unit_of_work(writing=False):
        opinion = queries.get_opinion(_case(case_no).id)
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
        click.echo(f"{file} cannot be read: {error.strerror}", err=True)
        sys.exit(2)
    if not content.startswith(b"%PDF-"):
        click.echo(f"{file} is not a PDF.", err=True)
        sys.exit(2)
    try:
        app = _app()
    except (DomainError, UnsafeSettings) as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(2)
    with app.app_context(), unit_of_work(writing=False):
        report = _genuineness(content)
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
    findings = operate.examine(_settings())
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    for finding in [] if as_json else findings:
        click.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.what}: {finding.detail}")
    sys.exit(0 if all(finding.fine for finding in findings) else 1)


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
    """One entry per rule: what fires now with its stored state, and findings that no longer hold."""
    facts = queries.case_facts(case)
    firings = evaluate_outside(facts) if outside else evaluate(facts)
    stored = {} if outside else {row.rule: row for row in queries.findings(case.id, with_obsolete=True)}
    rows = [
        {
            "rule": firing.rule,
            "severity": str(firing.severity),
            "section": firing.section,
            "inputs": list(firing.inputs),
            "state": _state(stored.get(firing.rule), dict(firing.values)),
        }
        for firing in firings
    ]
    fired = {row["rule"] for row in rows}
    rows += [
        {
            "rule": row.rule,
            "severity": row.severity,
            "section": row.section,
            "inputs": list(row.values),
            "state": str(FindingStatus.OBSOLETE),
        }
        for row in stored.values()
        if row.rule not in fired
    ]
    return sorted(rows, key=lambda row: str(row["rule"]))


def _state(row: Any, values: dict[str, Any]) -> str:
    same = row is not None and row.status != FindingStatus.OBSOLETE and row.values == values
    return str(row.status) if same else str(FindingStatus.OPEN)


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
    state = "current" if version.opinion.status == OpinionStatus.RELEASED else str(version.opinion.status)
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
        return json.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Invalid(Bitext(f"{file} is not a text in UTF-8.", "文件不是 UTF-8 文本。")) from error
    except json.JSONDecodeError as error:
        raise Invalid(
            Bitext(f"{file} is not JSON: {error.msg} in line {error.lineno}.", "文件不是 JSON。")
        ) from error


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
