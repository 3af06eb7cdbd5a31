"""Signed authorization requests (RFC 9101): one JWT that says everything, from keys an administrator has registered.

Only what is inside the signature counts; nothing is taken from beside it, and nothing is fetched from anywhere. A
request must name us and its endpoint, end within an hour, and carry an id, by which its second use is noticed.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, Final

from authlib.oauth2.rfc9101.errors import InvalidRequestObjectError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from authsms.foundation.clock import Clock
from authsms.protocols.oidc.clients import Client
from authsms.protocols.oidc.request_store import RequestStore

REQUEST_ALGORITHMS: Final = ("ES256", "PS256", "RS256")
_TYPES: Final = frozenset({"jwt", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"})
_ABOUT_ITSELF: Final = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
_FORBIDDEN: Final = frozenset({"sub", "request", "request_uri", "client_secret"})
_LONGEST: Final = 8000
_LONGEST_ID: Final = 200
_LONGEST_SECONDS: Final = 3600
_LEEWAY_SECONDS: Final = 30
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class SignedRequests:
    """Reads request objects."""

    def __init__(self, store: RequestStore, issuer: str, clock: Clock) -> None:
        self._store = store
        self._issuer = issuer
        self._clock = clock

    def read(self, value: str, client: Client) -> dict[str, list[str]]:
        """Return the parameters inside a request object, and use it up.

        Raises:
            InvalidRequestObjectError: It is not one of this endpoint for this server and this moment, or came before.
        """
        claims = self._claims(value, client)
        self._check_moment(claims)
        if claims.get("client_id") != client.client_id or _FORBIDDEN & set(claims):
            raise InvalidRequestObjectError("The request object speaks for another application, or says too much.")
        parameters = {name: _text(told) for name, told in claims.items() if name not in _ABOUT_ITSELF}
        ends_at = datetime.fromtimestamp(claims["exp"] + _LEEWAY_SECONDS, UTC)
        if not self._store.spend(client.client_id, claims["jti"], ends_at):
            raise InvalidRequestObjectError("The request object was used before.")
        return {name: [told] for name, told in parameters.items() if told is not None}

    def _claims(self, value: str, client: Client) -> dict[str, Any]:
        if len(value) > _LONGEST or not _COMPACT.fullmatch(value):
            raise InvalidRequestObjectError("The request object is no signed JWT, or too long.")
        keys = KeySet.import_key_set(json.loads(client.endpoint.oidc.request_keys))
        try:
            token = jwt.decode(value, keys, algorithms=list(REQUEST_ALGORITHMS))
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()),
                leeway=_LEEWAY_SECONDS,
                iss={"essential": True, "value": client.client_id},
                aud={"essential": True, "value": self._issuer},
                exp={"essential": True},
            )
            registry.validate(token.claims)
            # JSON can escape half a surrogate pair, which nothing can write down or send on.
            json.dumps(token.claims, ensure_ascii=False).encode()
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise InvalidRequestObjectError("The request object is not signed, addressed or dated rightly.") from error
        if str(token.header.get("typ", "jwt")).lower() not in _TYPES:
            raise InvalidRequestObjectError("The JWT is not meant as a request object.")
        return token.claims

    def _check_moment(self, claims: dict[str, Any]) -> None:
        ends_at, name = claims.get("exp"), claims.get("jti")
        latest = self._clock.now().timestamp() + _LONGEST_SECONDS + _LEEWAY_SECONDS
        if not isinstance(ends_at, int) or ends_at > latest:
            raise InvalidRequestObjectError("The request object must expire within an hour.")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID:
            raise InvalidRequestObjectError("The request object has no jti.")


def _text(told: Any) -> str | None:
    """Return a claim as the parameter it stands for; None for what cannot be one, which is passed over."""
    if isinstance(told, bool):
        return None
    return str(told) if isinstance(told, str | int) else None
