"""The page of an endpoint's webhook: where it is told of what, its secret, and what it has not taken."""

from typing import Final, Protocol, cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from authsms.administration.hooks import HookDesk
from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.messaging.hooks import LONGEST_ADDRESS, HookKind
from authsms.portals.admin.frame import NOTICES, AdminForm, act_with, actor, check_form, done, page, told
from authsms.portals.admin.frame import services as all_services

blueprint = Blueprint("admin_hooks", __name__)
KINDS: Final = {
    HookKind.RECIPIENT: lazy_gettext("What became of the text to each person"),
    HookKind.STOPPED: lazy_gettext("Somebody is no longer texted at a number"),
    HookKind.ANSWERED: lazy_gettext("What each person answers to an offer, and what comes of it"),
    HookKind.FILLED: lazy_gettext("All places of an offer are given"),
    HookKind.CLOSED: lazy_gettext("An offer was closed or withdrawn, or its time is over"),
    HookKind.TEST: lazy_gettext("A test"),
}
_LONGEST: Final = 200
NOTICES["hook.test"] = lazy_gettext("A test is on its way. What is not taken shows below; load this page again.")
NOTICES["hook.again"] = lazy_gettext("It is tried again from now on.")


class HookServices(Protocol):
    """The services these pages call."""

    hook_desk: HookDesk


@blueprint.get("/endpoints/of/<client_id>/webhook")
def show(client_id: str) -> ResponseReturnValue:
    """Show the webhook of an endpoint."""
    return _form(client_id)


@blueprint.post("/endpoints/of/<client_id>/webhook")
def save(client_id: str) -> ResponseReturnValue:
    """Store where the endpoint is told, and show the secret of a new address, this once."""
    check_form(AdminForm())
    actor().require(Right.LOGON_EDIT)
    url = request.form.get("url", "").strip()[: LONGEST_ADDRESS + 1]
    kinds = [HookKind(word) for word in request.form.getlist("kind") if word in set(HookKind)]
    try:
        secret = _desk().save(actor(), client_id, url, kinds)
    except InvalidInputError as error:
        return _form(client_id, url=url, problem=told(error)), 400
    return _secret(client_id, secret) if secret else done(url_for(".show", client_id=client_id))


@blueprint.post("/endpoints/of/<client_id>/webhook/secret")
def renew(client_id: str) -> ResponseReturnValue:
    """Make a new secret and show it, this once."""
    check_form(AdminForm())
    try:
        return _secret(client_id, _desk().renew(actor(), client_id))
    except ConflictError as error:
        return _form(client_id, problem=told(error)), 409


@blueprint.post("/endpoints/of/<client_id>/webhook/remove")
def remove(client_id: str) -> ResponseReturnValue:
    """Tell the endpoint nothing any more."""
    return act_with(lambda: _desk().remove(actor(), client_id), url_for(".show", client_id=client_id), "removed")


@blueprint.post("/endpoints/of/<client_id>/webhook/test")
def try_out(client_id: str) -> ResponseReturnValue:
    """Have the endpoint told of a test."""
    return act_with(lambda: _desk().try_out(actor(), client_id), url_for(".show", client_id=client_id), "hook.test")


@blueprint.post("/endpoints/of/<client_id>/webhook/again")
def send_again(client_id: str) -> ResponseReturnValue:
    """Try again what nobody tries any more."""
    event_id = request.form.get("event", "")[:_LONGEST]
    onward = url_for(".show", client_id=client_id)
    return act_with(lambda: _desk().send_again(actor(), client_id, event_id), onward, "hook.again")


def _desk() -> HookDesk:
    return cast("HookServices", all_services()).hook_desk


def _form(client_id: str, *, url: str | None = None, problem: str = "") -> str:
    file = _desk().file(actor(), client_id)
    shown = url if url is not None else (file.hook.url if file.hook else "")
    return page("hook.html", area="admin_endpoints", file=file, url=shown, problem=problem, kinds=KINDS, Kind=HookKind)


def _secret(client_id: str, secret: str) -> str:
    endpoint = _desk().file(actor(), client_id).endpoint
    return page("hook_secret.html", area="admin_endpoints", endpoint=endpoint, secret=secret)
