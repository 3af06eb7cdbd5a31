"""The page on which somebody chooses the language that he reads, in every browser and in what he is sent."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.portals import onward
from authsms.portals.account import signed_in
from authsms.portals.forms import PortalForm, session_scope
from authsms.portals.language import NAMES, keep_choice
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once
from authsms.portals.own import prepare, present_session
from authsms.portals.services import services
from authsms.portals.wording import announce

blueprint = Blueprint("own_language", __name__)
prepare(blueprint)


@blueprint.get("/language")
def show() -> ResponseReturnValue:
    """Ask for a language."""
    return render_template(
        "portals/own_language.html",
        present=present_session(),
        names=NAMES,
        form=PortalForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/language")
def keep() -> ResponseReturnValue:
    """Keep what was chosen."""
    present, chosen = signed_in(), request.form.get("language", "")

    def act() -> Response:
        services().preferences.keep_language(present.person_key, chosen)
        response = onward.back(url_for(".show"), "language.kept")
        keep_choice(response, chosen)
        return response

    return answer_once(act)
