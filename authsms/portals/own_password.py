"""The page on which somebody changes his own password."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import NotFoundError, TooManyRequestsError
from authsms.logon.machine import MessageKey
from authsms.logon.password_changes import Wish
from authsms.portals import onward
from authsms.portals.account import signed_in
from authsms.portals.forms import AnswerForm, session_scope
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once
from authsms.portals.own import OVERVIEW, holder_of, prepare, present_session, wait
from authsms.portals.services import services
from authsms.portals.wording import announce

blueprint = Blueprint("own_password", __name__)
prepare(blueprint)


@blueprint.get("/methods/password")
def show() -> ResponseReturnValue:
    """Ask for the present and a new password."""
    present = present_session()
    holder = holder_of(present)
    if not services().own_password.is_changeable(holder):
        raise NotFoundError("There is no such page.")
    holder.require_proof()
    form = AnswerForm(session_scope())
    return render_template("portals/own_password.html", present=present, form=form, announcement=announce(take_note()))


@blueprint.post("/methods/password")
def change() -> ResponseReturnValue:
    """Change the password, and sign the person out elsewhere."""
    holder, form = holder_of(signed_in()), AnswerForm(session_scope())

    def act() -> Response:
        if not form.validate():
            return onward.back(url_for(".show"), "form.incomplete")
        try:
            problem = services().own_password.change(holder, Wish.read(form.response()))
        except TooManyRequestsError as error:
            return wait(url_for(".show"), error)
        if problem is not None:
            told = "form.incomplete" if problem is MessageKey.PASSWORD_OVERDUE else problem
            return onward.back(url_for(".show"), told)
        return onward.back(url_for(OVERVIEW), "password.changed")

    return answer_once(act)
