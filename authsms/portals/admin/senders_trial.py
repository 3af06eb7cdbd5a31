"""The pages of a test: one message to a phone, and what became of it."""

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import StringField

from authsms.administration.rights import Right
from authsms.foundation.errors import (
    AuthsmsError,
    InvalidInputError,
    NotFoundError,
    OverloadedError,
    TooManyRequestsError,
)
from authsms.portals.admin.frame import AdminForm, actor, check_form, page, told
from authsms.portals.admin.senders import blueprint, services
from authsms.portals.admin.senders_edit import kind_of, require_edit_form, show_saved
from authsms.portals.admin.senders_form import read_draft, service_form
from authsms.portals.once import answer_once
from authsms.portals.onward import see
from authsms.senders.definitions import ServiceDraft

_MESSAGE = "This is a test message."
_LONGEST = 2000


class TrialForm(AdminForm):
    """A phone and a message."""

    phone = StringField()
    text = StringField()


@blueprint.get("/senders/services/<name>/test")
def trial(name: str) -> ResponseReturnValue:
    """Ask for phone and message."""
    actor().require(Right.SENDERS_EDIT)
    return _show(name, "", _MESSAGE)


@blueprint.post("/senders/services/<name>/test")
def start_trial(name: str) -> ResponseReturnValue:
    """Test what is saved."""
    form = TrialForm()
    check_form(form)
    phone, text = _typed(form)
    try:
        return answer_once(lambda: _start(name, phone, text))
    except InvalidInputError as error:
        return _show(name, phone, text, (error.field, told(error))), 400
    except (TooManyRequestsError, OverloadedError, NotFoundError) as error:
        return _show(name, phone, text, ("", _words(error))), 429


@blueprint.post("/senders/services/<name>/try")
def try_typed(name: str) -> ResponseReturnValue:
    """Test what is typed into the form of a service, without saving it and without any stored secret."""
    require_edit_form()
    saved = services().sender_desk.service(actor(), name)
    provider = kind_of(saved.kind)
    draft = read_draft(service_form(provider), provider, name)
    phone, text = _typed(TrialForm())
    try:
        return answer_once(lambda: _start(name, phone, text, draft))
    except InvalidInputError as error:
        return show_saved(saved, draft, problem=(error.field, told(error))), 400
    except (TooManyRequestsError, OverloadedError) as error:
        return show_saved(saved, draft, problem=("", _words(error))), 429


@blueprint.get("/senders/services/<name>/test/<test_id>")
def result(name: str, test_id: str) -> ResponseReturnValue:
    """Show what became of a test; the page looks again by itself."""
    test = services().sender_desk.tests.find(actor(), name, test_id)
    return page("senders_result.html", test=test, name=name)


def _start(name: str, phone: str, text: str, typed: ServiceDraft | None = None) -> Response:
    test_id = services().sender_desk.tests.start(actor(), name, phone, text, typed=typed)
    return see(url_for(".result", name=name, test_id=test_id))


def _show(name: str, phone: str, text: str, problem: tuple[str, str] = ("", "")) -> str:
    saved = services().sender_desk.service(actor(), name)
    return page("senders_test.html", saved=saved, phone=phone, text=text, problem=problem)


def _typed(form: AdminForm) -> tuple[str, str]:
    return str(form["phone"].data or "")[:_LONGEST].strip(), str(form["text"].data or "")[:_LONGEST]


def _words(error: AuthsmsError) -> str:
    if isinstance(error, TooManyRequestsError):
        minutes = int(error.retry_after.total_seconds() // 60) + 1
        words: str = gettext(
            "Five tests an hour are allowed to each of you, and twenty to all; the next one in %(minutes)s minutes.",
            minutes=minutes,
        )
        return words
    return told(error)
