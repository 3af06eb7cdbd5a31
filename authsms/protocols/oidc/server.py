"""Authlib's authorization server over our endpoints, sessions and tokens; it knows nothing of Flask."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from typing_extensions import override

from authsms.foundation import metrics
from authsms.foundation.clock import Clock
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols.oidc.claims import OFFLINE_SCOPE
from authsms.protocols.oidc.clients import Client, Clients
from authsms.protocols.oidc.further_grants import OwnGrant, RefreshGrant, Standing
from authsms.protocols.oidc.grants import CodeGrant, ProviderRequest, S256Challenge
from authsms.protocols.oidc.identity_tokens import IdTokens, Names
from authsms.protocols.oidc.refreshing import RefreshToken, RefreshTokens
from authsms.protocols.oidc.tokens import TOKEN_LIFETIME, TokenStore


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back.

    Attributes:
        body: A JSON object, or a text.
    """

    status: int
    body: Any
    headers: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Stores:
    """Where sessions and tokens are kept."""

    sessions: LoginSessions
    tokens: TokenStore
    refresh_tokens: RefreshTokens


class Server(AuthorizationServer):
    """Validates requests, authenticates endpoints, hands out tokens."""

    def __init__(self, clients: Clients, stores: Stores, standing: Standing, id_tokens: IdTokens, clock: Clock) -> None:
        super().__init__()
        self.clients = clients
        self.sessions = stores.sessions
        self.tokens = stores.tokens
        self.refresh_tokens = stores.refresh_tokens
        self.standing = standing
        self.clock = clock
        self._names: Names = id_tokens.names
        self.register_grant(CodeGrant, [S256Challenge(required=True), id_tokens])
        self.register_grant(RefreshGrant)
        self.register_grant(OwnGrant)
        self.register_token_generator("default", self._bearer)

    @override
    def query_client(self, client_id: str) -> Client | None:
        return self.clients.find(client_id)

    @override
    def create_oauth2_request(self, request: ProviderRequest) -> ProviderRequest:
        return request

    @override
    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, body, list(headers))

    @override
    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Do nothing: nobody listens."""

    @override
    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> Client:
        address = cast("ProviderRequest", request).address
        client, request.auth_method = self.clients.authenticate(request.headers or {}, request.form, address)
        if request.auth_method not in methods:
            raise InvalidClientError("This needs an application with a secret.", status_code=401)
        return client

    def answer_once(self, request: ProviderRequest, respond: Callable[[ProviderRequest], Answer]) -> Answer:
        """Return what *respond* says to a request of an endpoint that names every parameter once."""
        if any(len(values) > 1 for values in request.payload.datalist.values()):
            refused: Answer = self.handle_error_response(request, InvalidRequestError("A parameter appears twice."))
            return refused
        return respond(request)

    def answer_token(self, request: ProviderRequest) -> Answer:
        """Return the answer of the token endpoint."""
        answer = self.answer_once(request, self.create_token_response)
        metrics.TOKENS.labels("issued" if answer.status == 200 else "refused").inc()  # noqa: PLR2004 - HTTP's own word
        return answer

    def answer_parameters(self, request: OAuth2Request) -> list[tuple[str, str]]:
        """Return what every answer to an authorization request carries: its state, and who answers (RFC 9207)."""
        state = request.payload.state
        return [*([("state", state)] if state else []), ("iss", self._names.issuer)]

    def error_parameters(self, request: OAuth2Request, error: OAuth2Error) -> list[tuple[str, str]]:
        """Return what tells an endpoint that its authorization request failed."""
        body = [(name, value) for name, value in error.get_body() if name != "state"]
        return [*body, *self.answer_parameters(request)]

    def answer_about_token(self, name: str, request: ProviderRequest) -> Answer:
        """Return the answer of an endpoint about a token that exists already: ``introspection`` or ``revocation``."""
        return self.answer_once(request, partial(self.create_endpoint_response, name))

    def _bearer(
        self,
        client: Client,
        user: LoginSession | RefreshToken | None,
        scope: str | None,
        *,
        include_refresh_token: bool,
        **_unused: object,
    ) -> dict[str, Any]:
        lifetime = TOKEN_LIFETIME if user is None else min(TOKEN_LIFETIME, user.expires_at - self.clock.now())
        token = {
            "token_type": "Bearer",
            "access_token": self.tokens.new_secret(),
            "expires_in": max(int(lifetime.total_seconds()), 0),
        }
        if user is None:
            return token | ({"scope": " ".join(sorted(set(scope.split())))} if scope else {})
        granted = client.get_allowed_scope(scope or "")
        if include_refresh_token and (isinstance(user, RefreshToken) or OFFLINE_SCOPE in granted.split()):
            token["refresh_token"] = self.tokens.new_secret()
        return token | {"scope": granted}
