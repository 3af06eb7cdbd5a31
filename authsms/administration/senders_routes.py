"""Who would carry this: the sender policy tried on paper, and senders that ought to be apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from authsms.administration.actors import Actor
from authsms.administration.rights import Right
from authsms.foundation.phone import country_of, parse_phone
from authsms.senders.definitions import SavedService
from authsms.senders.routes import Consignment, Examined, Obstacle, comparable, examine
from authsms.senders.separation import SharedSender, shared_senders
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose


@dataclass(frozen=True, slots=True)
class Question:
    """A text nobody sends.

    Attributes:
        phone: As somebody would type it.
        group: Name of a group of the person, or empty.
        label: Label of the event, or empty.
    """

    phone: str = ""
    purpose: Purpose = Purpose.AUTHENTICATION
    group: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class RouteLine:
    """What one service has to do with a text.

    Attributes:
        percent: How many of such texts it is asked for before those beside it.
        sender: Whom the text would come from; empty when the provider chooses.
        obstacles: Why it is passed over.
        problem: Why it cannot be used at all.
    """

    name: str
    title: str
    percent: int
    sender: str
    obstacles: tuple[Obstacle, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """The way of a text.

    Attributes:
        country: ISO 3166, ``ZZ`` for none.
        places: Services in the order they are asked; several beside each other share the load.
        passed_over: The other ones.
    """

    country: str
    places: Sequence[Sequence[RouteLine]]
    passed_over: Sequence[RouteLine]


class SenderRoutes:
    """Tells the way of texts; nothing is sent or stored."""

    def __init__(self, senders: SenderPolicyService, default_region: str) -> None:
        self._senders = senders
        self._default_region = default_region

    def plan(self, actor: Actor, question: Question) -> RoutePlan:
        """Return who would carry a text, as the policy is now.

        Raises:
            InvalidInputError: That is no phone number.
        """
        actor.require(Right.SENDERS_SEE)
        number = parse_phone(question.phone, default_region=self._default_region)
        groups = comparable(filter(None, [question.group.strip()]))
        text = Consignment(question.purpose, number, "", question.label.strip(), groups)
        saved = {one.rule.name: one for one in self._senders.services()}
        usable = [one.rule for one in saved.values() if not one.problem]
        broken = [one.rule for one in saved.values() if one.problem]
        examined = examine(usable, text)
        carriers = [one for one in examined if not one.obstacles]
        beside = groupby(carriers, key=lambda one: (one.rule.position, one.exactness))
        rest = [one for one in examined if one.obstacles] + examine(broken, text)
        rest.sort(key=lambda one: (one.rule.position, one.rule.name))
        places = [[self._line(one, saved) for one in some] for _, some in beside]
        return RoutePlan(country_of(number), places, [self._line(one, saved) for one in rest])

    def shared(self, actor: Actor) -> Sequence[SharedSender]:
        """Return the senders that codes share with notices or offers."""
        actor.require(Right.SENDERS_SEE)
        return shared_senders((one.rule, self._own_sender(one)) for one in self._senders.services() if not one.problem)

    def _line(self, one: Examined, saved: dict[str, SavedService]) -> RouteLine:
        service = saved[one.rule.name]
        sender = one.sender or self._own_sender(service)
        return RouteLine(one.rule.name, service.title, round(one.share * 100), sender, one.obstacles, service.problem)

    def _own_sender(self, service: SavedService) -> str:
        kind = self._senders.kinds().get(service.kind)
        return str(service.settings.get(kind.sender_setting, "")) if kind else ""
