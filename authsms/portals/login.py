"""The login pages: from the user name to "signed in". Every post ends in a redirect; no GET changes anything.

The way out deserves a word. ``form-action 'self'`` also holds for redirects that follow a form, so the post of the
last code cannot end at the application that asked. It ends at `signed_in`, a page without a form, which takes the
person onward by itself (a refresh, which is no form) and has a link for browsers that will not. Where it leads comes
from the logon service by way of a sealed note, and only to a local path; the protocol's own door then redirects to
the application's registered address.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.foundation.errors import InvalidInputError, NotFoundError, TooManyRequestsError
from authsms.identity.names import visible_part
from authsms.logon.machine import MessageKey
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT
from authsms.logon.steps import Client, Step, Ticket
from authsms.portals import onward
from authsms.portals.code_page import CodePage, alternatives, clock_text
from authsms.portals.forms import (
    NAME_ONLY,
    AnotherWayForm,
    AnswerForm,
    NameForm,
    PortalForm,
    SignInForm,
    process_scope,
    require_own_page,
)
from authsms.portals.language import language
from authsms.portals.notes import drop_note, take_note
from authsms.portals.once import answer_once
from authsms.portals.services import services
from authsms.portals.session import Origin, client, current_session, keep_browser, meet_reader, read_ticket
from authsms.portals.wanted import drop_wanted, is_own_page, read_wanted
from authsms.portals.wording import announce, heading, progress

blueprint = Blueprint("login", __name__)
blueprint.before_request(require_own_page)
blueprint.after_request(keep_browser)
blueprint.after_request(drop_note)
blueprint.add_app_template_global(clock_text)


@blueprint.get("/login/<event>")
def sign_in(event: str) -> ResponseReturnValue:
    """Ask for user name and password, or only whether a code may be sent to whom an application vouches for."""
    entrance = services().logon.entrance(event, continuation_id=request.args.get("c"))
    note = take_note()
    if entrance.is_vouched:
        form = PortalForm(f"login:{event}")
        return render_template("portals/vouched.html", entrance=entrance, form=form, announcement=announce(note))
    typed = note.values.get("user_name", "") if note else ""
    return render_template(
        "portals/sign_in.html",
        entrance=entrance,
        form=SignInForm(f"login:{event}", user_name=typed or entrance.login_hint),
        announcement=announce(note),
        present=current_session(),
        by_password=url_for("login.sign_in", event=SETUP_EVENT) if _is_setting_up(event) else "",
    )


@blueprint.post("/login/<event>")
def begin(event: str) -> ResponseReturnValue:
    """Begin a logon process and hand it the first proof."""
    form = (NameForm if NAME_ONLY in request.form else SignInForm)(f"login:{event}")
    continuation_id = request.args.get("c")
    if not form.validate():
        key = MessageKey.WRONG_PASSWORD if form.is_complete else "form.incomplete"
        return _sign_in_again(event, continuation_id, form.user_name.data or "", key)
    return answer_once(lambda: _begin(event, continuation_id, form.user_name.data or "", form.proof))


@blueprint.post("/login/<event>/rest")
def begin_rest(event: str) -> ResponseReturnValue:
    """Begin what completes the sign-in of somebody whom an application vouches for; the name is not asked."""
    PortalForm(f"login:{event}").validate()
    return answer_once(lambda: _begin(event, request.args.get("c", "")))


def _question(method: str) -> str:
    """Return what the method of a plugin asks people, in their language; nothing for one of ours."""
    found = next((one for one in services().logon.plugged if one.name == method), None)
    return "" if found is None else found.questions.get(language()) or found.questions["en"]


def _is_setting_up(event: str) -> bool:
    return event == ADMIN_EVENT and services().administrators.is_setting_up()


def _begin(
    event: str, continuation_id: str | None, user_name: str = "", proof: Mapping[str, str] | None = None
) -> Response:
    logon = services().logon
    origin = Origin(event, continuation_id, logon.entrance(event, continuation_id=continuation_id).endpoint)
    try:
        caller = client(event, is_strict=read_wanted() is not None)
        step = logon.begin(event, user_name, caller, continuation_id=continuation_id, response=proof)
    except InvalidInputError:
        return _sign_in_again(event, continuation_id, user_name, MessageKey.WRONG_PASSWORD)
    return onward.go_on(step, origin)


def _sign_in_again(event: str, continuation_id: str | None, user_name: str, key: str) -> Response:
    """Return to the first page with the name that was typed, without marks that nobody sees."""
    here = url_for("login.sign_in", event=event, c=continuation_id)
    return onward.back(here, key, user_name=visible_part(user_name))


@blueprint.get("/logon/<process_id>")
def ask(process_id: str) -> ResponseReturnValue:
    """Show what the present method asks."""
    ticket, origin = read_ticket(process_id)
    step = services().logon.view(ticket, client(origin.event))
    if step.asks is None:
        raise NotFoundError("This logon process asks nothing any more.")
    page = CodePage.of(step.asks, services().clock.now(), services().logon.delivery_of(step))
    return render_template(
        f"portals/{step.asks.prompt}.html",
        step=step,
        page=page,
        alternatives=alternatives(step),
        origin=origin,
        heading=heading(step.asks.prompt),
        asked=_question(step.asks.method),
        form=AnswerForm(process_scope(process_id)),
        announcement=announce(take_note(), withheld=page.is_withheld),
    )


@blueprint.get("/logon/<process_id>/status")
def status(process_id: str) -> ResponseReturnValue:
    """Tell how far the text is; asked every second or two by the page."""
    ticket, _ = read_ticket(process_id)
    shown = progress(services().logon.delivery_status(ticket))
    return jsonify(stage=shown.stage, text=shown.text, final=shown.final, offers=shown.offers)


@blueprint.post("/logon/<process_id>")
def answer(process_id: str) -> ResponseReturnValue:
    """Hand the present method its answer."""
    form = AnswerForm(process_scope(process_id))
    return _proceed(process_id, form, lambda ticket, caller: services().logon.answer(ticket, form.response(), caller))


@blueprint.post("/logon/<process_id>/resend")
def resend(process_id: str) -> ResponseReturnValue:
    """Send a new code; the old one is dead from then on."""
    form = PortalForm(process_scope(process_id))
    return _proceed(process_id, form, services().logon.resend)


@blueprint.post("/logon/<process_id>/another-way")
def another_way(process_id: str) -> ResponseReturnValue:
    """Go on with another chain."""
    form = AnotherWayForm(process_scope(process_id))
    return _proceed(
        process_id, form, lambda ticket, caller: services().logon.choose(ticket, form.chain.data or "", caller)
    )


@blueprint.post("/logon/<process_id>/cancel")
def cancel(process_id: str) -> ResponseReturnValue:
    """End the logon process."""
    form = PortalForm(process_scope(process_id))
    form.validate()

    def act() -> Response:
        ticket, origin = read_ticket(process_id)
        return onward.cancelled(process_id, origin, services().logon.cancel(ticket))

    return answer_once(act)


@blueprint.get("/cancelled")
def cancelled() -> ResponseReturnValue:
    """Say that nobody was signed in."""
    note = take_note()
    place, target = onward.destination_of(note)
    return render_template("portals/cancelled.html", origin=onward.origin_of(note), place=place, target=target)


@blueprint.get("/signed-in")
def signed_in() -> ResponseReturnValue:
    """Say that it worked, and take the person on to the application that asked."""
    meet_reader()
    note = take_note()
    (place, target), told = onward.destination_of(note), announce(note)
    if target is not None:
        return render_template("portals/leaving.html", target=target, place=place, announcement=told)
    session = current_session()
    if session is None:
        raise NotFoundError("Nobody is signed in here.")
    wanted = read_wanted() or ""
    if session.event in {ADMIN_EVENT, SETUP_EVENT} or is_own_page(wanted):
        response = make_response(redirect(wanted or url_for("admin_start.home")))
        drop_wanted(response)
        return response
    return render_template("portals/signed_in.html", session=session, announcement=told)


def _proceed(process_id: str, form: PortalForm, act: Callable[[Ticket, Client], Step]) -> ResponseReturnValue:
    def ask_again(key: str, **values: str) -> Response:
        return onward.back(url_for("login.ask", process_id=process_id), key, **values)

    def work() -> Response:
        ticket, origin = read_ticket(process_id)
        try:
            return onward.go_on(act(ticket, client(origin.event)), origin)
        except TooManyRequestsError as error:
            return ask_again("wait", seconds=str(max(1, round(error.retry_after.total_seconds()))))

    if not form.validate():
        return ask_again("form.incomplete")
    return answer_once(work)
