"""Log-out that an endpoint begins (OpenID Connect RP-Initiated Logout 1.0).

Without an ID token of the very session that is to end, the person is asked first: anybody can make a browser open this
address. The person is only sent to an address that is registered, as an exact string, for the endpoint that asks.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from authsms.foundation.errors import ForgeryError, InvalidInputError
from authsms.foundation.vault import Vault
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols.oidc.clients import Clients
from authsms.protocols.oidc.identity_tokens import Hint, IdTokens
from authsms.protocols.oidc.redirects import with_parameters

FIELDS = ("client_id", "post_logout_redirect_uri", "state")
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """What an endpoint asks, as far as it is right.

    Attributes:
        fields: The parameters of `FIELDS`, for the confirmation page to repeat.
        application: Name of the endpoint; empty when it did not say who it is.
        return_to: Registered address to go to afterwards, with its state; empty when there is none.
        session: Name of the login session in a genuine hint.
    """

    fields: Mapping[str, str]
    application: str = ""
    return_to: str = ""
    session: str = ""


class Logouts:
    """Decides whether a log-out needs the person's word, and ends the session."""

    def __init__(
        self,
        *,
        clients: Clients,
        sessions: LoginSessions,
        id_tokens: IdTokens,
        vault: Vault,
    ) -> None:
        self._clients = clients
        self._sessions = sessions
        self._id_tokens = id_tokens
        self._vault = vault

    def read(self, parameters: Mapping[str, list[str]]) -> LogoutRequest:
        """Return what the parameters, each with all its values, ask.

        Raises:
            InvalidInputError: The endpoint is unknown or not the one of the hint, or the return address is not its own.
        """
        if any(len(values) > 1 or len(values[0]) > _LONGEST for values in parameters.values()):
            raise InvalidInputError("A parameter appears more than once or is too long.")
        values = {name: found[0] for name, found in parameters.items()}
        hint = self._id_tokens.read_hint(values.get("id_token_hint", ""))
        client_id = values.get("client_id", "") or (hint.client_id if hint else "")
        if hint is not None and hint.client_id != client_id:
            raise InvalidInputError("The id_token_hint was issued to another application.", field="client_id")
        client = self._clients.find(client_id)
        if client_id and client is None:
            raise InvalidInputError("No application with this client_id is registered here.", field="client_id")
        address = values.get("post_logout_redirect_uri", "")
        if address and (client is None or address not in client.endpoint.logout_uris):
            raise InvalidInputError(
                "The post_logout_redirect_uri is not registered for this application.",
                field="post_logout_redirect_uri",
            )
        fields = {"client_id": client_id, "post_logout_redirect_uri": address, "state": values.get("state", "")}
        return _request(fields, client.endpoint.name if client else "", hint)

    def needs_confirmation(self, request: LogoutRequest, session: LoginSession | None) -> bool:
        """Return whether the person must be asked before *session* ends."""
        return session is not None and request.session != self._id_tokens.names.session(session.id)

    def confirmation(self, request: LogoutRequest, session: LoginSession) -> str:
        """Return the token of the confirmation page; it is good for this request in this session only."""
        return self._vault.keyed_hash("oidc.logout", session.id, *(request.fields[name] for name in FIELDS))

    def confirm(self, request: LogoutRequest, session: LoginSession, confirmation: str) -> None:
        """End *session* because the person said so.

        Raises:
            ForgeryError: The answer does not come from the page that was shown in this session.
        """
        if not hmac.compare_digest(self.confirmation(request, session).encode(), confirmation.encode()):
            raise ForgeryError("The confirmation does not belong to this session.")
        self.end(request, session)

    def end(self, request: LogoutRequest, session: LoginSession) -> None:
        """End *session*; what was issued in its name dies with it."""
        self._sessions.end(session.id, session.person_key, endpoint=request.fields["client_id"])


def _request(fields: Mapping[str, str], application: str, hint: Hint | None) -> LogoutRequest:
    address, state = fields["post_logout_redirect_uri"], fields["state"]
    return_to = with_parameters(address, [("state", state)]) if address and state else address
    return LogoutRequest(fields, application, return_to, hint.session if hint else "")
