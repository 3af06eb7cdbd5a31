"""The pages of offers in a real browser."""

from authsms.messaging.offers_rules import OfferMode
from authsms.senders.submission import Purpose
from tests.browser.admin.conftest import Desk
from tests.fakes import ManualClock
from tests.integration.contacts.post import OFFERS, Post
from tests.integration.messaging.asking import FIVE, Phones


def test_offers_are_fit_for_everybody(desk: Desk, looks_good):
    """The list, one with answers that wait, and the form."""
    post = Post(desk.office.services, ManualClock())
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    phones = Phones(post)
    phones.add_five()
    phones.make("an-offer-whose-name-has-forty-characters", mode=OfferMode.CHOOSE, places=2)
    phones.hear(FIVE["anna"], "Y")
    phones.hear(FIVE["bert"], "N")
    looks_good("/admin/offers", "/admin/offers/an-offer-whose-name-has-forty-characters", "/admin/new-offer")
