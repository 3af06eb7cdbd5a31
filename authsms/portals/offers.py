"""The page behind the link in an offer: it shows the offer, and only its two buttons answer.

Messengers and mail scanners open every link they see, so a GET never changes anything. The link is a secret: its end is
kept out of logs, and the referrer policy of all our pages keeps it from other sites.
"""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import ForbiddenError
from authsms.messaging.offers_wording import LINK_PATH, Says
from authsms.messaging.replies import Answer
from authsms.portals import onward, own
from authsms.portals.forms import PortalForm
from authsms.portals.notes import take_note
from authsms.portals.offers_words import ANSWERED, KINDS, announce
from authsms.portals.once import answer_once
from authsms.portals.services import services
from authsms.portals.session import current_session

blueprint = Blueprint("offers", __name__)
own.prepare(blueprint)
_ANSWERS = {"accept": Answer.YES, "decline": Answer.NO}


@blueprint.get(f"{LINK_PATH}<token>")
def show(token: str) -> ResponseReturnValue:
    """Show an offer."""
    offer = services().offer_links.open(token, _visitor())
    return render_template(
        "portals/offer.html",
        offer=offer,
        kinds=KINDS,
        answered=ANSWERED,
        form=PortalForm(_scope(token)),
        announcement=announce(take_note()),
    )


@blueprint.post(f"{LINK_PATH}<token>")
def answer(token: str) -> ResponseReturnValue:
    """Take an answer."""
    PortalForm(_scope(token)).validate()
    chosen = _ANSWERS.get(request.form.get("answer", ""))
    if chosen is None:
        return onward.see(request.path)

    def act() -> Response:
        says = services().offer_links.answer(token, _visitor(), chosen, request.remote_addr or "")
        return onward.back(request.path, (says or Says.LATE).value)

    return answer_once(act)


@blueprint.errorhandler(ForbiddenError)
def somebody_else(_error: ForbiddenError) -> ResponseReturnValue:
    """Say that the offer was sent to somebody else, and nothing of what it is about."""
    return render_template("portals/offer_other.html"), 403


def _visitor() -> str | None:
    present = current_session()
    return present.person_key if present else None


def _scope(token: str) -> str:
    return f"offer:{services().vault.keyed_hash('portals.offer', token)}"
