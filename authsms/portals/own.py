"""What all pages of one's own account share: who looks, what he must have proven, and where he goes to prove it."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import ProofNeededError, TooManyRequestsError
from authsms.logon.holder import Holder
from authsms.logon.seed import ADMIN_EVENT, WEB_EVENT
from authsms.logon.sessions import LoginSession
from authsms.portals import onward
from authsms.portals.forms import require_own_form
from authsms.portals.notes import drop_note
from authsms.portals.services import services
from authsms.portals.session import client, current_session, keep_browser, meet_reader
from authsms.portals.wanted import keep_wanted

OVERVIEW = "own_methods.listing"


def prepare(blueprint: Blueprint) -> None:
    """Tie pages in: what is refused, and who is led through the login first."""
    blueprint.before_request(require_own_form)
    blueprint.before_request(meet_reader)
    blueprint.after_request(keep_browser)
    blueprint.after_request(drop_note)
    blueprint.register_error_handler(ProofNeededError, _prove)


def present_session() -> LoginSession:
    """Return the session of whoever looks at a page.

    Raises:
        ProofNeededError: There is none.
    """
    present = current_session()
    if present is None:
        raise ProofNeededError("Sign in to go on with this.")
    return present


def holder_of(present: LoginSession) -> Holder:
    """Return whoever a session belongs to."""
    return Holder.of(present, client(), services().clock.now())


def sign_out_elsewhere(present: LoginSession) -> None:
    """End all other sessions of a person: one of them may be a thief's, opened with the factor that is gone now."""
    services().sessions.end_others(present.person_key, keep=present.id)


def wait(address: str, error: TooManyRequestsError) -> Response:
    """Return the redirect to a page that says how long to wait."""
    return onward.back(address, "wait", seconds=str(max(1, round(error.retry_after.total_seconds()))))


def lead_to_sign_in(page: str) -> Response:
    """Lead through the login once more, and then to *page*."""
    present = current_session()
    if present is None:
        response = onward.see(url_for("login.sign_in", event=WEB_EVENT))
    else:
        event = ADMIN_EVENT if present.event.startswith(ADMIN_EVENT) else WEB_EVENT
        is_all = present.event == event and not services().catalog.is_shortened(event, present.chain)
        if is_all and holder_of(present).has_one_factor_only:
            return onward.back(url_for(OVERVIEW), "proof.two")
        address = url_for("login.sign_in", event=event)
        response = onward.back(address, "proof.needed", user_name=_name_to_type(present))
    keep_wanted(response, page)
    return response


def _prove(_error: ProofNeededError) -> ResponseReturnValue:
    return lead_to_sign_in(request.path.removesuffix("/confirm"))


def _name_to_type(present: LoginSession) -> str:
    """Return what the person types as user name; with the repository in front where it is not the default one."""
    repository, _ = services().people.split(present.login)
    return present.login if repository == present.repository else f"{present.repository}\\{present.login}"
