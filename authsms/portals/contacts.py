"""The pages of one's own contacts: where to be texted notices and offers, and where not."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.foundation.errors import ConflictError, InvalidInputError, ProofNeededError, TooManyRequestsError
from authsms.logon.seed import WEB_EVENT
from authsms.logon.sessions import LoginSession
from authsms.messaging.verification import Outcome
from authsms.portals import onward
from authsms.portals.account import signed_in
from authsms.portals.contacts_words import KINDS, STATES, announce
from authsms.portals.forms import PortalForm, require_own_form, session_scope
from authsms.portals.language import language
from authsms.portals.notes import drop_note, take_note
from authsms.portals.once import answer_once
from authsms.portals.own import holder_of, lead_to_sign_in
from authsms.portals.services import services
from authsms.portals.session import current_session, keep_browser, meet_reader

_LONGEST_TYPED = 64

blueprint = Blueprint("contacts", __name__)
blueprint.before_request(require_own_form)
blueprint.before_request(meet_reader)
blueprint.after_request(keep_browser)
blueprint.after_request(drop_note)


@blueprint.get("/contacts")
def listing() -> ResponseReturnValue:
    """List the contacts of the person."""
    present = current_session()
    if present is None:
        return redirect(url_for("login.sign_in", event=WEB_EVENT))
    note = take_note()
    return render_template(
        "portals/contacts.html",
        present=present,
        contacts=services().contacts.of(present.person_key),
        kinds=KINDS,
        states=STATES,
        form=PortalForm(session_scope()),
        announcement=announce(note),
    )


@blueprint.get("/contacts/<contact_id>")
def show(contact_id: str) -> ResponseReturnValue:
    """Show one contact and what can be done with it."""
    present = current_session()
    if present is None:
        return redirect(url_for("login.sign_in", event=WEB_EVENT))
    proofs = services().contact_proofs
    return render_template(
        "portals/contact.html",
        present=present,
        contact=services().contacts.find(present.person_key, contact_id),
        kinds=KINDS,
        states=STATES,
        wording=proofs.wording(language()),
        length=proofs.length,
        form=PortalForm(session_scope()),
        announcement=announce(take_note()),
    )


@blueprint.post("/contacts")
def add() -> ResponseReturnValue:
    """Add a contact."""
    holder = holder_of(signed_in())
    kind, typed = _kind(), _typed("phone")

    def act() -> Response:
        contact_id = services().own_contacts.add(holder, kind, services().contact_proofs.number(typed))
        return onward.back(url_for(".show", contact_id=contact_id), "added")

    return _answered(act, url_for(".listing"), conflict="known")


@blueprint.post("/contacts/<contact_id>")
def change(contact_id: str) -> ResponseReturnValue:
    """Change the sort of a contact, or its number."""
    holder = holder_of(signed_in())
    here, kind, typed = url_for(".show", contact_id=contact_id), _kind(), _typed("phone")

    def act() -> Response:
        number = services().contact_proofs.number(typed) if typed else None
        moved = services().own_contacts.change(holder, contact_id, kind, number)
        return onward.back(here, "changed" if moved else "saved")

    return _answered(act, here, conflict="known")


@blueprint.post("/contacts/<contact_id>/ask")
def ask(contact_id: str) -> ResponseReturnValue:
    """Text a code to a contact that has been ticked."""
    present = signed_in()
    here = url_for(".show", contact_id=contact_id)
    if request.form.get("agreed") != "yes":
        return onward.back(here, "not-ticked")

    def act() -> Response:
        try:
            outcome = services().contact_proofs.ask(_owner(present), contact_id, language(), present.groups)
        except InvalidInputError:
            return onward.back(here, "no-country")
        return onward.back(here, outcome.value)

    return _answered(act, here)


@blueprint.post("/contacts/<contact_id>/code")
def confirm(contact_id: str) -> ResponseReturnValue:
    """Take the code that came back."""
    owner, typed = _owner(signed_in()), _typed("code")
    here = url_for(".show", contact_id=contact_id)

    def act() -> Response:
        outcome = services().contact_proofs.confirm(owner, contact_id, typed)
        there = url_for(".listing") if outcome is Outcome.VERIFIED else here
        return onward.back(there, outcome.value, length=str(services().contact_proofs.length))

    return _answered(act, here)


@blueprint.post("/contacts/<contact_id>/withdraw")
def withdraw(contact_id: str) -> ResponseReturnValue:
    """Take the tick away."""
    owner = _owner(signed_in())

    def act() -> Response:
        services().contacts.withdraw(owner, contact_id)
        return onward.back(url_for(".show", contact_id=contact_id), "withdrawn")

    return answer_once(act)


@blueprint.post("/contacts/<contact_id>/first")
def put_first(contact_id: str) -> ResponseReturnValue:
    """Let a contact come before the others."""
    owner = _owner(signed_in())

    def act() -> Response:
        services().contacts.put_first(owner, contact_id)
        return onward.back(url_for(".listing"), "first")

    return answer_once(act)


@blueprint.post("/contacts/<contact_id>/remove")
def remove(contact_id: str) -> ResponseReturnValue:
    """Forget a contact."""
    holder = holder_of(signed_in())

    def act() -> Response:
        services().own_contacts.remove(holder, contact_id)
        return onward.back(url_for(".listing"), "removed")

    return answer_once(act)


@blueprint.errorhandler(ProofNeededError)
def prove(_error: ProofNeededError) -> ResponseReturnValue:
    """Lead through the login once more, and then back to the contact."""
    return lead_to_sign_in(url_for(".show", **(request.view_args or {})))


def _answered(act: Callable[[], Response], here: str, *, conflict: str = "too-late") -> Response:
    """Do *act* once, and say on the page *here* why it could not be done."""

    def work() -> Response:
        try:
            return act()
        except InvalidInputError:
            return onward.back(here, "no-number")
        except ConflictError:
            return onward.back(here, conflict)
        except TooManyRequestsError as error:
            return onward.back(here, "wait", seconds=str(max(1, round(error.retry_after.total_seconds()))))

    return answer_once(work)


def _owner(present: LoginSession) -> Author:
    return Author(present.login, present.person_key, request.remote_addr or "")


def _kind() -> ContactKind:
    chosen = request.form.get("kind", "")
    return next((kind for kind in ContactKind if kind.value == chosen), ContactKind.MOBILE)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[: _LONGEST_TYPED + 1]
