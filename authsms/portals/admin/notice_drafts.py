"""The pages on which a notice is written, looked at, and sent: texts, whom they reach, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import BooleanField, StringField

from authsms.administration.notices_orders import NoticeOrderDesk, TextLook
from authsms.administration.rights import Right
from authsms.foundation.errors import AuthsmsError, ConflictError, InvalidInputError
from authsms.identity.preferences import LANGUAGES
from authsms.messaging.audience import Audience
from authsms.messaging.moments import read_moment, write_moment, zone_called
from authsms.messaging.notice_templates import NoticeTemplate
from authsms.messaging.wishes import OrderState, Wish
from authsms.portals.admin import dashboard_words, live, notices_words
from authsms.portals.admin.frame import NOTICES, AdminForm, act_with, actor, check_form, done, page, services, told
from authsms.portals.once import answer_once
from authsms.senders.submission import Purpose

blueprint = Blueprint("admin_notice_drafts", __name__)
NOTICES["notice.sent"] = lazy_gettext("On its way. Texts are queued in the background; this page shows how far it is.")
_AREA: Final = "admin_notices"
_LONGEST_TEXT: Final = 2000
_LONGEST_LIST: Final = 300_000
_LONGEST: Final = 300
_MOST_DIGITS: Final = 4


class NoticeForm(AdminForm):
    """What can be typed about a notice; texts are fields named after their language."""

    name = StringField()
    whom = StringField()
    logins = StringField()
    repository = StringField()
    group = StringField()
    at = StringField()
    zone = StringField()
    hours = StringField()
    replaces = StringField()
    template = StringField()
    act = StringField()


class SendForm(AdminForm):
    """That a notice shall be sent as it is."""

    accepts = BooleanField()


@dataclass(frozen=True, slots=True)
class Typed:
    """A notice as it is typed."""

    name: str = ""
    whom: str = "repository"
    logins: str = ""
    repository: str = ""
    group: str = ""
    at: str = ""
    zone: str = ""
    hours: str = "24"
    replaces: str = ""
    template: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> dict[str, str]:
        """Return the texts there are."""
        return {language: text for language, text in self.texts.items() if text}

    def wish(self, now: datetime) -> Wish:
        """Return what is wanted; nothing is checked but when.

        Raises:
            InvalidInputError: The hours are no number, or the start is no moment to come.
        """
        if not (self.hours.isascii() and self.hours.isdigit() and len(self.hours) <= _MOST_DIGITS):
            raise InvalidInputError("Write a whole number.", field="hours")
        named = tuple(dict.fromkeys(line.strip() for line in self.logins.splitlines() if line.strip()))
        audience = Audience(logins=named) if self.whom == "people" else Audience(self.repository, self.group)
        starts_at = read_moment(self.at, zone_called(self.zone), now) if self.at else None
        return Wish(
            *(self.name, Purpose.NOTICE, self.written(), audience, timedelta(hours=int(self.hours))),
            starts_at,
            self.zone,
        )


@blueprint.get("/notice-drafts/new")
def new() -> ResponseReturnValue:
    """Show an empty form, that of a draft, or one with the texts of a template."""
    template = request.args.get("template", "")[:_LONGEST]
    if template:
        found = _desk().template(actor(), template, _version(request.args.get("version", "")))
        return _form(Typed(zone=_zone(), template=found.name, texts=found.texts))
    draft = request.args.get("draft", "")[:_LONGEST]
    return _form(_typed_before(_desk().draft(actor(), draft).order.wish, draft) if draft else Typed(zone=_zone()))


@blueprint.post("/notice-drafts/new")
def create() -> ResponseReturnValue:
    """Keep what was typed and have it counted, or only preview it."""
    actor().require(Right.NOTICES_SEND)
    form = _new_form()
    check_form(form)
    typed = _typed(form)
    if form["act"].data == "preview":
        return _form(typed)
    try:
        if form["act"].data == "template":
            _desk().save_template(actor(), typed.template, typed.written())
            return _form(typed, note=gettext("The template was saved. Nothing was sent."))
        return answer_once(lambda: _created(typed))
    except (InvalidInputError, ConflictError) as error:
        return _form(typed, error, is_kept=form["act"].data == "template"), 400


@blueprint.get("/notice-templates")
def templates() -> ResponseReturnValue:
    """List the templates with their versions."""
    versions = _desk().templates(actor())
    return page("notice_templates.html", area=_AREA, templates=[list(of) for _, of in groupby(versions, _name)])


@blueprint.post("/notice-templates/<name>/remove")
def remove_template(name: str) -> ResponseReturnValue:
    """Forget a template."""
    return act_with(lambda: _desk().remove_template(actor(), name), url_for(".templates"), "removed")


@blueprint.get("/notice-drafts/of/<order>")
def show(order: str) -> ResponseReturnValue:
    """Show a notice before it is sent."""
    return _show(order)


@blueprint.get("/notice-drafts/of/<order>/now")
def now(order: str) -> ResponseReturnValue:
    """Answer the page that renews itself while it is counted."""
    until = live.read(request.args.get("live_until", ""))
    values = _values(order, until)
    shown = page("notice_draft_now.html", area=_AREA, **values)
    return shown if values["live_until"] else (shown, live.STOP_ASKING)


@blueprint.post("/notice-drafts/of/<order>/send")
def send(order: str) -> ResponseReturnValue:
    """Have it sent."""
    form = SendForm()
    check_form(form)
    accepts = bool(form.accepts.data)

    def act() -> BaseResponse:
        name = _desk().send(actor(), order, accepts_oddities=accepts)
        return done(url_for("admin_notices.show", name=name), "notice.sent")

    try:
        return answer_once(act)
    except (InvalidInputError, ConflictError) as error:
        return _show(order, error), 400


@blueprint.post("/notice-drafts/of/<order>/discard")
def discard(order: str) -> ResponseReturnValue:
    """Forget it."""
    return act_with(lambda: _desk().discard(actor(), order), url_for("admin_notices.listing"), "removed")


def _desk() -> NoticeOrderDesk:
    return services().notice_orders_desk


def _new_form() -> AdminForm:
    made: AdminForm = type("FullNoticeForm", (NoticeForm,), {f"text-{one}": StringField() for one in LANGUAGES})()
    return made


def _typed(form: AdminForm) -> Typed:
    def text(name: str, most: int = _LONGEST) -> str:
        return str(form[name].data or "")[:most].replace("\r\n", "\n").strip()

    return Typed(
        *(text("name"), text("whom"), text("logins", _LONGEST_LIST), text("repository"), text("group")),
        *(text("at"), text("zone"), text("hours"), text("replaces"), text("template")),
        {one: text(f"text-{one}", _LONGEST_TEXT) for one in LANGUAGES},
    )


def _typed_before(wish: Wish, draft: str) -> Typed:
    whom, hours = wish.audience, round(wish.life / timedelta(hours=1))
    sort = "people" if whom.logins else "repository"
    zone = wish.zone or _zone()
    at = write_moment(wish.starts_at, zone_called(zone)) if wish.starts_at else ""
    people = (sort, "\n".join(whom.logins), whom.repository, whom.group)
    return Typed(wish.name, *people, at, zone, str(hours), draft, texts=wish.texts)


def _zone() -> str:
    return services().settings.notices.time_zone


def _created(typed: Typed) -> Response:
    return done(url_for(".show", order=_desk().write(actor(), typed.wish(services().clock.now()), typed.replaces)))


def _name(template: NoticeTemplate) -> str:
    return template.name


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _form(typed: Typed, problem: AuthsmsError | None = None, *, is_kept: bool = False, note: str = "") -> str:
    at_fault = "kept" if is_kept else problem.field if isinstance(problem, InvalidInputError) else ""
    return page(
        "notice_new.html",
        area=_AREA,
        typed=typed,
        repositories=[(one, one) for one in _desk().repositories(actor())],
        languages=LANGUAGES,
        looks={one: _look(one, typed.texts.get(one, "")) for one in LANGUAGES},
        problem=(at_fault, told(problem)) if problem else ("", ""),
        note=note,
        words=notices_words,
    )


def _look(language: str, text: str) -> TextLook | str | None:
    """Return what a text comes to, why it cannot be used, or None for none."""
    if not text:
        return None
    try:
        return _desk().looks(actor(), {language: text})[language]
    except InvalidInputError as error:
        return told(error)


def _show(order: str, problem: AuthsmsError | None = None) -> str:
    return page(
        "notice_draft.html", area=_AREA, problem=told(problem) if problem else "", **_values(order, live.begin())
    )


def _values(order: str, until: datetime | None) -> dict[str, Any]:
    drafted = _desk().draft(actor(), order)
    is_counted = drafted.order.state is OrderState.COUNTED
    return {
        "drafted": drafted,
        "order": drafted.order,
        "is_counted": is_counted,
        "live_until": "" if is_counted else live.write(until),
        "words": notices_words,
        "counts": dashboard_words,
    }
