"""How an authorization request arrives: in the open, pushed beforehand (RFC 9126), or signed (RFC 9101)."""

from collections.abc import Mapping
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import InvalidRequestError

from authsms.foundation.errors import InvalidInputError
from authsms.identity.names import canonical_name
from authsms.logon.oidc_profile import OidcOption
from authsms.protocols.oidc.clients import Client, Clients
from authsms.protocols.oidc.demands import Demand
from authsms.protocols.oidc.request_store import PREFIX, RequestStore
from authsms.protocols.oidc.signed_requests import SignedRequests


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request, and what is known of its way here.

    Attributes:
        parameters: Each with all its values.
        was_pushed: The endpoint handed it over itself.
        is_signed: Its parameters stood in a signed request object.
    """

    parameters: Mapping[str, list[str]]
    was_pushed: bool = False
    is_signed: bool = False

    def check(self, client: Client) -> None:
        """Return when *client* may send requests in this way.

        Raises:
            InvalidRequestError: An administrator demands another way.
        """
        oidc = client.endpoint.oidc
        if oidc.has(OidcOption.PUSHED_ONLY) and not self.was_pushed:
            raise InvalidRequestError("This application must push its requests.")
        if oidc.has(OidcOption.SIGNED_ONLY) and not self.is_signed:
            raise InvalidRequestError("This application must sign its requests.")


def check_voucher(arrival: Arrival, demand: Demand) -> None:
    """Return when the endpoint itself has said for whom it asks for the code alone, if it does.

    Whoever could write into a browser's address could otherwise begin where a password was never checked.

    Raises:
        InvalidRequestError: It has not, or the name cannot be one; whether anybody has it plays no part.
    """
    if not demand.is_for_code_alone:
        return
    if not (arrival.was_pushed or arrival.is_signed):
        raise InvalidRequestError("Push or sign the request to ask for the code alone.")
    try:
        canonical_name(demand.login_hint)
    except InvalidInputError as error:
        raise InvalidRequestError("The login_hint must say whose password was checked.") from error


class Arrivals:
    """Opens requests."""

    def __init__(self, clients: Clients, store: RequestStore, signed: SignedRequests) -> None:
        self._clients = clients
        self._store = store
        self._signed = signed

    def open(self, parameters: Mapping[str, list[str]]) -> Arrival:
        """Return the request that *parameters* are or stand for.

        What points elsewhere, and a request object of an endpoint without keys, stays as it is: whoever checks the
        parameters refuses it. Beside a reference or a request object nothing but the ``client_id`` counts.

        Raises:
            InvalidInputError: The request was pushed, but is over, or another endpoint's.
            OAuth2Error: The request object is not right.
        """
        client = self._client(parameters)
        reference, signed = parameters.get("request_uri", []), parameters.get("request", [])
        if client is None or len(reference) + len(signed) != 1:
            return Arrival(parameters)
        if reference and reference[0].startswith(PREFIX):
            return self._pushed(reference[0], client)
        if signed and client.endpoint.oidc.request_keys:
            return Arrival(self._signed.read(signed[0], client), is_signed=True)
        return Arrival(parameters)

    def _client(self, parameters: Mapping[str, list[str]]) -> Client | None:
        named = parameters.get("client_id", [])
        return self._clients.find(named[0]) if len(named) == 1 else None

    def _pushed(self, reference: str, client: Client) -> Arrival:
        kept = self._store.take(client.client_id, reference)
        if kept is None:
            raise InvalidInputError("This login request is over. Go back to the application and start again.")
        return Arrival(kept.parameters, was_pushed=True, is_signed=kept.is_signed)
