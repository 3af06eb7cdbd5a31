"""What a request means to the logon service, and what its step means to an endpoint."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, cast

from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.logon.endpoint_sessions import EndpointSession, EndpointSessions
from authsms.logon.machine import Asks, Prompt, Status
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSession
from authsms.logon.steps import ChainChoice, DeliveryStatus, Step
from authsms.logon.ways import Ways
from authsms.protocols.rest import bodies, words
from authsms.protocols.rest.bearer import Bearers
from authsms.protocols.rest.enrolling import Enrolling, Owning
from authsms.protocols.rest.tickets import OVER, Held, Tickets, client_of
from authsms.protocols.told_address import told_address


class Engine(Owning, Protocol):
    """What the door calls."""

    @property
    def logon(self) -> LogonService:
        """Walks people through chains."""

    @property
    def ways(self) -> Ways:
        """What somebody may begin with."""

    @property
    def endpoint_sessions(self) -> EndpointSessions:
        """Which endpoints have proven who they are."""


class RestDoor:
    """Walks people through chains for endpoints; safe to share between threads.

    A logon or a login session that is unknown, over or another endpoint's is answered with one and the same
    `NotFoundError`.
    """

    def __init__(self, engine: Engine, tickets: Tickets, bearers: Bearers) -> None:
        self._engine = engine
        self._tickets = tickets
        self.bearers = bearers
        self.enrolling = Enrolling(engine, self._found)

    @property
    def endpoint_sessions(self) -> EndpointSessions:
        """Which endpoints have proven who they are."""
        return self._engine.endpoint_sessions

    def chains(self, caller: EndpointSession, visit: bodies.Visit) -> bodies.Chains:
        """Return what somebody may begin with."""
        event = _event(caller, visit)
        return bodies.Chains(
            event=event, chains=_chains(self._engine.ways.of(event, visit.user_name, caller.endpoint_id))
        )

    def begin(self, caller: EndpointSession, visit: bodies.Begin, address: str, locale: str) -> bodies.LogonState:
        """Begin a logon."""
        if visit.chain and visit.method_id:
            raise InvalidInputError("Name a chain or a method, not both.", field="chain")
        told = told_address(str(visit.client_ip))
        client = replace(
            client_of(caller, told or address, locale),
            takes_new_password=visit.can_change_password,
            is_address_told=bool(told),
        )
        event = _event(caller, visit)
        word = visit.chain or visit.method_id or ""
        step = self._engine.logon.begin(event, visit.user_name, client, chain=word)
        self._tickets.keep(caller, Held(step.ticket, client))
        return self._state(step)

    def look(self, caller: EndpointSession, process_id: str) -> bodies.LogonState:
        """Return where a logon stands; changes nothing."""
        held = self._tickets.find(caller, process_id)
        return self._state(self._engine.logon.view(held.ticket))

    def answer(self, caller: EndpointSession, process_id: str, given: bodies.DoLogon) -> bodies.LogonState:
        """Hand the present method an answer; an empty one is no try, it asks for a code."""
        held = self._tickets.find(caller, process_id)
        typed = given.response.answer
        if not typed.strip():
            return self._state(self._without_answer(held))
        response = {"answer": typed, "new_password": given.response.new_password}
        step = self._engine.logon.answer(held.ticket, response, held.client)
        return self._settled(held, step)

    def go_on(self, caller: EndpointSession, process_id: str, wanted: bodies.GoOn) -> bodies.LogonState:
        """Take another chain, by its name or by the method that it goes on with."""
        if bool(wanted.chain) == bool(wanted.method_id):
            raise InvalidInputError("Name a chain or a method, and only one of them.", field="chain")
        held = self._tickets.find(caller, process_id)
        step = self._engine.logon.view(held.ticket)
        if step.asks is not None and step.asks.method == wanted.method_id:
            return self._state(step)
        chosen = wanted.chain or _chain_with(step, wanted.method_id or "")
        return self._settled(held, self._engine.logon.choose(held.ticket, chosen, held.client))

    def cancel(self, caller: EndpointSession, process_id: str) -> None:
        """End a logon."""
        held = self._tickets.find(caller, process_id)
        self._engine.logon.cancel(held.ticket)
        self._tickets.drop(held)

    def session(self, caller: EndpointSession, session_id: str) -> bodies.LoginSession:
        """Return a login session that came of a logon of the same endpoint, and note its use."""
        found = self._found(caller, session_id)
        return bodies.LoginSession(
            login_session_id=found.id,
            user_name=found.login,
            display_name=found.display_name,
            mail=found.mail,
            repository=found.repository,
            groups=sorted(found.groups),
            event=found.event,
            chain=found.chain,
            methods=list(found.methods),
            authenticated_at=found.authenticated_at,
            expires=found.expires_at,
        )

    def end_session(self, caller: EndpointSession, session_id: str) -> None:
        """End such a login session."""
        found = self._found(caller, session_id)
        self._engine.sessions.end(found.id, found.person_key, endpoint=caller.endpoint)

    def _found(self, caller: EndpointSession, session_id: str) -> LoginSession:
        found = self._engine.sessions.use(session_id) if self._tickets.has_brought(caller, session_id) else None
        if found is None:
            raise NotFoundError(OVER)
        return found

    def _without_answer(self, held: Held) -> Step:
        """Return where the code is; the engine sent it as soon as its turn came, so only a later call wants another."""
        step = self._engine.logon.view(held.ticket)
        if step.asks is None or step.asks.resend_at is None or self._tickets.tell(held, step.asks.reference):
            return step
        again = self._engine.logon.resend(held.ticket, held.client)
        if again.asks is not None:
            self._tickets.tell(held, again.asks.reference)
        return again

    def _settled(self, held: Held, step: Step) -> bodies.LogonState:
        """Keep what a step brought, and return it."""
        match step.status:
            case Status.OK:
                session = self._engine.sessions.find(step.session_token or "")
                if session is None:
                    raise NotFoundError(OVER)
                self._tickets.finish(held, session.id, session.expires_at)
                return self._state(step, session.id)
            case Status.FAILED:
                self._tickets.drop(held)
            case _:
                self._tickets.renew(held, step.ticket)
        return self._state(step)

    def _state(self, step: Step, session_id: str | None = None) -> bodies.LogonState:
        asks = step.asks
        return bodies.LogonState(
            logon_process_id=step.process_id,
            status=step.status,
            reason=step.message_key.value,
            msg=words.sentence(step.message_key, asks.length if asks else 0),
            event=step.event,
            current_method=(asks.method or None) if asks else None,
            completed_methods=list(step.completed),
            chains=_chains(step.chains),
            details=_details(asks, self._engine.logon.delivery_of(step)) if asks and asks.length else None,
            fields=_fields(asks),
            login_session_id=session_id,
        )


def _fields(asks: Asks | None) -> list[str]:
    if asks is None or asks.prompt is Prompt.CHAIN:
        return []
    return ["answer", "new_password"] if asks.prompt is Prompt.NEW_PASSWORD else ["answer"]


def _event(caller: EndpointSession, visit: bodies.Visit) -> str:
    """Return the event, which is the endpoint's own or none at all."""
    if visit.event is not None and visit.event != caller.event:
        raise NotFoundError("This event is not for this endpoint.")
    return caller.event


def _chains(choices: Iterable[ChainChoice]) -> list[bodies.Chain]:
    return [bodies.Chain(name=one.name, title=one.title, methods=list(one.methods)) for one in choices]


def _chain_with(step: Step, method: str) -> str:
    """Return the chain that goes on with a method, best first."""
    for chain in step.chains:
        if next((one for one in chain.methods if one not in step.completed), None) == method:
            return chain.name
    raise NotFoundError(OVER)


def _details(asks: Asks, status: DeliveryStatus) -> bodies.Details:
    stage = cast("bodies.Stage", words.stage(status))
    return bodies.Details(
        recipient=asks.masked,
        delivery=stage,
        reason=status.detail if stage == "failed" else "",
        length=asks.length,
        expires=asks.expires_at,
        resend_at=asks.resend_at,
        hold_until=asks.hold_until,
    )
