"""The logon engine: every door's way to prove who somebody is.

Each public method is one transaction; what is slow (a directory, hashing) is done before it opens, and the next method
of the chain is made ready before it is certain that the present one passes, so that both commit together. The one
exception is the attempt that a method charges beforehand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from authsms.audit import AuditTag
from authsms.foundation.errors import NotFoundError, TooManyRequestsError
from authsms.foundation.metrics import LOGONS
from authsms.logon.beginnings import asked_chain, narrowed, opens_by_password, reachable
from authsms.logon.catalog import NO_EVENT, Event
from authsms.logon.continuations import GIVE_UP, Continuation
from authsms.logon.machine import WHICH_CHAIN, Asks, Failed, MessageKey, Passed, Progress, Status, advance, switch
from authsms.logon.methods.base import Answer, Begin, LogonView, Method, typed_answer
from authsms.logon.methods.plugged import PluggedMethod
from authsms.logon.pace import Pace
from authsms.logon.processes import OVER, Processes
from authsms.logon.settlement import Settlement, result_of
from authsms.logon.steps import Client, DeliveryStatus, Entrance, Step, Ticket
from authsms.logon.subject import Subject
from authsms.logon.tools import LogonTools
from authsms.logon.walk import Walk, choices, parts, picked

__all__ = ["Client", "DeliveryStatus", "Entrance", "LogonService", "LogonTools", "Step", "Ticket"]


class LogonService:
    """Walks people through chains; safe to share between threads and processes.

    A wrong order, an unknown, finished, failed, cancelled or expired process and another browser's secret are all
    answered with one and the same `NotFoundError`.

    Args:
        tools: What the engine works with.
        methods: Every method there is.
        pace: Levels the time of refusals.
    """

    def __init__(self, tools: LogonTools, methods: Sequence[Method], *, pace: Pace | None = None) -> None:
        self._tools = tools
        self._pace = pace or Pace()
        self._methods = {method.name: method for method in methods}
        self._processes = Processes(tools.database, tools.vault, tools.clock)
        self._settlement = Settlement(self._processes, tools.sessions, tools.graces, tools.audit, self._methods)

    @property
    def plugged(self) -> Sequence[PluggedMethod]:
        """The methods of plugins."""
        return [method for method in self._methods.values() if isinstance(method, PluggedMethod)]

    def entrance(self, event_name: str, *, continuation_id: str | None = None) -> Entrance:
        """Return what the first page of an event shows.

        Raises:
            NotFoundError: There is no such event, it is not for this endpoint, or the continuation is over.
        """
        event, waiting = self._enter(event_name, continuation_id)
        told = (waiting.endpoint, waiting.login_hint, waiting.is_vouched) if waiting else ("", "", False)
        return Entrance(event.name, event.title, *told, opens_by_password(event, self._methods))

    def begin(
        self,
        event_name: str,
        user_name: str,
        client: Client,
        *,
        continuation_id: str | None = None,
        response: Mapping[str, str] | None = None,
        chain: str = "",
    ) -> Step:
        """Start a process for whoever *user_name* is, and begin the first method of the first chain that fits.

        Args:
            event_name: What to log in to.
            user_name: As typed; passed over where the door's request vouches for somebody.
            client: Who calls.
            continuation_id: The door's request that waits for this login.
            response: Answer to the first method, if that asks for a password: a page with both fields saves a step.
            chain: Only chains of the event that answer to this word, as `narrowed` and `asked_chain` have it.

        Raises:
            InvalidInputError: The user name cannot be one, or (`BrowserNeededError`) every chain needs a page.
            NotFoundError: As `entrance`.
            TooManyRequestsError: As `answer`; nothing was stored.
            UnavailableError: A dependency is away; nothing was stored.
        """
        began = self._pace.now()
        event, continuation = self._enter(event_name, continuation_id, client.endpoint_id)
        found = reachable(narrowed(event, chain), self._methods, has_page=client.has_page)
        is_chosen = bool(chain) and chain not in self._methods
        strict = replace(client, is_strict=True) if is_chosen else client
        walk, secret = self._open((event, found), user_name, strict, continuation)
        if is_chosen:
            walk = replace(walk, process=replace(walk.process, is_chosen=True))
        first, is_asked = walk.process.progress, parts(walk, self._methods)
        opening = self._methods[first.methods[0]].opening()
        if response is not None and opening is not None and not is_asked:
            return self._begin_and_answer(walk.at(advance(first, opening)), secret, response, began)
        begin = _which_chain if is_asked else self._prepare(walk, first)
        with self._tools.database.write() as session:
            walk = walk.at(advance(first, asks := begin(session)))
            self._processes.insert(session, walk.process)
            self._record_start(session, walk)
        return self._settlement.step(walk, secret, asks.message_key)

    def answer(self, ticket: Ticket, response: Mapping[str, str], client: Client) -> Step:
        """Hand the present method a response; once it passes, the next one is begun at once.

        While a chain is to be chosen, the response is one of them, as `picked` has it.

        Raises:
            NotFoundError: The process is not open for this ticket.
            TooManyRequestsError: A limit is reached; nothing was checked.
            UnavailableError: A dependency is away; nothing is decided.
        """
        began = self._pace.now()
        walk = self._load(ticket, client)
        if walk.is_asking:
            wanted = picked(walk, typed_answer(response, "chain"), self._methods)
            if not wanted:
                return self._settlement.step(walk, ticket.secret, MessageKey.CHAIN_UNKNOWN)
            return replace(self._take(walk, ticket, wanted), status=Status.NEXT)
        given = self._judge(walk, response, began)
        ahead, following = self._ahead(walk, given)
        return self._paced(walk, given, self._settle(ahead, ticket, given, following), began)

    def resend(self, ticket: Ticket, client: Client) -> Step:
        """Send again what the open question waits for; too early, the step only says from when on it is possible.

        Raises:
            NotFoundError: The process is not open for this ticket.
            UnavailableError: A dependency is away; what was sent before stays good.
        """
        walk = self._load(ticket, client)
        if walk.is_asking:
            return self._settlement.step(walk, ticket.secret, WHICH_CHAIN.message_key)
        method, view = self._present(walk)
        return self._settle(walk, ticket, method.resend(view))

    def choose(self, ticket: Ticket, chain_name: str, client: Client) -> Step:
        """Go on with another chain; what has passed already is not asked again.

        Raises:
            NotFoundError: The process is not open for this ticket, or the chain is not among `Step.chains`.
            UnavailableError: A dependency is away; the process stays where it is.
        """
        walk = self._load(ticket, client)
        if chain_name not in {choice.name for choice in choices(walk, self._methods)}:
            raise NotFoundError(OVER)
        return self._take(walk, ticket, chain_name)

    def cancel(self, ticket: Ticket) -> str | None:
        """End the process on the person's wish; return the local path that tells it to the endpoint that waits.

        Raises:
            NotFoundError: The process is not open for this ticket.
        """
        walk = self._load(ticket, Client())
        with self._tools.database.write() as session:
            self._processes.cancel(session, walk.process)
            self._settlement.record(session, walk, AuditTag.LOGON_CANCELLED)
        LOGONS.labels("cancelled", walk.event.name).inc()
        return walk.process.return_to and walk.process.return_to + GIVE_UP

    def view(self, ticket: Ticket, client: Client | None = None) -> Step:
        """Return where the process stands, as *client* may see it; changes nothing.

        Raises:
            NotFoundError: The process is not open for this ticket.
        """
        walk = self._load(ticket, client or Client())
        return self._settlement.step(walk, ticket.secret, walk.question.message_key)

    def delivery_status(self, ticket: Ticket) -> DeliveryStatus:
        """Return what may be shown of the text on its way.

        Raises:
            NotFoundError: The process is not open for this ticket.
        """
        return self._tools.whereabouts.of(self._processes.load(ticket).progress.asks)

    def delivery_of(self, step: Step) -> DeliveryStatus:
        """Return the same for a step that has just been looked at, without looking again."""
        return self._tools.whereabouts.of(step.asks)

    def purge(self) -> int:
        """Delete processes and graces that are over, and seeds that nobody has confirmed; return how many."""
        return self._processes.purge() + self._tools.graces.purge() + self._tools.enrollments.purge()

    def _take(self, walk: Walk, ticket: Ticket, chain_name: str) -> Step:
        chain = walk.event.chain(chain_name)
        progress = switch(walk.process.progress, chain.methods)
        walk = walk.choosing(chain)
        begin = self._prepare(walk, progress)
        with self._tools.database.write() as session:
            asks = begin(session)
            walk = walk.at(advance(progress, asks), chain=chain.name)
            self._processes.update(session, walk.process)
            self._settlement.record(session, walk, AuditTag.LOGON_CHAIN_CHOSEN, chain=chain.name)
        return self._settlement.step(walk, ticket.secret, asks.message_key)

    def _open(
        self, offered: tuple[Event, Event], typed: str, client: Client, waiting: Continuation | None
    ) -> tuple[Walk, str]:
        """Return a new process that is not stored yet, and its secret, on a whole event and the part asked for."""
        event, found = offered
        tools, is_vouched = self._tools, waiting is not None and waiting.is_vouched
        subject = Subject(tools.people, tools.vault, waiting.login_hint if waiting and is_vouched else typed)
        whole = reachable(event, self._methods, has_page=client.has_page)
        chain = asked_chain(whole, found, subject, self._methods)
        process, secret = self._processes.open(event.name, chain, subject, client, waiting)
        return Walk(process, found, subject, client), secret

    def _judge(self, walk: Walk, response: Mapping[str, str], began: float) -> Answer:
        """Return what the present method says."""
        method, view = self._present(walk)
        try:
            return self._tools.blocks.applied(view.subject, method.answer(view, response))
        except TooManyRequestsError:
            self._pace.hold(began, method.refusal_takes)
            raise

    def _paced(self, walk: Walk, given: Answer, step: Step, began: float) -> Step:
        """Return *step*, no transaction being open; every refusal of what was looked at takes the same time."""
        is_seen = not isinstance(given, Failed) or given.counted
        if is_seen and step.status not in {Status.OK, Status.NEXT}:
            self._pace.hold(began, self._present(walk)[0].refusal_takes)
        return step

    def _begin_and_answer(self, walk: Walk, secret: str, response: Mapping[str, str], began: float) -> Step:
        given = self._judge(walk, response, began)
        ahead, following = self._ahead(walk, given)
        with self._tools.database.write() as session:
            self._record_start(session, ahead)
            step = self._settlement.settle(session, ahead, secret, result_of(given, session), following)
        return self._paced(walk, given, step, began)

    def _record_start(self, session: Session, walk: Walk) -> None:
        self._settlement.record(session, walk, AuditTag.LOGON_STARTED, chain=walk.process.chain)

    def _settle(self, walk: Walk, ticket: Ticket, given: Answer, following: Begin | None = None) -> Step:
        if isinstance(given, Asks):
            return self._settlement.step(walk.asking(given), ticket.secret, given.message_key)
        if isinstance(given, Failed) and not given.counted:
            return self._settlement.step(walk, ticket.secret, given.message_key)
        with self._tools.database.write() as session:
            return self._settlement.settle(session, walk, ticket.secret, result_of(given, session), following)

    def _enter(self, event_name: str, continued: str | None, caller: str = "") -> tuple[Event, Continuation | None]:
        continuation = None if continued is None else self._tools.continuations.get(continued)
        event = self._tools.catalog.event(event_name, supplement=bool(continuation and continuation.is_vouched))
        endpoint_id = caller if continuation is None else continuation.endpoint_id
        if not event.admits(endpoint_id) or (continuation is not None and continuation.event != event.name):
            raise NotFoundError(NO_EVENT)
        return event, continuation

    def _load(self, ticket: Ticket, client: Client) -> Walk:
        process = self._processes.load(ticket)
        tools = self._tools
        subject = Subject(tools.people, tools.vault, process.typed, known=process.known, phantom=process.phantom)
        event = tools.catalog.event(process.event, supplement=process.is_supplement)
        walk = Walk(process, event, subject, client).unlocking(tools.graces)
        return walk.knowing(self._tools.enrollments, self._methods) if process.progress.completed else walk

    def _present(self, walk: Walk) -> tuple[Method, LogonView]:
        asks = walk.question
        return self._methods[asks.method], walk.view(self._methods, walk.process.progress, asks)

    def _prepare(self, walk: Walk, progress: Progress) -> Begin:
        if progress.current is None:
            raise ValueError("nothing is left to begin")
        return self._methods[progress.current].begin(walk.view(self._methods, progress))

    def _ahead(self, walk: Walk, given: Answer) -> tuple[Walk, Begin | None]:
        """Look up what the next page needs, and make the next method ready, in case the present one passes."""
        progress = advance(walk.process.progress, Passed())
        if not callable(given) or progress.current is None:
            return walk, None
        walk = walk.unlocking(self._tools.graces)
        if walk.shortcut is not None and not walk.may_owe:
            return walk, None
        walk = walk.knowing(self._tools.enrollments, self._methods)
        passed = replace(walk, process=replace(walk.process, progress=progress))
        return walk, _which_chain if parts(passed, self._methods) else self._prepare(walk, progress)


def _which_chain(_session: Session) -> Asks:
    """Ask which chain it shall be; nothing is written for it."""
    return WHICH_CHAIN
