"""Links of offers: a random token that is good for one offer and one person, of which only the keyed hash is kept."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from authsms.contacts.book import ContactBook
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ForbiddenError, NotFoundError, ProofNeededError
from authsms.foundation.vault import Vault
from authsms.identity.repository import PersonKey
from authsms.messaging.notices import Directory
from authsms.messaging.offers_answers import OFFER, RECIPIENT, Asked, OfferAnswers
from authsms.messaging.offers_rules import OfferEnd, OfferKind, RecipientState, ReplyWay
from authsms.messaging.offers_turns import LINK, sealed_place
from authsms.messaging.offers_wording import Says, parse_offer
from authsms.messaging.replies import Answer
from authsms.messaging.wording import text_for

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_o, _r, _l = OFFER.c, RECIPIENT.c, LINK.c
_UNSAID: Final = {"link": "", "name": "", "user": ""}
_LEFT_OVER: Final = " ,:;-\N{EN DASH}"
"""What may stand around something that is not said, at the beginning and at the end."""


@dataclass(frozen=True, slots=True)
class LinkedOffer:
    """An offer as whoever holds a link sees it.

    Attributes:
        text: What was texted, without the link and without who it was sent to.
        state: What has been said so far.
        is_open: It can be answered.
    """

    number: int
    kind: OfferKind
    text: str
    state: RecipientState
    end: OfferEnd
    is_open: bool


class OfferLinks:
    """Opens links, and takes answers through them.

    Args:
        database: Where the hashes are.
        vault: Makes them.
        clock: Tells which offers are open.
        answers: Takes the answers.
        people: Who there is.
        book: Who has agreed to be texted.
        host: Who texts.
    """

    def __init__(  # noqa: PLR0913 - it stands where all of these meet
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        answers: OfferAnswers,
        people: Directory,
        book: ContactBook,
        *,
        host: str,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._answers = answers
        self._people = people
        self._book = book
        self._host = host

    def open(self, token: str, visitor: str | None) -> LinkedOffer:
        """Return the offer behind a link; nothing changes by it.

        Args:
            token: The last part of the link.
            visitor: Key of the person who is signed in, if anybody is.

        Raises:
            ForbiddenError: Only the person it was sent to may see it, and somebody else is signed in.
            NotFoundError: There is no such link, or it has been forgotten.
            ProofNeededError: Only the person it was sent to may see it, and nobody is signed in.
        """
        row = self._find(token, visitor)
        texts = json.loads(self._vault.unseal(row.texts, context=sealed_place(row.name)))
        template = text_for(parse_offer(texts), row.locale)
        text = template.fill({**_UNSAID, "host": self._host, "number": str(row.number)}).strip(_LEFT_OVER)
        is_open = row.closed_at is None and row.expires_at > self._clock.now()
        state, end = RecipientState(row.state), OfferEnd(row.end)
        return LinkedOffer(row.number, OfferKind(row.kind), text, state, end, is_open)

    def answer(self, token: str, visitor: str | None, answer: Answer, address: str) -> Says | None:
        """Take an answer; return what came of it.

        Raises:
            ForbiddenError: As `open`.
            NotFoundError: As `open`, or the person is gone, switched off or blocked, or wants no more texts.
            ProofNeededError: As `open`.
            UnavailableError: The directory does not answer; nothing was decided.
        """
        row = self._find(token, visitor)
        person = self._people.get(PersonKey(row.person_key))
        is_asked = any(contact.is_live for contact in self._book.of(row.person_key))
        if person is None or not person.enabled or not is_asked:
            raise NotFoundError("This link is not good any more.")
        with self._database.write() as session:
            return self._answers.take(session, Asked(row.number, row.person_key), answer, ReplyWay.LINK, address)

    def _find(self, token: str, visitor: str | None) -> Row[Any]:
        if _TOKEN.fullmatch(token) is None:
            raise NotFoundError("There is no such link.")
        digest = self._vault.keyed_hash("offer-link", token)
        query = (
            select(OFFER, _l.person_key, _l.locale, _r.state)
            .join(LINK, _l.offer == _o.number)
            .join(RECIPIENT, (_r.offer == _l.offer) & (_r.person_key == _l.person_key))
            .where(_l.token_hash == digest)
        )
        with self._database.read() as session:
            row = session.execute(query).one_or_none()
        if row is None:
            raise NotFoundError("There is no such link.")
        if row.is_enforced and visitor is None:
            raise ProofNeededError("Sign in to see this offer.")
        if row.is_enforced and visitor != row.person_key:
            raise ForbiddenError("This offer was sent to somebody else.")
        return row
