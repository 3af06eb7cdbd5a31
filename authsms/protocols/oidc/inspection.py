"""What an endpoint may ask and say about its own tokens: introspection (RFC 7662) and revocation (RFC 7009).

A token of another endpoint is treated like one that does not exist.
"""

from typing import Any, ClassVar, TypeAlias

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from typing_extensions import override

from authsms.protocols.oidc.clients import AUTHENTICATION_METHODS, SECRET_METHODS, Client
from authsms.protocols.oidc.identity_tokens import Names
from authsms.protocols.oidc.refreshing import RefreshToken, RefreshTokens
from authsms.protocols.oidc.tokens import AccessToken, TokenStore
from authsms.protocols.oidc.userinfo import TokenValidator

_Known: TypeAlias = AccessToken | RefreshToken


class Lookup:
    """Finds the tokens of one endpoint, whatever kind they are; the hint about the kind is not needed."""

    def __init__(self, validator: TokenValidator, tokens: TokenStore, refresh_tokens: RefreshTokens) -> None:
        self._validator = validator
        self.tokens = tokens
        self.refresh_tokens = refresh_tokens

    def find(self, token: str, client: Client) -> _Known | None:
        """Return a good token of *client*."""
        access = self._validator.find(token)
        if access is not None:
            return access if access.authorization.client_id == client.client_id else None
        refresh = self.refresh_tokens.find(token, client.client_id)
        return refresh if refresh is not None and refresh.is_good else None


class Introspection(IntrospectionEndpoint):
    """Tells an endpoint with a secret what one of its tokens is worth."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = list(SECRET_METHODS)

    def __init__(self, lookup: Lookup, names: Names) -> None:
        super().__init__()
        self._lookup = lookup
        self._names = names

    @override
    def authenticate_token(self, request: OAuth2Request, client: Client) -> _Known | None:
        self.check_params(request, client)
        return self._lookup.find(request.form["token"], client)

    @override
    def create_introspection_payload(self, token: _Known | None) -> dict[str, Any]:
        if token is None:
            return {"active": False}
        client_id, person_key = token.authorization.client_id, token.authorization.person_key
        claims = {
            "active": True,
            "client_id": client_id,
            "iss": self._names.issuer,
            "aud": client_id,
            "sub": self._names.subject(person_key) if person_key else client_id,
            "exp": int(token.expires_at.timestamp()),
        }
        if token.authorization.scope:
            claims["scope"] = token.authorization.scope
        return claims | ({"token_type": "Bearer"} if isinstance(token, AccessToken) else {})


class Revocation(RevocationEndpoint):
    """Makes an endpoint's token worthless; with a refresh token goes everything from the same sign-in.

    A public endpoint may do so, too: who holds its token could do worse.
    """

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = list(AUTHENTICATION_METHODS)

    def __init__(self, lookup: Lookup) -> None:
        super().__init__()
        self._lookup = lookup

    @override
    def authenticate_token(self, request: OAuth2Request, client: Client) -> _Known | None:
        self.check_params(request, client)
        return self._lookup.find(request.form["token"], client)

    @override
    def revoke_token(self, token: _Known, request: OAuth2Request) -> None:
        if isinstance(token, AccessToken):
            self._lookup.tokens.revoke_token(token)
        else:
            self._lookup.refresh_tokens.revoke(token, reason="endpoint")
