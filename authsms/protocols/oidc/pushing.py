"""The pushed authorization request endpoint (RFC 9126): an endpoint hands its request over before the browser comes.

What is wrong with a request is told here, where no person sees it.
"""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from authsms.foundation.errors import InvalidInputError
from authsms.protocols.oidc.arrivals import Arrival, Arrivals
from authsms.protocols.oidc.authorization import REQUEST_PARAMETERS, Authorizations
from authsms.protocols.oidc.clients import AUTHENTICATION_METHODS
from authsms.protocols.oidc.grants import ProviderRequest
from authsms.protocols.oidc.request_store import PUSHED_LIFETIME, Kept, RequestStore
from authsms.protocols.oidc.server import Answer, Server

_SECRETS = frozenset({"client_secret"})
_LONGEST = 20_000


class PushEndpoint:
    """Checks a request as the authorization endpoint would, and keeps it for a moment."""

    def __init__(self, server: Server, arrivals: Arrivals, authorizations: Authorizations, store: RequestStore) -> None:
        self._server = server
        self._arrivals = arrivals
        self._authorizations = authorizations
        self._store = store

    def answer(self, request: ProviderRequest) -> Answer:
        """Return the ``request_uri`` under which the request waits, or what is wrong with it."""
        return self._server.answer_once(request, self._answer)

    def _answer(self, request: ProviderRequest) -> Answer:
        try:
            client_id, arrival = self._read(request)
        except InvalidInputError:
            return _refused(InvalidRequestError("The redirect_uri is not one that is registered."))
        except OAuth2Error as error:
            return _refused(error)
        known = {name: values for name, values in arrival.parameters.items() if name in REQUEST_PARAMETERS}
        reference = self._store.keep(client_id, Kept(known, arrival.is_signed))
        body = {"request_uri": reference, "expires_in": int(PUSHED_LIFETIME.total_seconds())}
        return Answer(201, body, [])

    def _read(self, request: ProviderRequest) -> tuple[str, Arrival]:
        client = self._server.authenticate_client(request, list(AUTHENTICATION_METHODS), "pushed_authorization_request")
        given = {name: values for name, values in request.payload.datalist.items() if name not in _SECRETS}
        if sum(len(value) for values in given.values() for value in values) > _LONGEST:
            raise InvalidRequestError("The request is too long.")
        if "request_uri" in given:
            raise InvalidRequestError("A request_uri cannot be pushed.")
        opened = self._arrivals.open({**given, "client_id": [client.client_id]})
        arrival = Arrival(opened.parameters, was_pushed=True, is_signed=opened.is_signed)
        self._authorizations.check(arrival)
        return client.client_id, arrival


def _refused(error: OAuth2Error) -> Answer:
    error.redirect_uri = None  # the answer goes to the endpoint, not to the browser
    return Answer(*error())
