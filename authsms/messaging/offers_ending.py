"""How offers end: filled, closed, expired or withdrawn; and how those are told who must hear of it.

An offer ends in one short transaction, be it that of an answer. What waits is taken back and people are told in
portions after it, by whoever ended it and, when that takes too long or is broken off, by the periodic task.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag
from authsms.audit.vocabulary import Author, Detail
from authsms.delivery.models import Message
from authsms.delivery.outbox import Draft
from authsms.delivery.schedule import PeriodicTask
from authsms.delivery.states import MessageState
from authsms.foundation.db import rowcount
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.audience import is_name
from authsms.messaging.notices import NoticeTools
from authsms.messaging.offers import Offers
from authsms.messaging.offers_answers import GIVE_AWAY, IS_NOTED, OFFER, RECIPIENT, REPLY, Asked, change_state
from authsms.messaging.offers_replies import ADDRESS
from authsms.messaging.offers_rules import OfferEnd, OfferMode, RecipientState
from authsms.messaging.offers_settling import OfferSettling
from authsms.messaging.offers_turns import LINK, reference_of
from authsms.messaging.offers_wording import Says, say
from authsms.senders.contract import Purpose

TIME_TO_CHOOSE: Final = timedelta(days=7)
"""So long after its end somebody can still be chosen among those who have said yes."""
_TOLD_FOR: Final = timedelta(hours=12)
_EVERY: Final = timedelta(seconds=5)
_PORTION: Final = 50
_PATIENCE_SECONDS: Final = 5.0
"""What settling, and texting, may take before the rest has its turn: a directory may be slow."""
_o, _r, _a = OFFER.c, RECIPIENT.c, ADDRESS.c
_UNSEEN: Final = (MessageState.STALE.value, MessageState.WITHHELD.value, MessageState.FAILED.value)
_MISSED: Final = {
    OfferEnd.FILLED: {RecipientState.ASKED: Says.TAKEN, RecipientState.WILLING: Says.LOST},
    OfferEnd.CLOSED: {RecipientState.WILLING: Says.LOST},
    OfferEnd.EXPIRED: {RecipientState.WILLING: Says.LOST},
    OfferEnd.CANCELLED: {
        RecipientState.ASKED: Says.CANCELLED,
        RecipientState.WILLING: Says.CANCELLED,
        RecipientState.WON: Says.CANCELLED,
    },
}
_UNTOLD: Final = ("", Says.CHOSEN.value)
_CHOOSE: Final = (
    update(RECIPIENT)
    .where(
        _r.offer == bindparam("w_offer"),
        _r.person_key == bindparam("w_person"),
        _r.state == RecipientState.WILLING.value,
    )
    .values(told_state=Says.CHOSEN.value)
    .returning(_r.person_key, _r.login)
)
_TELL: Final = (
    update(RECIPIENT)
    .where(
        _r.offer == bindparam("w_offer"),
        _r.person_key == bindparam("w_person"),
        _r.state == bindparam("w_state"),
        _r.told_state.in_(_UNTOLD),
    )
    .values(told_state=bindparam("says"), due_at=None)
)
_ADDRESS: Final = (
    select(_a.recipient_hash, _a.number, _a.locale, Message.member_of)
    .join(RECIPIENT, and_(_r.offer == _a.offer, _r.person_key == _a.person_key))
    .outerjoin(Message, Message.id == _r.message_id)
    .where(_a.offer == bindparam("w_offer"), _a.person_key == bindparam("w_person"))
    .order_by(_a.texted_at.desc())
    .limit(1)
)
_NOTED: Final = select(REPLY.c.offer).where(REPLY.c.offer == _o.number).exists()
_SEEN: Final = and_(Message.reference == bindparam("w_reference"), Message.state.not_in(_UNSEEN))


@dataclass(frozen=True, slots=True)
class _Missed:
    """Somebody who must hear that an offer has ended."""

    offer: int
    person_key: str
    login: str
    state: RecipientState
    says: Says


class OfferEnding:
    """Ends offers, and tells people.

    Args:
        tools: What it takes.
        offers: Has its turn in the same periodic task.
        settling: The same.
        host: Who texts.
        kept: How long offers are remembered after their time.
    """

    def __init__(self, tools: NoticeTools, offers: Offers, settling: OfferSettling, host: str, kept: timedelta) -> None:
        self._tools = tools
        self._settling = settling
        self._offers = offers
        self._host = host
        self._kept = kept

    def choose(self, author: Author, name: str, person_keys: Sequence[str], *, patience: float = inf) -> None:
        """Give places to people who have said yes, and tell them; with the last place the offer ends.

        Raises:
            ConflictError: One of them has not said yes or was chosen before, or there are fewer places left.
            InvalidInputError: Nobody is named.
            NotFoundError: There is no offer of that name.
        """
        chosen = sorted(set(person_keys))
        if not chosen:
            raise InvalidInputError("Say who is chosen.", field="people")
        with self._tools.database.write() as session:
            number = self._number(session, name)
            for key in chosen:
                row = session.execute(_CHOOSE, {"w_offer": number, "w_person": key}).one_or_none()
                if row is None:
                    raise ConflictError("Somebody of these has not said yes, or was chosen before.")
                self._text(session, _Missed(number, row.person_key, row.login, RecipientState.WON, Says.CHOSEN))
                details: dict[str, Detail] = {"offer": name, "number": number, "chosen": row.login}
                self._tools.audit.record(session, author.entry(AuditTag.OFFER_CHOSEN, details=details))
            given = {"w_offer": number, "w_places": len(chosen), "moment": self._tools.clock.now()}
            if not rowcount(session.execute(GIVE_AWAY, given)):
                raise ConflictError("There are fewer places left than people chosen, or the offer has ended.")
            for key in chosen:
                change_state(session, Asked(number, key), RecipientState.WON)
        self.tell(patience=patience)

    def end(self, author: Author, name: str, *, withdraw: bool, patience: float = inf) -> None:
        """End an offer: those who have a place keep it, unless it is withdrawn.

        Whoever must hear of it is told; of very many people the rest follows by itself.

        Raises:
            ConflictError: It has ended before.
            NotFoundError: There is no offer of that name.
        """
        end = OfferEnd.CANCELLED if withdraw else OfferEnd.CLOSED
        tag = AuditTag.OFFER_CANCELLED if withdraw else AuditTag.OFFER_CLOSED
        changed = update(OFFER).where(_o.name == name, self._can_end(withdraw=withdraw))
        values = {"closed_at": self._tools.clock.now(), "end": end.value, "told_at": None}
        with self._tools.database.write() as session:
            number = self._number(session, name)
            if not rowcount(session.execute(changed.values(values))):
                raise ConflictError("This offer has ended before.")
            self._tools.audit.record(session, author.entry(tag, details={"offer": name, "number": number}))
        self.tell(patience=patience)

    def expire(self) -> int:
        """End offers whose time is over; where somebody waits to be chosen, or a yes for the directory, a week later.

        Return how many.
        """
        now = self._tools.clock.now()
        willing = select(_r.offer).where(_r.offer == _o.number, _r.state == RecipientState.WILLING.value).exists()
        undecided = or_(and_(_o.mode == OfferMode.CHOOSE.value, willing), _NOTED)
        waits = and_(_o.expires_at > now - TIME_TO_CHOOSE, undecided)
        over = update(OFFER).where(_o.closed_at.is_(None), _o.expires_at <= now, ~waits)
        over = over.values(closed_at=now, end=OfferEnd.EXPIRED.value)
        with self._tools.database.read() as session:
            due = select(_o.number).where(_o.closed_at.is_(None), _o.expires_at <= now).limit(1)
            if session.execute(due).first() is None:
                return 0
        with self._tools.database.write() as session:
            ended = session.execute(over.returning(_o.name, _o.number)).all()
            for row in ended:
                details = {"offer": row.name, "number": row.number, "reason": OfferEnd.EXPIRED.value}
                self._tools.audit.record(session, AuditEntry(AuditTag.OFFER_CLOSED, details=details))
        return len(ended)

    def tell(self, *, patience: float = inf) -> int:
        """Take back what waits of offers that have ended, and tell people of it; return how many were told."""
        deadline = time.monotonic() + patience
        query = select(_o.number, _o.end, _o.closed_at).where(_o.closed_at.is_not(None), _o.told_at.is_(None))
        with self._tools.database.read() as session:
            ended = session.execute(query.order_by(_o.closed_at)).all()
        return sum(self._tell_all(row, deadline) for row in ended)

    def work(self) -> None:
        """Settle what was said, end what is over, tell people, and text those whose turn it is."""
        self._settling.work(patience=_PATIENCE_SECONDS)
        self.expire()
        self.tell()
        self._offers.work(patience=_PATIENCE_SECONDS)

    def task(self) -> PeriodicTask:
        """Return what delivery processes do for offers."""
        return PeriodicTask("work-offers", _EVERY, self.work)

    def purge(self) -> int:
        """Forget offers that ended long ago, and what people said; return how many."""
        old = and_(_o.closed_at.is_not(None), _o.expires_at < self._tools.clock.now() - self._kept)
        numbers = select(_o.number).where(old)
        with self._tools.database.write() as session:
            for table in (REPLY, LINK, ADDRESS, RECIPIENT):
                session.execute(delete(table).where(table.c.offer.in_(numbers)))
            return rowcount(session.execute(delete(OFFER).where(old)))

    @staticmethod
    def _can_end(*, withdraw: bool) -> Any:
        """Return the condition: an offer whose places are given can still be withdrawn."""
        if not withdraw:
            return _o.closed_at.is_(None)
        return or_(_o.closed_at.is_(None), _o.end != OfferEnd.CANCELLED.value)

    def _number(self, session: Session, name: str) -> int:
        found = (
            session.execute(select(_o.number).where(_o.name == name)).scalar_one_or_none() if is_name(name) else None
        )
        if found is None:
            raise NotFoundError("There is no such offer.")
        number: int = found
        return number

    def _tell_all(self, row: Any, deadline: float) -> int:
        told, tools = 0, self._tools
        while time.monotonic() < deadline:
            with tools.database.write() as session:
                found, _ = tools.outbox.recall(session, reference_of(row.number), _PORTION)
                if found:
                    continue
            missed = self._missed(row)
            with tools.database.write() as session:
                told += self._tell(session, missed)
                if not missed:
                    done = update(OFFER).where(_o.number == row.number, _o.end == row.end, ~_NOTED)
                    session.execute(done.values(told_at=tools.clock.now()))
                    break
        return told

    def _missed(self, row: Any) -> Sequence[_Missed]:
        """Return the next people to be told: nobody whose yes waits, nor who cannot have seen the offer."""
        told: Mapping[RecipientState, Says] = _MISSED[OfferEnd(row.end)]
        seen = select(Message.person_key).where(_SEEN)
        query = select(_r.person_key, _r.login, _r.state).where(
            *(_r.offer == row.number, _r.state.in_([state.value for state in told]), _r.told_state.in_(_UNTOLD)),
            ~IS_NOTED,
            or_(_r.state != RecipientState.ASKED.value, _r.person_key.in_(seen)),
        )
        with self._tools.database.read() as session:
            rows = session.execute(query.limit(_PORTION), {"w_reference": reference_of(row.number)}).all()
        states = [(one, RecipientState(one.state)) for one in rows]
        return [_Missed(row.number, one.person_key, one.login, state, told[state]) for one, state in states]

    def _tell(self, session: Session, missed: Sequence[_Missed]) -> int:
        """Tell people, each once; who waited to be chosen has lost, which is written when all of them are locked."""
        told, texts = [one for one in missed if self._take(session, one)], 0
        for one in told:
            texts += self._text(session, one)
        for one in told:
            if one.state is RecipientState.WILLING:
                change_state(session, Asked(one.offer, one.person_key), RecipientState.LOST)
        return texts

    @staticmethod
    def _take(session: Session, one: _Missed) -> bool:
        values = {"w_offer": one.offer, "w_person": one.person_key, "w_state": one.state.value}
        return bool(rowcount(session.execute(_TELL, {**values, "says": one.says.value})))

    def _text(self, session: Session, one: _Missed) -> bool:
        """Queue what somebody is told, at the number he was asked at last, while that is his."""
        tools, key = self._tools, {"w_offer": one.offer, "w_person": one.person_key}
        address = session.execute(_ADDRESS, key).one_or_none()
        if address is None:
            return False
        place = f"offer.address:{one.offer}:{address.recipient_hash}"
        number = PhoneNumber(tools.vault.unseal(address.number, context=place).decode())
        if not tools.book.is_live(session, one.person_key, str(number)):
            return False
        draft = Draft(
            id=tools.vault.new_id(),
            purpose=Purpose.OFFER,
            recipient=number,
            text=say(one.says, address.locale, self._host, one.offer),
            expires_at=tools.clock.now() + _TOLD_FOR,
            reference=f"{reference_of(one.offer)}:end",
            person_key=one.person_key,
            login=one.login,
            groups=frozenset((address.member_of or "").splitlines()),
        )
        tools.outbox.enqueue(session, draft)
        return True
