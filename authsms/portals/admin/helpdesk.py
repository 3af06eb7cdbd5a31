"""What a help desk does for somebody on the phone, on the page of that person."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from authsms.administration.callers import Callers, CallerUnprovenError, Judgement, NotSent
from authsms.administration.emergency import EmergencyDesk, Issued
from authsms.administration.password_demands import PasswordDemands
from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError, TooManyRequestsError
from authsms.portals.admin.frame import AdminForm, actor, check_form, done, page
from authsms.portals.admin.frame import services as all_services
from authsms.portals.admin.helpdesk_words import SPELLING
from authsms.portals.language import language
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_helpdesk", __name__)
_ISSUED: Final = "emergency.issued"
_LONGEST: Final = 300
_LONGEST_NUMBER: Final = 5
_UNITS: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


class HelpDeskServices(Protocol):
    """The services these pages call."""

    callers: Callers
    emergency_desk: EmergencyDesk
    password_demands: PasswordDemands


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


@blueprint.post("/people/emergency/issue")
def issue() -> ResponseReturnValue:
    """Issue an emergency password; however often the form comes, there is one, and it is shown once."""
    key = _person_key(Right.EMERGENCY_ISSUE)
    lifetime = _number("amount") * _UNITS.get(request.form.get("unit", ""), timedelta())

    def act() -> Response:
        try:
            issued = services().emergency_desk.issue(actor(), key, lifetime, _number("uses"), language())
        except CallerUnprovenError:
            return _back(key, "person.unproven")
        except ConflictError:
            return _back(key, "emergency.self")
        except InvalidInputError:
            return _back(key, "emergency.too-much")
        return done(url_for(".show_issued"), _ISSUED, **_written(issued), person_key=key)

    return answer_once(act)


@blueprint.get("/people/emergency/issued")
def show_issued() -> ResponseReturnValue:
    """Show the password that was just issued, this once: it came along sealed in this browser, and is forgotten now."""
    actor().require(Right.EMERGENCY_ISSUE)
    note = take_note()
    if note is None or note.key != _ISSUED:
        return redirect(url_for("admin_people.search"), code=303)
    issued = _read(note.values)
    spelled = [[SPELLING[letter] for letter in group] for group in issued.shown.split("-")]
    return page(
        "emergency.html", area="admin_people", issued=issued, spelled=spelled, person_key=note.values["person_key"]
    )


@blueprint.post("/people/emergency/revoke")
def revoke() -> ResponseReturnValue:
    """Take back an emergency password."""

    def take_back(key: str) -> str:
        try:
            services().emergency_desk.revoke(actor(), key)
        except ConflictError:
            return "person.too-late"
        return "emergency.revoked"

    return _help(Right.EMERGENCY_ISSUE, take_back)


@blueprint.post("/people/methods/remove")
def remove_method() -> ResponseReturnValue:
    """Remove what a person has set up."""
    method = request.form.get("method", "")[:_LONGEST]

    def remove(key: str) -> str:
        try:
            all_services().people_desk.actions.remove_method(actor(), key, method, language())
        except CallerUnprovenError:
            return "person.unproven"
        except ConflictError:
            return "person.too-late"
        return "method.removed"

    return _help(Right.METHODS_RESET, remove)


@blueprint.post("/people/number/release")
def release_number() -> ResponseReturnValue:
    """Release a number that was changed and waits: the one that was shown, whichever waits by now."""
    number = request.form.get("number", "")[:_LONGEST]

    def release(key: str) -> str:
        try:
            all_services().people_desk.actions.release_number(actor(), key, number)
        except ConflictError:
            return "person.too-late"
        return "number.released"

    return _help(Right.METHODS_RESET, release)


@blueprint.post("/people/number/remove")
def remove_number() -> ResponseReturnValue:
    """Remove the number that a person has given himself."""

    def remove(key: str) -> str:
        try:
            all_services().people_desk.actions.remove_own_number(actor(), key, language())
        except CallerUnprovenError:
            return "person.unproven"
        except ConflictError:
            return "person.too-late"
        return "number.removed"

    return _help(Right.METHODS_RESET, remove)


@blueprint.post("/people/password/demand")
def demand_password() -> ResponseReturnValue:
    """Have a person change the password at the next sign-in."""

    def demand(key: str) -> str:
        try:
            services().password_demands.make(actor(), key)
        except ConflictError:
            return "person.too-late"
        return "password.demanded"

    return _help(Right.PEOPLE_ACT, demand)


def shown_of(key: str) -> dict[str, Any]:
    """Return what the page of a person shows of the help desk."""
    caller = services().callers.of(actor(), key) if key else None
    desk = services().emergency_desk
    return {
        "caller": caller,
        "needs_proof": services().callers.is_needed and (caller is None or caller.proven_until is None),
        "emergency": desk.of(actor(), key) if key else None,
        "set_up": all_services().people_desk.actions.set_up(actor(), key) if key else (),
        "demand": services().password_demands.of(actor(), key) if key else None,
        "longest_hours": desk.longest // timedelta(hours=1),
    }


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
    key = _person_key(right)
    return answer_once(lambda: _back(key, work(key)))


def _person_key(right: Right) -> str:
    """Return whom the form is about, once it is clear that the form is ours and the actor has *right*."""
    check_form(AdminForm())
    actor().require(right)
    key = request.form.get("person_key", "")[:_LONGEST]
    if not key:
        raise NotFoundError("There is no such person.")
    return key


def _back(key: str, told: str) -> Response:
    return done(url_for("admin_people.show", person_key=key), told)


def _written(issued: Issued) -> dict[str, str]:
    return {
        "shown": issued.shown,
        "login": issued.login,
        "uses": str(issued.uses),
        "expires_at": issued.expires_at.isoformat(),
        "told": "yes" * issued.is_told,
    }


def _read(values: Mapping[str, str]) -> Issued:
    expires_at = datetime.fromisoformat(values["expires_at"])
    return Issued(values["shown"], values["login"], int(values["uses"]), expires_at, bool(values["told"]))


def _number(field: str) -> int:
    """Return a number that was typed, or 0 when it is none that could be meant."""
    typed = request.form.get(field, "").strip()
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_NUMBER else 0
