"""A yes by text is settled: the directory says whether its account is good, then it takes a place, and is answered.

Each is settled by itself, in the order in which they came. One whose directory does not answer is asked about again
later and keeps no other waiting, nor is it lost: an offer does not end by its time while one waits that came before.
Whom the directory does not find it is asked about again for some minutes, for a copy of it may lag behind. Of several
processes one asks about each: it moves the row's time on first, so that the others come back to it should it die.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from math import inf
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag
from authsms.contacts.agreement import ContactState
from authsms.contacts.entries import CONTACT
from authsms.contacts.inbox import KeywordAnswer
from authsms.delivery.answering import OutboxPost
from authsms.foundation.db import rowcount
from authsms.foundation.errors import AuthsmsError, NotFoundError, SealBrokenError, UnavailableError
from authsms.foundation.limits import Limits
from authsms.foundation.logs import get_logger
from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import PersonKey, split_key
from authsms.messaging.notices import NoticeTools
from authsms.messaging.offers_answers import OFFER, RECIPIENT, REPLY, Asked, OfferAnswers
from authsms.messaging.offers_replies import ADDRESS, may_answer
from authsms.messaging.offers_rules import RecipientState, ReplyWay
from authsms.messaging.offers_wording import say
from authsms.messaging.replies import Answer
from authsms.messaging.rounds import work_off

_PORTION: Final = 20
_AWAY: Final = timedelta(minutes=1)
"""After that a directory which did not answer, or did not find somebody, is asked again."""
_LOST_AFTER: Final = timedelta(minutes=10)
"""Whom the directory does not find for so long after his yes is gone."""
_o, _r, _a, _c, _y = OFFER.c, RECIPIENT.c, ADDRESS.c, CONTACT.c, REPLY.c
_DUE: Final = (
    select(REPLY, _o.name, _o.closed_at, _r.login, _a.number)
    .join(OFFER, _o.number == _y.offer)
    .join(RECIPIENT, and_(_r.offer == _y.offer, _r.person_key == _y.person_key))
    .join(ADDRESS, and_(_a.offer == _y.offer, _a.recipient_hash == _y.recipient_hash))
    .where(_y.due_at <= bindparam("w_now"))
    .order_by(_y.id)
    .limit(_PORTION)
)
_SETTLED: Final = delete(REPLY).where(_y.id == bindparam("w_id")).returning(_y.id)
_PUT_OFF: Final = update(REPLY).where(_y.id == bindparam("w_id")).values(due_at=bindparam("due"))
_CLAIM: Final = _PUT_OFF.where(_y.due_at <= bindparam("w_now"))
_IS_LIVE: Final = select(_c.id).where(
    _c.person_key == bindparam("w_person"),
    _c.recipient_hash == bindparam("w_hash"),
    _c.state == ContactState.VERIFIED.value,
)
_GONE: Final = "no such person any more, or switched off"
_NO_CONTACT: Final = "has ended texts since"
_log = get_logger(__name__)


class OfferSettling:
    """Settles what was said by text.

    Args:
        tools: What it takes.
        limits: Bounds what is answered.
        answers: Takes what counts.
        host: Who texts.
    """

    def __init__(self, tools: NoticeTools, limits: Limits, answers: OfferAnswers, host: str) -> None:
        self._tools = tools
        self._limits = limits
        self._answers = answers
        self._host = host
        self._post = OutboxPost(tools.outbox, tools.vault, tools.clock)

    def work(self, *, patience: float = inf) -> int:
        """Settle all whose turn it is; return how many that were."""
        return work_off(self._tools.database, self._tools.clock, _DUE, self._serve, patience=patience)

    def _serve(self, row: Row[Any], silent: set[str]) -> bool:
        """Settle one, or see to it that it keeps no other waiting; a silent directory is asked once."""
        repository, _ = split_key(PersonKey(row.person_key))
        try:
            if repository in silent and row.closed_at is None:
                return self._put_off(row, _AWAY)
            if not self._claim(row):
                return False
            is_good = self._is_good(row)
            with self._tools.database.write() as session:
                return self._settle(session, row, is_good=is_good)
        except UnavailableError:
            silent.add(repository)
            return self._put_off(row, 2 * _AWAY)  # behind the others of the directory: it may be about him alone
        except AuthsmsError as error:
            _log.warning("offer.reply_put_off", offer=row.offer, kind=type(error).__name__)
            return self._put_off(row, _AWAY)

    def _claim(self, row: Row[Any]) -> bool:
        """See to it that nobody else asks the directory the same now; False when somebody does."""
        if row.closed_at is not None:
            return True
        now = self._tools.clock.now()
        with self._tools.database.write() as session:
            return rowcount(session.execute(_CLAIM, {"w_id": row.id, "w_now": now, "due": now + _AWAY})) == 1

    def _is_good(self, row: Row[Any]) -> bool:
        """Ask the directory, with no transaction open; once an offer has ended there is no place that he could take.

        Raises:
            NotFoundError: It does not find him, and is to be asked again.
        """
        if row.closed_at is not None:
            return True
        person = self._tools.people.get(PersonKey(row.person_key))
        if person is None and self._tools.clock.now() < row.received_at + _LOST_AFTER:
            raise NotFoundError("There is no such person.")
        return person is not None and person.enabled

    def _put_off(self, row: Row[Any], length: timedelta) -> bool:
        with self._tools.database.write() as session:
            session.execute(_PUT_OFF, {"w_id": row.id, "due": self._tools.clock.now() + length})
        return False

    def _settle(self, session: Session, row: Row[Any], *, is_good: bool) -> bool:
        """Take a yes; False when another process has."""
        if session.execute(_SETTLED, {"w_id": row.id}).first() is None:
            return False
        his = {"w_person": row.person_key, "w_hash": row.recipient_hash}
        if not is_good or session.execute(_IS_LIVE, his).first() is None:
            self._refuse(session, row, _NO_CONTACT if is_good else _GONE)
            return True
        asked = Asked(row.offer, row.person_key)
        says = self._answers.take(session, asked, Answer.YES, ReplyWay.TEXT, at=row.received_at)
        if says is not None and may_answer(session, self._limits, row.recipient_hash):
            self._tell(session, row, say(says, row.locale, self._host, row.offer))
        return True

    def _tell(self, session: Session, row: Row[Any], words: str) -> None:
        """Answer the way the yes came in; what has been settled stands, also where a number cannot be read any more."""
        place = f"offer.address:{row.offer}:{row.recipient_hash}"
        with suppress(SealBrokenError):
            number = PhoneNumber(self._tools.vault.unseal(row.number, context=place).decode())
            self._post.send(session, KeywordAnswer(number, words, row.service, row.sender))

    def _refuse(self, session: Session, row: Row[Any], reason: str) -> None:
        """Say on record why somebody's yes does not count; he is answered nothing, as if he had not been asked."""
        details: Mapping[str, str | int] = {
            "offer": row.name,
            "number": row.offer,
            "answer": Answer.YES.value,
            "way": ReplyWay.TEXT.value,
            "state": RecipientState.ASKED.value,
            "reason": reason,
        }
        entry = AuditEntry(AuditTag.OFFER_ANSWERED, row.person_key, row.login, details=details)
        self._tools.audit.record(session, entry)
