"""The pages of messages: the log with its live tail, one message with its story, and what can be done about it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from authsms.administration.messages import Again, Cancelled
from authsms.administration.rights import Right
from authsms.delivery.states import LIVE
from authsms.foundation.errors import InvalidInputError
from authsms.portals.admin import messages_query, messages_words
from authsms.portals.admin.frame import NOTICES, AdminForm, actor, check_form, done, page, services
from authsms.portals.language import language
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_messages", __name__)
NOTICES.update(messages_words.NOTICES)
_LIVE_LASTS: Final = timedelta(minutes=10)
"""A page that nobody looks at any more shall not keep its session alive."""
_STOP_ASKING: Final = 286
"""The status by which htmx learns to ask no more."""


@blueprint.get("/messages")
def listing() -> ResponseReturnValue:
    """Show the newest messages, or those after a place."""
    asked = messages_query.read(request.args)
    is_live = asked.after is None and asked.wanted.until is None and request.args.get("live") != "0"
    until = _now() + _LIVE_LASTS if is_live else None
    names = services().message_desk.services(actor())
    return page(
        "messages.html",
        groups=_groups(),
        service_choices=[("", gettext("All")), *((name, name) for name in names)],
        purpose_choices=[("", gettext("All")), *((one.value, words) for one, words in messages_words.PURPOSES.items())],
        problem=_problem(),
        **_rows(asked, until),
    )


@blueprint.get("/messages/rows")
def rows() -> ResponseReturnValue:
    """Answer the live tail: the newest messages, or nothing when they are what is shown already."""
    asked = messages_query.read(request.args)
    until = _until(request.args.get("live_until", ""))
    values = _rows(asked, until)
    if until is None:
        return page("messages_rows.html", **values), _STOP_ASKING
    if values["found"].fingerprint == request.args.get("seen"):
        return "", 204
    return page("messages_rows.html", **values)


@blueprint.post("/messages/number")
def number() -> ResponseReturnValue:
    """Look a whole phone number up; only a keyed hash of it comes into the address."""
    check_form(AdminForm())
    typed = messages_query.read(request.form).typed
    try:
        word = services().message_desk.number_of(actor(), request.form.get("phone", "")[:64])
    except InvalidInputError:
        return done(_address(typed), "message.no-number")
    return redirect(_address({**typed, "number": word}), code=303)


@blueprint.get("/messages/export.csv")
def export() -> ResponseReturnValue:
    """Hand the messages out as a table."""
    asked = messages_query.read(request.args)
    response = Response(services().message_desk.export(actor(), asked.wanted), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="messages-{_now():%Y%m%d-%H%M}.csv"'
    return response


@blueprint.get("/messages/<message_id>")
def show(message_id: str) -> ResponseReturnValue:
    """Tell the story of one message."""
    file = services().message_desk.file(actor(), message_id)
    is_live = file.dossier.message.state in LIVE
    return page(
        "message.html", file=file, problem=_problem(), is_live=is_live, words=messages_words, possible=Again.POSSIBLE
    )


@blueprint.post("/messages/<message_id>/cancel")
def cancel(message_id: str) -> ResponseReturnValue:
    """Take one message back."""
    check_form(AdminForm())

    def act() -> Response:
        outcome = services().message_desk.cancel(actor(), message_id)
        key = "message.cancelled" if outcome is Cancelled.CANCELLED else f"message.{outcome.value}"
        return done(url_for(".show", message_id=message_id), key)

    return answer_once(act)


@blueprint.post("/messages/<message_id>/again")
def again(message_id: str) -> ResponseReturnValue:
    """Have a new text sent in place of one that did not arrive."""
    check_form(AdminForm())

    def act() -> Response:
        outcome = services().message_desk.send_again(actor(), message_id, locale=language())
        shown = outcome.message.id if outcome.message else message_id
        return done(url_for(".show", message_id=shown), f"message.again.{outcome.answer.value}")

    return answer_once(act)


def _rows(asked: messages_query.Asked, until: datetime | None) -> dict[str, Any]:
    """Return what the table of messages is made of."""
    found = services().message_desk.portion(actor(), asked.wanted, after=asked.after)
    return {
        "found": found,
        "asked": asked,
        "older": messages_query.write_place(found.older),
        "live_until": "" if until is None else str(int(until.timestamp())),
        "words": messages_words,
        "sees_people": actor().may(Right.PEOPLE_SEE),
    }


def _address(typed: Mapping[str, Any]) -> str:
    return url_for(".listing", **typed)


def _until(text: str) -> datetime | None:
    """Return until when a live tail goes on, or None when that is over."""
    if not text.isascii() or not text.isdigit() or len(text) > 11:  # noqa: PLR2004 - seconds since 1970
        return None
    until = datetime.fromtimestamp(int(text), UTC)
    return until if _now() < until <= _now() + _LIVE_LASTS else None


def _problem() -> str:
    note = take_note()
    return str(messages_words.PROBLEMS.get(note.key, "")) if note else ""


def _groups() -> list[tuple[str, str]]:
    states = [(state.value, str(words)) for state, (_, words) in messages_words.STATES.items()]
    return [("", gettext("All")), ("open", gettext("Not over yet")), ("trouble", gettext("All trouble")), *states]


def _now() -> datetime:
    return services().clock.now()
