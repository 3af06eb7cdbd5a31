"""Who may ask: a registered endpoint, by its secret, by a token that it got for its secret, or by where it stands.

The secret comes as HTTP Basic (which most plug-ins send when it stands in their URL) or bare in ``Authorization`` or
``PI-Authorization``. For plug-ins that can send none an administrator may name the networks they call from. The secret
is never part of the path: addresses end up in logs.
"""

import base64
import binascii
import ipaddress
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from urllib.parse import unquote

from authsms.foundation.clock import Clock
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.vault import Vault
from authsms.logon.endpoint_refusals import EndpointRefusals
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.kinds import EndpointKind

TOKEN_LIFETIME: Final = timedelta(hours=1)
CREDENTIAL_HEADERS: Final = ("PI-Authorization", "Authorization")
_HEAD: Final = {"alg": "none", "typ": "JWT"}
_LONGEST: Final = 2000
_PARTS_OF_A_TOKEN: Final = 3


class Callers:
    """Finds the endpoint that calls."""

    def __init__(self, endpoints: EndpointService, vault: Vault, clock: Clock, refusals: EndpointRefusals) -> None:
        self._endpoints = endpoints
        self._refusals = refusals
        self._vault = vault
        self._clock = clock

    def find(self, endpoint_id: str, credentials: Iterable[str], address: str) -> Endpoint | None:
        """Return the endpoint of this id if it is the one that calls; None also when there is no such endpoint.

        Args:
            endpoint_id: Who the caller says it is.
            credentials: Values of `CREDENTIAL_HEADERS`, empty where there is no such header.
            address: Where it calls from.
        """
        endpoint = self._endpoint(endpoint_id)
        secret = next((found for one in credentials if (found := self._secret(endpoint_id, one))), "")
        is_right = self._endpoints.check_secret(endpoint_id if endpoint else "", secret)
        if endpoint is None or not (is_right or (not secret and _is_within(address, endpoint.validate.networks))):
            return None
        return endpoint

    def token(self, endpoint_id: str, secret: str) -> str | None:
        """Return a token for an hour, in exchange for the secret; a new secret kills it.

        It looks like a JSON Web Token because plug-ins read from it when it ends. What counts is its sealed third part.
        """
        endpoint = self._endpoint(endpoint_id)
        if not self._endpoints.check_secret(endpoint_id if endpoint else "", secret) or endpoint is None:
            return None
        ends = int((self._clock.now() + TOKEN_LIFETIME).timestamp())
        sealed = self._vault.seal(f"{ends}.{secret}".encode(), context=_context(endpoint_id))
        body = {"exp": ends, "username": endpoint_id, "realm": "", "role": "admin"}
        return ".".join(_encode(part) for part in (json.dumps(_HEAD).encode(), json.dumps(body).encode(), sealed))

    def note_refusal(self, endpoint_id: str, address: str) -> None:
        """Put on record that a caller was not believed to be this endpoint, if there is one."""
        endpoint = self._endpoint(endpoint_id)
        if endpoint is not None:
            self._refusals.note(endpoint, address)

    def _endpoint(self, endpoint_id: str) -> Endpoint | None:
        found = self._endpoints.find(endpoint_id)
        return found if found is not None and found.kind is EndpointKind.VALIDATE else None

    def _secret(self, endpoint_id: str, header: str) -> str:
        """Return the secret that a header brings, or nothing."""
        if not 0 < len(header) <= _LONGEST or not header.isascii():
            return ""
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "basic":
            name, _, secret = _decoded(value.strip()).decode("utf-8", "replace").partition(":")
            return unquote(secret) if name == endpoint_id else ""
        bare = value.strip() if scheme.lower() == "bearer" else header.strip()
        return self._of_token(endpoint_id, bare) if bare.count(".") == _PARTS_OF_A_TOKEN - 1 else bare

    def _of_token(self, endpoint_id: str, token: str) -> str:
        try:
            plain = self._vault.unseal(_decoded(token.rpartition(".")[2]), context=_context(endpoint_id)).decode()
        except SealBrokenError:
            return ""
        ends, _, secret = plain.partition(".")
        return secret if int(ends) > self._clock.now().timestamp() else ""


def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network) for network in networks)


def _encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""


def _context(endpoint_id: str) -> str:
    return f"validate.token:{endpoint_id}"
