"""What a help desk does for somebody on the phone, on the page of that person."""

from collections.abc import Callable
from typing import Final, Protocol, cast

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from authsms.administration.callers import Callers, Judgement, NotSent
from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, NotFoundError, TooManyRequestsError
from authsms.portals.admin.frame import AdminForm, actor, check_form, done
from authsms.portals.admin.frame import services as all_services
from authsms.portals.language import language
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_helpdesk", __name__)
_LONGEST: Final = 300


class HelpDeskServices(Protocol):
    """The services these pages call."""

    callers: Callers


def services() -> HelpDeskServices:
    """Return the services of the application that handles this request."""
    return cast("HelpDeskServices", all_services())


@blueprint.post("/people/caller/send")
def send_code() -> ResponseReturnValue:
    """Send a code to the person who is said to be on the phone."""
    return _help(Right.CALLER_PROVE, _send)


@blueprint.post("/people/caller/compare")
def compare_code() -> ResponseReturnValue:
    """Tell whether the caller has read out the right code."""
    typed = request.form.get("code", "")[:_LONGEST]

    def compare(key: str) -> str:
        judgement = services().callers.compare(actor(), key, typed)
        return f"caller.{Judgement(judgement)}"

    return _help(Right.CALLER_PROVE, compare)


def _send(key: str) -> str:
    try:
        sending = services().callers.send(actor(), key, language())
    except TooManyRequestsError:
        return "caller.limit"
    except ConflictError:
        return "caller.self"
    return f"caller.{sending.reason}" if isinstance(sending, NotSent) else "caller.sent"


def _help(right: Right, work: Callable[[str], str]) -> Response:
    """Do *work* once for the person in the form, and lead back to his page, which tells what *work* returned."""
    check_form(AdminForm())
    actor().require(right)
    person_key = request.form.get("person_key", "")[:_LONGEST]
    if not person_key:
        raise NotFoundError("There is no such person.")
    onward = url_for("admin_people.show", person_key=person_key)
    return answer_once(lambda: done(onward, work(person_key)))
