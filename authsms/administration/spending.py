"""Limits and spending as administrators look at them: caps with what they have seen, and rates of services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from authsms.administration.actors import Actor
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.delivery.caps import SCALE, Cap, CapScope, Period, Standing, scaled
from authsms.delivery.gate import Gate
from authsms.delivery.rates import ServiceRate
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose

_LONGEST_NUMBER = 12
_LENGTH_OF_COUNTRY = 2


@dataclass(frozen=True, slots=True)
class TypedCap:
    """A cap as it was typed.

    Attributes:
        id: The cap to change; empty for a new one.
        target: ``all``, ``country``, ``service:<name>`` or ``purpose:<purpose>``.
        most_cost: In the policy's currency.
    """

    id: str = ""
    target: str = "all"
    country: str = ""
    period: str = Period.DAY.value
    most_texts: str = ""
    most_cost: str = ""
    reserve_percent: str = "20"
    alarm_percent: str = "80"
    is_brake: bool = True


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on limits and spending at one moment.

    Attributes:
        standings: Every cap with what it has seen.
        rates: By service, in the order of the policy; None: as many as there are.
        price: What a segment costs, or None: costs are nothing then.
    """

    standings: Sequence[Standing]
    rates: Mapping[str, ServiceRate | None]
    price: Decimal | None
    currency: str


class SpendingDesk:
    """The tasks around limits and spending."""

    def __init__(self, gate: Gate, senders: SenderPolicyService) -> None:
        self._gate = gate
        self._senders = senders

    def overview(self, actor: Actor) -> Overview:
        """Return how things stand."""
        actor.require(Right.SENDERS_SEE)
        policy, rates = self._senders.policy(), self._gate.rates.all()
        names = [saved.rule.name for saved in self._senders.services()]
        return Overview(
            self._gate.spending.standings(),
            {name: rates.get(name) for name in names},
            policy.segment_price,
            policy.currency,
        )

    def typed(self, actor: Actor, cap_id: str) -> TypedCap:
        """Return a cap as it would be typed, a new one for an empty id.

        Raises:
            NotFoundError: There is none of that id.
        """
        actor.require(Right.SENDERS_SEE)
        if not cap_id:
            return TypedCap()
        for cap in self._gate.spending.caps():
            if cap.id == cap_id:
                return _as_typed(cap)
        raise NotFoundError("There is no such cap any more.")

    def save_cap(self, actor: Actor, typed: TypedCap) -> Cap:
        """Store what was typed.

        Raises:
            InvalidInputError: It makes no sense; `field` names what is wrong.
            NotFoundError: The cap to change is not there any more.
        """
        actor.require(Right.SENDERS_EDIT)
        scope, name = self._target(typed)
        cap = Cap(
            typed.id,
            scope,
            name,
            Period(typed.period) if typed.period in set(Period) else Period.DAY,
            _whole(typed.most_texts, "most_texts"),
            _money(typed.most_cost),
            _whole(typed.reserve_percent, "reserve_percent") or 0,
            _whole(typed.alarm_percent, "alarm_percent") or 0,
            typed.is_brake,
        )
        return self._gate.spending.save(cap, author_of(actor))

    def remove_cap(self, actor: Actor, cap_id: str) -> None:
        """Forget a cap.

        Raises:
            NotFoundError: There is none of that id.
        """
        actor.require(Right.SENDERS_EDIT)
        self._gate.spending.remove(cap_id, author_of(actor))

    def save_rate(self, actor: Actor, service: str, per_second: str, burst: str) -> None:
        """Let a service be given so many texts a second; as many as there are when nothing was typed.

        Raises:
            InvalidInputError: Such a rate cannot be kept; `field` names what is wrong.
            NotFoundError: There is no such service.
        """
        actor.require(Right.SENDERS_EDIT)
        if all(saved.rule.name != service for saved in self._senders.services()):
            raise NotFoundError("There is no such sender service.")
        amount = _decimal(per_second, "per_second")
        rate = None if amount is None else ServiceRate(float(amount), _whole(burst, "burst") or 1)
        self._gate.rates.save(service, rate, author_of(actor))

    def _target(self, typed: TypedCap) -> tuple[CapScope, str]:
        kind, _, name = typed.target.partition(":")
        if kind == CapScope.COUNTRY:
            country = typed.country.strip().upper()
            if len(country) != _LENGTH_OF_COUNTRY or not country.isascii() or not country.isalpha():
                raise InvalidInputError("Write the country as two letters, e.g. DE.", field="country")
            return CapScope.COUNTRY, country
        if kind == CapScope.SERVICE and any(saved.rule.name == name for saved in self._senders.services()):
            return CapScope.SERVICE, name
        if kind == CapScope.PURPOSE and name in set(Purpose):
            return CapScope.PURPOSE, name
        if typed.target == CapScope.ALL:
            return CapScope.ALL, ""
        raise InvalidInputError("Say which service, country or purpose.", field="target")


def _as_typed(cap: Cap) -> TypedCap:
    is_named = cap.scope in {CapScope.SERVICE, CapScope.PURPOSE}
    return TypedCap(
        cap.id,
        f"{cap.scope.value}:{cap.name}" if is_named else cap.scope.value,
        cap.name if cap.scope is CapScope.COUNTRY else "",
        cap.period.value,
        "" if cap.most_texts is None else str(cap.most_texts),
        "" if cap.most_cost is None else f"{Decimal(cap.most_cost) / SCALE:f}",
        str(cap.reserve_percent),
        str(cap.alarm_percent),
        cap.is_brake,
    )


def _whole(text: str, field: str) -> int | None:
    words = text.strip()
    if not words:
        return None
    if not (words.isascii() and words.isdigit() and len(words) <= _LONGEST_NUMBER):
        raise InvalidInputError("Write a whole number.", field=field)
    return int(words)


def _money(text: str) -> int | None:
    amount = _decimal(text, "most_cost")
    return None if amount is None else scaled(amount)


def _decimal(text: str, field: str) -> Decimal | None:
    words = text.strip().replace(",", ".")
    if not words:
        return None
    try:
        amount = Decimal(words) if len(words) <= _LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidInputError("Write a number such as 12.50.", field=field)
    return amount
