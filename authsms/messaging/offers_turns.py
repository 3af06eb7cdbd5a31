"""The turns of an offer: whoever has agreed is texted in his turn until he answers, at his contacts one after another.

Each turn stands by itself. What keeps one person from being texted, a directory that is away or a text that cannot be
made, keeps nobody else: the turn is put off, or the attempt is spent.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final, cast

from sqlalchemy import Row, Table, and_, bindparam, insert, select, update
from sqlalchemy.orm import Session

from authsms.contacts.entries import Contact
from authsms.delivery.models import Message
from authsms.delivery.outbox import Draft
from authsms.delivery.states import LIVE
from authsms.foundation.errors import AuthsmsError, SealBrokenError, UnavailableError
from authsms.foundation.logs import get_logger
from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import Person, PersonKey, split_key
from authsms.messaging.notices import NoticeTools
from authsms.messaging.offers_answers import IS_NOTED, IS_OPEN, OFFER, RECIPIENT
from authsms.messaging.offers_models import OfferLinkRow
from authsms.messaging.offers_replies import ADDRESS
from authsms.messaging.offers_rules import RecipientState
from authsms.messaging.offers_wording import LINK_PATH, parse_offer
from authsms.messaging.rounds import work_off
from authsms.messaging.wording import text_for
from authsms.senders.contract import Purpose
from authsms.senders.text import one_line

_PORTION: Final = 20
_TOKEN_BYTES: Final = 16
_AWAY: Final = timedelta(minutes=1)
"""After that a directory which did not answer is asked again."""
LINK: Final = cast("Table", OfferLinkRow.__table__)
_o, _r, _a = OFFER.c, RECIPIENT.c, ADDRESS.c
_DUE: Final = (
    select(OFFER, _r.person_key, _r.attempts_made)
    .join(OFFER, _o.number == _r.offer)
    .where(_r.due_at <= bindparam("w_now"), _r.state == RecipientState.ASKED.value, ~IS_NOTED, IS_OPEN)
    .order_by(_r.due_at, _r.offer, _r.place)
    .limit(_PORTION)
)
_HIS: Final = and_(_r.offer == bindparam("w_offer"), _r.person_key == bindparam("w_person"))
_HIS_TURN: Final = and_(_HIS, _r.state == RecipientState.ASKED.value, _r.attempts_made == bindparam("w_made"))
_HOLD: Final = select(_r.message_id).where(_HIS_TURN).with_for_update()
_HOLD_OPEN: Final = (
    select(_o.number).where(_o.number == bindparam("w_offer"), IS_OPEN).with_for_update(read=True, of=OFFER)
)
"""Whoever ends an offer waits for the texts that are being queued, and then takes them back."""
_WAITS: Final = select(Message.id).where(
    Message.id == bindparam("w_message"), Message.state.in_([state.value for state in LIVE])
)
_TURN: Final = update(RECIPIENT).where(_HIS_TURN).values(attempts_made=bindparam("made"), due_at=bindparam("due"))
_PUT_OFF: Final = update(RECIPIENT).where(_HIS_TURN).values(due_at=bindparam("due"))
_TEXTED: Final = update(RECIPIENT).where(_HIS).values(message_id=bindparam("message"))
_WHOSE: Final = select(_a.person_key).where(
    and_(_a.offer == bindparam("w_offer"), _a.recipient_hash == bindparam("w_hash"))
)
_log = get_logger(__name__)


def reference_of(number: int) -> str:
    """Return what the texts of an offer refer to."""
    return f"offer:{number}"


def sealed_place(name: str) -> str:
    """Return what the seal of an offer's texts is bound to."""
    return f"offer.texts:{name}"


@dataclass(frozen=True, slots=True)
class _Turn:
    """Somebody's turn to be texted: his live contacts, the one first whose turn it is."""

    row: Row[Any]
    person: Person | None
    contacts: Sequence[tuple[Contact, PhoneNumber]]


class OfferTurns:
    """Texts whose turn it is.

    Args:
        tools: What it takes.
        countries: Those that are texted; empty for all.
        host: Who texts.
        public_url: Where links lead.
    """

    def __init__(self, tools: NoticeTools, countries: Sequence[str], host: str, public_url: str) -> None:
        self._tools = tools
        self._countries = frozenset(countries)
        self._host = host
        self._public_url = public_url
        self._here = tools.database.insert(ADDRESS).on_conflict_do_nothing()

    def work(self, *, patience: float = inf) -> int:
        """Text everybody whose turn it is; return how many texts were queued.

        Those of a directory that does not answer are texted when it does.
        """
        return work_off(self._tools.database, self._tools.clock, _DUE, self._serve, patience=patience)

    def _serve(self, row: Row[Any], silent: set[str]) -> bool:
        """Text one person, or see to it that he keeps nobody else waiting; a silent directory is asked once."""
        repository, _ = split_key(PersonKey(row.person_key))
        if repository in silent:
            self._put_off(row, _AWAY)
            return False
        try:
            turn = self._turn(row)
        except UnavailableError as error:
            silent.add(repository)
            self._pass_over(row, error)
            return False
        try:
            with self._tools.database.write() as session:
                return self._text(session, turn)
        except AuthsmsError as error:  # one bad text must not stop those of others
            self._pass_over(row, error)
            return False

    def _pass_over(self, row: Row[Any], error: AuthsmsError) -> None:
        """Put a turn off where waiting helps, and spend it where it does not."""
        _log.warning("offer.passed_over", offer=row.number, kind=type(error).__name__)
        if isinstance(error, UnavailableError):
            self._put_off(row, 2 * _AWAY)  # behind the others of the directory: it may be about him alone
            return
        with self._tools.database.write() as session:
            self._spend(session, row)

    def _put_off(self, row: Row[Any], length: timedelta) -> None:
        with self._tools.database.write() as session:
            session.execute(_PUT_OFF, {**_key(row), "due": self._tools.clock.now() + length})

    def _turn(self, row: Row[Any]) -> _Turn:
        """Look up whose turn it is; no transaction is open while a directory is asked."""
        tools = self._tools
        person = tools.people.get(PersonKey(row.person_key))
        if person is None or not person.enabled:
            return _Turn(row, None, ())
        live = [one for one in tools.book.of(row.person_key) if one.is_live]
        live = [one for one in live if not self._countries or one.country in self._countries]
        first = row.attempts_made % len(live) if live else 0
        return _Turn(row, person, [*self._readable(live[first:] + live[:first])])

    def _readable(self, contacts: Sequence[Contact]) -> Iterator[tuple[Contact, PhoneNumber]]:
        for one in contacts:
            with suppress(SealBrokenError):
                yield one, self._tools.book.number_of(one)

    def _text(self, session: Session, turn: _Turn) -> bool:
        """Take a turn and queue its text; as long as the last one waits to go out, the next attempt waits too.

        The person is locked before the offer, as where answers are taken.
        """
        row, now = turn.row, self._tools.clock.now()
        held = session.execute(_HOLD, _key(row)).one_or_none()
        if held is None or session.execute(_HOLD_OPEN, {"w_offer": row.number, "w_now": now}).first() is None:
            return False
        if held.message_id and session.execute(_WAITS, {"w_message": held.message_id}).first() is not None:
            session.execute(_PUT_OFF, {**_key(row), "due": now + _pause(row)})
            return False
        self._spend(session, row)
        if turn.person is None:
            return False
        for contact, number in turn.contacts:
            if self._is_his(session, row, contact, number, now):
                draft = self._draft(session, row, turn.person, contact, number)
                self._tools.outbox.enqueue(session, draft)
                texted = {"w_offer": row.number, "w_person": row.person_key, "message": draft.id}
                session.execute(_TEXTED, texted)
                return True
        return False

    def _spend(self, session: Session, row: Row[Any]) -> None:
        made = row.attempts_made + 1
        due = self._tools.clock.now() + _pause(row) if made < row.attempts else None
        session.execute(_TURN, {**_key(row), "made": made, "due": due})

    def _is_his(self, session: Session, row: Row[Any], contact: Contact, number: PhoneNumber, now: datetime) -> bool:
        """Tell whether a number is still live, and stands for this person in this offer, and see to it that it does."""
        tools = self._tools
        if not tools.book.is_live(session, row.person_key, str(number)):
            return False
        digest = tools.vault.keyed_hash("recipient", number)
        values = {
            "offer": row.number,
            "recipient_hash": digest,
            "person_key": row.person_key,
            "number": tools.vault.seal(number.encode(), context=f"offer.address:{row.number}:{digest}"),
            "locale": contact.locale,
            "texted_at": now,
        }
        session.execute(self._here, values)
        whose = session.execute(_WHOSE, {"w_offer": row.number, "w_hash": digest}).scalar_one()
        return bool(whose == row.person_key)

    def _draft(self, session: Session, row: Row[Any], person: Person, contact: Contact, number: PhoneNumber) -> Draft:
        texts = json.loads(self._tools.vault.unseal(row.texts, context=sealed_place(row.name)))
        template = text_for(parse_offer(texts), contact.locale)
        link = self._link(session, row, contact) if "link" in template.names else ""
        values = {
            "name": one_line(person.display_name or person.login),
            "user": one_line(person.login),
            "host": self._host,
            "number": str(row.number),
            "link": link,
        }
        return Draft(
            id=self._tools.vault.new_id(),
            purpose=Purpose.OFFER,
            recipient=number,
            text=template.fill(values),
            expires_at=row.expires_at,
            reference=reference_of(row.number),
            person_key=row.person_key,
            login=person.login,
            groups=person.groups,
        )

    def _link(self, session: Session, row: Row[Any], contact: Contact) -> str:
        token = self._tools.vault.new_token(_TOKEN_BYTES)
        values = {
            "token_hash": self._tools.vault.keyed_hash("offer-link", token),
            "offer": row.number,
            "person_key": row.person_key,
            "locale": contact.locale,
        }
        session.execute(insert(LINK), values)
        return f"{self._public_url}{LINK_PATH}{token}"


def _key(row: Row[Any]) -> dict[str, Any]:
    return {"w_offer": row.number, "w_person": row.person_key, "w_made": row.attempts_made}


def _pause(row: Row[Any]) -> timedelta:
    return timedelta(seconds=row.spread_seconds / row.attempts)
