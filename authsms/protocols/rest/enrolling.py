"""Setting up methods by REST: a person who has just logged in, with two factors, sets up what he will log in with.

Nothing is kept for it: an authenticator app waits for its first code as it does on the person's own page, and recovery
codes are ready at once. What may be done, and how often, is decided where that page has it decided, too.
"""

from collections.abc import Callable
from typing import Final, Protocol

from authsms.foundation.clock import Clock
from authsms.foundation.errors import NotFoundError
from authsms.logon.endpoint_sessions import EndpointSession
from authsms.logon.holder import Holder
from authsms.logon.machine import MessageKey, Status
from authsms.logon.methods.totp import TOTP
from authsms.logon.own_app import OwnApp, Verdict
from authsms.logon.own_codes import OwnCodes
from authsms.logon.recovery import RECOVERY_CODE
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols.rest import bodies, words
from authsms.protocols.rest.tickets import OVER, client_of

_REASONS: Final = {
    Verdict.RIGHT: words.APP_READY,
    Verdict.WRONG: MessageKey.APP_REFUSED,
    Verdict.MALFORMED: MessageKey.CODE_MALFORMED,
    Verdict.SWITCHED_OFF: words.APP_OVER,
}
_STATUSES: Final = {Verdict.RIGHT: Status.OK, Verdict.SWITCHED_OFF: Status.FAILED}


class Owning(Protocol):
    """What people do with their own methods."""

    @property
    def clock(self) -> Clock:
        """Tells how long ago somebody logged in."""

    @property
    def sessions(self) -> LoginSessions:
        """What finished logons yield."""

    @property
    def own_app(self) -> OwnApp:
        """With their authenticator app."""

    @property
    def own_codes(self) -> OwnCodes:
        """With their recovery codes."""


class Enrolling:
    """Sets methods up for endpoints; safe to share between threads.

    Args:
        owning: What does it.
        find: Returns a login session of an endpoint, or raises `NotFoundError`.
    """

    def __init__(self, owning: Owning, find: Callable[[EndpointSession, str], LoginSession]) -> None:
        self._owning = owning
        self._find = find

    def begin(self, caller: EndpointSession, wanted: bodies.Enroll, locale: str) -> bodies.EnrollState:
        """Begin to set a method up.

        Raises:
            ConflictError: It is set up already.
            ProofNeededError: The person has not just logged in with two factors.
        """
        holder = self._holder(caller, wanted.login_session_id, locale)
        if wanted.method_id == RECOVERY_CODE:
            state = self._codes(holder, may_replace=wanted.replace)
            if wanted.replace:  # one of them may be a thief's, opened with a code that is void now
                self._owning.sessions.end_others(holder.person_key, keep=wanted.login_session_id)
            return state
        self._owning.own_app.begin(holder)
        return self._waiting(holder, None)

    def go_on(
        self, caller: EndpointSession, process_id: str, given: bodies.DoEnroll, locale: str
    ) -> bodies.EnrollState:
        """Hand over the first code of an app; without one, tell once more what the app needs."""
        holder = self._holder(caller, given.login_session_id, locale)
        typed = given.response.answer
        state = self._waiting(holder, process_id)
        if not typed.strip():
            return state
        verdict = self._owning.own_app.confirm(holder, typed)
        if verdict is Verdict.OVER:
            raise NotFoundError(OVER)
        status = _STATUSES.get(verdict, Status.MORE_DATA)
        digits = self._owning.own_app.digits
        return _state(TOTP, _REASONS[verdict], status, process_id=process_id, digits=digits)

    def templates(self, caller: EndpointSession, wanted: bodies.OfSession, locale: str) -> bodies.Templates:
        """Return what the person has set up."""
        holder = self._holder(caller, wanted.login_session_id, locale)
        app, stock = self._owning.own_app.view(holder), self._owning.own_codes.stock(holder)
        found = []
        if app is not None and not app.is_waiting:
            is_usable = not (app.is_lost or app.is_switched_off)
            found.append(bodies.Template(method_id=TOTP, is_usable=is_usable, since=app.since, left=None))
        if stock.left:
            found.append(bodies.Template(method_id=RECOVERY_CODE, is_usable=True, since=stock.made_at, left=stock.left))
        return bodies.Templates(templates=found)

    def _codes(self, holder: Holder, *, may_replace: bool) -> bodies.EnrollState:
        made = self._owning.own_codes.make(holder, may_replace=may_replace)
        secrets = bodies.EnrollData(secret="", address="", codes=made)
        return _state(RECOVERY_CODE, words.CODES_READY, Status.OK, data=secrets)

    def _waiting(self, holder: Holder, process_id: str | None) -> bodies.EnrollState:
        """Return what the app that waits for its first code needs."""
        app = self._owning.own_app.view(holder)
        if app is None or not app.is_waiting or process_id not in {None, app.id}:
            raise NotFoundError(OVER)
        data = bodies.EnrollData(secret=app.seed, address=app.address, codes=[])
        return _state(TOTP, MessageKey.APP_ASKED, Status.MORE_DATA, process_id=app.id, data=data)

    def _holder(self, caller: EndpointSession, session_id: str, locale: str) -> Holder:
        found = self._find(caller, session_id)
        client = client_of(caller, found.address, locale)
        return Holder.of(found, client, self._owning.clock.now())


def _state(
    method: str,
    reason: str,
    status: Status,
    *,
    process_id: str | None = None,
    data: bodies.EnrollData | None = None,
    digits: int = 0,
) -> bodies.EnrollState:
    return bodies.EnrollState(
        enroll_process_id=process_id,
        method_id=method,
        status=status,
        reason=str(reason),
        msg=words.sentence(reason, digits),
        data=data,
    )
