"""Endpoints in the shape Authlib expects of clients, and the ways they may prove who they are."""

import base64
import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError, InvalidRequestError
from typing_extensions import override

from authsms.foundation import metrics
from authsms.foundation.errors import NotFoundError
from authsms.foundation.logs import get_logger
from authsms.logon.catalog import Catalog
from authsms.logon.endpoint_refusals import EndpointRefusals
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.kinds import EndpointKind
from authsms.logon.oidc_profile import OidcOption
from authsms.logon.sessions import LoginSession
from authsms.protocols.oidc.claims import granted_scope
from authsms.protocols.oidc.redirects import is_registered

SECRET_METHODS = ("client_secret_basic", "client_secret_post")
AUTHENTICATION_METHODS = (*SECRET_METHODS, "none")
GRANT_OPTIONS = {"refresh_token": OidcOption.REFRESH_TOKENS, "client_credentials": OidcOption.CLIENT_CREDENTIALS}
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")
_log = get_logger(__name__)


class Client(ClientMixin):
    """One endpoint as an OAuth client: the code flow and what it is allowed besides, return addresses exact."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.client_id = endpoint.id

    @override
    def get_client_id(self) -> str:
        return self.client_id

    @override
    def get_default_redirect_uri(self) -> str:
        return ""  # an endpoint always says where it wants the answer

    @override
    def get_allowed_scope(self, scope: Collection[str] | str) -> str:
        has_offline = self.endpoint.oidc.has(OidcOption.REFRESH_TOKENS)
        return granted_scope(scope if isinstance(scope, str) else " ".join(scope), has_offline=has_offline)

    @override
    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return is_registered(redirect_uri, self.endpoint.redirect_uris)

    @override
    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    @override
    def check_grant_type(self, grant_type: str) -> bool:
        if self.endpoint.kind is EndpointKind.REST and grant_type != "client_credentials":
            return False
        option = GRANT_OPTIONS.get(grant_type)
        return self.endpoint.oidc.has(option) if option else grant_type == "authorization_code"


class Clients:
    """Finds endpoints and checks that a caller of the token endpoint is one of them."""

    def __init__(self, endpoints: EndpointService, catalog: Catalog, refusals: EndpointRefusals) -> None:
        self._endpoints = endpoints
        self._catalog = catalog
        self._refusals = refusals

    def find(self, client_id: str | None) -> Client | None:
        """Return the client of this id; anything that cannot be an id never reaches the database."""
        endpoint = self._endpoints.find(client_id) if client_id and _CLIENT_ID.fullmatch(client_id) else None
        return Client(endpoint) if endpoint is not None and _is_client(endpoint) else None

    def may_use_event(self, client: Client) -> bool:
        """Return whether the event of this endpoint admits it."""
        return self._endpoints.may_use_event(client.endpoint)

    def is_shortened(self, session: LoginSession) -> bool:
        """Return whether a sign-in asked for less because of a stronger one before it."""
        return self._catalog.is_shortened(session.event, session.chain)

    def may_ask_for_code_alone(self, client: Client) -> bool:
        """Return whether this endpoint is trusted to check passwords, and its event has a chain for the rest."""
        try:
            self._catalog.event(client.endpoint.event, supplement=True)
        except NotFoundError:
            return False
        return client.endpoint.oidc.has(OidcOption.CODE_ALONE)

    def authenticate(self, headers: Mapping[str, str], form: Mapping[str, str], address: str) -> tuple[Client, str]:
        """Return the endpoint that calls from *address*, and the method by which it proved that.

        A public endpoint has nothing to prove here; PKCE binds it to its own request.

        Raises:
            InvalidRequestError: Two methods at once, or two different ids (RFC 6749 section 2.3).
            InvalidClientError: Unknown endpoint or wrong secret; which of the two is not told.
        """
        header = headers.get("Authorization", "")
        client_id, secret = _basic(header) if header else (form.get("client_id", ""), form.get("client_secret", ""))
        if header and ("client_secret" in form or form.get("client_id", client_id) != client_id):
            raise InvalidRequestError("Use one method of client authentication.")
        client = self.find(client_id)
        if client is not None and client.endpoint.oidc.is_public and not header and "client_secret" not in form:
            return client, "none"
        is_right = self._endpoints.check_secret(client_id if client else "", secret)
        if client is None or client.endpoint.oidc.is_public or not is_right:
            metrics.TOKENS.labels("client_refused").inc()
            _log.warning("oidc.client_refused", endpoint=client.client_id if client else "")
            if client is not None:
                self._refusals.note(client.endpoint, address)
            raise InvalidClientError("Client authentication failed.", status_code=401)
        return client, "client_secret_basic" if header else "client_secret_post"


def _is_client(endpoint: Endpoint) -> bool:
    """Return whether an endpoint speaks OAuth: one that asks by REST may be allowed tokens in its own name."""
    own = endpoint.kind is EndpointKind.REST and endpoint.oidc.has(OidcOption.CLIENT_CREDENTIALS)
    return own or endpoint.kind is EndpointKind.OIDC


def _basic(header: str) -> tuple[str, str]:
    """Return id and secret of a Basic header, empty when it is none; both are form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, value = header.partition(" ")
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        pair = ""
    client_id, _, secret = pair.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
