"""How offers are followed: where they stand, and what each person has said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from authsms.delivery.models import Message
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.identity.repository import PersonKey, full_name
from authsms.messaging.audience import is_name
from authsms.messaging.offers import Origin
from authsms.messaging.offers_answers import OFFER, RECIPIENT
from authsms.messaging.offers_rules import OfferEnd, OfferKind, OfferMode, RecipientState
from authsms.messaging.offers_turns import reference_of

_o, _r = OFFER.c, RECIPIENT.c
_SHOWN: Final = 500
_FIRST: Final = (RecipientState.WON, RecipientState.WILLING, RecipientState.LATE, RecipientState.LOST)
_RANK: Final = case(
    *((_r.state == state.value, rank) for rank, state in enumerate(_FIRST)),
    (_r.state == RecipientState.DECLINED.value, len(_FIRST)),
    else_=len(_FIRST) + 1,
)


@dataclass(frozen=True, slots=True)
class SentOffer:
    """An offer that was made.

    Attributes:
        number: What people name it by in their replies.
        places: How many people are wanted; `places_left` of them are still missing.
        end: How it ended, or `OfferEnd.NONE`.
        is_open: It can be answered.
        counts: How many people stand where.
        origin: The program it comes from, if it does.
    """

    number: int
    name: str
    kind: OfferKind
    mode: OfferMode
    places: int
    places_left: int
    attempts: int
    spread: timedelta
    is_enforced: bool
    author: str
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    end: OfferEnd
    is_open: bool
    counts: Mapping[RecipientState, int]
    origin: Origin

    @property
    def people(self) -> int:
        """How many are asked."""
        return sum(self.counts.values())

    @property
    def is_choosing(self) -> bool:
        """Whether somebody is waiting to be chosen."""
        return self.closed_at is None and bool(self.counts.get(RecipientState.WILLING))


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """Somebody who is asked."""

    person_key: str
    login: str
    display_name: str
    state: RecipientState
    way: str
    answered_at: datetime | None
    attempts_made: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has answered, and what came of it.

    Attributes:
        change: Numbers what happens in an offer; a later change of the same person has a higher one.
    """

    change: int
    person_key: str
    login: str
    state: RecipientState
    way: str
    answered_at: datetime | None

    @property
    def user_name(self) -> str:
        """The login, and the repository before it."""
        return full_name(PersonKey(self.person_key), self.login)


class OfferCourse:
    """Follows offers; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def portion(self, *, offset: int, size: int) -> Sequence[SentOffer]:
        """Return up to *size* offers after the first *offset*, newest first."""
        with self._database.read() as session:
            rows = session.execute(select(OFFER).order_by(_o.number.desc()).offset(offset).limit(size)).all()
            return self._offers(session, rows)

    def find(self, name: str) -> SentOffer:
        """Return an offer.

        Raises:
            NotFoundError: There is none of that name, or it has been forgotten.
        """
        with self._database.read() as session:
            rows = session.execute(select(OFFER).where(_o.name == name)).all() if is_name(name) else ()
            if not rows:
                raise NotFoundError("There is no such offer.")
            return self._offers(session, rows)[0]

    def of_program(self, endpoint_id: str, *, before: int, size: int) -> Sequence[SentOffer]:
        """Return up to *size* offers of a program whose number is below *before*, newest first; 0 for all numbers."""
        query = select(OFFER).where(_o.endpoint_id == endpoint_id).order_by(_o.number.desc()).limit(size)
        with self._database.read() as session:
            rows = session.execute(query.where(_o.number < before) if before else query).all()
            return self._offers(session, rows)

    def standings(self, offer: SentOffer, *, after: int, size: int) -> Sequence[Standing]:
        """Return where up to *size* people stand, those whose change is above *after*, in the order of the changes."""
        query = (
            select(_r.change, _r.person_key, _r.login, _r.state, _r.way, _r.answered_at)
            .where(_r.offer == offer.number, _r.change > after)
            .order_by(_r.change)
            .limit(size)
        )
        with self._database.read() as session:
            return [Standing(*row[:3], RecipientState(row.state), *row[4:]) for row in session.execute(query)]

    def states(self, offer: SentOffer) -> Mapping[str, RecipientState]:
        """Return where everybody stands who is asked, by key."""
        query = select(_r.person_key, _r.state).where(_r.offer == offer.number)
        with self._database.read() as session:
            return {row.person_key: RecipientState(row.state) for row in session.execute(query)}

    def user_names(self, offer: SentOffer) -> Mapping[str, str]:
        """Return the logins of everybody who is asked, each with the repository before it, by key."""
        query = select(_r.person_key, _r.login).where(_r.offer == offer.number)
        with self._database.read() as session:
            return {row.person_key: full_name(PersonKey(row.person_key), row.login) for row in session.execute(query)}

    def people(self, offer: SentOffer) -> Sequence[AskedPerson]:
        """Return who is asked, those first who have said yes, in the order of their answers; 500 at most."""
        query = (
            select(_r.person_key, _r.login, _r.display_name, _r.state, _r.way, _r.answered_at, _r.attempts_made)
            .where(_r.offer == offer.number)
            .order_by(_RANK, _r.answered_at, _r.place)
            .limit(_SHOWN)
        )
        with self._database.read() as session:
            return [_person(row) for row in session.execute(query)]

    def keys(self, offer: SentOffer, names: Iterable[str]) -> Sequence[str]:
        r"""Return the keys of people who are asked, by their user names, with or without ``repository\`` before them.

        Raises:
            InvalidInputError: Two of those who are asked have one of these names.
            NotFoundError: One of these is not asked.
        """
        query = select(_r.person_key, _r.login).where(_r.offer == offer.number)
        found = defaultdict[str, set[str]](set)
        with self._database.read() as session:
            for key, login in session.execute(query):
                found[login].add(key)
                found[full_name(PersonKey(key), login)].add(key)
        return [_only(name, found[name]) for name in dict.fromkeys(names)]

    def progress(self, offer: SentOffer) -> Mapping[MessageState, int]:
        """Return how many texts of an offer are in which state; those deleted after their time are not counted."""
        query = select(Message.state, func.count()).where(Message.reference == reference_of(offer.number))
        with self._database.read() as session:
            return {MessageState(state): count for state, count in session.execute(query.group_by(Message.state))}

    def _offers(self, session: Session, rows: Sequence[Row[Any]]) -> list[SentOffer]:
        now = self._clock.now()
        numbers = [row.number for row in rows]
        counts: dict[int, dict[RecipientState, int]] = {number: {} for number in numbers}
        counted = select(_r.offer, _r.state, func.count()).where(_r.offer.in_(numbers)).group_by(_r.offer, _r.state)
        for number, state, count in session.execute(counted) if numbers else ():
            counts[number][RecipientState(state)] = count
        return [_offer(row, now, counts[row.number]) for row in rows]


def _offer(row: Row[Any], now: datetime, counts: Mapping[RecipientState, int]) -> SentOffer:
    return SentOffer(
        *(row.number, row.name, OfferKind(row.kind), OfferMode(row.mode), row.places, row.places_left, row.attempts),
        *(timedelta(seconds=row.spread_seconds), row.is_enforced, row.author, row.created_at, row.expires_at),
        *(row.closed_at, OfferEnd(row.end), row.closed_at is None and row.expires_at > now, counts),
        Origin(row.endpoint_id, row.content),
    )


def _only(name: str, keys: AbstractSet[str]) -> str:
    if not keys:
        raise NotFoundError("%(login)s is not asked by this offer.", login=name)
    if len(keys) > 1:
        raise InvalidInputError("%(login)s are several people; write the repository before it.", login=name)
    return next(iter(keys))


def _person(row: Any) -> AskedPerson:
    return AskedPerson(
        *(row.person_key, row.login, row.display_name, RecipientState(row.state)),
        *(row.way, row.answered_at, row.attempts_made),
    )
