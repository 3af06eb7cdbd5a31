"""Offers that programs make, follow and end; each sees its own, and nobody else's.

The name of an offer keeps a request that is repeated from asking anybody twice: the same request finds the offer that
was made, and any other is refused, so that a mistake of the program does not go unnoticed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.foundation.limits import Limits
from authsms.foundation.vault import Vault
from authsms.identity.names import comparable
from authsms.identity.service import PeopleService
from authsms.messaging.audience import Audience, Left, checked_audience, checked_name
from authsms.messaging.notices import Survey
from authsms.messaging.offers import OfferDraft, Offers, Origin
from authsms.messaging.offers_course import OfferCourse, SentOffer, Standing
from authsms.messaging.offers_ending import OfferEnding
from authsms.messaging.offers_planning import OfferEstimate, OfferPlans
from authsms.messaging.offers_rules import OfferTerms, RecipientState, check_terms
from authsms.messaging.offers_wording import parse_offer
from authsms.messaging.program_notices import REQUESTS
from authsms.messaging.programs import Program

MOST_SHOWN: Final = 200
_TAKEN: Final = "There is an offer of that name."
_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class OfferOrder:
    """What a program wants to have asked.

    Attributes:
        texts: By language.
        audience: Whom.
    """

    name: str
    texts: Mapping[str, str] = field(repr=False)
    audience: Audience = field(repr=False)
    terms: OfferTerms


@dataclass(frozen=True, slots=True)
class Made:
    """What came of an order.

    Attributes:
        people: How many are asked.
        left: How many of those meant are not, by the reason.
        unknown: User names that nobody has.
    """

    number: int
    people: int
    left: Mapping[Left, int]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would come of an order."""

    estimate: OfferEstimate
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class ProgramOfferTools:
    """What making offers for programs takes."""

    vault: Vault
    limits: Limits
    people: PeopleService
    plans: OfferPlans
    offers: Offers
    course: OfferCourse
    ending: OfferEnding


class ProgramOffers:
    """Offers of programs; one that is another's is answered like one that there is not."""

    def __init__(self, tools: ProgramOfferTools) -> None:
        self._tools = tools

    def make(self, program: Program, order: OfferOrder) -> Made:
        """Make an offer; delivery processes text those who are asked. The same order finds what it has made before.

        Raises:
            ConflictError: The name is that of another offer.
            InvalidInputError: The name, a text or the terms cannot be used, or there is nobody or too many to ask.
            TooManyRequestsError: The program has asked too often.
            UnavailableError: A directory does not answer; nothing was made.
        """
        draft, survey, unknown = self._look(program, order)
        origin = Origin(program.endpoint_id, self._content(order))
        made = self._same(origin, draft.name)
        if made is None:
            try:
                number = self._tools.offers.make(program.author, draft, survey.reached, origin)
            except ConflictError:  # perhaps the same order came twice at once
                made = self._same(origin, draft.name)
                if made is None:
                    raise
            else:
                return Made(number, len(survey.reached), survey.left, unknown)
        return Made(made.number, made.people, survey.left, unknown)

    def preview(self, program: Program, order: OfferOrder) -> Outlook:
        """Return what an offer would be; nobody is asked.

        Raises:
            InvalidInputError: As `make`, but for nobody.
            TooManyRequestsError: As `make`.
            UnavailableError: As `make`.
        """
        draft, survey, unknown = self._look(program, order)
        return Outlook(self._tools.plans.estimate(draft, survey), unknown)

    def all(self, program: Program, before: int) -> Sequence[SentOffer]:
        """Return up to `MOST_SHOWN` offers of a program, newest first, those with a number below *before*, if not 0."""
        return self._tools.course.of_program(program.endpoint_id, before=before, size=MOST_SHOWN)

    def find(self, program: Program, name: str) -> SentOffer:
        """Return an offer.

        Raises:
            NotFoundError: The program has made none of that name, or it has been forgotten.
        """
        found = self._tools.course.find(name)
        if found.origin.endpoint_id != program.endpoint_id:
            raise NotFoundError("There is no such offer.")
        return found

    def answers(self, program: Program, name: str, after: int) -> Sequence[Standing]:
        """Return up to `MOST_SHOWN` answers and what came of them, in the order of their changes, those above *after*.

        Raises:
            NotFoundError: As `find`.
        """
        return self._tools.course.standings(self.find(program, name), after=after, size=MOST_SHOWN)

    def choose(self, program: Program, name: str, user_names: Sequence[str]) -> SentOffer:
        """Give places to people who have said yes, and tell them; those who have one keep it. Return the offer.

        Raises:
            ConflictError: One of them has not said yes, there are fewer places left, or the offer has ended.
            NotFoundError: As `find`, or one of them is not asked.
            TooManyRequestsError: As `make`.
        """
        self._admit(program)
        offer = self.find(program, name)
        keys, states = self._asked(offer, user_names), self._tools.course.states(offer)
        if chosen := [key for key in keys if states[key] is not RecipientState.WON]:
            self._tools.ending.choose(program.author, name, chosen, patience=_PATIENCE_SECONDS)
        return self.find(program, name)

    def close(self, program: Program, name: str) -> SentOffer:
        """Take no more answers; who has a place keeps it. Return the offer.

        Raises:
            ConflictError: It has ended before.
            NotFoundError: As `find`.
        """
        return self._end(program, name, withdraw=False)

    def cancel(self, program: Program, name: str) -> None:
        """Withdraw an offer, also from those who have a place.

        Raises:
            ConflictError: It was withdrawn before.
            NotFoundError: As `find`.
        """
        self._end(program, name, withdraw=True)

    def _end(self, program: Program, name: str, *, withdraw: bool) -> SentOffer:
        self.find(program, name)
        self._tools.ending.end(program.author, name, withdraw=withdraw, patience=_PATIENCE_SECONDS)
        return self.find(program, name)

    def _admit(self, program: Program) -> None:
        self._tools.limits.take(f"program:{program.endpoint_id}", REQUESTS)

    def _look(self, program: Program, order: OfferOrder) -> tuple[OfferDraft, Survey, Sequence[str]]:
        """Read an order and find out whom it reaches, and which names nobody has."""
        self._admit(program)
        check_terms(order.terms)
        draft = OfferDraft(checked_name(order.name), parse_offer(order.texts), order.terms)
        audience = checked_audience(order.audience)
        if audience.repository:
            return draft, self._tools.plans.survey(audience), ()
        found = {name: self._tools.people.find(name) for name in audience.logins}
        survey = self._tools.plans.survey_of([person.key for person in found.values() if person is not None])
        return draft, survey, [name for name, person in found.items() if person is None]

    def _content(self, order: OfferOrder) -> str:
        audience, terms = order.audience, order.terms
        whom = [audience.repository, audience.group, *audience.logins]
        times = [terms.spread.total_seconds(), terms.life.total_seconds()]
        how = [terms.kind.value, terms.mode.value, terms.places, terms.attempts, *times, terms.is_enforced]
        return self._tools.vault.keyed_hash("program-offer", json.dumps([sorted(order.texts.items()), whom, how]))

    def _same(self, origin: Origin, name: str) -> SentOffer | None:
        """Return the offer that the same order has made; None when there is none of that name."""
        try:
            found = self._tools.course.find(name)
        except NotFoundError:
            return None
        if found.origin != origin:
            raise ConflictError(_TAKEN)
        return found

    def _asked(self, offer: SentOffer, user_names: Sequence[str]) -> Sequence[str]:
        """Return the keys of people who are asked, by names as anybody may type them; no directory is needed for it."""
        known = {comparable(user_name): key for key, user_name in self._tools.course.user_names(offer).items()}
        found = {name: known.get(comparable("\\".join(self._tools.people.split(name)))) for name in user_names}
        for name, key in found.items():
            if key is None:
                raise NotFoundError("%(login)s is not asked by this offer.", login=name[:64])
        return [key for key in found.values() if key]
