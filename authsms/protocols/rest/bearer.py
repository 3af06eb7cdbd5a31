"""Bearer tokens at the REST door: an access token of client credentials stands in for an endpoint session.

A program that knows OAuth gets one at the token endpoint (RFC 6749 section 4.4) and shows it here (RFC 6750). What it
may do is what its scope says and its endpoint is still allowed: an administrator's change counts at the next request.
"""

from collections.abc import Sequence
from typing import Final

from typing_extensions import override
from werkzeug.exceptions import Forbidden

from authsms.logon.endpoint_sessions import EndpointSession
from authsms.logon.endpoints import EndpointService
from authsms.protocols.oidc.tokens import TokenStore

_OWN: Final = "own:"


class NarrowTokenError(Forbidden):
    """The token is good, but not for this; get one with the scope that the header names."""

    description = "The access token has not the scope that this needs."

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._challenge = f'Bearer realm="authsms", error="insufficient_scope", scope="{scope}"'

    @override
    def get_headers(self, *arguments: object, **options: object) -> Sequence[tuple[str, str]]:  # type: ignore[override]
        return [("WWW-Authenticate", self._challenge)]


class Bearers:
    """Tells whose access token is shown; safe to share between threads."""

    def __init__(self, tokens: TokenStore, endpoints: EndpointService) -> None:
        self._tokens = tokens
        self._endpoints = endpoints

    def find(self, token: str, scope: str) -> EndpointSession | None:
        """Return the endpoint whose own access token this is; None when it is unknown or over, or speaks for a person.

        All tokens of one endpoint go on with the same logons, because a program gets a new one every hour.

        Raises:
            NarrowTokenError: The token or its endpoint has not this *scope*.
        """
        found = self._tokens.find_token(token)
        if found is None or found.authorization.person_key:
            return None
        endpoint = self._endpoints.find(found.authorization.client_id)
        if endpoint is None:
            return None
        if scope not in found.authorization.scope.split() or scope not in endpoint.own_scopes:
            raise NarrowTokenError(scope)
        return EndpointSession(_OWN + endpoint.id, endpoint.id, endpoint.name, endpoint.event, found.expires_at)
