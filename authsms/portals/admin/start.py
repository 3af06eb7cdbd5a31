"""The first page of the portal, what a new server still needs, and the page that asks for a fresh proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from authsms.administration.logon import LogonDesk
from authsms.administration.repositories import RepositoryDesk
from authsms.administration.rights import Right
from authsms.administration.senders import SenderDesk, ServiceLine
from authsms.identity.local import LOCAL
from authsms.portals.admin import frame
from authsms.portals.admin.dashboard import dashboard
from authsms.portals.admin.frame import actor, page, sign_in_address

blueprint = Blueprint("admin_start", __name__)


class _Services(frame.AdminServices, Protocol):
    sender_desk: SenderDesk

    @property
    def repository_desk(self) -> RepositoryDesk:
        """What administrators do with repositories."""

    @property
    def logon_desk(self) -> LogonDesk:
        """What administrators do with events, chains and endpoints."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a new server needs.

    Attributes:
        why: What it is good for, in a sentence.
        address: The page where it is done.
    """

    title: str
    why: str
    address: str
    is_done: bool


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show how things are, or what is to be done first; whoever may see neither gets the areas to choose from."""
    present = actor()
    if _is_in_set_up():
        rights = (Right.SENDERS_SEE, Right.REPOSITORIES_SEE, Right.LOGON_SEE)
        steps = _steps() if all(present.may(right) for right in rights) else ()
        return page("start.html", is_in_set_up=True, steps=steps)
    if present.may(Right.DASHBOARD_SEE):
        return dashboard()
    return page("start.html", is_in_set_up=False, steps=())


@blueprint.get("/prove")
def prove() -> ResponseReturnValue:
    """Say why a fresh sign-in is needed, and lead there."""
    actor()
    return render_template("portals/admin/prove.html", onward=sign_in_address())


def _steps() -> Sequence[Step]:
    services = cast("_Services", frame.services())
    senders = services.sender_desk.services(actor())
    return (
        Step(
            gettext("Add a sender service"),
            gettext("Text messages go out through an account at a provider."),
            url_for("admin_senders.listing"),
            services.senders.can_send(),
        ),
        Step(
            gettext("Send a test message to your own phone"),
            gettext("You see what the provider answers, and what to do if it refuses."),
            url_for("admin_senders.trial", name=senders[0].saved.rule.name) if senders else "",
            any(_has_worked(line) for line in senders),
        ),
        Step(
            gettext("Add a directory"),
            gettext("People and their numbers come from there. Leave it out if the built-in repository is enough."),
            url_for("admin_repositories.listing"),
            any(view.name != LOCAL for view in services.repository_desk.list(actor())),
        ),
        Step(
            gettext("Add an application"),
            gettext("It sends people here to sign in, by OpenID Connect."),
            url_for("admin_endpoints.listing"),
            bool(services.logon_desk.overview(actor()).arranged.endpoints),
        ),
    )


def _has_worked(line: ServiceLine) -> bool:
    return line.last_test is not None and line.last_test.is_accepted


def _is_in_set_up() -> bool:
    present = actor()
    return any(
        one.setup_until is not None
        for one in frame.services().administrators.all()
        if one.person_key == present.person_key
    )
