"""The pages where somebody makes recovery codes, which are shown once, to be printed.

They are the answer to the form itself and kept nowhere, so loading that page again makes new ones.
"""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from authsms.foundation.errors import TooManyRequestsError
from authsms.portals.account import signed_in
from authsms.portals.forms import PortalForm, session_scope
from authsms.portals.notes import take_note
from authsms.portals.own import OVERVIEW, holder_of, prepare, present_session, sign_out_elsewhere, wait
from authsms.portals.services import services
from authsms.portals.wording import announce

blueprint = Blueprint("own_codes", __name__)
prepare(blueprint)


@blueprint.get("/methods/codes")
def ask() -> ResponseReturnValue:
    """Say what recovery codes are for, and what becomes of the old ones."""
    present = present_session()
    holder = holder_of(present)
    holder.require_proof()
    return render_template(
        "portals/recovery_ask.html",
        present=present,
        stock=services().own_codes.stock(holder),
        form=PortalForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/methods/codes")
def make() -> ResponseReturnValue:
    """Make codes and show them, this once."""
    present = signed_in()
    try:
        codes = services().own_codes.make(holder_of(present))
    except TooManyRequestsError as error:
        return wait(url_for(OVERVIEW), error)
    sign_out_elsewhere(present)
    made_at = services().clock.now()
    place = services().settings.public_url
    return render_template("portals/recovery_codes.html", present=present, codes=codes, made_at=made_at, place=place)
