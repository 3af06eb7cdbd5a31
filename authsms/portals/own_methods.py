"""The page of one's own ways to sign in, and those where an authenticator app is set up and removed.

Whatever changes a factor asks for a sign-in that has just happened; whoever comes later goes through the login once
more and comes back to the page he was on. The picture to scan is drawn here and is part of the page, so the secret in
it is fetched from no address.
"""

from dataclasses import dataclass

import segno
from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from authsms.foundation.errors import ConflictError, TooManyRequestsError, UnavailableError
from authsms.foundation.phone import mask
from authsms.identity.local import LOCAL
from authsms.identity.repository import Person, PersonKey
from authsms.logon.holder import Holder
from authsms.logon.machine import MessageKey
from authsms.logon.own_app import OwnApp, Verdict
from authsms.logon.sessions import LoginSession
from authsms.otp.engine import COMMON
from authsms.portals import onward
from authsms.portals.account import signed_in
from authsms.portals.forms import AnswerForm, PortalForm, TwoCodesForm, session_scope
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once
from authsms.portals.own import holder_of, prepare, present_session, sign_out_elsewhere, wait
from authsms.portals.services import services
from authsms.portals.wording import announce

_GROUP = 4
_COUNTER = "counter"
_CONFIRMED = {
    Verdict.WRONG: MessageKey.APP_REFUSED,
    Verdict.MALFORMED: MessageKey.CODE_MALFORMED,
    Verdict.OVER: "app.over",
    Verdict.SWITCHED_OFF: "app.too-many",
}
_TRIED = {
    Verdict.RIGHT: "app.tried",
    Verdict.WRONG: "app.not-tried",
    Verdict.MALFORMED: MessageKey.CODE_MALFORMED,
    Verdict.OVER: "app.over",
    Verdict.SWITCHED_OFF: "app.switched-off",
}
_SYNCHRONISED = {
    Verdict.RIGHT: "token.ready",
    Verdict.WRONG: "token.not-ready",
    Verdict.MALFORMED: "token.malformed",
    Verdict.OVER: "token.over",
    Verdict.SWITCHED_OFF: "token.switched-off",
}

blueprint = Blueprint("own_methods", __name__)
prepare(blueprint)


@dataclass(frozen=True, slots=True)
class Origins:
    """Where password and number come from.

    Attributes:
        repository: Its name; empty for the built-in one.
        masked: The number, or empty when there is none.
        is_known: The directory has answered.
    """

    repository: str
    masked: str
    is_known: bool


@blueprint.get("/methods")
def listing() -> ResponseReturnValue:
    """Show what the person can sign in with."""
    present = present_session()
    holder = holder_of(present)
    return render_template(
        "portals/methods.html",
        present=present,
        origins=_origins(present),
        app=services().own_app.view(holder),
        counter=services().own_app.counting.view(holder),
        token=services().own_token.view(holder),
        passkeys=services().own_passkeys.keys(holder),
        passkeys_are_possible=services().own_passkeys.are_possible,
        stock=services().own_codes.stock(holder),
        may_give_number=services().own_number.is_allowed,
        may_change_password=_may_change_password(holder),
        form=AnswerForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.get("/methods/<any(app, counter):kind>")
def app(kind: str) -> ResponseReturnValue:
    """Explain how an app is set up, or show the picture to scan once there is one."""
    present = present_session()
    holder = holder_of(present)
    found = _own(kind).view(holder)
    if found is None:
        holder.require_proof()
    elif not found.is_waiting:
        return redirect(url_for(".listing"))
    return render_template(
        "portals/method_app.html",
        present=present,
        kind=kind,
        common=COMMON,
        app=found,
        picture=found and _picture(found.address),
        key=found and _in_groups(found.seed),
        form=AnswerForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/methods/<any(app, counter):kind>")
def begin_app(kind: str) -> ResponseReturnValue:
    """Draw the secret that is shared with the app."""
    holder = holder_of(signed_in())

    def act() -> Response:
        try:
            _own(kind).begin(holder)
        except TooManyRequestsError as error:
            return wait(url_for(".listing"), error)
        except ConflictError:
            return onward.see(url_for(".listing"))
        return onward.see(url_for(".app", kind=kind))

    return answer_once(act)


@blueprint.post("/methods/<any(app, counter):kind>/confirm")
def confirm_app(kind: str) -> ResponseReturnValue:
    """Take the first code."""
    holder, form = holder_of(signed_in()), AnswerForm(session_scope())

    def act() -> Response:
        try:
            verdict = _own(kind).confirm(holder, form.code.data or "")
        except TooManyRequestsError as error:
            return wait(url_for(".app", kind=kind), error)
        if verdict is Verdict.RIGHT:
            return onward.back(url_for(".listing"), "app.ready")
        is_open = verdict in {Verdict.WRONG, Verdict.MALFORMED, Verdict.SWITCHED_OFF}
        return onward.back(
            url_for(".app", kind=kind) if is_open else url_for(".listing"),
            _CONFIRMED[verdict],
            length=str(_own(kind).digits),
        )

    return answer_once(act)


@blueprint.post("/methods/app/try")
def try_app() -> ResponseReturnValue:
    """Say whether a code is right."""
    holder, form = holder_of(signed_in()), AnswerForm(session_scope())

    def act() -> Response:
        try:
            verdict = services().own_app.try_code(holder, form.code.data or "")
        except TooManyRequestsError as error:
            return wait(url_for(".listing"), error)
        return onward.back(url_for(".listing"), _TRIED[verdict], length=str(services().own_app.digits))

    return answer_once(act)


@blueprint.post("/methods/token")
def synchronise_token() -> ResponseReturnValue:
    """Bring a token into step by two codes in a row."""
    holder, form = holder_of(signed_in()), TwoCodesForm(session_scope())

    def act() -> Response:
        try:
            verdict = services().own_token.synchronise(holder, form.code.data or "", form.second.data or "")
        except TooManyRequestsError as error:
            return wait(url_for(".listing"), error)
        return onward.back(url_for(".listing"), _SYNCHRONISED[verdict])

    return answer_once(act)


@blueprint.get("/methods/<any(app, counter):kind>/remove")
def ask_removal(kind: str) -> ResponseReturnValue:
    """Ask once more before the app is removed."""
    present = present_session()
    holder = holder_of(present)
    holder.require_proof()
    found = _own(kind).view(holder)
    if found is None or found.is_waiting or (kind == _COUNTER and (found.is_given or found.is_lost)):
        return redirect(url_for(".listing"))
    origins = _origins(present)
    form = PortalForm(session_scope())
    return render_template("portals/method_app_remove.html", present=present, origins=origins, form=form, kind=kind)


@blueprint.post("/methods/<any(app, counter):kind>/remove")
def remove_app(kind: str) -> ResponseReturnValue:
    """Remove the app."""
    present = signed_in()
    holder = holder_of(present)

    def act() -> Response:
        if not _own(kind).remove(holder):
            return onward.see(url_for(".listing"))
        sign_out_elsewhere(present)
        return onward.back(url_for(".listing"), "app.removed")

    return answer_once(act)


def _may_change_password(holder: Holder) -> bool:
    try:
        return services().own_password.is_changeable(holder)
    except UnavailableError:
        return False


def _own(kind: str) -> OwnApp:
    """Return the service for apps that look at the clock, or for those that count."""
    return services().own_app.counting if kind == _COUNTER else services().own_app


def _origins(present: LoginSession) -> Origins:
    repository = "" if present.repository == LOCAL else present.repository
    try:
        person: Person | None = services().people.get(PersonKey(present.person_key))
    except UnavailableError:
        return Origins(repository, "", is_known=False)
    number = person.phone if person is not None else None
    return Origins(repository, mask(number) if number else "", is_known=True)


def _picture(address: str) -> Markup:
    """Return a QR code as SVG; it is dark on light in every colour scheme, or cameras would not read it."""
    drawn = segno.make_qr(address, error="m").svg_inline(
        border=4, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - drawn by the library from modules, holds no text


def _in_groups(seed: str) -> list[str]:
    return [seed[start : start + _GROUP] for start in range(0, len(seed), _GROUP)]
