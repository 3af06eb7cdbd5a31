"""Offers, as administrators make, follow and end them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.listing import Page, PageRequest
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.errors import AuthsmsError, ProofNeededError
from authsms.identity.service import PeopleService
from authsms.messaging.audience import Audience, Left
from authsms.messaging.offers import OfferDraft, Offers
from authsms.messaging.offers_course import AskedPerson, OfferCourse, SentOffer
from authsms.messaging.offers_ending import OfferEnding
from authsms.messaging.offers_planning import OfferPlans, SampleText
from authsms.messaging.offers_rules import check_terms
from authsms.senders.service import SenderPolicyService

_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class OfferPreview:
    """What would be sent, to how many, and what that takes.

    Attributes:
        left: How many of those named get nothing, by the reason.
        segments: Of all texts together, if nobody answers.
        price: What these cost by the price of a segment, or None without one.
        is_loose: Whoever holds a link could answer.
    """

    samples: Sequence[SampleText]
    people: int
    left: Mapping[Left, int]
    segments: int
    price: Decimal | None
    currency: str
    is_loose: bool


@dataclass(frozen=True, slots=True)
class OfferState:
    """An offer at one moment."""

    at: datetime
    offer: SentOffer
    people: Sequence[AskedPerson]
    texts: Mapping[MessageState, int]


@dataclass(frozen=True, slots=True)
class OfferDeskTools:
    """What the desk takes."""

    clock: Clock
    people: PeopleService
    senders: SenderPolicyService
    plans: OfferPlans
    offers: Offers
    course: OfferCourse
    ending: OfferEnding


class OfferDesk:
    """Makes offers, shows who has said what, and ends them.

    Every method raises `ForbiddenError` as `Actor.require` does.
    """

    def __init__(self, tools: OfferDeskTools) -> None:
        self._tools = tools

    def list(self, actor: Actor, asked: PageRequest) -> Page[SentOffer]:
        """Return offers, newest first."""
        actor.require(Right.NOTICES_SEE)
        found = self._tools.course.portion(offset=asked.offset, size=asked.size + 1)
        return Page(found[: asked.size], asked.number, has_more=len(found) > asked.size)

    def state(self, actor: Actor, name: str) -> OfferState:
        """Return where an offer stands.

        Raises:
            NotFoundError: There is none of that name, or it has been forgotten.
        """
        actor.require(Right.NOTICES_SEE)
        course = self._tools.course
        offer = course.find(name)
        return OfferState(self._tools.clock.now(), offer, course.people(offer), course.progress(offer))

    def repositories(self, actor: Actor) -> Sequence[str]:
        """Return the names of the repositories whose people can be asked.

        Raises:
            ProofNeededError: Only somebody who has just proven who he is asks people.
        """
        _require_sender(actor)
        return [one.name for one in self._tools.people.repositories()]

    def preview(self, actor: Actor, draft: OfferDraft, audience: Audience) -> OfferPreview:
        """Return what would be sent; nothing is.

        Raises:
            InvalidInputError: Somebody is unknown, nobody or too many are named, or the terms cannot be met.
            ProofNeededError: As `repositories`.
            UnavailableError: A directory does not answer.
        """
        _require_sender(actor)
        check_terms(draft.terms)
        plans, policy = self._tools.plans, self._tools.senders.policy()
        found = plans.estimate(draft, plans.survey(audience))
        price = None if policy.segment_price is None else policy.segment_price * found.segments
        return OfferPreview(
            *(found.samples, found.people, found.left, found.segments, price, policy.currency), is_loose=found.is_loose
        )

    def make(self, actor: Actor, draft: OfferDraft, audience: Audience) -> None:
        """Make an offer, and begin to text people; the rest follows by itself.

        Raises:
            ConflictError: There is an offer of that name.
            InvalidInputError: As `preview`, or nobody of those named can be asked.
            ProofNeededError: As `repositories`.
            UnavailableError: A directory does not answer.
        """
        _require_sender(actor)
        reached = self._tools.plans.survey(audience).reached
        self._tools.offers.make(author_of(actor), draft, reached)
        with suppress(AuthsmsError):  # it is made: what keeps texts waiting now is nothing to refuse it for
            self._tools.offers.work(patience=_PATIENCE_SECONDS)

    def choose(self, actor: Actor, name: str, person_keys: Sequence[str]) -> None:
        """Give places to people who have said yes.

        Raises:
            ConflictError: One of them has not, or was chosen before, or there are fewer places left.
            InvalidInputError: Nobody is named.
            NotFoundError: There is no offer of that name.
        """
        actor.require(Right.NOTICES_SEND)
        self._tools.ending.choose(author_of(actor), name, person_keys, patience=_PATIENCE_SECONDS)

    def close(self, actor: Actor, name: str) -> None:
        """Take no more answers; who has a place keeps it.

        Raises:
            ConflictError: It has ended before.
            NotFoundError: There is no offer of that name.
        """
        actor.require(Right.NOTICES_SEND)
        self._tools.ending.end(author_of(actor), name, withdraw=False, patience=_PATIENCE_SECONDS)

    def cancel(self, actor: Actor, name: str) -> None:
        """Withdraw an offer, also from those who have a place.

        Raises:
            ConflictError: It was withdrawn before.
            NotFoundError: There is no offer of that name.
        """
        actor.require(Right.NOTICES_SEND)
        self._tools.ending.end(author_of(actor), name, withdraw=True, patience=_PATIENCE_SECONDS)


def _require_sender(actor: Actor) -> None:
    actor.require(Right.NOTICES_SEND)
    if actor.proof_age > PROOF_LASTS:
        raise ProofNeededError("Sign in again to ask people.")
