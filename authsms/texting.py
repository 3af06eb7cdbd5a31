"""What texts people besides codes, over the services that run: notices, offers, and what programs do with them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from authsms.engine import Engine
from authsms.logon.blocks import AdmittedPeople
from authsms.messaging.course import NoticeCourse
from authsms.messaging.notices import Notices, NoticeTools
from authsms.messaging.offers import Offers
from authsms.messaging.offers_answers import OfferAnswers
from authsms.messaging.offers_course import OfferCourse
from authsms.messaging.offers_ending import OfferEnding
from authsms.messaging.offers_links import OfferLinks
from authsms.messaging.offers_planning import OfferPlans
from authsms.messaging.offers_settling import OfferSettling
from authsms.messaging.orders import NoticeOrders
from authsms.messaging.program_notices import ProgramNotices, ProgramNoticeTools
from authsms.messaging.program_offers import ProgramOffers, ProgramOfferTools
from authsms.messaging.programs import ProgramContacts
from authsms.messaging.runs import NoticeRuns, RunTools
from authsms.messaging.verification import ContactProofs, ProofTools


@dataclass(frozen=True, slots=True, kw_only=True)
class Texting(Engine):
    """The services of one installation together with those that text people something, shared by its threads."""

    @property
    def contact_proofs(self) -> ContactProofs:
        """How people prove that a contact is theirs."""
        tools = ProofTools(
            *(self.database, self.vault, self.audit, self.limits, self.contacts, self.challenges),
            *(self.budget, self.outbox),
        )
        return ContactProofs(tools, self.settings.sms, self.settings.public_url)

    @property
    def notices(self) -> Notices:
        """How people who have agreed are texted something."""
        return Notices(self._notice_tools, self.settings.sms.countries, self.settings.retention.notices)

    @property
    def offers(self) -> Offers:
        """How people who have agreed are asked something."""
        settings = self.settings
        return Offers(self._notice_tools, settings.sms.countries, self.notice_host, settings.public_url)

    @property
    def offer_course(self) -> OfferCourse:
        """How offers are followed."""
        return OfferCourse(self.database, self.clock)

    @property
    def offer_ending(self) -> OfferEnding:
        """How offers end."""
        kept = self.settings.retention.notices
        return OfferEnding(self._notice_tools, self.offers, self.offer_settling, self.notice_host, kept)

    @property
    def offer_settling(self) -> OfferSettling:
        """How a yes by text is settled."""
        answers = OfferAnswers(self.clock, self.audit, self.outbox)
        return OfferSettling(self._notice_tools, self.limits, answers, self.notice_host)

    @property
    def offer_plans(self) -> OfferPlans:
        """What offers would be before they are made."""
        where = {"host": self.notice_host, "public_url": self.settings.public_url}
        return OfferPlans(self.people, self.contacts, self.notices, **where)

    @property
    def program_offers(self) -> ProgramOffers:
        """How programs have people asked."""
        tools = (self.vault, self.limits, self.people, self.offer_plans, self.offers, self.offer_course)
        return ProgramOffers(ProgramOfferTools(*tools, self.offer_ending))

    @property
    def offer_links(self) -> OfferLinks:
        """How offers are answered by link."""
        answers = OfferAnswers(self.clock, self.audit, self.outbox)
        people = AdmittedPeople(self.people, self.blocks)
        return OfferLinks(
            *(self.database, self.vault, self.clock, answers, people, self.contacts), host=self.notice_host
        )

    @property
    def _notice_tools(self) -> NoticeTools:
        people = AdmittedPeople(self.people, self.blocks)
        return NoticeTools(
            *(self.database, self.vault, self.clock, self.audit, people, self.contacts, self.outbox),
            self.suppressions,
        )

    @property
    def notice_orders(self) -> NoticeOrders:
        """Notices that were written, and are being queued."""
        return NoticeOrders(self.database, self.vault, self.clock, self.notices)

    @property
    def notice_runs(self) -> NoticeRuns:
        """What brings written notices into the queue."""
        people = AdmittedPeople(self.people, self.blocks)
        tools = RunTools(self.database, self.clock, people, self.contacts, self.gate.quiet)
        return NoticeRuns(tools, self.notices, self.notice_orders, self.notice_host)

    @property
    def notice_course(self) -> NoticeCourse:
        """How notices are followed and taken back."""
        return NoticeCourse(self.database, self.clock, self.audit, self.outbox)

    @property
    def program_notices(self) -> ProgramNotices:
        """How programs have people texted."""
        tools = (self.database, self.vault, self.clock, self.limits, self.people)
        return ProgramNotices(ProgramNoticeTools(*tools, self.notices, self.notice_course, self.notice_host))

    @property
    def program_contacts(self) -> ProgramContacts:
        """How programs name numbers of people."""
        region = self.settings.sms.default_region
        return ProgramContacts(self.database, self.people, self.contacts, self.account_notices, region=region)

    @property
    def notice_host(self) -> str:
        """Who texts, as notices say it."""
        return urlsplit(self.settings.public_url).hostname or ""
