"""Answers to offers, however they come: whoever answers has answered, and the places are given out one by one.

Who was first is decided by one conditional UPDATE of the offer, which takes a place and, with the last one, closes the
offer. The row of the person is taken before it, by another: so one person never takes two places, by a text and a link
at the same moment. Everybody locks in this order. A yes by text waits in a table of its own until the directory has
been asked, and its person answers nothing else meanwhile; see `authsms.messaging.offers_settling`. What changes is
numbered last, for whoever follows the offer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, and_, bindparam, case, exists, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.delivery.outbox import Outbox
from authsms.foundation.clock import Clock
from authsms.foundation.db import rowcount
from authsms.messaging.offers_models import OfferRecipientRow, OfferReplyRow, OfferRow
from authsms.messaging.offers_rules import OfferEnd, OfferMode, RecipientState, ReplyWay
from authsms.messaging.offers_wording import Says
from authsms.messaging.replies import Answer

OFFER: Final = cast("Table", OfferRow.__table__)
RECIPIENT: Final = cast("Table", OfferRecipientRow.__table__)
_o: Final = OFFER.c
_r: Final = RECIPIENT.c
REPLY: Final = cast("Table", OfferReplyRow.__table__)
_IS_LAST: Final = _o.places_left == bindparam("w_places")
IS_OPEN: Final = and_(_o.closed_at.is_(None), _o.expires_at > bindparam("w_now"))
_HIS: Final = and_(_r.offer == bindparam("w_offer"), _r.person_key == bindparam("w_person"))
_LOOK: Final = select(_o.name, _o.mode, _o.end, _r.state, _r.login).join(RECIPIENT, _r.offer == _o.number).where(_HIS)
IS_NOTED: Final = exists().where(REPLY.c.offer == _r.offer, REPLY.c.person_key == _r.person_key)
"""Of somebody who is asked: whether a yes of his waits for the directory."""
_ANSWER: Final = (
    update(RECIPIENT)
    .where(_HIS, _r.state == RecipientState.ASKED.value, ~IS_NOTED)
    .values(state=bindparam("to"), way=bindparam("by"), answered_at=bindparam("moment"), due_at=None)
    .returning(_r.message_id)
)
_NEXT_CHANGE: Final = (
    update(OFFER).where(_o.number == bindparam("w_offer")).values(change=_o.change + 1).returning(_o.change)
)
_STANDS: Final = update(RECIPIENT).where(_HIS).values(state=bindparam("to"), change=bindparam("number"))
_PLACES: Final = _o.places_left >= bindparam("w_places")
_STILL_OPEN: Final = update(OFFER).where(_o.number == bindparam("w_offer"), IS_OPEN).values(places_left=_o.places_left)
_GIVE: Final = {
    "places_left": _o.places_left - bindparam("w_places"),
    "closed_at": case((_IS_LAST, bindparam("moment", type_=_o.closed_at.type)), else_=_o.closed_at),
    "end": case((_IS_LAST, OfferEnd.FILLED.value), else_=_o.end),
}
_TAKE: Final = update(OFFER).where(_o.number == bindparam("w_offer"), IS_OPEN, _PLACES).values(_GIVE)
GIVE_AWAY: Final = update(OFFER).where(_o.number == bindparam("w_offer"), _o.closed_at.is_(None), _PLACES).values(_GIVE)
"""Give places to those who were chosen, also when nobody can answer any more; changes nothing when there are fewer."""
_STANDING: Final = {
    RecipientState.ASKED: Says.ALREADY_YES,
    RecipientState.DECLINED: Says.ALREADY_NO,
    RecipientState.WILLING: Says.ALREADY_YES,
    RecipientState.WON: Says.ALREADY_YES,
    RecipientState.LATE: Says.TAKEN,
    RecipientState.LOST: Says.LOST,
}
_TARGETS: Final = {OfferMode.FIRST: RecipientState.WON, OfferMode.CHOOSE: RecipientState.WILLING}
_SAID: Final = {
    RecipientState.WON: Says.WON,
    RecipientState.WILLING: Says.WILLING,
    RecipientState.DECLINED: Says.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who is asked, and by which offer."""

    offer: int
    person_key: str


def change_state(session: Session, asked: Asked, state: RecipientState) -> None:
    """Let somebody whose row is locked stand elsewhere, and number that; locks the offer until the transaction ends."""
    key = {"w_offer": asked.offer, "w_person": asked.person_key}
    number = session.execute(_NEXT_CHANGE, {"w_offer": asked.offer}).scalar_one()
    session.execute(_STANDS, {**key, "to": state.value, "number": number})


class OfferAnswers:
    """Takes answers within the transaction of whoever got them."""

    def __init__(self, clock: Clock, audit: AuditTrail, outbox: Outbox) -> None:
        self._clock = clock
        self._audit = audit
        self._outbox = outbox

    def take(
        self,
        session: Session,
        asked: Asked,
        answer: Answer,
        way: ReplyWay,
        address: str = "",
        at: datetime | None = None,
    ) -> Says | None:
        """Take an answer, and return what it is to be answered; None when that person is not asked.

        A second answer changes nothing, whatever it says. One that came *at* some time is in time if it was then.
        """
        key = {"w_offer": asked.offer, "w_person": asked.person_key}
        row = session.execute(_LOOK, key).one_or_none()
        if row is None:
            return None
        said_at = at or self._clock.now()
        target = RecipientState.DECLINED if answer is Answer.NO else _TARGETS[OfferMode(row.mode)]
        answered = session.execute(_ANSWER, {**key, "to": target.value, "by": way.value, "moment": said_at})
        last = answered.one_or_none()
        if last is None:
            return self._standing(session, key)
        if last.message_id:
            self._outbox.take_back(session, last.message_id)
        if answer is Answer.YES and not self._is_in_time(session, asked.offer, target, said_at):
            target = RecipientState.LATE
        change_state(session, asked, target)
        self._note(session, asked, row, target, (answer, way, address))
        return _SAID.get(target) or self._refusal(session, key)

    def _is_in_time(self, session: Session, offer: int, target: RecipientState, said_at: datetime) -> bool:
        """Take a place, or see to it that the offer does not close meanwhile."""
        values = {"w_offer": offer, "w_now": said_at}
        if target is RecipientState.WON:
            return rowcount(session.execute(_TAKE, {**values, "w_places": 1, "moment": self._clock.now()})) == 1
        return rowcount(session.execute(_STILL_OPEN, values)) == 1

    def _standing(self, session: Session, key: dict[str, Any]) -> Says:
        row = session.execute(_LOOK, key).one()
        return _STANDING[RecipientState(row.state)] if row.state != RecipientState.LATE else self._refusal(session, key)

    def _refusal(self, session: Session, key: dict[str, Any]) -> Says:
        end = session.execute(_LOOK, key).one().end
        return Says.TAKEN if end == OfferEnd.FILLED else Says.LATE

    def _note(
        self, session: Session, asked: Asked, row: Any, state: RecipientState, how: tuple[Answer, ReplyWay, str]
    ) -> None:
        answer, way, address = how
        details = {
            "offer": row.name,
            "number": asked.offer,
            "answer": answer.value,
            "way": way.value,
            "state": state.value,
        }
        entry = AuditEntry(AuditTag.OFFER_ANSWERED, asked.person_key, row.login, address=address, details=details)
        self._audit.record(session, entry)
