"""What a request means to the logon service, and what its step means to a device.

Most devices show a second question: the password brings a challenge, the code an accept. For those that cannot, a
person logs in twice. The first login, with the password, is refused with "code sent"; the second brings
``password,code``. That is only read as two things while a code is on its way to this person from a login with this very
password at this client; otherwise it is one password, with a comma in it, and is judged and counted as such. So nobody
can try codes without the password, and no password is cut in two.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from authsms.foundation.errors import (
    AuthsmsError,
    BrowserNeededError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
    UnavailableError,
)
from authsms.foundation.logs import get_logger
from authsms.logon.beginnings import narrowed
from authsms.logon.catalog import Catalog
from authsms.logon.machine import MessageKey, Prompt, Status
from authsms.logon.radius_profile import EVERYBODY, Grant, RadiusClient
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSessions
from authsms.logon.steps import Client, Step
from authsms.protocols.radius import words
from authsms.protocols.radius.challenges import Caller, Challenges, Open
from authsms.protocols.radius.packets import Ask, Reply, Request, Say
from authsms.protocols.told_address import told_address

_MINUTE_SECONDS: Final = 60
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request of a person at a device."""

    device: RadiusClient
    caller: Caller
    password: str = field(repr=False)
    client: Client

    def reject(self, word: str, **facts: object) -> Reply:
        """Return a refusal in the device's language."""
        return Reply(Say.REJECT, words.say(word, self.device.profile.locale, **facts))


class RadiusDoor:
    """Answers requests; safe to share between threads."""

    def __init__(self, logon: LogonService, sessions: LoginSessions, catalog: Catalog, challenges: Challenges) -> None:
        self._logon = logon
        self._sessions = sessions
        self._catalog = catalog
        self._challenges = challenges

    def answer(self, request: Request, device: RadiusClient, address: str) -> Reply:
        """Return what to say to *request*, which came from *device* at *address*.

        Raises:
            UnavailableError: Nothing was decided; say nothing, the device asks again or asks another server.
        """
        if request.ask is Ask.STATUS:
            return Reply(Say.ACCEPT)
        if request.user_name is None or request.password is None:
            _log.warning("radius.unreadable", client=device.name, hint="only PAP with UTF-8, and the right secret")
            return Reply(Say.REJECT, words.say("refused", device.profile.locale))
        told = told_address(request.station)
        client = Client(
            *(told or address, f"RADIUS {device.name}", device.profile.locale, device.name, f"radius:{device.id}"),
            can_choose=device.profile.can_challenge,
            is_address_told=bool(told),
        )
        visit = _Visit(device, Caller(device.id, request.user_name), request.password, client)
        try:
            return self._go_on(visit, request.state) if request.state else self._open(visit)
        except TooManyRequestsError as error:
            return visit.reject("limited", minutes=1 + int(error.retry_after.total_seconds()) // _MINUTE_SECONDS)
        except (InvalidInputError, NotFoundError) as error:
            return visit.reject(_refusal(error))

    def _open(self, visit: _Visit) -> Reply:
        resumed = self._resumed(visit)
        if resumed is not None:
            return resumed
        name, chain = self._split(visit)
        try:
            step = self._logon.begin(
                visit.device.event, name, visit.client, response={"password": visit.password}, chain=chain
            )
        except NotFoundError as error:
            _log.warning("radius.no_event", client=visit.device.name, wanted=visit.device.event, problem=str(error))
            return visit.reject("refused")
        except BrowserNeededError:
            _log.warning("radius.browser_needed", client=visit.device.name, wanted=visit.device.event)
            raise
        if step.message_key is MessageKey.WRONG_PASSWORD:
            return visit.reject("refused")
        return self._reply(visit, step, self._challenges.proof(visit.caller, visit.password))

    def _resumed(self, visit: _Visit) -> Reply | None:
        """Go on with a login of the same person, if the same password has brought it to a code that is on its way."""
        password, comma, code = visit.password.rpartition(",")
        if comma and not visit.device.profile.can_challenge and code.isascii() and code.isdigit():
            found = self._challenges.resume(visit.caller, password)
            if found is not None:
                return self._reply(visit, self._logon.answer(found.ticket, {"answer": code}, visit.client), found.proof)
        found = self._challenges.resume(visit.caller, visit.password)
        if found is None:
            return None
        try:
            step = self._logon.resend(found.ticket, visit.client)
        except NotFoundError:
            return None
        # Whoever logs in again has not asked for another code; when it is too early for one, the first is good.
        is_early = step.message_key is MessageKey.CODE_WAIT
        return self._reply(visit, replace(step, message_key=MessageKey.CODE_SENT) if is_early else step, found.proof)

    def _go_on(self, visit: _Visit, state: bytes) -> Reply:
        found = self._challenges.take(visit.caller, state)
        if found is None:
            return visit.reject("over")
        try:
            if words.wants_another(visit.password):
                step = self._logon.resend(found.ticket, visit.client)
            else:
                step = self._logon.answer(found.ticket, {"answer": visit.password}, visit.client)
        except UnavailableError:
            self._challenges.put_back(visit.caller, state, found)
            raise
        # The secret is another one once something has passed. If that was the first, then what was typed as a password
        # at the beginning had proven nothing, and brings nobody to where this person is now.
        has_begun = step.secret != found.ticket.secret and len(step.completed) == 1
        return self._reply(visit, step, "" if has_begun else found.proof)

    def _reply(self, visit: _Visit, step: Step, proof: str) -> Reply:
        profile = visit.device.profile
        if step.status is Status.OK:
            return self._accept(visit, step.session_token or "")
        if ending := words.ending(step.message_key):
            return visit.reject(ending)
        if step.asks is None or (step.asks.prompt is not Prompt.CODE and not profile.can_challenge):
            return visit.reject("refused")
        state = self._challenges.ask(visit.caller, Open(step.ticket, proof), with_state=profile.can_challenge)
        told = words.question(
            step.asks, step.message_key, profile.locale, is_separate=not profile.can_challenge, ways=step.chains
        )
        return Reply(Say.CHALLENGE if profile.can_challenge else Say.REJECT, told, state)

    def _accept(self, visit: _Visit, token: str) -> Reply:
        """Let the person in, and end the session that came of it: nobody holds it, the device has one of its own."""
        session = self._sessions.find(token)
        if session is None:
            return visit.reject("over")
        self._sessions.end(session.id, session.person_key, endpoint=visit.device.name)
        groups = {EVERYBODY, *(group.casefold() for group in session.groups)}
        granted = [one for one in visit.device.profile.attributes if one.group.casefold() in groups]
        values = {grant: tuple(dict.fromkeys(one.value for one in granted if one.grant is grant)) for grant in Grant}
        return Reply(Say.ACCEPT, filters=values[Grant.FILTER_ID], classes=values[Grant.CLASS])

    def _split(self, visit: _Visit) -> tuple[str, str]:
        """Return the name and the short name of the chain; what names no chain of the event is part of the name."""
        mark = visit.device.profile.separator
        name, found, chain = visit.caller.user_name.rpartition(mark) if mark else ("", "", "")
        if not found or not name or not chain:
            return visit.caller.user_name, ""
        try:
            narrowed(self._catalog.event(visit.device.event), chain)
        except NotFoundError:
            return visit.caller.user_name, ""
        return name, chain


def _refusal(error: AuthsmsError) -> str:
    """Return what to say, as a word, when a logon could not be begun or went no further."""
    if isinstance(error, BrowserNeededError):
        return "browser"
    return "refused" if isinstance(error, InvalidInputError) else "over"
