"""The pages where somebody adds, renames and removes passkeys.

The browser makes a key when its owner presses the button (``passkey.js``); the page's own form brings it here. Without
JavaScript the page says so, and nothing can be sent.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import TooManyRequestsError
from authsms.logon.devices import system_of
from authsms.logon.own_passkeys import Outcome
from authsms.portals import onward
from authsms.portals.account import signed_in
from authsms.portals.forms import PasskeyForm, PasskeyNameForm, PortalForm, session_scope
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once
from authsms.portals.own import OVERVIEW, holder_of, prepare, present_session, sign_out_elsewhere, wait
from authsms.portals.services import services
from authsms.portals.wording import announce

_TOLD = {
    Outcome.ADDED: "passkey.added",
    Outcome.KNOWN: "passkey.known",
    Outcome.REFUSED: "passkey.not-made",
    Outcome.OVER: "passkey.over",
    Outcome.FULL: "passkey.full",
}

blueprint = Blueprint("own_passkeys", __name__)
prepare(blueprint)


@blueprint.get("/methods/passkeys/new")
def invite() -> ResponseReturnValue:
    """Explain what a passkey is, and offer to make one."""
    present = present_session()
    invitation = services().own_passkeys.invite(holder_of(present))
    if invitation is None:
        return onward.back(url_for(OVERVIEW), "passkey.full")
    return render_template(
        "portals/passkey_new.html",
        present=present,
        invitation=invitation,
        name=system_of(request.user_agent.string) or "Passkey",
        form=PortalForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/methods/passkeys/new")
def add() -> ResponseReturnValue:
    """Take the key that the browser has made."""
    holder, form = holder_of(signed_in()), PasskeyForm(session_scope())
    form.validate()

    def act() -> Response:
        sent = form.state.data, form.credential.data, form.name.data
        try:
            outcome = services().own_passkeys.add(holder, *sent)
        except TooManyRequestsError as error:
            return wait(url_for(OVERVIEW), error)
        is_open = outcome in {Outcome.REFUSED, Outcome.OVER}
        return onward.back(url_for(".invite" if is_open else OVERVIEW), _TOLD[outcome])

    return answer_once(act)


@blueprint.get("/methods/passkeys/<passkey_id>")
def show(passkey_id: str) -> ResponseReturnValue:
    """Offer to rename or to remove a key."""
    present = present_session()
    holder = holder_of(present)
    holder.require_proof()
    found = next((one for one in services().own_passkeys.keys(holder) if one.id == passkey_id), None)
    if found is None:
        return redirect(url_for(OVERVIEW))
    form = PortalForm(session_scope())
    return render_template("portals/passkey_change.html", present=present, passkey=found, form=form)


@blueprint.post("/methods/passkeys/<passkey_id>")
def change(passkey_id: str) -> ResponseReturnValue:
    """Rename or remove a key, as the button says."""
    present, form = signed_in(), PasskeyNameForm(session_scope())
    own, is_removal = services().own_passkeys, "remove" in request.form
    holder = holder_of(present)

    def act() -> Response:
        if is_removal:
            is_done, told = own.remove(holder, passkey_id), "passkey.removed"
            if is_done:
                sign_out_elsewhere(present)
        elif form.validate():
            is_done, told = own.rename(holder, passkey_id, form.name.data), "passkey.renamed"
        else:
            return onward.back(url_for(OVERVIEW), "form.incomplete")
        return onward.back(url_for(OVERVIEW), told) if is_done else onward.see(url_for(OVERVIEW))

    return answer_once(act)
