"""Webhooks of endpoints, as administrators set them up and see what was not taken."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.alarm_rules import Finding, about_hook
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.audit.vocabulary import Author
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.oidc_profile import MESSAGING, OidcOption
from authsms.logon.redirects import check_redirect
from authsms.messaging.hooks import LONGEST_ADDRESS, Backlog, Hook, HookKind, Hooks

SCOPES: Final = {
    HookKind.RECIPIENT: MESSAGING[OidcOption.SEND_MESSAGES],
    HookKind.STOPPED: MESSAGING[OidcOption.READ_CONTACTS],
    HookKind.ANSWERED: MESSAGING[OidcOption.SEND_MESSAGES],
    HookKind.FILLED: MESSAGING[OidcOption.SEND_MESSAGES],
    HookKind.CLOSED: MESSAGING[OidcOption.SEND_MESSAGES],
}
"""What an endpoint must be allowed to be told of something."""


@dataclass(frozen=True, slots=True)
class HookFile:
    """The webhook of an endpoint, if it has one, and what was not taken."""

    endpoint: Endpoint
    hook: Hook | None
    backlog: Backlog


class HookDesk:
    """Works on webhooks for whoever may edit endpoints; every method raises as `Actor.require` does.

    Every method raises `NotFoundError` when there is no such endpoint.
    """

    def __init__(self, hooks: Hooks, endpoints: EndpointService) -> None:
        self._hooks = hooks
        self._endpoints = endpoints

    def file(self, actor: Actor, endpoint_id: str) -> HookFile:
        """Return the webhook of an endpoint."""
        endpoint = self._endpoint(actor, endpoint_id)
        return HookFile(endpoint, self._hooks.find(endpoint_id), self._hooks.backlog(endpoint_id))

    def files(self, actor: Actor) -> Sequence[HookFile]:
        """Return every webhook there is."""
        return [self.file(actor, one.endpoint_id) for one in self._hooks.all()]

    def save(self, actor: Actor, endpoint_id: str, url: str, kinds: Collection[HookKind]) -> str:
        """Set where an endpoint is told, and of what; return the secret that was made for a new address, or nothing.

        Raises:
            InvalidInputError: The address is not fit for that, or the endpoint is to be told nothing.
        """
        author = self._author(actor, endpoint_id)
        try:
            check_redirect(url)
        except InvalidInputError:
            url = ""
        if not 0 < len(url) <= LONGEST_ADDRESS:
            raise InvalidInputError("Give a whole https address (http on this machine only).", field="url")
        return self._hooks.save(author, endpoint_id, url, kinds)

    def renew(self, actor: Actor, endpoint_id: str) -> str:
        """Make a new secret and return it, this once.

        Raises:
            ConflictError: There is no webhook any more.
        """
        return self._hooks.renew(self._author(actor, endpoint_id), endpoint_id)

    def remove(self, actor: Actor, endpoint_id: str) -> None:
        """Tell an endpoint nothing any more."""
        self._hooks.remove(self._author(actor, endpoint_id), endpoint_id)

    def try_out(self, actor: Actor, endpoint_id: str) -> None:
        """Have an endpoint told of a test."""
        self._endpoint(actor, endpoint_id)
        self._hooks.try_out(endpoint_id)

    def send_again(self, actor: Actor, endpoint_id: str, event_id: str = "") -> int:
        """Try again what nobody tries any more, one or all; return how many that are."""
        return self._hooks.send_again(self._author(actor, endpoint_id), endpoint_id, event_id)

    def _author(self, actor: Actor, endpoint_id: str) -> Author:
        """Return how the audit trail names the actor, and which endpoint this is about."""
        return replace(author_of(actor), endpoint=self._endpoint(actor, endpoint_id).name)

    def _endpoint(self, actor: Actor, endpoint_id: str) -> Endpoint:
        actor.require(Right.LOGON_EDIT)
        found = self._endpoints.find(endpoint_id)
        if found is None:
            raise NotFoundError("There is no such endpoint.")
        return found


def unheard(hooks: Hooks, endpoints: EndpointService) -> Iterator[Finding]:
    """Find endpoints that have not taken what their webhooks were to tell."""
    for endpoint_id, count in hooks.given_up().items():
        endpoint = endpoints.find(endpoint_id)
        if endpoint is not None:
            yield about_hook(endpoint_id, endpoint.name, count)
