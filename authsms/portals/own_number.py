"""The page of a phone number of one's own, in place of the one on file: given, confirmed by a code, removed."""

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import ProofNeededError, TooManyRequestsError
from authsms.logon.machine import MessageKey
from authsms.logon.own_number import Outcome
from authsms.logon.sessions import LoginSession
from authsms.portals import onward
from authsms.portals.account import signed_in
from authsms.portals.forms import AnswerForm, session_scope
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once
from authsms.portals.own import OVERVIEW, holder_of, lead_to_sign_in, prepare, present_session, sign_out_elsewhere, wait
from authsms.portals.services import services
from authsms.portals.wording import announce

_LONGEST_TYPED = 64
_ENDS = frozenset({Outcome.DONE, Outcome.REMOVED})

blueprint = Blueprint("own_number", __name__)
prepare(blueprint)


@blueprint.get("/methods/number")
def show() -> ResponseReturnValue:
    """Ask for a number, or for the code that was texted to it."""
    present = present_session()
    holder = holder_of(present)
    view = services().own_number.view(holder)
    if not view.waiting:
        holder.require_proof()
    return render_template(
        "portals/own_number.html",
        present=present,
        view=view,
        length=services().own_number.length,
        form=AnswerForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/methods/number")
def give() -> ResponseReturnValue:
    """Text a code to a number."""
    present = signed_in()
    holder = holder_of(present)
    typed = request.form.get("phone", "")[: _LONGEST_TYPED + 1]
    return _answered(present, lambda: services().own_number.give(holder, typed))


@blueprint.post("/methods/number/confirm")
def confirm() -> ResponseReturnValue:
    """Take the code that came back."""
    present, form = signed_in(), AnswerForm(session_scope())
    holder = holder_of(present)
    return _answered(present, lambda: services().own_number.confirm(holder, form.code.data))


@blueprint.post("/methods/number/remove")
def remove() -> ResponseReturnValue:
    """Let codes go to the number on file again."""
    present = signed_in()
    holder = holder_of(present)
    return _answered(present, lambda: services().own_number.remove(holder))


@blueprint.errorhandler(ProofNeededError)
def prove(_error: ProofNeededError) -> ResponseReturnValue:
    """Lead through the login once more, and then back to the page."""
    return lead_to_sign_in(url_for(".show"))


def _answered(present: LoginSession, work: Callable[[], Outcome]) -> Response:
    """Do *work* once, end the other sessions if the number is another one now, and say what came of it."""

    def act() -> Response:
        try:
            outcome = work()
        except TooManyRequestsError as error:
            return wait(url_for(".show"), error)
        if outcome is Outcome.MALFORMED:
            return onward.back(url_for(".show"), MessageKey.CODE_MALFORMED, length=str(services().own_number.length))
        if outcome in _ENDS:
            sign_out_elsewhere(present)
        return onward.back(url_for(OVERVIEW if outcome in _ENDS else ".show"), f"number.{outcome.value}")

    return answer_once(act)
