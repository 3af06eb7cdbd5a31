"""The sender services: the list, and what can be done to one of them with a button."""

from collections.abc import Callable
from typing import Protocol, cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from authsms.administration.rights import Right
from authsms.administration.senders import SenderDesk
from authsms.administration.senders_history import SenderHistory
from authsms.foundation.errors import ConflictError, InvalidInputError, OverloadedError
from authsms.portals.admin.frame import NOTICES, AdminServices, act_with, actor, page
from authsms.portals.admin.frame import services as all_services

blueprint = Blueprint("admin_senders", __name__)
_LONGEST_VERSION = 9
NOTICES.update(
    {
        "sender.balance": lazy_gettext("The provider was asked."),
    }
)


class SenderServices(AdminServices, Protocol):
    """The services these pages call."""

    sender_desk: SenderDesk
    sender_history: SenderHistory


def services() -> SenderServices:
    """Return the services of the application that handles this request."""
    return cast("SenderServices", all_services())


def seen_version() -> int:
    """Return the version the sender of a form has seen; one that cannot be read is nobody's."""
    seen = request.form.get("version", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= _LONGEST_VERSION else -1


@blueprint.get("/senders")
def listing() -> ResponseReturnValue:
    """List the services in the order they are asked."""
    return _list()


@blueprint.post("/senders/services/<name>/switch")
def switch(name: str) -> ResponseReturnValue:
    """Use a service, or do not use it any more."""
    on = request.form.get("on") == "on"
    return _act(lambda: services().sender_desk.switch(actor(), name, on=on, expected_version=seen_version()))


@blueprint.post("/senders/services/<name>/move")
def move(name: str) -> ResponseReturnValue:
    """Let a service be asked earlier or later."""
    up = request.form.get("to") == "up"
    return _act(lambda: services().sender_desk.move(actor(), name, up=up, expected_version=seen_version()))


@blueprint.post("/senders/services/<name>/remove")
def remove(name: str) -> ResponseReturnValue:
    """Forget a service and its secrets."""
    return _act(lambda: services().sender_desk.remove(actor(), name, expected_version=seen_version()), "removed")


@blueprint.post("/senders/services/<name>/balance")
def balance(name: str) -> ResponseReturnValue:
    """Ask the provider what is left on the account."""
    return _act(lambda: services().sender_desk.balance(actor(), name), "sender.balance")


def _act(work: Callable[[], object], key: str = "saved") -> ResponseReturnValue:
    try:
        return act_with(work, url_for(".listing"), key)
    except (ConflictError, InvalidInputError, OverloadedError) as error:
        return _list(str(error)), 409


def _list(problem: str = "") -> str:
    desk = services().sender_desk
    return page(
        "senders.html",
        lines=desk.services(actor()),
        policy=desk.policy(actor()),
        kinds=desk.kinds(actor()),
        problem=problem,
        may_edit=actor().may(Right.SENDERS_EDIT),
    )
