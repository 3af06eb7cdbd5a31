"""The userinfo endpoint: what the directory says about the person now, for as long as the login session stands."""

from typing import Any, Protocol

from authlib.oauth2 import OAuth2Request, ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenValidator
from typing_extensions import override

from authsms.identity.repository import Person, PersonKey
from authsms.logon.sessions import LoginSessions
from authsms.protocols.oidc.claims import person_claims
from authsms.protocols.oidc.clients import Clients
from authsms.protocols.oidc.identity_tokens import Names
from authsms.protocols.oidc.tokens import AccessToken, TokenStore


class People(Protocol):
    """Knows people by their key."""

    def get(self, key: PersonKey) -> Person | None:
        """Return the person as the directory has them now.

        Raises:
            DirectoryUnavailableError: The directory is away.
        """


class LiveToken:
    """An access token in the shape Authlib expects; one that is no longer good is not found at all."""

    def __init__(self, token: AccessToken) -> None:
        self.authorization = token.authorization

    def is_expired(self) -> bool:
        """Return False: an expired token is not found."""
        return False

    def is_revoked(self) -> bool:
        """Return False: a revoked token is not found."""
        return False

    def get_scope(self) -> str:
        """Return the scopes that were granted."""
        return self.authorization.scope


class TokenValidator(BearerTokenValidator):
    """Finds access tokens; one without a person knows nobody.

    A token is dead when its login session has ended, or its endpoint was removed.
    """

    def __init__(self, tokens: TokenStore, clients: Clients, sessions: LoginSessions) -> None:
        super().__init__(realm="authsms")
        self._tokens = tokens
        self._clients = clients
        self._sessions = sessions

    @override
    def authenticate_token(self, token_string: str) -> LiveToken | None:
        token = self.find(token_string)
        return LiveToken(token) if token is not None and token.authorization.person_key else None

    def find(self, token_string: str) -> AccessToken | None:
        """Return a token that is good, for whomever it speaks."""
        token = self._tokens.find_token(token_string)
        if token is None or self._clients.find(token.authorization.client_id) is None:
            return None
        session_id = token.authorization.session_id
        return None if session_id and self._sessions.get(session_id) is None else token


class UserInfoEndpoint:
    """Answers with the claims that a token's scopes allow."""

    def __init__(self, validator: TokenValidator, people: People, names: Names) -> None:
        self._protector = ResourceProtector()
        self._protector.register_token_validator(validator)
        self._people = people
        self._names = names

    def answer(self, request: OAuth2Request) -> dict[str, Any]:
        """Return the claims about the person the token stands for.

        Raises:
            OAuth2Error: No token, or not a good one; what to tell the endpoint.
            DirectoryUnavailableError: The directory is away; the endpoint tries again later.
        """
        token: LiveToken = self._protector.validate_request(["openid"], request)
        person_key = token.authorization.person_key
        claims: dict[str, Any] = {"sub": self._names.subject(person_key)}
        person = self._people.get(PersonKey(person_key))
        return claims if person is None else claims | person_claims(person, token.authorization.scope)
