"""Texts of people who were sent an offer, and what they are answered.

A text that is not understood is answered now and then only, and nobody gets more than a few answers in an hour: a
phone that answers every text by itself must not keep us talking.

Whoever says yes may have been switched off since he was asked, and only the directory knows. It is not asked here,
where a provider waits and a transaction is open: the yes is written down, to be settled soon; see
`authsms.messaging.offers_settling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, and_, bindparam, select
from sqlalchemy.orm import Session

from authsms.contacts.agreement import ContactState
from authsms.contacts.entries import CONTACT
from authsms.contacts.inbox import Heard
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.limits import Limits, Rate
from authsms.messaging.offers_answers import IS_NOTED, OFFER, RECIPIENT, REPLY, Asked, OfferAnswers
from authsms.messaging.offers_models import OfferAddressRow
from authsms.messaging.offers_rules import OpenOffer, RecipientState, ReplyWay, which
from authsms.messaging.offers_wording import Says, say
from authsms.messaging.replies import Answer, Reply, read_reply

ADDRESS: Final = cast("Table", OfferAddressRow.__table__)
_REMEMBERED: Final = timedelta(days=7)
_ANSWERS: Final = Rate(10, timedelta(hours=1))
_HINTS: Final = Rate(2, timedelta(hours=1))
_MOST_LISTED: Final = 5
_o, _r, _a, _c = OFFER.c, RECIPIENT.c, ADDRESS.c, CONTACT.c
_IS_HIS: Final = and_(_c.person_key == _a.person_key, _c.recipient_hash == _a.recipient_hash)
_KNOWN: Final = (
    select(_o.number, _o.closed_at, _o.expires_at, _r.state, _a.person_key, _a.locale, IS_NOTED.label("is_noted"))
    .join(ADDRESS, _a.offer == _o.number)
    .join(RECIPIENT, and_(_r.offer == _a.offer, _r.person_key == _a.person_key))
    .join(CONTACT, and_(_IS_HIS, _c.state == ContactState.VERIFIED.value))
    .where(_a.recipient_hash == bindparam("w_hash"), _o.expires_at > bindparam("w_since"))
    .order_by(_o.number.desc())
    .limit(50)
)


@dataclass(frozen=True, slots=True)
class _Known:
    """The offers a number was texted about, newest first, and who they were for."""

    offers: Sequence[OpenOffer]
    people: dict[int, str]
    locale: str


class OfferReplies:
    """Hears texts that are no keywords.

    Args:
        database: Where a yes waits.
        clock: Tells which offers are open.
        limits: Bounds what is answered.
        answers: Takes what was understood.
        host: Who texts.
    """

    def __init__(self, database: Database, clock: Clock, limits: Limits, answers: OfferAnswers, host: str) -> None:
        self._clock = clock
        self._limits = limits
        self._answers = answers
        self._host = host
        self._note = database.insert(REPLY).on_conflict_do_nothing(index_elements=["offer", "person_key"])

    def hear(self, session: Session, heard: Heard) -> str:
        """Take a text within the caller's transaction; return what to answer, or nothing.

        A number that is nobody's live contact any more has no say, even if it was asked.
        """
        recipient_hash = heard.recipient_hash
        known = self._known(session, recipient_hash)
        if not known.offers:
            return ""
        reply = read_reply(heard.text)
        about = which(known.offers, reply.number)
        if not isinstance(about, OpenOffer):
            return self._ask_back(session, recipient_hash, about, reply.locale or known.locale)
        is_open = about.is_open and about.state is RecipientState.ASKED
        if reply.answer is None:
            return self._hint(session, recipient_hash, about, known.locale) if is_open else ""
        if reply.answer is Answer.YES and is_open:
            now = self._clock.now()
            who = {"offer": about.number, "person_key": known.people[about.number], "recipient_hash": recipient_hash}
            way = {"locale": reply.locale or known.locale, "service": heard.service, "sender": heard.sender}
            session.execute(self._note, {**who, **way, "received_at": now, "due_at": now})
            return ""
        return self._answer(session, recipient_hash, known, about, reply)

    def _answer(self, session: Session, recipient_hash: str, known: _Known, about: OpenOffer, reply: Reply) -> str:
        asked = Asked(about.number, known.people[about.number])
        says = self._answers.take(session, asked, reply.answer, ReplyWay.TEXT) if reply.answer else None
        if says is None or not may_answer(session, self._limits, recipient_hash):
            return ""
        return say(says, reply.locale or known.locale, self._host, about.number)

    def _ask_back(self, session: Session, recipient_hash: str, waiting: Sequence[OpenOffer], locale: str) -> str:
        if not waiting or not self._may_hint(session, recipient_hash):
            return ""
        listed = ", ".join(str(one.number) for one in waiting[:_MOST_LISTED])
        return say(Says.WHICH, locale, self._host, waiting[0].number, listed)

    def _hint(self, session: Session, recipient_hash: str, about: OpenOffer, locale: str) -> str:
        if not self._may_hint(session, recipient_hash):
            return ""
        return say(Says.UNCLEAR, locale, self._host, about.number)

    def _may_hint(self, session: Session, recipient_hash: str) -> bool:
        return self._limits.try_take(session, f"offer-hints:{recipient_hash}", _HINTS) is None

    def _known(self, session: Session, recipient_hash: str) -> _Known:
        now = self._clock.now()
        rows = session.execute(_KNOWN, {"w_hash": recipient_hash, "w_since": now - _REMEMBERED}).all()
        offers = [_open_offer(row, now) for row in rows]
        return _Known(offers, {row.number: row.person_key for row in rows}, rows[0].locale if rows else "")


def may_answer(session: Session, limits: Limits, recipient_hash: str) -> bool:
    """Tell whether a number is answered once more."""
    return limits.try_take(session, f"offer-answers:{recipient_hash}", _ANSWERS) is None


def _open_offer(row: Any, now: datetime) -> OpenOffer:
    is_open = row.closed_at is None and row.expires_at > now
    return OpenOffer(row.number, is_open, RecipientState.WILLING if row.is_noted else RecipientState(row.state))
