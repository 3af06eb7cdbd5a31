"""The authorization endpoint: a request is answered at once, or after the login page has been there.

A request whose endpoint or return address is not right is never redirected: `InvalidInputError` becomes a page. Every
other problem is told to the endpoint at its registered address (RFC 6749 section 4.1.2.1). While a person signs in, the
request waits as a continuation; it is taken up again exactly once, and only by a login session of the endpoint's own
event that is as recent as the request demands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, UnauthorizedClientError
from authlib.oidc.core.errors import LoginRequiredError

from authsms.foundation.clock import Clock
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.logon.continuations import STRICT, Continuations
from authsms.logon.sessions import LoginSession
from authsms.protocols.oidc.arrivals import Arrival, Arrivals, check_voucher
from authsms.protocols.oidc.clients import Client
from authsms.protocols.oidc.demands import Demand, read_demand
from authsms.protocols.oidc.grants import CodeGrant, ProviderRequest
from authsms.protocols.oidc.identity_tokens import IdTokens
from authsms.protocols.oidc.redirects import with_parameters
from authsms.protocols.oidc.server import Server

AUTHORIZE_PATH = "/oauth2/authorize"
RESUME_PATH = "/oauth2/resume/{id}"
REQUEST_PARAMETERS = frozenset(
    {
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
        "acr_values",
        "id_token_hint",
        "login_hint",
        "ui_locales",
    }
)


class UnmetRequirementsError(OAuth2Error):
    """The sign-in is not of the class the endpoint needs (OpenID Connect Core Error Code 1.0)."""

    error = "unmet_authentication_requirements"


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """A request whose endpoint and return address are right.

    Attributes:
        asked_at: When it sent the person to the login page; None when it has not.
    """

    request: ProviderRequest
    client: Client
    redirect_uri: str
    asked_at: datetime | None = None


class Authorizations:
    """Answers authorization requests; every method returns the address to redirect to."""

    def __init__(
        self, server: Server, arrivals: Arrivals, id_tokens: IdTokens, continuations: Continuations, clock: Clock
    ) -> None:
        self._server = server
        self._arrivals = arrivals
        self._id_tokens = id_tokens
        self._continuations = continuations
        self._clock = clock

    def start(self, parameters: Mapping[str, list[str]], session: LoginSession | None) -> str:
        """Return where a new request leads: back to the endpoint, or to the login page.

        Raises:
            InvalidInputError: The endpoint is unknown, the return address is not one of its own, or a pushed request
                is over.
        """
        try:
            arrival = self._arrivals.open(parameters)
        except OAuth2Error as error:
            return self._refuse(self._inquire(parameters), error)
        inquiry = self._inquire(arrival.parameters)
        try:
            arrival.check(inquiry.client)
            grant, demand = self._check(inquiry)
            check_voucher(arrival, demand)
            if session and self._is_signed_in(inquiry, demand, session) and self._is_expected(demand, session):
                return self._grant(inquiry, grant, session)
            if demand.is_silent:
                raise LoginRequiredError
        except OAuth2Error as error:
            return self._refuse(inquiry, error)
        return self._send_to_login(inquiry, demand)

    def check(self, arrival: Arrival) -> None:
        """Return when a request could be started.

        Raises:
            InvalidInputError: The return address is not one of the endpoint's own.
            OAuth2Error: What else is wrong with it.
        """
        inquiry = self._inquire(arrival.parameters)
        arrival.check(inquiry.client)
        _, demand = self._check(inquiry)
        check_voucher(arrival, demand)

    def resume(self, continuation_id: str, session: LoginSession | None) -> str:
        """Return where a waiting request leads after the login page.

        Raises:
            NotFoundError: It is unknown, too old, or was taken up before.
        """
        inquiry = self._waiting(continuation_id)
        try:
            grant, demand = self._check(inquiry)
            if not session or not self._is_signed_in(inquiry, demand, session):
                return _login_page(inquiry, demand, continuation_id)
            self._continuations.finish(continuation_id)
            if not self._is_expected(demand, session):
                raise LoginRequiredError("Somebody else has signed in.")
            if not demand.is_met_by(session):
                raise UnmetRequirementsError("The person has signed in with a single factor.")
            return self._grant(inquiry, grant, session)
        except OAuth2Error as error:
            return self._refuse(inquiry, error)

    def give_up(self, continuation_id: str) -> str:
        """Return the address that tells the endpoint that the person does not want to sign in.

        Raises:
            NotFoundError: The request is unknown, too old, or was taken up before.
        """
        inquiry = self._waiting(continuation_id)
        self._continuations.finish(continuation_id)
        return self._refuse(inquiry, AccessDeniedError())

    def _inquire(self, parameters: Mapping[str, list[str]], asked_at: datetime | None = None) -> _Inquiry:
        client_id, redirect_uri = (_only(parameters, name) for name in ("client_id", "redirect_uri"))
        client = self._server.query_client(client_id)
        if client is None:
            raise InvalidInputError("No application with this client_id is registered here.", field="client_id")
        if not client.check_redirect_uri(redirect_uri):
            raise InvalidInputError(
                f"The redirect_uri is not one that is registered for {client.endpoint.name}.", field="redirect_uri"
            )
        uri = f"{self._id_tokens.names.issuer}{AUTHORIZE_PATH}"
        return _Inquiry(ProviderRequest("GET", uri, {}, parameters), client, redirect_uri, asked_at)

    def _waiting(self, continuation_id: str) -> _Inquiry:
        continuation = self._continuations.get(continuation_id)
        if continuation.path != RESUME_PATH.replace("{id}", continuation_id):
            raise NotFoundError("This login request waits for another door.")
        payload = continuation.payload
        return self._inquire(payload["parameters"], datetime.fromisoformat(payload["asked_at"]))

    def _check(self, inquiry: _Inquiry) -> tuple[CodeGrant, Demand]:
        demand = read_demand(inquiry.request.payload.datalist)
        grant: CodeGrant = self._server.get_authorization_grant(inquiry.request)
        grant.validate_consent_request()
        if not self._server.clients.may_use_event(inquiry.client):
            raise UnauthorizedClientError("The event does not admit this application.")
        if demand.is_for_code_alone and not self._server.clients.may_ask_for_code_alone(inquiry.client):
            raise UnauthorizedClientError("This application may not ask for the code alone.")
        return grant, demand

    def _is_signed_in(self, inquiry: _Inquiry, demand: Demand, session: LoginSession) -> bool:
        is_ours = session.event == inquiry.client.endpoint.event
        is_less = demand.needs_new_login and self._server.clients.is_shortened(session)
        return is_ours and not is_less and demand.accepts(session, self._clock.now(), inquiry.asked_at)

    def _is_expected(self, demand: Demand, session: LoginSession) -> bool:
        if not demand.id_token_hint:
            return True
        hint = self._id_tokens.read_hint(demand.id_token_hint)
        if hint is None:
            return not demand.is_silent
        return hint.subject == self._id_tokens.names.subject(session.person_key)

    def _grant(self, inquiry: _Inquiry, grant: CodeGrant, session: LoginSession) -> str:
        _, _, headers = grant.create_authorization_response(inquiry.redirect_uri, session)
        return dict(headers)["Location"]

    def _refuse(self, inquiry: _Inquiry, error: OAuth2Error) -> str:
        return with_parameters(inquiry.redirect_uri, self._server.error_parameters(inquiry.request, error))

    def _send_to_login(self, inquiry: _Inquiry, demand: Demand) -> str:
        parameters = {
            name: values for name, values in inquiry.request.payload.datalist.items() if name in REQUEST_PARAMETERS
        }
        continuation_id = self._continuations.open(
            inquiry.client.client_id,
            inquiry.client.endpoint.event,
            RESUME_PATH,
            {
                "parameters": parameters,
                "asked_at": self._clock.now().isoformat(),
                STRICT: demand.needs_two_factors or demand.needs_new_login,
            },
            demand.login_hint,
            is_vouched=demand.is_for_code_alone,
        )
        return _login_page(inquiry, demand, continuation_id)


def _login_page(inquiry: _Inquiry, demand: Demand, continuation_id: str) -> str:
    query = {"c": continuation_id} | ({"ui_locales": demand.ui_locales} if demand.ui_locales else {})
    return f"/login/{quote(inquiry.client.endpoint.event, safe='')}?{urlencode(query)}"


def _only(parameters: Mapping[str, list[str]], name: str) -> str:
    values = parameters.get(name, [])
    if len(values) != 1 or not values[0]:
        raise InvalidInputError(f"The request must name its {name} once.", field=name)
    return values[0]
