"""Offers: made once, and texted in turns to those who have agreed, until they answer.

Who is asked is written down when the offer is made. Texts follow in portions: at once, and again by a periodic task of
the delivery processes, which keeps the turns of the attempts and goes on where a process has died. Each turn of a
person is taken by a conditional UPDATE before its text is queued, in the same transaction: none is texted twice.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final, cast

from sqlalchemy import Row, Table, and_, bindparam, insert, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditTag
from authsms.audit.vocabulary import Author, Detail
from authsms.contacts.entries import Contact
from authsms.delivery.outbox import Draft
from authsms.foundation.db import rowcount
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import Person, PersonKey
from authsms.messaging.audience import checked_name
from authsms.messaging.notices import NoticeTools, Reached
from authsms.messaging.offers_answers import IS_OPEN, OFFER, RECIPIENT
from authsms.messaging.offers_models import OfferLinkRow
from authsms.messaging.offers_replies import ADDRESS
from authsms.messaging.offers_rules import OfferEnd, OfferTerms, RecipientState, check_terms
from authsms.messaging.offers_wording import LINK_PATH, parse_offer
from authsms.messaging.wording import text_for
from authsms.senders.contract import Purpose
from authsms.senders.text import Template, one_line

MOST_PEOPLE: Final = 5000
_PORTION: Final = 20
_TOKEN_BYTES: Final = 16
LINK: Final = cast("Table", OfferLinkRow.__table__)
_o, _r, _a = OFFER.c, RECIPIENT.c, ADDRESS.c
_DUE: Final = (
    select(OFFER, _r.person_key, _r.attempts_made)
    .join(OFFER, _o.number == _r.offer)
    .where(_r.due_at <= bindparam("w_now"), _r.state == RecipientState.ASKED.value, IS_OPEN)
    .order_by(_r.due_at, _r.offer, _r.place)
    .limit(_PORTION)
)
_TURN: Final = (
    update(RECIPIENT)
    .where(
        _r.offer == bindparam("w_offer"),
        _r.person_key == bindparam("w_person"),
        _r.state == RecipientState.ASKED.value,
        _r.attempts_made == bindparam("w_made"),
        select(_o.number).where(_o.number == bindparam("w_offer"), IS_OPEN).exists(),
    )
    .values(attempts_made=bindparam("made"), due_at=bindparam("due"))
)
_TEXTED: Final = (
    update(RECIPIENT)
    .where(_r.offer == bindparam("w_offer"), _r.person_key == bindparam("w_person"))
    .values(message_id=bindparam("message"))
)
_WHOSE: Final = select(_a.person_key).where(
    and_(_a.offer == bindparam("w_offer"), _a.recipient_hash == bindparam("w_hash"))
)


def reference_of(number: int) -> str:
    """Return what the texts of an offer refer to."""
    return f"offer:{number}"


def sealed_place(name: str) -> str:
    """Return what the seal of an offer's texts is bound to."""
    return f"offer.texts:{name}"


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """What is to be offered; the texts by language."""

    name: str
    texts: Mapping[str, Template]
    terms: OfferTerms


@dataclass(frozen=True, slots=True)
class _Turn:
    """Somebody's turn to be texted: his live contacts, the one first whose turn it is."""

    row: Row[Any]
    person: Person | None
    contacts: Sequence[tuple[Contact, PhoneNumber]]


class Offers:
    """Makes offers, and texts them.

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
        self._new = tools.database.insert(OFFER).on_conflict_do_nothing(index_elements=["name"]).returning(_o.number)
        self._here = tools.database.insert(ADDRESS).on_conflict_do_nothing()

    def make(self, author: Author, draft: OfferDraft, reached: Sequence[Reached]) -> int:
        """Write down an offer and whom it is for; return its number. Nothing is texted before `work`.

        Raises:
            ConflictError: There is an offer of that name.
            InvalidInputError: The terms or the name cannot be used, or there is nobody or too many to ask.
        """
        check_terms(draft.terms)
        if not 1 <= len(reached) <= MOST_PEOPLE:
            raise InvalidInputError("An offer goes to one person at least and 5000 at most.", field="to")
        values = self._values(author, draft)
        with self._tools.database.write() as session:
            number: int | None = session.execute(self._new, values).scalar_one_or_none()
            if number is None:
                raise ConflictError("There is an offer of that name.")
            session.execute(insert(RECIPIENT), list(_recipients(number, reached, values["created_at"])))
            details: dict[str, Detail] = {
                "offer": draft.name,
                "number": number,
                "people": len(reached),
                "mode": draft.terms.mode.value,
                "enforced": draft.terms.is_enforced,
            }
            self._tools.audit.record(session, author.entry(AuditTag.OFFER_MADE, details=details))
        return number

    def work(self, *, patience: float = inf) -> int:
        """Text everybody whose turn it is; return how many texts were queued.

        Raises:
            UnavailableError: A directory does not answer: those whose turn it was are texted when it does.
        """
        deadline, queued = time.monotonic() + patience, 0
        while time.monotonic() < deadline:
            with self._tools.database.read() as session:
                rows = session.execute(_DUE, {"w_now": self._tools.clock.now()}).all()
            if not rows:
                break
            turns = [self._turn(row) for row in rows]
            with self._tools.database.write() as session:
                queued += sum(self._text(session, turn) for turn in turns)
        return queued

    def _values(self, author: Author, draft: OfferDraft) -> dict[str, Any]:
        tools, terms = self._tools, draft.terms
        name, now = checked_name(draft.name), tools.clock.now()
        texts = json.dumps({locale: template.source for locale, template in draft.texts.items()})
        return {
            "name": name,
            "kind": terms.kind.value,
            "mode": terms.mode.value,
            "texts": tools.vault.seal(texts.encode(), context=sealed_place(name)),
            "places": terms.places,
            "places_left": terms.places,
            "attempts": terms.attempts,
            "spread_seconds": int(terms.spread.total_seconds()),
            "is_enforced": terms.is_enforced,
            "author": author.login,
            "created_at": now,
            "expires_at": now + terms.life,
            "closed_at": None,
            "end": OfferEnd.NONE.value,
            "told_at": None,
        }

    def _turn(self, row: Row[Any]) -> _Turn:
        """Look up whose turn it is; no transaction is open while a directory is asked."""
        tools = self._tools
        person = tools.people.get(PersonKey(row.person_key))
        if person is None or not person.enabled:
            return _Turn(row, None, ())
        live = [one for one in tools.book.of(row.person_key) if one.is_live]
        live = [one for one in live if not self._countries or one.country in self._countries]
        first = row.attempts_made % len(live) if live else 0
        return _Turn(row, person, [(one, tools.book.number_of(one)) for one in live[first:] + live[:first]])

    def _text(self, session: Session, turn: _Turn) -> bool:
        row, now = turn.row, self._tools.clock.now()
        made = row.attempts_made + 1
        pause = timedelta(seconds=row.spread_seconds / row.attempts)
        key = {"w_offer": row.number, "w_person": row.person_key}
        taken = {"w_made": row.attempts_made, "made": made, "due": now + pause if made < row.attempts else None}
        if not rowcount(session.execute(_TURN, {**key, **taken, "w_now": now})) or turn.person is None:
            return False
        for contact, number in turn.contacts:
            if self._is_his(session, row, contact, number, now):
                draft = self._draft(session, row, turn.person, contact, number)
                self._tools.outbox.enqueue(session, draft)
                session.execute(_TEXTED, {**key, "message": draft.id})
                return True
        return False

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


def _recipients(number: int, reached: Sequence[Reached], now: datetime) -> Iterator[dict[str, Any]]:
    for place, one in enumerate(reached):
        yield {
            "offer": number,
            "person_key": one.person.key,
            "login": one.person.login,
            "display_name": one_line(one.person.display_name or one.person.login),
            "place": place,
            "state": RecipientState.ASKED.value,
            "way": "",
            "answered_at": None,
            "attempts_made": 0,
            "due_at": now,
            "message_id": "",
            "told_state": "",
        }
