"""Where a page leads: the redirect after each step of a logon process, with its cookies and its note."""

from flask import Response, make_response, redirect, request, url_for

from authsms.logon.machine import Status
from authsms.logon.steps import Step
from authsms.portals.notes import Note, leave_note, local_path
from authsms.portals.services import services
from authsms.portals.session import (
    Origin,
    drop_ticket,
    keep_grace,
    keep_session,
    keep_supplement,
    keep_ticket,
    session_token,
)
from authsms.portals.wording import QUIET


def see(address: str) -> Response:
    """Return a redirect to a page of our own that is fetched with GET."""
    return make_response(redirect(address, code=303))


def back(address: str, key: str, **values: str) -> Response:
    """Return a redirect to *address*, where *key* is told."""
    response = see(address)
    leave_note(response, Note(address.partition("?")[0], key, values))
    return response


def go_on(step: Step, origin: Origin) -> Response:
    """Return the redirect to the page that belongs to *step*; cookies follow the state of the process."""
    if step.status is Status.OK and step.session_token is not None:
        return _finish(step, step.session_token, origin)
    if step.status is Status.FAILED or step.asks is None:
        response = back(url_for("login.sign_in", event=origin.event, c=origin.continuation_id), step.message_key)
        drop_ticket(response, step.process_id)
        return response
    here = url_for("login.ask", process_id=step.process_id)
    key = _told(step)
    response = see(here) if key in QUIET else back(here, key, length=str(step.asks.length))
    keep_ticket(response, step, origin)
    return response


def cancelled(process_id: str, origin: Origin, give_up: str | None) -> Response:
    """Return the redirect to the page that says so; *give_up* tells it to the application."""
    values = {
        "event": origin.event,
        "continuation_id": origin.continuation_id or "",
        "place": origin.place,
        "to": give_up or "",
    }
    response = back(url_for("login.cancelled"), "cancelled", **values)
    drop_ticket(response, process_id)
    return response


def origin_of(note: Note | None) -> Origin | None:
    """Return where the process of a note began."""
    if note is None or "event" not in note.values:
        return None
    return Origin(note.values["event"], note.values["continuation_id"] or None, note.values["place"])


def destination_of(note: Note | None) -> tuple[str, str | None]:
    """Return the name and the local path of the place to go on to; None when there is none."""
    values = note.values if note else {}
    return values.get("place", ""), local_path(values.get("to", ""))


def _told(step: Step) -> str:
    return "code.resent" if request.endpoint == "login.resend" and step.message_key in QUIET else step.message_key


def _finish(step: Step, token: str, origin: Origin) -> Response:
    if session_token() and not step.is_supplement:
        services().sessions.end_token(session_token())
    values = {"to": step.return_to or "", "place": origin.place}
    response = back(url_for("login.signed_in"), step.message_key, **values)
    drop_ticket(response, step.process_id)
    if step.grace:
        keep_grace(response, step.event, step.grace)
    if step.is_supplement:
        keep_supplement(response, token)
    else:
        keep_session(response, token)
    return response
