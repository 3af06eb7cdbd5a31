"""Events, chains, methods and endpoints: what logging in asks of people, arranged by administrators.

The portal's own events are guarded: every chain of theirs asks for two factors, and every full administrator keeps one
that he can use. What would break that is refused, whichever way it is tried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.administrators import Administrators
from authsms.administration.logon_rules import Notice, PortalRule, warnings_of
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right, Role
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.identity.repository import PersonKey, split_key
from authsms.logon.arrangement import Arranged, Arrangement
from authsms.logon.catalog import Chain, Event, Wanted
from authsms.logon.client_keys import read_client_keys
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.kinds import SECRET_ONLY, EndpointKind, ValidateProfile
from authsms.logon.methods.base import Method
from authsms.logon.oidc_profile import CONFIDENTIAL, OidcProfile
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT
from authsms.senders.rules import LABEL_WORDS, is_label

GUARDED_EVENTS: Final = frozenset({ADMIN_EVENT, SETUP_EVENT})
_LONGEST_NAME: Final = 64
_LONGEST_TITLE: Final = 200
_MOST_GROUPS: Final = 50
_NAME_MARKS: Final = frozenset("-_.")


@dataclass(frozen=True, slots=True)
class MethodView:
    """A method there is.

    Attributes:
        chains: Names of the chains that ask for it.
    """

    name: str
    amr: tuple[str, ...]
    chains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on one page.

    Attributes:
        warnings: What is odd, by the name of the event or of the chain.
    """

    arranged: Arranged
    methods: Sequence[MethodView]
    event_warnings: Mapping[str, Sequence[Notice]]
    chain_warnings: Mapping[str, Sequence[Notice]]


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """An endpoint as an administrator typed it; addresses are compared as exact strings, a site has only one."""

    name: str
    event: str
    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...] = ()
    oidc: OidcProfile = CONFIDENTIAL
    kind: EndpointKind = EndpointKind.OIDC
    validate: ValidateProfile = SECRET_ONLY


class LogonDesk:
    """Shows and changes events, chains and endpoints; safe to share between threads.

    Every method raises `ForbiddenError` or `ProofNeededError` as `Actor.require` does. *seen* is always the fingerprint
    of what was looked at, empty for something new; `ConflictError` says that somebody else was faster.
    """

    def __init__(
        self,
        arrangement: Arrangement,
        endpoints: EndpointService,
        methods: Sequence[Method],
        administrators: Administrators,
    ) -> None:
        self._arrangement = arrangement
        self._endpoints = endpoints
        self._methods = {method.name: method for method in methods}
        self._administrators = administrators

    def overview(self, actor: Actor) -> Overview:
        """Return everything there is, with warnings."""
        actor.require(Right.LOGON_SEE)
        arranged = self._arrangement.read()
        events, chains = warnings_of(arranged, self._methods)
        methods = [self._method(method, arranged) for method in self._methods.values()]
        return Overview(arranged, methods, events, chains)

    def event(self, actor: Actor, name: str) -> Event:
        """Return an event.

        Raises:
            NotFoundError: There is none of this name.
        """
        found = self.overview(actor).arranged.events.get(name)
        if found is None:
            raise NotFoundError("There is no such event.")
        return found

    def chain(self, actor: Actor, name: str) -> Chain:
        """Return a chain.

        Raises:
            NotFoundError: There is none of this name.
        """
        found = self.overview(actor).arranged.chains.get(name)
        if found is None:
            raise NotFoundError("There is no such chain.")
        return found

    def endpoint(self, actor: Actor, client_id: str) -> Endpoint:
        """Return an endpoint.

        Raises:
            NotFoundError: There is none with this id.
        """
        found = self.overview(actor).arranged.endpoints.get(client_id)
        if found is None:
            raise NotFoundError("There is no such endpoint.")
        return found

    def save_event(self, actor: Actor, wanted: Wanted, seen: str) -> None:
        """Store an event.

        Raises:
            InvalidInputError: It is unusable, or would lock administrators out of the portal.
            NotFoundError: A chain or an endpoint is not there any more.
            ConflictError: Somebody else was faster.
        """
        actor.require(Right.LOGON_EDIT)
        _check_name(wanted.name)
        chains = tuple(dict.fromkeys(wanted.chains))
        checked = replace(wanted, title=_title(wanted.title), chains=chains)
        if checked.label and not is_label(checked.label):
            raise InvalidInputError(LABEL_WORDS, field="label")
        if not chains:
            raise InvalidInputError("Choose at least one chain; nobody could log in without one.", field="chain")
        self._arrangement.save_event(checked, seen, author_of(actor), self._rule())

    def remove_event(self, actor: Actor, name: str) -> None:
        """Remove an event that no endpoint uses.

        Raises:
            InvalidInputError: It is one of the portal's, or an endpoint uses it.
            NotFoundError: There is none of this name.
        """
        actor.require(Right.LOGON_EDIT)
        if name in GUARDED_EVENTS:
            raise InvalidInputError("Administrators sign in by this event; it cannot be removed.")
        self._arrangement.remove_event(name, author_of(actor))

    def save_chain(self, actor: Actor, chain: Chain, seen: str) -> None:
        """Store a chain.

        Raises:
            InvalidInputError: It is unusable, or would lock administrators out of the portal.
            ConflictError: Somebody else was faster.
        """
        actor.require(Right.LOGON_EDIT)
        _check_name(chain.name)
        if unknown := [name for name in chain.methods if name not in self._methods]:
            raise InvalidInputError(
                "There is no method called %(unknown)s.", unknown=unknown[0][:_LONGEST_NAME], field="method"
            )
        if not chain.methods or len(set(chain.methods)) != len(chain.methods):
            raise InvalidInputError("A chain asks for at least one method, and for each once.", field="method")
        groups = frozenset(group.strip() for group in chain.groups if group.strip())
        if len(groups) > _MOST_GROUPS or any(len(group) > _LONGEST_TITLE for group in groups):
            raise InvalidInputError("These are too many groups, or a name is too long.", field="groups")
        checked = replace(chain, title=_title(chain.title), groups=groups)
        self._arrangement.save_chain(checked, seen, author_of(actor), self._rule())

    def remove_chain(self, actor: Actor, name: str) -> None:
        """Remove a chain that no event offers.

        Raises:
            InvalidInputError: An event offers it; the text says which.
            NotFoundError: There is none of this name.
        """
        actor.require(Right.LOGON_EDIT)
        self._arrangement.remove_chain(name, author_of(actor))

    def create_endpoint(self, actor: Actor, draft: EndpointDraft) -> tuple[Endpoint, str]:
        """Create an endpoint and return it with its secret, which cannot be shown again.

        Raises:
            InvalidInputError: The name or an address cannot be used, or the event is one of the portal's.
            NotFoundError: There is no such event.
            ConflictError: The name is taken.
        """
        actor.require(Right.LOGON_EDIT)
        _check_endpoint(draft)
        return self._endpoints.create(
            draft.name,
            event=draft.event,
            redirect_uris=draft.redirect_uris,
            logout_uris=draft.logout_uris,
            oidc=_profile(draft),
            kind=draft.kind,
            validate=draft.validate,
            author=author_of(actor),
        )

    def change_endpoint(self, actor: Actor, client_id: str, draft: EndpointDraft, seen: str) -> None:
        """Change name, event, addresses and options of an endpoint; its id, kind and secret stay.

        Raises:
            InvalidInputError: The name or an address cannot be used, or the event is one of the portal's.
            NotFoundError: The endpoint or its event is not there.
            ConflictError: Somebody else was faster, or the name is taken.
        """
        actor.require(Right.LOGON_EDIT)
        found = self.endpoint(actor, client_id)
        _check_endpoint(replace(draft, kind=found.kind))
        changed = replace(
            found,
            name=_title(draft.name),
            event=draft.event,
            redirect_uris=draft.redirect_uris,
            logout_uris=draft.logout_uris,
            oidc=replace(_profile(draft), is_public=found.oidc.is_public, algorithm=found.oidc.algorithm),
            validate=draft.validate,
        )
        self._arrangement.change_endpoint(changed, seen, author_of(actor))

    def renew_secret(self, actor: Actor, client_id: str) -> str:
        """Replace an endpoint's secret and return the new one; the old one is dead at once.

        Raises:
            NotFoundError: There is none with this id.
            InvalidInputError: It has no secret: it is public, or a site.
        """
        actor.require(Right.LOGON_EDIT)
        if not self.endpoint(actor, client_id).has_secret:
            raise InvalidInputError("This endpoint has no secret.")
        return self._endpoints.renew_secret(client_id, author_of(actor))

    def remove_endpoint(self, actor: Actor, client_id: str) -> None:
        """Remove an endpoint.

        Raises:
            NotFoundError: There is none with this id.
            InvalidInputError: An event names it; the text says which.
        """
        actor.require(Right.LOGON_EDIT)
        self._arrangement.remove_endpoint(client_id, author_of(actor))

    def _rule(self) -> PortalRule:
        full = [one for one in self._administrators.all() if Role.ADMINISTRATOR in one.roles]
        repositories = frozenset(split_key(PersonKey(one.person_key))[0] for one in full)
        return PortalRule(self._methods, repositories)

    @staticmethod
    def _method(method: Method, arranged: Arranged) -> MethodView:
        chains = sorted(chain.title for chain in arranged.chains.values() if method.name in chain.methods)
        return MethodView(method.name, method.amr, tuple(chains))


def _check_name(name: str) -> None:
    fits = 0 < len(name) <= _LONGEST_NAME and name.isascii() and name[0].isalnum()
    if not fits or not all(mark.isalnum() or mark in _NAME_MARKS for mark in name):
        raise InvalidInputError(
            "A name is up to 64 letters, digits, dots and dashes; people see the title.", field="name"
        )


def _check_endpoint(draft: EndpointDraft) -> None:
    if draft.event in GUARDED_EVENTS:
        raise InvalidInputError("This event is for the administrators' portal only; choose another one.", field="event")
    if draft.kind is EndpointKind.OIDC and not draft.redirect_uris:
        raise InvalidInputError("Name at least one redirect address.", field="redirect_uris")


def _profile(draft: EndpointDraft) -> OidcProfile:
    return replace(draft.oidc, request_keys=read_client_keys(draft.oidc.request_keys))


def _title(text: str) -> str:
    title = text.strip()
    if not 0 < len(title) <= _LONGEST_TITLE or not title.isprintable():
        raise InvalidInputError("Give it a title of up to 200 characters.", field="title")
    return title
