"""What an offer would be before it is made: whom it reaches, about what people would read, and what that takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from authsms.contacts.book import ContactBook
from authsms.foundation.errors import InvalidInputError
from authsms.identity.repository import PersonKey
from authsms.identity.service import PeopleService
from authsms.messaging.audience import Audience, Left, checked_audience
from authsms.messaging.notices import Notices, Survey
from authsms.messaging.offers import OfferDraft
from authsms.messaging.offers_wording import OddOffer, oddities, sample
from authsms.messaging.wording import Oddity
from authsms.messaging.wording import oddities as common_oddities
from authsms.senders.submission import Purpose
from authsms.senders.text import Measure, measure

MOST_ASKED: Final = 300
"""Of more people each would have to be looked up while somebody waits; the command line has the time."""


@dataclass(frozen=True, slots=True)
class SampleText:
    """About what somebody will read in one language, what it takes on the air, and what is odd about it."""

    locale: str
    text: str
    measure: Measure
    oddities: Sequence[Oddity]
    further: Sequence[OddOffer]


@dataclass(frozen=True, slots=True)
class OfferEstimate:
    """What would be sent, to how many.

    Attributes:
        left: How many of those meant get nothing, by the reason.
        segments: Of all texts together, if nobody answers.
        is_loose: Whoever holds a link could answer.
    """

    samples: Sequence[SampleText]
    people: int
    left: Mapping[Left, int]
    segments: int
    is_loose: bool


class OfferPlans:
    """Looks what offers would be.

    Args:
        people: Who there is.
        contacts: Who has agreed.
        notices: Tells whom a text reaches.
        host: Who texts.
        public_url: Where links lead.
    """

    def __init__(
        self, people: PeopleService, contacts: ContactBook, notices: Notices, *, host: str, public_url: str
    ) -> None:
        self._people = people
        self._contacts = contacts
        self._notices = notices
        self._host = host
        self._public_url = public_url

    def survey(self, audience: Audience) -> Survey:
        """Find out who of an audience can be asked now.

        Raises:
            InvalidInputError: Somebody is unknown, or nobody or too many are named.
            UnavailableError: A directory does not answer.
        """
        wanted = checked_audience(audience)
        if wanted.repository:
            return self.survey_of(self._owners(wanted.repository, wanted.group))
        return self.survey_of(_bounded([self._key(login) for login in wanted.logins[: MOST_ASKED + 1]]))

    def survey_of(self, person_keys: Sequence[str]) -> Survey:
        """Find out who of some people can be asked now.

        Raises:
            UnavailableError: A directory does not answer.
        """
        return self._notices.survey(person_keys, purpose=Purpose.OFFER)

    def estimate(self, draft: OfferDraft, survey: Survey) -> OfferEstimate:
        """Return what would be sent to those of a survey.

        Raises:
            InvalidInputError: A text is too long.
        """
        samples = []
        for locale, template in draft.texts.items():
            text = sample(template, self._host, self._public_url)
            odd = [*common_oddities(template, self._host)], [*oddities(template, self._public_url)]
            samples.append(SampleText(locale, text, measure(text), *odd))
        segments = max(one.measure.segments for one in samples) * len(survey.reached) * draft.terms.attempts
        has_link = any("link" in template.names for template in draft.texts.values())
        is_loose = has_link and not draft.terms.is_enforced
        return OfferEstimate(samples, len(survey.reached), survey.left, segments, is_loose)

    def _owners(self, repository: str, group: str) -> Sequence[str]:
        if repository not in {one.name for one in self._people.repositories()}:
            raise InvalidInputError("There is no such repository.", field="audience")
        keys = _bounded(self._contacts.owners(repository))
        return [key for key in keys if self._is_member(key, group)] if group else keys

    def _key(self, login: str) -> str:
        person = self._people.find(login)
        if person is None:
            raise InvalidInputError("Nobody is called %(login)s.", field="audience", login=login[:64])
        return person.key

    def _is_member(self, key: str, group: str) -> bool:
        person = self._people.get(PersonKey(key))
        return person is not None and person.belongs_to(group)


def _bounded(keys: Sequence[str]) -> Sequence[str]:
    if len(keys) > MOST_ASKED:
        raise InvalidInputError(
            "Up to %(most)s people are asked from here; authsms offer asks more.", field="audience", most=MOST_ASKED
        )
    return keys
