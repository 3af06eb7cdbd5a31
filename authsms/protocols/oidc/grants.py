"""The authorization code flow on Authlib, with what Authlib leaves looser than RFC 9700 made strict.

PKCE with S256 is demanded of every endpoint, not only of public ones; ``plain`` does not exist. Requests are read from
their own place (the query of an authorization request, the body of a token request), and their address is the
configured one, never the ``Host`` header. A code is marked after use, not deleted, so that its second use is noticed.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, BaseGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7636.challenge import compare_s256_code_challenge
from typing_extensions import override

from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols.oidc.claims import OFFLINE_SCOPE
from authsms.protocols.oidc.clients import AUTHENTICATION_METHODS, Client
from authsms.protocols.oidc.families import Authorization, Issue
from authsms.protocols.oidc.redirects import with_parameters
from authsms.protocols.oidc.tokens import Code, CodeTerms, TokenStore

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Parameters(OAuth2Payload):
    """The parameters of one request, each with all its values."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    @property
    @override
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._values.items()}

    @property
    @override
    def datalist(self) -> dict[str, list[Any]]:
        return {name: list(values) for name, values in self._values.items()}


class ProviderRequest(OAuth2Request):
    """A request as Authlib sees it, and where it came from."""

    def __init__(
        self, method: str, uri: str, headers: Mapping[str, str], values: Mapping[str, list[str]], address: str = ""
    ) -> None:
        super().__init__(method, uri, headers=headers)
        self.address = address
        self.payload = Parameters(values)

    @property
    @override
    def form(self) -> dict[str, str]:
        return self.payload.data if self.method == "POST" else {}


class S256Challenge(CodeChallenge):
    """PKCE (RFC 7636) with S256, demanded of every endpoint."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[list[str]] = ["S256"]
    CODE_CHALLENGE_METHODS: ClassVar[dict[str, Any]] = {"S256": compare_s256_code_challenge}

    @override
    def validate_code_challenge(self, grant: BaseGrant, redirect_uri: str) -> None:
        values = grant.request.payload.data
        if not _CHALLENGE.fullmatch(values.get("code_challenge", "")):
            raise InvalidRequestError("PKCE is required: the code_challenge is missing or malformed.")
        if values.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required with the code_challenge_method S256.")

    @override
    def get_authorization_code_challenge(self, authorization_code: Code) -> str:
        return authorization_code.terms.challenge

    @override
    def get_authorization_code_challenge_method(self, authorization_code: Code) -> str:
        return "S256"


def issue_of(token: Mapping[str, Any], now: datetime) -> Issue:
    """Return what a token response gives, as it is kept."""
    return Issue(token["access_token"], now + timedelta(seconds=token["expires_in"]), token.get("refresh_token", ""))


class CodeGrant(AuthorizationCodeGrant):
    """Codes for login sessions; `authsms.protocols.oidc.server.Server` brings the stores."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTHENTICATION_METHODS)

    @property
    def _tokens(self) -> TokenStore:
        store: TokenStore = self.server.tokens
        return store

    @override
    def create_authorization_response(
        self, redirect_uri: str, grant_user: LoginSession | None
    ) -> tuple[int, str, list[tuple[str, str]]]:
        if grant_user is None:
            raise AccessDeniedError(redirect_uri=redirect_uri)
        self.request.user = grant_user
        code = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        parameters = [("code", code), *self.server.answer_parameters(self.request)]
        return 303, "", [("Location", with_parameters(redirect_uri, parameters))]

    @override
    def generate_authorization_code(self) -> str:
        return self._tokens.new_secret()

    @override
    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        client: Client = request.client
        session: LoginSession = request.user
        values = request.payload.data
        # What completes one sign-in is no reason to speak for somebody later.
        wanted = [scope for scope in request.scope.split() if not (session.only_at and scope == OFFLINE_SCOPE)]
        self._tokens.keep_code(
            code,
            Authorization(client.client_id, session.id, session.person_key, client.get_allowed_scope(wanted)),
            CodeTerms(values["redirect_uri"], values["code_challenge"], values.get("nonce", "")),
        )

    @override
    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self._tokens.find_code(code, client.client_id)
        if found is not None and found.is_used:
            self._tokens.revoke_family(found)
            raise InvalidGrantError("The code was used before.")
        return None if found is None or found.is_expired else found

    @override
    def authenticate_user(self, authorization_code: Code) -> LoginSession | None:
        sessions: LoginSessions = self.server.sessions
        return sessions.get(authorization_code.authorization.session_id)

    @override
    def save_token(self, token: dict[str, Any]) -> None:
        if not self._tokens.redeem(self.request.authorization_code, issue_of(token, self.server.clock.now())):
            raise InvalidGrantError("The code was used before.")

    @override
    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Do nothing: `TokenStore.redeem` has marked the code in the transaction that kept the token."""
