"""What is sent and answered where programs have people asked; the description is made from these models, too."""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from authsms.messaging.offers_rules import MOST_ATTEMPTS, MOST_PLACES, OfferKind, OfferMode, RecipientState
from authsms.protocols.rest.bodies import Answer, Body, UserName, Word
from authsms.protocols.rest.message_bodies import MOST_LANGUAGES, MOST_RECIPIENTS, NAME_PATTERN, Locale, Text

_MOST_MINUTES: Final = 1440
_MOST_HOURS: Final = 720

OfferName = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        description="Yours to choose; the same request finds the offer that was made under it, another is refused.",
    ),
]
Position = Annotated[str, Field(pattern="^[0-9]{1,9}$")]
Stage: TypeAlias = Literal["open", "choosing", "filled", "closed", "expired", "cancelled"]


class MakeOffer(Body):
    """An offer, and who is asked: people by their names, or those of a repository who have a contact."""

    name: OfferName
    texts: Annotated[
        dict[Locale, Text],
        Field(
            min_length=1,
            max_length=MOST_LANGUAGES,
            description="By language. Besides what a notice may name, `{number}` stands for the number by which people "
            "name the offer in their replies, and `{link}` for a link that is good for one person.",
        ),
    ]
    user_names: Annotated[list[UserName] | None, Field(min_length=1, max_length=MOST_RECIPIENTS)] = None
    repository: Annotated[Word | None, Field(description="In place of `user_names`; 300 people at most.")] = None
    group: Annotated[Word | None, Field(description="Of the repository only members of this group.")] = None
    kind: OfferKind = OfferKind.SHIFT
    mode: Annotated[
        OfferMode,
        Field(
            description="`first`: the first to say yes get the places; `choose`: you choose among them. A yes by text "
            "counts some seconds after it came, when the account is known to be good; a yes by link of that moment may "
            "be first."
        ),
    ] = OfferMode.FIRST
    places: Annotated[int, Field(ge=1, le=MOST_PLACES)] = 1
    attempts: Annotated[
        int, Field(ge=1, le=MOST_ATTEMPTS, description="How often each person is asked who does not answer.")
    ] = 1
    spread_minutes: Annotated[
        int, Field(ge=1, le=_MOST_MINUTES, description="Over how long the attempts are spread evenly.")
    ] = 60
    hours: Annotated[int, Field(ge=1, le=_MOST_HOURS, description="How long it can be answered.")] = 24
    sign_in: Annotated[
        bool, Field(description="Its link is good only for the person it was sent to, who has to sign in.")
    ] = False


class OfferMade(Answer):
    """What came of it."""

    name: str
    number: Annotated[int, Field(description="What people name it by in their replies.")]
    people: Annotated[int, Field(description="How many are asked.")]
    left: Annotated[
        dict[str, int],
        Field(description="How many are not, by the reason: `no_contact`, `unconfirmed`, `stopped` …"),
    ]
    unknown: Annotated[list[str], Field(description="User names that nobody has.")]


class OfferSample(Answer):
    """About what somebody would read, and what it takes."""

    text: str
    segments: int
    warnings: Annotated[list[str], Field(description="What a carrier or a reader would object to, in English.")]


class OfferPreview(Answer):
    """What an offer would be; nobody was asked."""

    people: Annotated[int, Field(description="How many would be asked.")]
    left: dict[str, int]
    unknown: list[str]
    segments: Annotated[int, Field(description="Of all texts together, if nobody answers.")]
    samples: Annotated[dict[str, OfferSample], Field(description="By language.")]
    loose: Annotated[bool, Field(description="Whoever holds a link could answer; see `sign_in`.")]


class OfferState(Answer):
    """Where an offer stands."""

    name: str
    number: int
    kind: OfferKind
    mode: OfferMode
    state: Annotated[
        Stage,
        Field(description="`choosing`: nobody can answer any more, but those who said yes wait to be chosen."),
    ]
    places: int
    places_left: int
    people: Annotated[int, Field(description="How many are asked.")]
    counts: Annotated[dict[RecipientState, int], Field(description="How many people stand where.")]
    created: datetime
    expires: datetime
    closed: datetime | None


class BehindOffer(Body):
    """Where a list goes on."""

    after: Annotated[Position | None, Field(description="The `next` of the list before; left out, it begins.")] = None


class Offers(Answer):
    """Some offers, newest first."""

    offers: list[OfferState]
    next: Annotated[Position | None, Field(description="Ask on with this `after`; nothing when that was all.")]


class OfferAnswer(Answer):
    """What somebody has said, and what came of it."""

    user_name: str
    state: Annotated[
        RecipientState,
        Field(
            description="`won`: yes, and has a place; `willing`: yes, and may be chosen; `late`: yes, but the places "
            "were gone; `lost`: yes, but others were chosen; `declined`: no."
        ),
    ]
    way: Annotated[str, Field(description="`text` or `link`.")]
    answered: datetime | None
    change: Annotated[int, Field(description="Grows with everything that happens in the offer.")]


class OfferAnswers(Answer):
    """Some answers in the order in which they came, or in which it was decided about them; then they come again."""

    answers: list[OfferAnswer]
    next: Annotated[Position, Field(description="Ask on with this `after`, now or later: nothing is left out.")]
    has_more: bool


class Choose(Body):
    """Who gets a place."""

    user_names: Annotated[list[UserName], Field(min_length=1, max_length=MOST_RECIPIENTS)]
