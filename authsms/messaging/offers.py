"""Offers: made once, and texted in turns to those who have agreed, until they answer.

Who is asked is written down when the offer is made. Texts follow in portions: at once, and again by a periodic task of
the delivery processes, which keeps the turns of the attempts and goes on where a process has died. Each turn of a
person is taken in the transaction that queues its text: none is texted twice. See `authsms.messaging.offers_turns`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, Final

from sqlalchemy import insert

from authsms.audit import AuditTag
from authsms.audit.vocabulary import Author, Detail
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.messaging.audience import checked_name
from authsms.messaging.notices import NoticeTools, Reached
from authsms.messaging.offers_answers import OFFER, RECIPIENT
from authsms.messaging.offers_rules import OfferEnd, OfferTerms, RecipientState, check_terms
from authsms.messaging.offers_turns import OfferTurns, sealed_place
from authsms.messaging.offers_wording import check_length
from authsms.senders.text import Template, one_line

MOST_PEOPLE: Final = 5000
_o: Final = OFFER.c


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """What is to be offered; the texts by language."""

    name: str
    texts: Mapping[str, Template]
    terms: OfferTerms


@dataclass(frozen=True, slots=True)
class Origin:
    """The program that an offer comes from.

    Attributes:
        content: A keyed hash of what it has asked for, by which the same request is known when it comes again.
    """

    endpoint_id: str = ""
    content: str = ""


_BY_HAND: Final = Origin()


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
        self._host = host
        self._public_url = public_url
        self._turns = OfferTurns(tools, countries, host, public_url)
        self._new = tools.database.insert(OFFER).on_conflict_do_nothing(index_elements=["name"]).returning(_o.number)

    def make(self, author: Author, draft: OfferDraft, reached: Sequence[Reached], origin: Origin = _BY_HAND) -> int:
        """Write down an offer and whom it is for; return its number. Nothing is texted before `work`.

        Raises:
            ConflictError: There is an offer of that name.
            InvalidInputError: The terms, the name or a text cannot be used, or there is nobody or too many to ask.
        """
        check_terms(draft.terms)
        for template in draft.texts.values():
            check_length(template, self._host, self._public_url)
        if not 1 <= len(reached) <= MOST_PEOPLE:
            raise InvalidInputError("An offer goes to one person at least and 5000 at most.", field="to")
        values = self._values(author, draft, origin)
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
        """Text everybody whose turn it is; return how many texts were queued."""
        return self._turns.work(patience=patience)

    def _values(self, author: Author, draft: OfferDraft, origin: Origin) -> dict[str, Any]:
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
            "endpoint_id": origin.endpoint_id,
            "content": origin.content,
        }


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
