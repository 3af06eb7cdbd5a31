"""The sender services: the list, and what can be done to one of them with a button."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol, cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from authsms.administration.rights import Right
from authsms.administration.senders import SenderDesk
from authsms.administration.senders_history import SenderHistory
from authsms.administration.senders_routes import Question, RoutePlan
from authsms.delivery.gate import Gate
from authsms.foundation.errors import ConflictError, InvalidInputError, OverloadedError
from authsms.portals.admin.frame import NOTICES, AdminForm, AdminServices, act_with, actor, check_form, page, told
from authsms.portals.admin.frame import services as all_services
from authsms.portals.admin.senders_words import OBSTACLES, PURPOSES
from authsms.senders.submission import Purpose

blueprint = Blueprint("admin_senders", __name__)
_LONGEST_VERSION = 9
_LONGEST_WORD = 200
NOTICES.update(
    {
        "sender.balance": lazy_gettext("The provider was asked."),
    }
)


class SenderServices(AdminServices, Protocol):
    """The services these pages call."""

    sender_desk: SenderDesk
    sender_history: SenderHistory
    gate: Gate


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


@blueprint.post("/senders/routes")
def routes() -> ResponseReturnValue:
    """Show who would carry a text; nothing is sent."""
    check_form(AdminForm())
    purpose = request.form.get("purpose", "")
    words = {name: request.form.get(name, "").strip()[:_LONGEST_WORD] for name in ("phone", "group", "label")}
    question = Question(purpose=Purpose(purpose) if purpose in set(Purpose) else Purpose.AUTHENTICATION, **words)
    try:
        plan = services().sender_desk.routes.plan(actor(), question)
    except InvalidInputError as error:
        return _list(question=question, plan=told(error)), 400
    return _list(question=question, plan=plan)


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
        return _list(told(error)), 409


def _list(problem: str = "", *, question: Question | None = None, plan: RoutePlan | str | None = None) -> str:
    desk = services().sender_desk
    lines = desk.services(actor())
    return page(
        "senders.html",
        lines=lines,
        places=Counter(line.saved.rule.position for line in lines),
        shared=desk.routes.shared(actor()),
        question=question or Question(),
        plan=plan,
        purposes=PURPOSES,
        obstacles=OBSTACLES,
        policy=desk.policy(actor()),
        kinds=desk.kinds(actor()),
        problem=problem,
        may_edit=actor().may(Right.SENDERS_EDIT),
    )
