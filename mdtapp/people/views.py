"""Sign-in and sign-out, the language, one's own account, and the administrator's list of people."""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import (
    session as cookie,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from mdtapp.errors import Unauthenticated
from mdtapp.people import operations, queries
from mdtapp.people.forms import ChangePasswordForm, NewPasswordForm, NewPersonForm, PersonForm, SignInForm
from mdtapp.people.roles import Permission, Role
from mdtapp.store.db import unit_of_work
from mdtapp.web.clock import now
from mdtapp.web.guards import public, requires
from mdtapp.web.language import safe_return_path, set_cookie_language
from mdtapp.web.limits import limiter, was_refused
from mdtapp.web.login import signed_in

people = Blueprint("people", __name__)


@people.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    return render_template("people/sign_in.html", form=SignInForm())


@people.post("/sign-in")
@public
@limiter.limit("10 per 5 minutes", deduct_when=was_refused)  # a whole hospital may share one address
def sign_in_post() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("people/sign_in.html", form=form), 422
    try:
        user = operations.sign_in(email=form.email.data or "", password=form.password.data or "", at=now())
    except Unauthenticated as refusal:
        with unit_of_work():
            operations.note_failed_sign_in(email=form.email.data or "", at=now())
        form.refuse("password", refusal.sentence)
        return render_template("people/sign_in.html", form=form), 401
    cookie.clear()
    login_user(user)
    cookie.permanent = True
    set_cookie_language(user.language)
    return redirect(safe_return_path(request.args.get("next")) or url_for("cases.home"))


@people.post("/sign-out")
@requires(Permission.ACCOUNT_USE)
def sign_out() -> ResponseReturnValue:
    operations.sign_out(actor=signed_in(), at=now())
    logout_user()
    cookie.clear()
    return redirect(url_for("people.sign_in"))


@people.post("/language")
@public
def set_language() -> ResponseReturnValue:
    language = "zh" if request.form.get("language") == "zh" else "en"
    set_cookie_language(language)
    if user := signed_in(optional=True):
        operations.choose_language(actor=user, language=language)
    return redirect(safe_return_path(request.form.get("path")) or url_for("cases.home"))


@people.get("/password/<token>")
@public
def reset(token: str) -> ResponseReturnValue:
    return render_template("people/reset.html", form=NewPasswordForm(), token=token)


@people.post("/password/<token>")
@public
@limiter.limit("10 per 5 minutes", deduct_when=was_refused)
def reset_post(token: str) -> ResponseReturnValue:
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return render_template("people/reset.html", form=form, token=token), 422
    with form.showing_refusals():
        operations.set_password(token=token, password=form.password.data or "", at=now())
        flash(_("Your new password is set. Sign in with it."), "ok")
        return redirect(url_for("people.sign_in"))
    return render_template("people/reset.html", form=form, token=token), 422


@people.get("/account")
@requires(Permission.ACCOUNT_USE)
def account() -> ResponseReturnValue:
    return render_template("people/account.html", form=ChangePasswordForm(), person=signed_in())


@people.post("/account")
@requires(Permission.ACCOUNT_USE)
@limiter.limit("10 per 5 minutes", deduct_when=was_refused)
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            user = operations.change_own_password(
                actor=signed_in(),
                at=now(),
                current=form.current.data or "",
                password=form.password.data or "",
            )
            login_user(user)
            flash(_("Your password is changed."), "ok")
            return redirect(url_for("people.account"))
    return render_template("people/account.html", form=form, person=signed_in()), 422


@people.get("/people")
@requires(Permission.PERSON_MANAGE)
def people_list() -> ResponseReturnValue:
    return render_template("people/list.html", people=queries.list_people())


@people.get("/people/new")
@requires(Permission.PERSON_MANAGE)
def new_person() -> ResponseReturnValue:
    return render_template("people/edit.html", form=NewPersonForm().fill_choices(), person=None)


@people.post("/people/new")
@requires(Permission.PERSON_MANAGE)
def add_person() -> ResponseReturnValue:
    form = NewPersonForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            person = operations.add_person(
                actor=signed_in(),
                at=now(),
                email=form.email.data or "",
                name=form.name.data or "",
                name_zh=form.name_zh.data or "",
                role=Role(form.role.data),
                disciplines=form.disciplines.data or [],
                title=form.title.data or "",
                licence_no=form.licence_no.data or "",
            )
            _show_reset_link(operations.issue_reset(actor=signed_in(), at=now(), user=person))
            return redirect(url_for("people.edit_person", user_id=person.id))
    return render_template("people/edit.html", form=form, person=None), 422


@people.get("/people/<int:user_id>")
@requires(Permission.PERSON_MANAGE)
def edit_person(user_id: int) -> ResponseReturnValue:
    person = queries.get_person(user_id)
    form = PersonForm(obj=person).fill_choices()
    return render_template("people/edit.html", form=form, person=person)


@people.post("/people/<int:user_id>")
@requires(Permission.PERSON_MANAGE)
def amend_person(user_id: int) -> ResponseReturnValue:
    person = queries.get_person(user_id)
    form = PersonForm().fill_choices()
    if not form.validate_on_submit():
        return render_template("people/edit.html", form=form, person=person), 422
    operations.amend_person(
        actor=signed_in(),
        at=now(),
        user=person,
        name=form.name.data or "",
        name_zh=form.name_zh.data or "",
        role=Role(form.role.data),
        disciplines=form.disciplines.data or [],
        title=form.title.data or "",
        licence_no=form.licence_no.data or "",
        active=bool(form.active.data),
    )
    flash(_("Saved."), "ok")
    return redirect(url_for("people.edit_person", user_id=user_id))


@people.post("/people/<int:user_id>/reset")
@requires(Permission.PERSON_MANAGE)
def issue_reset(user_id: int) -> ResponseReturnValue:
    person = queries.get_person(user_id)
    _show_reset_link(operations.issue_reset(actor=signed_in(), at=now(), user=person))
    return redirect(url_for("people.edit_person", user_id=user_id))


def _show_reset_link(token: str) -> None:
    base = current_app.config["MDTAPP"].base_url
    address = base + url_for("people.reset", token=token)
    flash(_("One-time link for a new password, valid for 24 hours: %(address)s", address=address), "info")
