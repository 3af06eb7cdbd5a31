"""Texts of people who were sent an offer, and what they are answered.

A text that is not understood is answered now and then only, and nobody gets more than a few answers in an hour: a
phone that answers every text by itself must not keep us talking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, and_, bindparam, select
from sqlalchemy.orm import Session

from authsms.contacts.agreement import ContactState
from authsms.contacts.entries import CONTACT
from authsms.foundation.clock import Clock
from authsms.foundation.limits import Limits, Rate
from authsms.messaging.offers_answers import OFFER, RECIPIENT, Asked, OfferAnswers
from authsms.messaging.offers_models import OfferAddressRow
from authsms.messaging.offers_rules import OpenOffer, RecipientState, ReplyWay, which
from authsms.messaging.offers_wording import Says, say
from authsms.messaging.replies import Reply, read_reply

ADDRESS: Final = cast("Table", OfferAddressRow.__table__)
_REMEMBERED: Final = timedelta(days=7)
_ANSWERS: Final = Rate(10, timedelta(hours=1))
_HINTS: Final = Rate(2, timedelta(hours=1))
_MOST_LISTED: Final = 5
_o, _r, _a, _c = OFFER.c, RECIPIENT.c, ADDRESS.c, CONTACT.c
_IS_HIS: Final = and_(_c.person_key == _a.person_key, _c.recipient_hash == _a.recipient_hash)
_KNOWN: Final = (
    select(_o.number, _o.closed_at, _o.expires_at, _r.state, _a.person_key, _a.locale)
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
        clock: Tells which offers are open.
        limits: Bounds what is answered.
        answers: Takes what was understood.
        host: Who texts.
    """

    def __init__(self, clock: Clock, limits: Limits, answers: OfferAnswers, host: str) -> None:
        self._clock = clock
        self._limits = limits
        self._answers = answers
        self._host = host

    def hear(self, session: Session, recipient_hash: str, text: str) -> str:
        """Take a text within the caller's transaction; return what to answer, or nothing.

        A number that is nobody's live contact any more has no say, even if it was asked.
        """
        known = self._known(session, recipient_hash)
        if not known.offers:
            return ""
        reply = read_reply(text)
        about = which(known.offers, reply.number)
        if not isinstance(about, OpenOffer):
            return self._ask_back(session, recipient_hash, about, reply.locale or known.locale)
        if reply.answer is None:
            is_open = about.is_open and about.state is RecipientState.ASKED
            return self._hint(session, recipient_hash, about, known.locale) if is_open else ""
        return self._answer(session, recipient_hash, known, about, reply)

    def _answer(self, session: Session, recipient_hash: str, known: _Known, about: OpenOffer, reply: Reply) -> str:
        asked = Asked(about.number, known.people[about.number])
        says = self._answers.take(session, asked, reply.answer, ReplyWay.TEXT) if reply.answer else None
        if says is None or not self._may(session, "answers", recipient_hash, _ANSWERS):
            return ""
        return say(says, reply.locale or known.locale, self._host, about.number)

    def _ask_back(self, session: Session, recipient_hash: str, waiting: Sequence[OpenOffer], locale: str) -> str:
        if not waiting or not self._may(session, "hints", recipient_hash, _HINTS):
            return ""
        listed = ", ".join(str(one.number) for one in waiting[:_MOST_LISTED])
        return say(Says.WHICH, locale, self._host, waiting[0].number, listed)

    def _hint(self, session: Session, recipient_hash: str, about: OpenOffer, locale: str) -> str:
        if not self._may(session, "hints", recipient_hash, _HINTS):
            return ""
        return say(Says.UNCLEAR, locale, self._host, about.number)

    def _may(self, session: Session, what: str, recipient_hash: str, rate: Rate) -> bool:
        return self._limits.try_take(session, f"offer-{what}:{recipient_hash}", rate) is None

    def _known(self, session: Session, recipient_hash: str) -> _Known:
        now = self._clock.now()
        rows = session.execute(_KNOWN, {"w_hash": recipient_hash, "w_since": now - _REMEMBERED}).all()
        offers = [_open_offer(row, now) for row in rows]
        return _Known(offers, {row.number: row.person_key for row in rows}, rows[0].locale if rows else "")


def _open_offer(row: Any, now: datetime) -> OpenOffer:
    is_open = row.closed_at is None and row.expires_at > now
    return OpenOffer(row.number, is_open, RecipientState(row.state))
