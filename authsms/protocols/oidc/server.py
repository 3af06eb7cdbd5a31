"""Authlib's authorization server over our endpoints, sessions and tokens; it knows nothing of Flask."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from typing_extensions import override

from authsms.foundation import metrics
from authsms.foundation.clock import Clock
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols.oidc.clients import Client, Clients
from authsms.protocols.oidc.grants import CodeGrant, ProviderRequest, S256Challenge
from authsms.protocols.oidc.identity_tokens import IdTokens, Names
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


class Server(AuthorizationServer):
    """Validates requests, authenticates endpoints, hands out tokens."""

    def __init__(
        self, *, clients: Clients, sessions: LoginSessions, tokens: TokenStore, id_tokens: IdTokens, clock: Clock
    ) -> None:
        super().__init__()
        self.clients = clients
        self.sessions = sessions
        self.tokens = tokens
        self._clock = clock
        self._names: Names = id_tokens.names
        self.register_grant(CodeGrant, [S256Challenge(required=True), id_tokens])
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
        client, request.auth_method = self.clients.authenticate(request.headers or {}, request.form)
        return client

    @override
    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        session: LoginSession = request.user
        ends_at = min(self._clock.now() + TOKEN_LIFETIME, session.expires_at)
        if not self.tokens.redeem(request.authorization_code, token["access_token"], ends_at):
            raise InvalidGrantError("The code was used before.")

    def answer_token(self, request: ProviderRequest) -> Answer:
        """Return the answer of the token endpoint."""
        if any(len(values) > 1 for values in request.payload.datalist.values()):
            answer: Answer = self.handle_error_response(request, InvalidRequestError("A parameter appears twice."))
        else:
            answer = self.create_token_response(request)
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

    def _bearer(self, client: Client, user: LoginSession, scope: str, **_unused: object) -> dict[str, Any]:
        lifetime = min(TOKEN_LIFETIME, user.expires_at - self._clock.now())
        return {
            "token_type": "Bearer",
            "access_token": self.tokens.new_secret(),
            "expires_in": max(int(lifetime.total_seconds()), 0),
            "scope": client.get_allowed_scope(scope),
        }
