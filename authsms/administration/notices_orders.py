"""Notices as administrators write them: what is odd about the wording, whom they would reach, and what that costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.foundation.clock import Clock
from authsms.foundation.errors import InvalidInputError, ProofNeededError
from authsms.identity.service import PeopleService
from authsms.messaging.notice_templates import NoticeTemplate, NoticeTemplates
from authsms.messaging.orders import Draft, NoticeOrder, NoticeOrders
from authsms.messaging.wishes import Wish
from authsms.messaging.wording import Oddity, oddities, parse_texts
from authsms.senders.service import SenderPolicyService
from authsms.senders.text import Measure, measure


@dataclass(frozen=True, slots=True)
class TextLook:
    """A text in one language, what it takes on the air, and what is odd about it.

    Attributes:
        measure: Of the text as it was written; names and addresses make it longer or shorter.
    """

    source: str
    measure: Measure
    oddities: Sequence[Oddity]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A notice that was written and not sent.

    Attributes:
        looks: By language.
        price: What all texts cost by the price of a segment, or None without one.
    """

    at: datetime
    order: NoticeOrder
    looks: Mapping[str, TextLook]
    price: Decimal | None
    currency: str

    @property
    def is_odd(self) -> bool:
        """Whether somebody has to agree to what is odd."""
        return any(one.oddities for one in self.looks.values()) or self.order.tally.woken > 0


class NoticeOrderDesk:
    """Lets those who may send write notices; every method raises `ForbiddenError` as `Actor.require` does.

    Args:
        orders: Where they are kept.
        templates: Texts to be used again.
        people: Knows the repositories.
        senders: Knows what a segment costs.
        clock: Tells how old a count is.
        host: Who texts.
    """

    def __init__(
        self,
        orders: NoticeOrders,
        templates: NoticeTemplates,
        people: PeopleService,
        senders: SenderPolicyService,
        clock: Clock,
        host: str,
    ) -> None:
        self._orders = orders
        self._templates = templates
        self._people = people
        self._senders = senders
        self._clock = clock
        self._host = host

    def repositories(self, actor: Actor) -> list[str]:
        """Return the names of those whose people can be texted."""
        actor.require(Right.NOTICES_SEND)
        return [view.name for view in self._people.repositories()]

    def drafts(self, actor: Actor) -> list[Draft]:
        """Return what was written and not sent; nothing to those who may only look."""
        actor.require(Right.NOTICES_SEE)
        return self._orders.drafts() if actor.may(Right.NOTICES_SEND) else []

    def looks(self, actor: Actor, texts: Mapping[str, str]) -> dict[str, TextLook]:
        """Return what texts take, and what is odd about them.

        Raises:
            TemplateError: One of them names what there is not; with the place.
            InvalidInputError: There is none.
        """
        actor.require(Right.NOTICES_SEND)
        return {
            locale: TextLook(one.source, measure(one.source), list(oddities(one, self._host)))
            for locale, one in parse_texts(texts).items()
        }

    def write(self, actor: Actor, wish: Wish, replaces: str = "") -> str:
        """Keep a notice, in place of an earlier draft if one is named; whom it reaches is counted in the background.

        Raises:
            InvalidInputError: It cannot be sent; `field` says what is wrong.
            ConflictError: There was a notice of that name.
        """
        actor.require(Right.NOTICES_SEND)
        names = {view.name for view in self._people.repositories()}
        if wish.audience.repository and wish.audience.repository not in names:
            raise InvalidInputError("There is no such repository.", field="audience")
        return self._orders.write(author_of(actor), wish, replaces)

    def draft(self, actor: Actor, order: str) -> Drafted:
        """Return a notice that was written.

        Raises:
            NotFoundError: There is none of that id, or it was sent.
        """
        actor.require(Right.NOTICES_SEND)
        found, policy = self._orders.find(order), self._senders.policy()
        price = policy.segment_price
        cost = None if price is None else price * found.tally.segments
        looks = self.looks(actor, found.wish.texts)
        return Drafted(self._clock.now(), found, looks, cost, policy.currency)

    def send(self, actor: Actor, order: str, *, accepts_oddities: bool) -> str:
        """Have a counted notice sent; return its name. Its texts follow in the background.

        Raises:
            ProofNeededError: So many texts at once are only sent by somebody who has just proven who he is.
            InvalidInputError: Something is odd about it and was not agreed to.
            NotFoundError: There is none of that id, or it was sent before.
            ConflictError: It is still counted, or there is a notice of that name meanwhile.
        """
        actor.require(Right.NOTICES_SEND)
        if actor.proof_age > PROOF_LASTS:
            raise ProofNeededError("Sign in again to send a notice.")
        if self.draft(actor, order).is_odd and not accepts_oddities:
            raise InvalidInputError("Say that you have read what is odd about it.", field="odd")
        return self._orders.confirm(author_of(actor), order, self._host)

    def discard(self, actor: Actor, order: str) -> None:
        """Forget a notice that was not sent."""
        actor.require(Right.NOTICES_SEND)
        self._orders.discard(order)

    def templates(self, actor: Actor) -> Sequence[NoticeTemplate]:
        """Return every version of every template, by name, the newest of each first."""
        actor.require(Right.NOTICES_SEND)
        return self._templates.all()

    def template(self, actor: Actor, name: str, version: int) -> NoticeTemplate:
        """Return one version of a template.

        Raises:
            NotFoundError: There is none, or it has been forgotten.
        """
        actor.require(Right.NOTICES_SEND)
        return self._templates.find(name, version)

    def save_template(self, actor: Actor, name: str, texts: Mapping[str, str]) -> int:
        """Keep texts under a name; return their version.

        Raises:
            InvalidInputError: The name or a text cannot be used.
            ConflictError: Somebody else has saved it at the same moment.
        """
        actor.require(Right.NOTICES_SEND)
        return self._templates.save(author_of(actor), name, texts)

    def remove_template(self, actor: Actor, name: str) -> None:
        """Forget a template with all its versions.

        Raises:
            NotFoundError: There is none of that name.
        """
        actor.require(Right.NOTICES_SEND)
        self._templates.remove(author_of(actor), name)
