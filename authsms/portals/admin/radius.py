"""The pages of RADIUS clients: devices that may ask for a login.

As with endpoints, a new client's first secret is thrown away; the page makes one and shows it when it is asked for.
"""

from typing import Protocol, cast

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField

from authsms.administration.logon import GUARDED_EVENTS, LogonDesk
from authsms.administration.radius_clients import RadiusDesk
from authsms.administration.rights import Right
from authsms.foundation.errors import AuthsmsError, ConflictError, InvalidInputError, NotFoundError
from authsms.logon.radius_profile import (
    LOCALES,
    SEPARATORS,
    Grant,
    RadiusClient,
    RadiusDraft,
    RadiusProfile,
    read_grants,
)
from authsms.portals.admin.frame import AdminForm, act_with, actor, check_form, done, page, told
from authsms.portals.admin.frame import services as all_services
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_radius", __name__)
_LONGEST = 300
_LONGEST_AREA = 40_000
_EMPTY = RadiusDraft("", "", "web")


class _Services(Protocol):
    logon_desk: LogonDesk
    radius_desk: RadiusDesk


class ClientForm(AdminForm):
    """What can be typed about a RADIUS client."""

    name = StringField()
    network = StringField()
    event = StringField()
    can_challenge = BooleanField()
    separator = StringField()
    locale = StringField()
    filters = StringField()
    classes = StringField()
    is_unsigned = BooleanField()
    seen = StringField()

    def draft(self) -> RadiusDraft:
        """Return what was typed.

        Raises:
            InvalidInputError: An attribute is not written as one.
        """
        granted = read_grants(Grant.FILTER_ID, _lines(self.filters.data))
        granted += read_grants(Grant.CLASS, _lines(self.classes.data))
        profile = RadiusProfile(
            not self.is_unsigned.data,
            bool(self.can_challenge.data),
            str(self.separator.data or "")[:_LONGEST],
            str(self.locale.data or "")[:_LONGEST],
            granted,
        )
        return RadiusDraft(
            str(self.name.data or "").strip()[:_LONGEST],
            str(self.network.data or "").strip()[:_LONGEST],
            str(self.event.data or "")[:_LONGEST],
            profile,
        )


@blueprint.get("/radius")
def listing() -> ResponseReturnValue:
    """List the clients."""
    clients = _desk().radius_desk.list(actor())
    return page(
        "radius.html",
        clients=clients,
        exposed=[one for one in clients if not one.profile.must_sign],
        events=_desk().logon_desk.overview(actor()).arranged.events,
        is_off=not all_services().settings.radius.host,
    )


@blueprint.get("/radius/new")
def new() -> ResponseReturnValue:
    """Show an empty form."""
    actor().require(Right.LOGON_EDIT)
    return _form(_fields(_EMPTY))


@blueprint.post("/radius/new")
def create() -> ResponseReturnValue:
    """Store a new client."""
    form = _checked_form()
    try:
        draft = form.draft()
        return answer_once(lambda: done(url_for(".edit", client_id=_desk().radius_desk.add(actor(), draft).id)))
    except (InvalidInputError, NotFoundError, ConflictError) as error:
        return _form(_typed(form), problem=error), 400


@blueprint.get("/radius/of/<client_id>")
def edit(client_id: str) -> ResponseReturnValue:
    """Show the form of a client."""
    actor().require(Right.LOGON_EDIT)
    found = _desk().radius_desk.client(actor(), client_id)
    return _form(_fields(_draft(found)), found)


@blueprint.post("/radius/of/<client_id>")
def save(client_id: str) -> ResponseReturnValue:
    """Store what was typed."""
    form = _checked_form()
    found = _desk().radius_desk.client(actor(), client_id)
    try:
        _desk().radius_desk.change(actor(), client_id, form.draft(), str(form.seen.data or "")[:_LONGEST])
    except ConflictError as error:
        return _form(_typed(form), _desk().radius_desk.client(actor(), client_id), problem=error), 409
    except (InvalidInputError, NotFoundError) as error:
        return _form(_typed(form), found, problem=error, seen=str(form.seen.data or "")[:_LONGEST]), 400
    return done(url_for(".listing"))


@blueprint.post("/radius/of/<client_id>/secret")
def renew(client_id: str) -> ResponseReturnValue:
    """Make a new secret and show it, this once."""
    check_form(AdminForm())
    secret = _desk().radius_desk.renew(actor(), client_id)
    return page("radius_secret.html", client=_desk().radius_desk.client(actor(), client_id), secret=secret)


@blueprint.post("/radius/of/<client_id>/remove")
def remove(client_id: str) -> ResponseReturnValue:
    """Remove a client."""
    return act_with(lambda: _desk().radius_desk.remove(actor(), client_id), url_for(".listing"), "removed")


def _desk() -> _Services:
    return cast("_Services", all_services())


def _checked_form() -> ClientForm:
    actor().require(Right.LOGON_EDIT)
    form = ClientForm()
    check_form(form)
    return form


def _lines(text: object) -> list[str]:
    return str(text or "")[:_LONGEST_AREA].splitlines()


def _draft(client: RadiusClient) -> RadiusDraft:
    return RadiusDraft(client.name, str(client.network), client.event, client.profile)


def _fields(draft: RadiusDraft) -> dict[str, object]:
    """Return what stands in the fields of a form."""
    profile = draft.profile
    return {
        "name": draft.name,
        "network": draft.network,
        "event": draft.event,
        "can_challenge": profile.can_challenge,
        "separator": profile.separator,
        "locale": profile.locale,
        "filters": "\n".join(profile.granted(Grant.FILTER_ID)),
        "classes": "\n".join(profile.granted(Grant.CLASS)),
        "is_unsigned": not profile.must_sign,
    }


def _typed(form: ClientForm) -> dict[str, object]:
    """Return the fields as they were sent."""
    return {name: form[name].data for name in _fields(_EMPTY)}


def _form(
    fields: dict[str, object],
    client: RadiusClient | None = None,
    *,
    problem: AuthsmsError | None = None,
    seen: str | None = None,
) -> str:
    events = _desk().logon_desk.overview(actor()).arranged.events.values()
    choices = [(one.name, one.title) for one in events if one.name not in GUARDED_EVENTS and not one.endpoints]
    return page(
        "radius_form.html",
        fields=fields,
        client=client,
        seen=seen if seen is not None else (client.fingerprint if client else ""),
        problem=told(problem) if problem else "",
        is_late=isinstance(problem, ConflictError) and client is not None,
        events=sorted(choices, key=lambda one: one[1]),
        separators=[(mark, mark) for mark in SEPARATORS],
        locales=LOCALES,
        port=all_services().settings.radius.port,
    )
