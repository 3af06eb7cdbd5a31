"""Tells endpoints that a login session has ended (OpenID Connect Back-Channel Logout 1.0).

A periodic task does it, by the same guarded way out that texts take: no redirect, no private address that is not
listed, a hard deadline. What an endpoint does not take is tried again, six times within half an hour. One that does
not answer is left alone for the rest of the round, so that the others need not wait for it.
"""

from datetime import timedelta
from typing import Any, Final

from joserfc import jwt

from authsms.delivery.schedule import PeriodicTask
from authsms.foundation.clock import Clock
from authsms.foundation.logs import get_logger
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.protocols.oidc.identity_tokens import Names
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.logout_notices import LogoutNotices, Notice
from authsms.senders.exchange import ProviderAnswer, ProviderRequest
from authsms.senders.http import HttpClient

_EVERY: Final = timedelta(seconds=15)
_ROUNDS: Final = 20
_TOKEN_SECONDS: Final = 120
_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_TAKEN: Final = frozenset({200, 204})
_REFUSED: Final = 400
_log = get_logger(__name__)


class LogoutCourier:
    """Carries logout tokens to endpoints."""

    def __init__(
        self,
        notices: LogoutNotices,
        endpoints: EndpointService,
        keys: SigningKeys,
        names: Names,
        clock: Clock,
        client: HttpClient,
    ) -> None:
        self._notices = notices
        self._endpoints = endpoints
        self._keys = keys
        self._clock = clock
        self._client = client
        self._names = names

    def task(self) -> PeriodicTask:
        """Return what is to be done again and again, by one process at a time."""
        return PeriodicTask("tell-logouts", _EVERY, self.deliver)

    def deliver(self) -> int:
        """Try every notice that is due; return how many were taken."""
        taken, silent = 0, set[str]()
        for _ in range(_ROUNDS):
            due = self._notices.due(without=silent)
            if not due:
                break
            for notice in due:
                if notice.client_id in silent or not self._notices.take(notice):
                    continue
                if self._try(notice):
                    taken += 1
                else:
                    silent.add(notice.client_id)
        return taken

    def _try(self, notice: Notice) -> bool:
        endpoint = self._endpoints.find(notice.client_id)
        if endpoint is None or not endpoint.oidc.backchannel_uri:
            self._notices.settle(notice)
            return True
        token = self._token(notice, endpoint)
        reply = self._client.send(ProviderRequest.form(endpoint.oidc.backchannel_uri, (("logout_token", token),)))
        status = reply.status if isinstance(reply, ProviderAnswer) else 0
        if status in _TAKEN:
            self._notices.settle(notice)
            return True
        reason = f"status {status}" if isinstance(reply, ProviderAnswer) else reply.code
        _log.warning("oidc.logout_unheard", endpoint=notice.client_id, reason=reason, tries=notice.tries + 1)
        if notice.is_last_try or status == _REFUSED:
            self._notices.settle(notice, failure=reason)
        return False

    def _token(self, notice: Notice, endpoint: Endpoint) -> str:
        algorithm, now = endpoint.oidc.algorithm, int(self._clock.now().timestamp())
        key = self._keys.current(algorithm)
        claims: dict[str, Any] = {
            "iss": self._names.issuer,
            "aud": notice.client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "jti": f"{notice.id}-{notice.tries}",
            "sub": self._names.subject(notice.person_key),
            "sid": self._names.session(notice.session_id),
            "events": {_EVENT: {}},
        }
        header = {"alg": algorithm.value, "kid": str(key.kid), "typ": "logout+jwt"}
        return jwt.encode(header, claims, key, algorithms=[algorithm.value])
