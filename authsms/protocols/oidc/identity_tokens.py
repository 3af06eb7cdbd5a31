"""ID tokens: what they say, how they are signed, and how one that comes back to us is checked."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import BaseGrant
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc import jwt
from joserfc.errors import JoseError
from typing_extensions import override

from authsms.foundation.clock import Clock
from authsms.foundation.vault import Vault
from authsms.logon.sessions import LoginSession
from authsms.protocols.oidc.claims import context_class, methods_references
from authsms.protocols.oidc.clients import Client
from authsms.protocols.oidc.keys import ALGORITHMS, SigningKey, SigningKeys
from authsms.protocols.oidc.tokens import Code

ID_TOKEN_SECONDS = 600
_LONGEST_HINT = 8192


class Names:
    """The names under which this server, its people and its sessions are known to endpoints.

    Args:
        vault: Keys the hashes, so that neither directory ids nor session ids can be recognised.
        issuer: The public address, without a slash at the end.
    """

    def __init__(self, vault: Vault, issuer: str) -> None:
        self._vault = vault
        self.issuer = issuer

    def subject(self, person_key: str) -> str:
        """Return the ``sub`` of a person: the same at every endpoint and for ever, and opaque."""
        return self._vault.keyed_hash("oidc.subject", person_key)

    def session(self, session_id: str) -> str:
        """Return the ``sid`` of a login session."""
        return self._vault.keyed_hash("oidc.session", session_id)[:32]


@dataclass(frozen=True, slots=True)
class Hint:
    """An ID token of ours that an endpoint shows again."""

    client_id: str
    subject: str
    session: str


class IdTokens(OpenIDCode):
    """Adds an ID token to the token response, and reads one that comes back as a hint."""

    def __init__(self, keys: SigningKeys, clock: Clock, names: Names) -> None:
        super().__init__()
        self._keys = keys
        self._clock = clock
        self.names = names

    @override
    def __call__(self, grant: BaseGrant) -> None:
        grant.register_hook("after_create_token_response", self.process_token)

    @override
    def get_client_algorithm(self, client: Client) -> str:
        return client.endpoint.oidc.algorithm.value

    @override
    def resolve_client_private_key(self, client: Client) -> SigningKey:
        return self._keys.current(client.endpoint.oidc.algorithm)

    @override
    def get_encode_header(self, client: Client) -> dict[str, str]:
        key = self.resolve_client_private_key(client)
        return {"alg": self.get_client_algorithm(client), "kid": str(key.kid), "typ": "JWT"}

    @override
    def get_compatible_claims(self, request: OAuth2Request) -> dict[str, Any]:
        session: LoginSession = request.user
        code: Code = request.authorization_code
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": self.names.issuer,
            "aud": code.authorization.client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "auth_time": int(session.authenticated_at.timestamp()),
            "acr": context_class(session.methods, is_supplement=bool(session.only_at)),
            "amr": methods_references(session.methods),
            "sid": self.names.session(session.id),
        }
        return claims | ({"nonce": code.terms.nonce} if code.terms.nonce else {})

    @override
    def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, Any]:
        return {}  # all of them come from the login session, in `get_compatible_claims`

    @override
    def generate_user_info(self, user: LoginSession, scope: str) -> UserInfo:
        return UserInfo(sub=self.names.subject(user.person_key))

    def read_hint(self, token: str) -> Hint | None:
        """Return what an ID token of ours says, even when it has expired; None when it is not ours or was altered."""
        if not token or len(token) > _LONGEST_HINT:
            return None
        try:
            claims = jwt.decode(token, self._keys.verification_set(), algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        values = [claims.get(name) for name in ("iss", "aud", "sub", "sid")]
        if values[0] != self.names.issuer or not all(isinstance(value, str) for value in values):
            return None
        return Hint(*map(str, values[1:]))
