"""The pages of somebody who is signed in: the list of open sessions, and signing out."""

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import NotFoundError
from authsms.logon.devices import browser_of, system_of
from authsms.logon.sessions import LoginSession
from authsms.portals import onward
from authsms.portals.forms import PortalForm, require_own_form, session_scope
from authsms.portals.headers import CLEAR_SITE_DATA
from authsms.portals.notes import drop_note, take_note
from authsms.portals.once import answer_once
from authsms.portals.services import services
from authsms.portals.session import current_session, drop_session, keep_browser, meet_reader, session_token
from authsms.portals.wording import announce, proofs

_DEFAULT_EVENT = "web"

blueprint = Blueprint("account", __name__)
blueprint.before_request(require_own_form)
blueprint.before_request(meet_reader)
blueprint.after_request(keep_browser)
blueprint.after_request(drop_note)
blueprint.add_app_template_global(browser_of)
blueprint.add_app_template_global(system_of)
blueprint.add_app_template_global(proofs)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Lead whoever types the bare address to something useful."""
    return redirect(url_for("account.sessions"))


@blueprint.get("/sessions")
def sessions() -> ResponseReturnValue:
    """List where the person is signed in."""
    present = current_session()
    if present is None:
        return redirect(url_for("login.sign_in", event=_DEFAULT_EVENT))
    return render_template(
        "portals/sessions.html",
        present=present,
        sessions=sorted(services().sessions.list(present.person_key), key=lambda other: other.id != present.id),
        form=PortalForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/sessions/<session_id>/end")
def end_session(session_id: str) -> ResponseReturnValue:
    """Sign one session of the person out."""
    present = signed_in()
    if session_id == present.id:
        return logout()

    def act() -> Response:
        if not services().sessions.end(session_id, present.person_key):
            raise NotFoundError("There is no such session.")
        return onward.back(url_for("account.sessions"), "session.ended")

    return answer_once(act)


@blueprint.post("/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """Sign out every session of the person but this one."""
    present = signed_in()

    def act() -> Response:
        services().sessions.end_others(present.person_key, keep=present.id)
        return onward.back(url_for("account.sessions"), "sessions.ended")

    return answer_once(act)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign this session out."""
    signed_in()

    def act() -> Response:
        services().sessions.end_token(session_token())
        response = make_response(redirect(url_for("account.signed_out"), code=303))
        drop_session(response)
        return response

    response = answer_once(act)
    response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
    return response


@blueprint.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """Say that the session has ended."""
    return render_template("portals/signed_out.html", event=_DEFAULT_EVENT)


def signed_in() -> LoginSession:
    """Return the session to act for, once its form has proven to be its own.

    Raises:
        ForgeryError: The form was made for another session or browser.
        NotFoundError: The session has ended meanwhile.
    """
    PortalForm(session_scope()).validate()
    present = current_session()
    if present is None:
        raise NotFoundError("This session has ended.")
    return present
