"""What a request means to the logon service, and what its step means to a plug-in.

A password brings a challenge, the code an accept. Who sends the same password again while a code is on its way goes on
with that code instead of killing it. Where an endpoint joins codes to passwords, the end of what was sent is read as a
code only while one is asked for after a login with just the password that stands before it, so that nobody can try
codes without the password and no password is cut in two.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from authsms.foundation.errors import BrowserNeededError, InvalidInputError, NotFoundError, TooManyRequestsError
from authsms.foundation.logs import get_logger
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.endpoints import Endpoint
from authsms.logon.machine import MessageKey, Prompt, Status
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSessions
from authsms.logon.steps import Client, Step
from authsms.protocols.radius import words
from authsms.protocols.radius.challenges import Caller, Challenges, Open
from authsms.protocols.validate.answers import Outcome, Verdict
from authsms.protocols.validate.transactions import Transactions

_CODE_LENGTHS: Final = (6, 7, 8)
_MINUTE_SECONDS: Final = 60
_CHAINS: Final = "CHAIN"
"""What stands in the place of a token's serial while a chain is to be chosen; plug-ins want one."""
_log = get_logger(__name__)


class Engine(Protocol):
    """The services that judge."""

    sessions: LoginSessions
    catalog: Catalog
    continuations: Continuations

    @property
    def logon(self) -> LogonService:
        """Walks people through chains."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person at an endpoint.

    Attributes:
        user: As typed, with the repository in front where a realm was named.
        password: What was sent as ``pass``: a password, a code, or both.
        transaction: What it belongs to; empty for a new login.
    """

    endpoint: Endpoint
    user: str
    password: str = field(repr=False)
    transaction: str = field(repr=False)
    client: Client

    @property
    def caller(self) -> Caller:
        """Under which name the logon is found again."""
        return Caller(self.endpoint.id, self.user)

    def reject(self, word: str, **facts: object) -> Verdict:
        """Return a refusal in the person's language."""
        return Verdict(Outcome.REJECT, words.say(word, self.client.locale, **facts))


class ValidateDoor:
    """Answers requests; safe to share between threads."""

    def __init__(self, engine: Engine, challenges: Challenges, transactions: Transactions) -> None:
        self._engine = engine
        self._challenges = challenges
        self._transactions = transactions

    def check(self, visit: Visit) -> Verdict:
        """Return what became of a password, or of the code of a transaction.

        Raises:
            UnavailableError: Nothing was decided.
        """
        try:
            return self._go_on(visit) if visit.transaction else self._begin(visit)
        except TooManyRequestsError as error:
            return visit.reject("limited", minutes=1 + int(error.retry_after.total_seconds()) // _MINUTE_SECONDS)
        except BrowserNeededError:
            _log.warning("validate.browser_needed", endpoint=visit.endpoint.name, wanted=visit.endpoint.event)
            return visit.reject("browser")
        except InvalidInputError:
            return visit.reject("refused")
        except NotFoundError:
            return visit.reject("over")

    def trigger(self, visit: Visit) -> Verdict:
        """Return the challenge of somebody who has proved nothing yet, where the event's chain begins with a code.

        Raises:
            UnavailableError: Nothing was decided.
        """
        return self.check(replace(visit, password="", transaction=""))

    def _begin(self, visit: Visit) -> Verdict:
        resumed = self._resumed(visit)
        if resumed is not None:
            return resumed
        response = {"password": visit.password} if visit.password else None
        try:
            step = self._engine.logon.begin(
                visit.endpoint.event, visit.user, visit.client, continuation_id=self._entry(visit), response=response
            )
        except NotFoundError:
            _log.warning("validate.no_event", endpoint=visit.endpoint.name, wanted=visit.endpoint.event)
            return visit.reject("refused")
        if step.asks is not None and step.asks.prompt not in {Prompt.CODE, Prompt.CHAIN} and not step.completed:
            # A wrong password, or none; the next one comes as a new login.
            return visit.reject("refused")
        return self._verdict(visit, step, self._challenges.proof(visit.caller, visit.password))

    def _entry(self, visit: Visit) -> str | None:
        """Return what shows an event that is kept for some endpoints that this is one of them."""
        endpoint = visit.endpoint
        if not self._engine.catalog.event(endpoint.event).endpoints:
            return None
        return self._engine.continuations.open(endpoint.id, endpoint.event, "/", {})

    def _resumed(self, visit: Visit) -> Verdict | None:
        """Go on with a login of the same person, if the same password has brought it to a code."""
        for password, code in self._joined(visit):
            found = self._challenges.resume(visit.caller, password)
            if found is not None:
                step = self._engine.logon.answer(found.ticket, {"answer": code}, visit.client)
                return self._verdict(visit, step, found.proof)
        found = self._challenges.resume(visit.caller, visit.password)
        if found is None:
            return None
        try:
            step = self._engine.logon.resend(found.ticket, visit.client)
        except NotFoundError:
            return None
        # Whoever logs in again has not asked for another code; when it is too early for one, the first is good.
        is_early = step.message_key is MessageKey.CODE_WAIT
        return self._verdict(visit, replace(step, message_key=MessageKey.CODE_SENT) if is_early else step, found.proof)

    @staticmethod
    def _joined(visit: Visit) -> Iterator[tuple[str, str]]:
        if not visit.endpoint.validate.joins_codes:
            return
        for length in _CODE_LENGTHS:
            password, code = visit.password[:-length], visit.password[-length:]
            if password and code.isascii() and code.isdigit():
                yield password, code

    def _go_on(self, visit: Visit) -> Verdict:
        ticket = self._transactions.read(visit.endpoint.id, visit.user, visit.transaction)
        if ticket is None or not visit.password.strip():
            # Nothing to check: a plug-in that has polled in vain.
            return visit.reject("over" if ticket is None else "refused")
        if words.wants_another(visit.password):
            step = self._engine.logon.resend(ticket, visit.client)
        else:
            step = self._engine.logon.answer(ticket, {"answer": visit.password}, visit.client)
        if step.status is Status.MORE_DATA and step.message_key is not MessageKey.CODE_SENT:
            # Plug-ins ask again under the id they know.
            return Verdict(Outcome.REJECT, self._question(visit, step))
        return self._verdict(visit, step, "")

    def _verdict(self, visit: Visit, step: Step, proof: str) -> Verdict:
        if step.status is Status.OK:
            return self._accept(visit, step.session_token or "")
        if ending := words.ending(step.message_key):
            return visit.reject(ending)
        if step.asks is None:
            return visit.reject("refused")
        if proof:
            self._challenges.ask(visit.caller, Open(step.ticket, proof), with_state=False)
        transaction = self._transactions.write(visit.endpoint.id, visit.user, step.ticket)
        return Verdict(Outcome.CHALLENGE, self._question(visit, step), transaction, step.asks.method or _CHAINS)

    @staticmethod
    def _question(visit: Visit, step: Step) -> str:
        if step.asks is None or (ending := words.ending(step.message_key)):
            return words.say(ending if step.asks else "refused", visit.client.locale)
        return words.question(step.asks, step.message_key, visit.client.locale, is_separate=False, ways=step.chains)

    def _accept(self, visit: Visit, token: str) -> Verdict:
        """Let the person in, and end the session that came of it: the endpoint has one of its own."""
        session = self._engine.sessions.find(token)
        if session is None:
            return visit.reject("over")
        self._engine.sessions.end(session.id, session.person_key, endpoint=visit.endpoint.name)
        return Verdict(Outcome.ACCEPT, words.say("accepted", visit.client.locale))
