"""`create_app`: the only place where extensions, slices and error pages are wired together."""

from __future__ import annotations

import logging

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

from mdtapp.audit.views import audit
from mdtapp.cases.views import cases
from mdtapp.clock import Clock, SystemClock
from mdtapp.config import Settings
from mdtapp.delivery.views import delivery
from mdtapp.dicomweb.views import dicomweb
from mdtapp.disciplines import use_site_files, use_staging_tables
from mdtapp.documents.renderer import shared_renderer
from mdtapp.imaging.exports.views import exports
from mdtapp.imaging.intake import Intake
from mdtapp.imaging.limited import shared_reader
from mdtapp.imaging.views import imaging
from mdtapp.materials.spool import Spool
from mdtapp.materials.views import materials
from mdtapp.meetings.views import meetings
from mdtapp.opinions.documents import Press
from mdtapp.opinions.inputs.views import inputs
from mdtapp.opinions.key_images.views import key_images
from mdtapp.opinions.views import opinions
from mdtapp.pacs.queries import who_asked
from mdtapp.pacs.views import nodes, pacs
from mdtapp.people.views import people
from mdtapp.slides.views import slides
from mdtapp.store.db import db, engine_options, prepare_engine
from mdtapp.store.objects import ObjectStore
from mdtapp.viewer.views import viewer
from mdtapp.web import (
    addresses,
    bodies,
    clinical_words,
    errors,
    filters,
    forgery,
    guards,
    headers,
    health,
    language,
    limits,
    login,
)
from mdtapp.web.remembered import Remembered
from mdtapp.web.transactions import TransactionalFlask

BLUEPRINTS = (
    people,
    audit,
    cases,
    materials,
    imaging,
    slides,
    exports,
    dicomweb,
    inputs,
    key_images,
    meetings,
    opinions,
    delivery,
    viewer,
    pacs,
    nodes,
    health.health,
)


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The application for these settings; the instance folder and its keys are made when missing."""
    keys = settings.prepare_instance()
    use_site_files(settings.instance / "disciplines")
    use_staging_tables(settings.instance / "staging")
    app = TransactionalFlask("mdtapp", instance_path=str(settings.instance))
    app.config.update(
        MDTAPP=settings,
        SECRET_KEY=keys.session,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        PROVIDE_AUTOMATIC_OPTIONS=False,  # nothing here is for scripts of other sites
    )
    clock = clock or SystemClock()
    app.extensions["mdtapp.clock"] = clock
    app.extensions["mdtapp.identity_key"] = keys.identity
    store = ObjectStore(settings.instance / "objects")
    app.extensions["mdtapp.objects"] = store
    app.extensions["mdtapp.spool"] = Spool(settings.instance / "spool")
    app.extensions["mdtapp.intake"] = Intake(store, shared_reader(), keys.identity, clock, who_asked)
    app.extensions["mdtapp.remembered"] = Remembered()
    app.extensions["mdtapp.press"] = Press(shared_renderer(), store, keys.identity, settings.base_url)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    addresses.init_app(app)
    login.init_app(app, settings)
    guards.init_app(app)
    bodies.init_app(app)
    forgery.init_app(app, settings)
    limits.init_app(app, settings)
    language.init_app(app)
    headers.init_app(app, https=settings.base_url.startswith("https"))
    errors.init_app(app)
    filters.init_app(app)
    clinical_words.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", _home)
    return app


@guards.public
def _home() -> ResponseReturnValue:
    return redirect(url_for("cases.home"))


def quiet_libraries() -> None:
    """Libraries log through the standard module; their debug noise stays out of the site's log."""
    for name in ("weasyprint", "fontTools", "pydicom", "pynetdicom"):
        logging.getLogger(name).setLevel(logging.ERROR)
