"""The pages of endpoints: applications, protected sites and plug-ins that may ask for a login.

A new endpoint's first secret is thrown away; the page makes one and shows it when it is asked for. So a form that is
sent twice shows a secret that is good, and none is ever kept to be shown later.
"""

from typing import Protocol, cast

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, SelectMultipleField, StringField

from authsms.administration.logon import GUARDED_EVENTS, EndpointDraft, LogonDesk
from authsms.administration.rights import Right
from authsms.foundation.errors import AuthsmsError, ConflictError, InvalidInputError, NotFoundError
from authsms.logon.arrangement import fingerprint
from authsms.logon.endpoints import Endpoint
from authsms.logon.kinds import EndpointKind, ValidateProfile
from authsms.logon.oidc_profile import OidcOption, OidcProfile, TokenAlgorithm
from authsms.portals.admin.frame import NOTICES, AdminForm, act_with, actor, check_form, done, page, told
from authsms.portals.admin.frame import services as all_services
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_endpoints", __name__)
NOTICES.update(
    {
        "endpoint.created": lazy_gettext("Saved. What the other side needs stands below."),
        "endpoint.needs-secret": lazy_gettext("Saved. What the other side needs stands below; make its secret there."),
    }
)
_LONGEST = 300
_LONGEST_AREA = 20_000


class _Services(Protocol):
    logon_desk: LogonDesk


class EndpointForm(AdminForm):
    """What can be typed about an endpoint."""

    kind = StringField()
    name = StringField()
    event = StringField()
    redirect_uris = StringField()
    logout_uris = StringField()
    is_public = BooleanField()
    algorithm = StringField()
    option = SelectMultipleField(validate_choice=False)
    request_keys = StringField()
    backchannel_uri = StringField()
    networks = StringField()
    joins_codes = BooleanField()
    seen = StringField()

    def draft(self) -> EndpointDraft:
        """Return what was typed."""
        return EndpointDraft(
            str(self.name.data or "").strip()[:_LONGEST],
            str(self.event.data or "")[:_LONGEST],
            _lines(self.redirect_uris.data),
            _lines(self.logout_uris.data),
            self._profile(),
            _kind(self.kind.data),
            ValidateProfile(_lines(self.networks.data), bool(self.joins_codes.data)),
        )

    def _profile(self) -> OidcProfile:
        algorithm = str(self.algorithm.data or "")
        return OidcProfile(
            bool(self.is_public.data),
            TokenAlgorithm(algorithm) if algorithm in set(TokenAlgorithm) else TokenAlgorithm.ES256,
            frozenset(OidcOption(one) for one in self.option.data or () if one in set(OidcOption)),
            str(self.request_keys.data or "")[:_LONGEST_AREA],
            str(self.backchannel_uri.data or "").strip()[:_LONGEST_AREA],
        )


@blueprint.get("/endpoints")
def listing() -> ResponseReturnValue:
    """List the endpoints."""
    return _list()


@blueprint.get("/endpoints/new")
def new() -> ResponseReturnValue:
    """Show an empty form."""
    actor().require(Right.LOGON_EDIT)
    return _form(EndpointDraft("", "", (), kind=_kind(request.args.get("kind"))))


@blueprint.post("/endpoints/new")
def create() -> ResponseReturnValue:
    """Store a new endpoint."""
    form = _checked_form()
    draft = form.draft()
    try:
        return answer_once(lambda: _created(_desk().create_endpoint(actor(), draft)[0]))
    except (InvalidInputError, NotFoundError, ConflictError) as error:
        return _form(draft, problem=error), 400


@blueprint.get("/endpoints/of/<client_id>")
def edit(client_id: str) -> ResponseReturnValue:
    """Show the form of an endpoint."""
    actor().require(Right.LOGON_EDIT)
    found = _desk().endpoint(actor(), client_id)
    return _form(_draft(found), found)


@blueprint.post("/endpoints/of/<client_id>")
def save(client_id: str) -> ResponseReturnValue:
    """Store what was typed."""
    form = _checked_form()
    draft = form.draft()
    found = _desk().endpoint(actor(), client_id)
    seen = str(form.seen.data or "")[:_LONGEST]
    try:
        _desk().change_endpoint(actor(), client_id, draft, seen)
    except (InvalidInputError, NotFoundError) as error:
        return _form(draft, found, problem=error, seen=seen), 400
    except ConflictError as error:
        return _form(draft, _desk().endpoint(actor(), client_id), problem=error, is_late=True), 409
    return done(url_for(".listing"))


@blueprint.post("/endpoints/of/<client_id>/secret")
def renew(client_id: str) -> ResponseReturnValue:
    """Make a new secret and show it, this once."""
    check_form(AdminForm())
    try:
        secret = _desk().renew_secret(actor(), client_id)
    except InvalidInputError as error:
        return _list(told(error)), 409
    found = _desk().endpoint(actor(), client_id)
    return page("endpoints_secret.html", endpoint=found, secret=secret)


@blueprint.post("/endpoints/of/<client_id>/remove")
def remove(client_id: str) -> ResponseReturnValue:
    """Remove an endpoint."""
    try:
        return act_with(lambda: _desk().remove_endpoint(actor(), client_id), url_for(".listing"), "removed")
    except InvalidInputError as error:
        return _list(told(error)), 409


def _desk() -> LogonDesk:
    return cast("_Services", all_services()).logon_desk


def _checked_form() -> EndpointForm:
    actor().require(Right.LOGON_EDIT)
    form = EndpointForm()
    check_form(form)
    return form


def _lines(text: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(text or "")[:_LONGEST_AREA].split()))


def _draft(endpoint: Endpoint) -> EndpointDraft:
    addresses = (endpoint.redirect_uris, endpoint.logout_uris)
    return EndpointDraft(endpoint.name, endpoint.event, *addresses, endpoint.oidc, endpoint.kind, endpoint.validate)


def _kind(word: object) -> EndpointKind:
    return EndpointKind(str(word)) if word in set(EndpointKind) else EndpointKind.OIDC


def _kind_words() -> dict[EndpointKind, str]:
    return {
        EndpointKind.OIDC: "OpenID Connect",
        EndpointKind.FORWARD_AUTH: gettext("Site behind a reverse proxy"),
        EndpointKind.REST: gettext("Program with its own pages (REST)"),
        EndpointKind.VALIDATE: gettext("Plug-in for privacyIDEA"),
    }


def _created(endpoint: Endpoint) -> Response:
    has_no_secret = endpoint.oidc.is_public or endpoint.kind is EndpointKind.FORWARD_AUTH
    note = "endpoint.created" if has_no_secret else "endpoint.needs-secret"
    return done(url_for(".edit", client_id=endpoint.id), note)


def _list(problem: str = "") -> str:
    arranged = _desk().overview(actor()).arranged
    found = sorted(arranged.endpoints.values(), key=lambda one: one.name.casefold())
    return page("endpoints.html", endpoints=found, events=arranged.events, kinds=_kind_words(), problem=problem)


def _form(
    draft: EndpointDraft,
    endpoint: Endpoint | None = None,
    *,
    problem: AuthsmsError | None = None,
    seen: str | None = None,
    is_late: bool = False,
) -> str:
    events = _desk().overview(actor()).arranged.events.values()
    choices = [(one.name, one.title) for one in events if one.name not in GUARDED_EVENTS]
    return page(
        "endpoints_form.html",
        draft=draft,
        endpoint=endpoint,
        kinds=_kind_words(),
        seen=seen if seen is not None else (fingerprint(endpoint) if endpoint else ""),
        problem=told(problem) if problem else "",
        is_late=is_late,
        events=sorted(choices, key=lambda one: one[1]),
        algorithms=[(one.value, one.value) for one in TokenAlgorithm],
        issuer=all_services().settings.public_url.rstrip("/"),
    )
