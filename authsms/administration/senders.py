"""The sender policy as administrators work on it: services, texts, and tests; every change is versioned and audited."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from sqlalchemy import case, func, select

from authsms.administration.actors import Actor
from authsms.administration.rights import Right
from authsms.administration.senders_routes import SenderRoutes
from authsms.administration.senders_trials import SenderTest, SenderTests, TrialTools
from authsms.delivery.models import Message
from authsms.delivery.states import MessageState
from authsms.foundation.errors import InvalidInputError, NotFoundError, OverloadedError
from authsms.senders.contract import SenderService
from authsms.senders.definitions import Author, SavedService, ServiceDraft
from authsms.senders.policy import Policy, ServiceRule
from authsms.senders.submission import Balance
from authsms.senders.text import Alphabet, TextValues, measure, parse_template, render

_SAMPLE = TextValues(otp="482915", user="alice", event="web", endpoint="Web portal", minutes=5)
_BALANCE_SECONDS = 300.0
_BALANCES_AT_ONCE = 2
_STATISTICS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider said about the account, and when; None when it said nothing."""

    balance: Balance | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service in the list.

    Attributes:
        sent: Messages its provider has taken within 24 hours.
        delivered: Those of them that have reached a phone.
        told: The balance when it was asked for within some minutes, or None.
        tells_balance: Its provider can be asked.
    """

    saved: SavedService
    sent: int
    delivered: int
    last_test: SenderTest | None
    told: Told | None
    tells_balance: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a template comes to.

    Attributes:
        costly: Characters that make the text twice as long on the air.
        price: Estimate for one message, or None without a price.
    """

    text: str
    alphabet: Alphabet
    units: int
    capacity: int
    segments: int
    costly: str
    price: Decimal | None


class SenderDesk:
    """The tasks around sender services."""

    def __init__(self, tools: TrialTools) -> None:
        self._tools = tools
        self._senders = tools.senders
        self.tests = SenderTests(tools)
        self.routes = SenderRoutes(tools.senders, tools.default_region)
        self._told: dict[str, tuple[float, Told]] = {}
        self._asking = threading.BoundedSemaphore(_BALANCES_AT_ONCE)

    def services(self, actor: Actor) -> Sequence[ServiceLine]:
        """Return every service, in order; no provider is asked."""
        actor.require(Right.SENDERS_SEE)
        counts = self._counts()
        lines = []
        for saved in self._senders.services():
            name = saved.rule.name
            sent, delivered = counts.get(name, (0, 0))
            kind = self._senders.kinds().get(saved.kind)
            tells = kind is not None and kind.balance_request is not SenderService.balance_request
            last = self.tests.last(actor, name)
            lines.append(ServiceLine(saved, sent, delivered, last, self._known(name), tells))
        return lines

    def kinds(self, actor: Actor) -> Mapping[str, type[SenderService]]:
        """Return the kinds of service there are, by key."""
        actor.require(Right.SENDERS_SEE)
        return self._senders.kinds()

    def service(self, actor: Actor, name: str) -> SavedService:
        """Return one service.

        Raises:
            NotFoundError: There is none of that name.
        """
        actor.require(Right.SENDERS_SEE)
        for saved in self._senders.services():
            if saved.rule.name == name:
                return saved
        raise NotFoundError("There is no such sender service.")

    def callback_url(self, actor: Actor, name: str) -> str:
        """Return where the provider of a service reports to, or an empty text; whoever knows it may post there."""
        actor.require(Right.SENDERS_EDIT)
        try:
            return self._senders.callback_url(name) or ""
        except NotFoundError:
            return ""

    def save(
        self, actor: Actor, draft: ServiceDraft, *, expected_version: int, beside: str | None = None
    ) -> SavedService:
        """Store a service; place in the order and on or off stay as they are, a new one comes last.

        Args:
            actor: Who wants it.
            draft: What to store.
            expected_version: The version he has seen, 0 for a new one.
            beside: Name of the service whose place it shall share; empty for a place of its own, which is the last
                one if it shares one now; None leaves it where it is.

        Raises:
            InvalidInputError: A value does not fit; `field` names it.
            ConflictError: Somebody else has changed it meanwhile, or the name is taken.
        """
        actor.require(Right.SENDERS_EDIT)
        present = {saved.rule.name: saved.rule for saved in self._senders.services()}
        stored = present.pop(draft.rule.name, None)
        rule = replace(
            draft.rule,
            position=_position(stored, present, beside),
            is_enabled=stored.is_enabled if stored else True,
        )
        if draft.kind in self._senders.kinds():
            self._senders.check_addresses(draft.kind, draft.settings)
        self._told.pop(draft.rule.name, None)
        whole = ServiceDraft(rule, draft.kind, draft.settings, draft.cleared)
        return self._senders.save_service(whole, author=author_of(actor), expected_version=expected_version)

    def switch(self, actor: Actor, name: str, *, on: bool, expected_version: int) -> None:
        """Let a service be used, or not any more; raises like `PolicyStore.switch_service`."""
        actor.require(Right.SENDERS_EDIT)
        self._senders.switch_service(name, on=on, author=author_of(actor), expected_version=expected_version)

    def remove(self, actor: Actor, name: str, *, expected_version: int) -> None:
        """Forget a service and its secrets; raises like `PolicyStore.remove_service`."""
        actor.require(Right.SENDERS_EDIT)
        self._senders.remove_service(name, author=author_of(actor), expected_version=expected_version)

    def move(self, actor: Actor, name: str, *, up: bool, expected_version: int) -> None:
        """Let a service go one place up or down; at the end of the list nothing happens.

        One that shares its place leaves it, and gets a place of its own before or behind it.

        Raises:
            NotFoundError: There is none of that name.
            ConflictError: Somebody else has changed the policy meanwhile.
        """
        actor.require(Right.SENDERS_EDIT)
        places = _places(saved.rule for saved in self._senders.services())
        old = next((number for number, names in enumerate(places) if name in names), None)
        if old is None:
            raise NotFoundError("There is no such sender service.")
        if len(places[old]) > 1:
            places[old].remove(name)
            places.insert(old if up else old + 1, [name])
        else:
            new = min(max(old + (-1 if up else 1), 0), len(places) - 1)
            places.insert(new, places.pop(old))
        self._senders.arrange(places, author=author_of(actor), expected_version=expected_version)

    def policy(self, actor: Actor) -> Policy:
        """Return what concerns no single service."""
        actor.require(Right.SENDERS_SEE)
        return self._senders.policy()

    def save_policy(self, actor: Actor, policy: Policy) -> Policy:
        """Store *policy*; its version is the one the administrator has seen.

        Raises:
            InvalidInputError: A template cannot be used.
            ConflictError: Somebody else has changed something meanwhile.
        """
        actor.require(Right.SENDERS_EDIT)
        return self._senders.save_policy(policy, author=author_of(actor))

    def preview(self, actor: Actor, source: str, price: Decimal | None = None) -> Preview:
        """Return what a template comes to with sample data.

        Raises:
            TemplateError: It cannot be used; the text says where.
        """
        actor.require(Right.SENDERS_SEE)
        text = render(parse_template(source), _SAMPLE)
        size = measure(text)
        cost = None if price is None else price * size.segments
        return Preview(text, size.alphabet, size.units, size.capacity, size.segments, size.costly, cost)

    def balance(self, actor: Actor, name: str) -> Told:
        """Return what is left on the account; the provider is asked at most once in five minutes.

        This takes as long as the provider does, so only a request of its own may call it.

        Raises:
            NotFoundError: There is no usable service of that name.
            OverloadedError: Other providers are being asked.
        """
        actor.require(Right.SENDERS_SEE)
        known = self._known(name)
        if known is not None:
            return known
        service = self._senders.service(name).service
        if not self._asking.acquire(blocking=False):
            raise OverloadedError("Other providers are being asked; try again in a few seconds.")
        try:
            told = Told(service.balance(), self._tools.clock.now())
        finally:
            self._asking.release()
        self._told[name] = (time.monotonic(), told)
        return told

    def _known(self, name: str) -> Told | None:
        asked_at, told = self._told.get(name, (0.0, None))
        return told if told and time.monotonic() - asked_at < _BALANCE_SECONDS else None

    def _counts(self) -> dict[str, tuple[int, int]]:
        """Return sent and delivered of the last day by service; reads the index on the time of creation."""
        delivered = func.sum(case((Message.state == MessageState.DELIVERED.value, 1), else_=0))
        query = (
            select(Message.service, func.count(Message.accepted_at), delivered)
            .where(Message.created_at >= self._tools.clock.now() - _STATISTICS)
            .group_by(Message.service)
        )
        with self._tools.database.read() as session:
            return {name: (int(sent), int(done or 0)) for name, sent, done in session.execute(query)}


def _places(rules: Iterable[ServiceRule]) -> list[list[str]]:
    """Return names of services place by place."""
    return [[rule.name for rule in some] for _, some in groupby(rules, key=lambda rule: rule.position)]


def _position(stored: ServiceRule | None, others: Mapping[str, ServiceRule], beside: str | None) -> int:
    """Return the position a service shall have; see `SenderDesk.save`."""
    if beside:
        if beside not in others:
            raise InvalidInputError("There is no such service to share a place with.", field="beside")
        return others[beside].position
    taken = {rule.position for rule in others.values()}
    if stored is not None and (beside is None or stored.position not in taken):
        return stored.position
    return max(taken, default=-1) + 1


def author_of(actor: Actor) -> Author:
    """Return how the history and the audit trail name *actor*."""
    return Author(actor.login, actor.person_key, actor.address)
