"""The pages of offers: made, followed, decided and ended by whoever may send."""

from datetime import timedelta

import pytest

from authsms.administration.rights import Role
from authsms.messaging.offers_rules import OfferMode
from authsms.senders.submission import Purpose
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Clerk, Office
from tests.integration.contacts.post import OFFERS, Post
from tests.integration.messaging.asking import FIVE, Phones

TYPED = {
    "name": "early",
    "kind": "shift",
    "mode": "choose",
    "places": "1",
    "whom": "people",
    "logins": "anna\r\nbert\r\ncarl",
    "hours": "24",
    "attempts": "2",
    "spread": "60",
    "text-en": "{host}: {name}, early shift? {number} Y or {link} STOP ends.",
}


@pytest.fixture
def phones(office: Office, clock: ManualClock) -> Phones:
    """Two people who can be asked, and one who cannot."""
    post = Post(office.services, clock)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    phones = Phones(post)
    phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    phones.add("carl")
    return phones


def test_an_offer_is_previewed_sent_answered_and_decided(phones: Phones, office: Office):
    """The whole way, without JavaScript."""
    operator = office.clerk(Role.MESSAGING_OPERATOR)
    empty = operator.get("/admin/offers").text
    preview = operator.post("/admin/new-offer", {**TYPED, "act": "preview"}).text
    before = phones.read()
    changed = operator.post("/admin/new-offer", {**TYPED, "act": "change"}).text
    sent = operator.post("/admin/new-offer", {**TYPED, "act": "send"})
    texts = phones.read()
    phones.say(FIVE["anna"], "ja")
    page = operator.get(sent.location).text
    operator.post("/admin/offers/early/choose", {"person": phones.keys["anna"]})
    decided = operator.get("/admin/offers/early").text

    assert "No offers yet" in empty
    assert "Whoever holds a link can answer" in preview
    assert "Have named no number" in preview
    assert ([], 2) == (before, len(texts))
    assert 'value="early"' in changed
    assert "Answers show on this page" in page
    assert "Yes, may be chosen" in page
    assert phones.keys["anna"] in page
    assert "Chosen. Those people are told." in decided
    assert "All places taken" in decided
    assert "early shift" not in decided
    assert "early" in operator.get("/admin/offers").text
    assert {"anna": "won", "bert": "asked"} == phones.states()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"name": "Früh!"}, "small letters, digits and hyphens"),
        ({"places": "0"}, "1 to 1000 people"),
        ({"places": "x"}, "Write a whole number"),
        ({"attempts": "99", "spread": "1"}, "half a minute between"),
        ({"logins": "nobody"}, "Nobody is called nobody."),
        ({"logins": ""}, "Say whom it is for"),
        ({"whom": "repository", "repository": "NOWHERE"}, "There is no such repository"),
        ({"text-en": ""}, "An offer needs a text"),
        ({"text-en": "{otp}"}, "unknown"),
        ({"logins": "carl"}, "An offer goes to one person at least"),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_what_cannot_be_sent_is_told_and_kept_in_the_form(phones: Phones, admin: Clerk, typed, problem: str):
    """Nothing that was typed is lost."""
    answer = admin.post("/admin/new-offer", {**TYPED, **typed, "act": "send"})

    assert 400 == answer.status_code
    assert problem in answer.text
    assert "carl" in answer.text or "logins" in typed
    assert [] == phones.read()


def test_an_offer_is_closed_or_withdrawn_once(phones: Phones, office: Office, admin: Clerk):
    """An auditor sees no buttons; who comes second is told."""
    phones.make(mode=OfferMode.CHOOSE)
    auditor = office.clerk(Role.AUDITOR).get("/admin/offers/early").text
    admin.post("/admin/offers/early/close")
    closed = admin.get("/admin/offers/early").text
    again = admin.post("/admin/offers/early/close")
    admin.post("/admin/offers/early/cancel")

    assert [] == [word for word in ("/close", "/cancel", "/choose") if word in auditor]
    assert "Closed. Nobody can answer any more." in closed
    assert (409, True) == (again.status_code, "This offer has ended before." in again.text)
    assert "Withdrawn" in admin.get("/admin/offers/early").text


def test_forms_from_elsewhere_are_refused(phones: Phones, admin: Clerk):
    """Each carries a token of its session."""
    phones.make()
    answers = [
        admin.post("/admin/offers/early/cancel", token="forged"),
        admin.post("/admin/new-offer", {**TYPED, "name": "late", "act": "send"}, token="forged"),
    ]

    assert all(answer.status_code >= 400 for answer in answers)
    assert phones.services.offer_course.find("early").is_open
    assert 404 == admin.get("/admin/offers/late").status_code


def test_only_somebody_who_has_just_signed_in_asks_people(phones: Phones, admin: Clerk, clock: ManualClock):
    """He is led through the login once more."""
    clock.advance(timedelta(minutes=16))

    assert "/admin/prove" in admin.get("/admin/new-offer").location
    assert [] == phones.read()


def test_the_page_renews_itself_for_a_while(phones: Phones, admin: Clerk, clock: ManualClock):
    """It must not keep a session alive for ever."""
    phones.make()
    until = int((clock.now() + timedelta(minutes=5)).timestamp())
    address = f"/admin/offers/early/now?live_until={until}"
    awake = admin.get(address, **{"HX-Request": "true"})
    clock.advance(timedelta(minutes=6))
    asleep = admin.get(address, **{"HX-Request": "true"})

    assert (200, 286) == (awake.status_code, asleep.status_code)
    assert ("hx-get" in awake.text, "hx-get" in asleep.text) == (True, False)
