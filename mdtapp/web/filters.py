"""What templates may do to a value: pick its language, and print dates, places and figures.

Dates and times are shown in the site's time zone (`MDTAPP_TIMEZONE`), as
"18 Nov 2026 14:30" or "2026年11月18日 14:30". Missing values print as nothing; the page
decides whether "not given" stands there instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone_location
from babel.numbers import format_decimal
from flask import Flask, current_app, g, url_for
from markupsafe import Markup, escape

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.people.roles import ROLE_LABELS, Role
from mdtapp.web import navigation
from mdtapp.web.clock import now as present_moment
from mdtapp.web.clock import settings
from mdtapp.web.language import current_language
from mdtapp.web.states import badge_state, look

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS_EN = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WEEKDAYS_ZH = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
SEXES = {"male": Bitext("M", "男"), "female": Bitext("F", "女")}
CITIES = {"Asia/Shanghai": Bitext("Beijing", "北京")}
UNITS = ("B", "KB", "MB", "GB", "TB")


def as_bitext(value: Any) -> Bitext:
    """Whatever a template holds as a text: Bitext, its JSON, a plain or lazy string, nothing."""
    if isinstance(value, Bitext):
        return value
    if value is None or isinstance(value, Mapping):
        return Bitext.of(value)
    return Bitext(str(value), "")


def in_current_language(value: Any) -> str:
    return as_bitext(value).in_language(current_language())


def in_other_language(value: Any) -> str:
    """The second, quieter text; empty when there is none or when it is the same."""
    text = as_bitext(value)
    other = text.other(current_language())
    return "" if other == text.in_language(current_language()) else other


def language_of(value: Any) -> str:
    """The HTML `lang` of what `|t` prints: it falls back where a translation is missing."""
    language = current_language()
    return html_lang(language if getattr(as_bitext(value), language).strip() else other_language())


def other_language() -> str:
    return "zh" if current_language() == "en" else "en"


def html_lang(language: str) -> str:
    """The BCP 47 tag for the `lang` attribute."""
    return "zh-Hans" if language == "zh" else language


def site_timezone() -> ZoneInfo:
    return settings().timezone


def site_city() -> str:
    """The place whose time the pages show, in words."""
    name = str(site_timezone())
    if name in CITIES:
        return CITIES[name].in_language(current_language())
    return str(get_timezone_location(name, locale=_locale(current_language()), return_city=True))


def site_offset(moment: datetime) -> str:
    """The site's distance from UTC at `moment`, such as "UTC+8" or "UTC+5:30"."""
    offset = moment.astimezone(site_timezone()).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def local(moment: datetime) -> datetime:
    """`moment` in the site's time zone; a moment without one is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(site_timezone())


def _day(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def local_date(value: date | datetime | None, weekday: bool = False, year: bool = True) -> str:
    if value is None:
        return ""
    day = _day(value)
    if current_language() == "zh":
        text = f"{day.year}年" * year + f"{day.month}月{day.day}日"
        return f"{text} {WEEKDAYS_ZH[day.weekday()]}" if weekday else text
    text = f"{day.day} {MONTHS[day.month - 1]}" + f" {day.year}" * year
    return f"{WEEKDAYS_EN[day.weekday()]} {text}" if weekday else text


def local_time(value: datetime | None, seconds: bool = False) -> str:
    if value is None:
        return ""
    return local(value).strftime("%H:%M:%S" if seconds else "%H:%M")


def local_datetime(value: datetime | None, weekday: bool = False, year: bool = True) -> str:
    if value is None:
        return ""
    return f"{local_date(value, weekday, year)} {local_time(value)}"


def machine_time(value: date | datetime | None) -> str:
    """For the `datetime` attribute of `<time>`: ISO 8601, moments in UTC."""
    if isinstance(value, datetime):
        return local(value).astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat() if value else ""


def days_until(value: date | datetime | None, now: datetime | None = None) -> int | None:
    """Whole days from the site's today to `value`; negative when it has passed."""
    if value is None:
        return None
    return (_day(value) - local(now or present_moment()).date()).days


def due_words(value: date | datetime | None, now: datetime | None = None) -> str:
    """ "today", "tomorrow", "in 5 days" or "2 days late"."""
    days = days_until(value, now)
    if days is None:
        return ""
    if days < 0:
        many = "s" if days < -1 else ""
        words = Bitext(f"{-days} day{many} late", f"已逾期{-days}天")
    elif days < 2:
        words = (Bitext("today", "今天"), Bitext("tomorrow", "明天"))[days]
    else:
        words = Bitext(f"in {days} days", f"{days}天后")
    return words.in_language(current_language())


def due_tone(value: date | datetime | None, now: datetime | None = None) -> str:
    """The tone of a due date: `bad` late, `warn` today, else nothing."""
    days = days_until(value, now)
    if days is None or days > 0:
        return ""
    return "bad" if days < 0 else "warn"


def tabular(value: float | None) -> Markup:
    """A figure with the language's separators, in figures of equal width."""
    if value is None:
        return Markup()
    text = format_decimal(value, locale=_locale(current_language()))
    return Markup('<span class="tabular">{}</span>').format(text)


def file_size(size: int | None) -> str:
    """Bytes as "241 KB" or "3.1 MB" (powers of 1000, as file managers and disks count)."""
    if size is None:
        return ""
    figure, unit = float(size), 0
    while figure >= 999.5 and unit < len(UNITS) - 1:
        figure, unit = figure / 1000, unit + 1
    return f"{figure:.0f} {UNITS[unit]}" if figure >= 10 or unit == 0 else f"{figure:.1f} {UNITS[unit]}"


def country_name(code: str | None) -> str:
    """An ISO 3166 code in words; a code Babel does not know is shown as it is."""
    return _locale(current_language()).territories.get(code.upper(), code) if code else ""


def language_name(code: str | None) -> str:
    """A language code in words, in the language of the page."""
    if not code:
        return ""
    try:
        name = Locale.parse(code, sep="-").get_display_name(_locale(current_language()))
    except (UnknownLocaleError, ValueError):
        return code
    return name or code


def own_language_name(code: str) -> str:
    """A language named in itself, for a language menu."""
    try:
        return Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code


def sex_short(code: str | None) -> str:
    return SEXES[code].in_language(current_language()) if code in SEXES else ""


def age(birth_year: int | None, now: date | datetime | None = None) -> int | None:
    """Years reached in the year of `now`; only the birth year is known, so it may be one too high."""
    if birth_year is None:
        return None
    return _day(now or present_moment()).year - birth_year


def initials(name: str) -> str:
    """Two letters for the user's disc: "Dr. Demo Shen" gives "DS"."""
    words = [word for word in name.split() if not word.endswith(".")] or name.split()
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper() if words else ""


def role_words(user: Any) -> str:
    """What the person is here, as the header says it: a specialist's disciplines, else the role."""
    disciplines = catalogue().disciplines
    if user.role is Role.SPECIALIST and user.disciplines:
        return ", ".join(
            in_current_language(disciplines[key].label) for key in user.disciplines if key in disciplines
        )
    return in_current_language(ROLE_LABELS[user.role])


def error_lines(form: Any) -> list[dict[str, Any]]:
    """Every refusal of a WTForms form as {id, label, message}, nested forms and rows included."""
    found = [{"id": "", "label": "", "message": message} for message in form.form_errors]
    for field in form:
        found += _field_errors(field)
    return found


def _field_errors(field: Any) -> list[dict[str, Any]]:
    if hasattr(field, "form") and hasattr(field.form, "form_errors"):
        return error_lines(field.form)
    messages = [message for message in field.errors if not isinstance(message, Mapping | list | tuple)]
    found = [{"id": field.id, "label": field.label.text, "message": message} for message in messages]
    for entry in getattr(field, "entries", ()):
        found += _field_errors(entry)
    return found


def condition_json(condition: Any) -> str:
    """A condition of the discipline data as js/conditions.js reads it: {behaviour, when: […], negate}."""
    plain = asdict(condition) if is_dataclass(condition) and not isinstance(condition, type) else condition
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def lines(value: Any) -> Markup:
    """A text with its line breaks kept, everything in it escaped."""
    return Markup("<br>").join(escape(line) for line in str(value or "").splitlines())


def asset(name: str) -> str:
    """The address of a static file, changing with its content so that it may be cached for long.

    Looked up once a request: a page draws the same icon file hundreds of times.
    """
    known: dict[str, str] = g.setdefault("asset_addresses", {})
    if name not in known:
        known[name] = _address(name)
    return known[name]


def _address(name: str) -> str:
    path = Path(str(current_app.static_folder)) / name
    version = _fingerprint(path, path.stat().st_mtime_ns) if path.is_file() else None
    return url_for("static", filename=name, v=version)


def vendored(name: str) -> str | None:
    """The address of a file of static/vendor, or None where the npm files were never copied."""
    path = Path(str(current_app.static_folder)) / "vendor" / name
    return asset(f"vendor/{name}") if path.is_file() else None


@lru_cache(maxsize=256)
def _fingerprint(path: Path, modified_ns: int) -> str:
    return f"{modified_ns:x}{path.stat().st_size:x}"


@lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale.parse("zh_Hans_CN" if language == "zh" else "en_GB")


FILTERS = {
    "t": in_current_language,
    "other": in_other_language,
    "lang_of": language_of,
    "local_date": local_date,
    "local_time": local_time,
    "local_datetime": local_datetime,
    "machine_time": machine_time,
    "days_until": days_until,
    "due_words": due_words,
    "due_tone": due_tone,
    "tabular": tabular,
    "file_size": file_size,
    "country": country_name,
    "language": language_name,
    "own_language": own_language_name,
    "sex_short": sex_short,
    "age": age,
    "initials": initials,
    "role_words": role_words,
    "error_lines": error_lines,
    "condition_json": condition_json,
    "lines": lines,
}
GLOBALS = {
    "navigation": navigation.navigation,
    "endpoint_url": navigation.endpoint_url,
    "home_url": navigation.home_url,
    "asset": asset,
    "vendored": vendored,
    "look": look,
    "badge_state": badge_state,
    "other_language": other_language,
    "html_lang": html_lang,
    "site_city": site_city,
    "site_zone": lambda: str(site_timezone()),
    "site_offset": site_offset,
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(GLOBALS)
    app.context_processor(_every_page)


def _every_page() -> dict[str, Any]:
    """What each page may count on: the moment it is made, whose house it is, when it signs out by itself."""
    site = settings()
    hospital = Bitext(site.hospital_name_en, site.hospital_name_zh)
    return {"now": present_moment(), "hospital": hospital, "idle_minutes": site.idle_minutes}
