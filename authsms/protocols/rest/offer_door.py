"""What a request about offers means to the services, and what their answers mean to a program."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from authsms.messaging.audience import Audience, Left
from authsms.messaging.offers_course import SentOffer
from authsms.messaging.offers_planning import SampleText
from authsms.messaging.offers_rules import OfferEnd, OfferTerms
from authsms.messaging.program_offers import MOST_SHOWN, OfferOrder, ProgramOffers
from authsms.messaging.programs import Program
from authsms.protocols.rest import offer_bodies as bodies

_STAGES: Final[Mapping[OfferEnd, bodies.Stage]] = {
    OfferEnd.FILLED: "filled",
    OfferEnd.CLOSED: "closed",
    OfferEnd.EXPIRED: "expired",
    OfferEnd.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class OfferDoor:
    """Has people asked for programs; safe to share between threads."""

    offers: ProgramOffers

    def make(self, program: Program, wanted: bodies.MakeOffer) -> bodies.OfferMade:
        """Make an offer."""
        made = self.offers.make(program, _order(wanted))
        return bodies.OfferMade(
            name=wanted.name,
            number=made.number,
            people=made.people,
            left=_reasons(made.left),
            unknown=list(made.unknown),
        )

    def preview(self, program: Program, wanted: bodies.MakeOffer) -> bodies.OfferPreview:
        """Return what an offer would be."""
        found = self.offers.preview(program, _order(wanted))
        estimate = found.estimate
        return bodies.OfferPreview(
            people=estimate.people,
            left=_reasons(estimate.left),
            unknown=list(found.unknown),
            segments=estimate.segments,
            samples={one.locale: _sample(one) for one in estimate.samples},
            loose=estimate.is_loose,
        )

    def all(self, program: Program, behind: bodies.BehindOffer) -> bodies.Offers:
        """Return some offers."""
        found = self.offers.all(program, int(behind.after or 0))
        onward = str(found[-1].number) if len(found) == MOST_SHOWN else None
        return bodies.Offers(offers=[_state(one) for one in found], next=onward)

    def state(self, program: Program, name: str) -> bodies.OfferState:
        """Return where an offer stands."""
        return _state(self.offers.find(program, name))

    def answers(self, program: Program, name: str, behind: bodies.BehindOffer) -> bodies.OfferAnswers:
        """Return some answers."""
        after = int(behind.after or 0)
        found = self.offers.answers(program, name, after)
        return bodies.OfferAnswers(
            answers=[
                bodies.OfferAnswer(
                    user_name=one.user_name,
                    state=one.state,
                    way=one.way,
                    answered=one.answered_at,
                    change=one.change,
                )
                for one in found
            ],
            next=str(found[-1].change if found else after),
            has_more=len(found) == MOST_SHOWN,
        )

    def choose(self, program: Program, name: str, wanted: bodies.Choose) -> bodies.OfferState:
        """Give places to people who have said yes."""
        return _state(self.offers.choose(program, name, wanted.user_names))

    def close(self, program: Program, name: str) -> bodies.OfferState:
        """Take no more answers."""
        return _state(self.offers.close(program, name))


def _order(wanted: bodies.MakeOffer) -> OfferOrder:
    logins = tuple(dict.fromkeys(wanted.user_names or ()))
    terms = OfferTerms(
        *(wanted.kind, wanted.mode, wanted.places, wanted.attempts),
        *(timedelta(minutes=wanted.spread_minutes), timedelta(hours=wanted.hours), wanted.sign_in),
    )
    return OfferOrder(wanted.name, wanted.texts, Audience(wanted.repository or "", wanted.group or "", logins), terms)


def _state(found: SentOffer) -> bodies.OfferState:
    return bodies.OfferState(
        name=found.name,
        number=found.number,
        kind=found.kind,
        mode=found.mode,
        state=_stage(found),
        places=found.places,
        places_left=found.places_left,
        people=found.people,
        counts=dict(found.counts),
        created=found.created_at,
        expires=found.expires_at,
        closed=found.closed_at,
    )


def _stage(found: SentOffer) -> bodies.Stage:
    if found.is_open:
        return "open"
    return _STAGES.get(found.end) or ("choosing" if found.is_choosing else "expired")


def _sample(one: SampleText) -> bodies.OfferSample:
    odd = [one.odd.format(what=one.what) for one in one.oddities]
    return bodies.OfferSample(
        text=one.text, segments=one.measure.segments, warnings=[*odd, *(one.value for one in one.further)]
    )


def _reasons(left: Mapping[Left, int]) -> dict[str, int]:
    return {reason.name.lower(): count for reason, count in left.items()}
