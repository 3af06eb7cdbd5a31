"""Tokens without a browser: in exchange for a refresh token, or for an endpoint that acts for itself.

An endpoint may use either only when an administrator has allowed it to (`authsms.logon.oidc_profile.OidcOption`).
"""

from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant, RefreshTokenGrant
from typing_extensions import override

from authsms.identity.repository import PersonKey
from authsms.logon.blocks import Blocks
from authsms.protocols.oidc.clients import AUTHENTICATION_METHODS, SECRET_METHODS, Client
from authsms.protocols.oidc.grants import issue_of
from authsms.protocols.oidc.refreshing import RefreshToken, RefreshTokens
from authsms.protocols.oidc.userinfo import People

_OVER = "The refresh token is not good any more."


class Standing:
    """Knows whether a person may still be spoken for."""

    def __init__(self, people: People, blocks: Blocks) -> None:
        self._people = people
        self._blocks = blocks

    def is_good(self, person_key: str) -> bool:
        """Return whether the directory still knows the person as enabled, and no administrator keeps him out.

        Raises:
            DirectoryUnavailableError: The directory is away; nothing is used up, the endpoint tries again later.
        """
        person = self._people.get(PersonKey(person_key))
        return person is not None and person.enabled and not self._blocks.holds(person_key)


class RefreshGrant(RefreshTokenGrant):
    """Exchanges a refresh token for new tokens, itself included (RFC 6749 section 6)."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTHENTICATION_METHODS)
    INCLUDE_NEW_REFRESH_TOKEN = True

    @property
    def _refresh_tokens(self) -> RefreshTokens:
        store: RefreshTokens = self.server.refresh_tokens
        return store

    @override
    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken:
        client: Client = self.request.client
        found = self._refresh_tokens.find(refresh_token, client.client_id)
        if found is not None and found.is_used:
            self._refresh_tokens.revoke(found, reason="refresh token used twice")
        if found is None or not found.is_good:
            raise InvalidGrantError(_OVER)
        if not self.server.clients.may_use_event(client):
            raise UnauthorizedClientError("The event does not admit this application.")
        return found

    @override
    def authenticate_user(self, refresh_token: RefreshToken) -> RefreshToken:
        standing: Standing = self.server.standing
        if not standing.is_good(refresh_token.authorization.person_key):
            raise InvalidGrantError(_OVER)
        return refresh_token

    @override
    def save_token(self, token: dict[str, Any]) -> None:
        issue = issue_of(token, self.server.clock.now())
        if not self._refresh_tokens.renew(self.request.refresh_token, issue, token["scope"]):
            raise InvalidGrantError(_OVER)

    @override
    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Do nothing: `RefreshTokens.renew` has used it up in the transaction that kept the new one."""


class OwnGrant(ClientCredentialsGrant):
    """An access token with which an endpoint acts for itself (RFC 6749 section 4.4); it speaks for no person."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(SECRET_METHODS)

    @override
    def validate_requested_scope(self) -> None:
        client: Client = self.request.client
        if not set((self.request.payload.scope or "").split()) <= client.endpoint.own_scopes:
            raise InvalidScopeError("This application may ask for no such scope in its own name.")

    @override
    def save_token(self, token: dict[str, Any]) -> None:
        client: Client = self.request.client
        scope = token.get("scope", "")
        self.server.tokens.keep_own(client.client_id, issue_of(token, self.server.clock.now()), scope)
