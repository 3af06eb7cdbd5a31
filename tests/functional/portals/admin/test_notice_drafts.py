"""The pages on which a notice is written, looked at, and sent."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from authsms.administration.rights import Role
from authsms.delivery.quiet import QuietHours
from authsms.foundation.phone import time_zone_of
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office
from tests.functional.portals.admin.test_notices import agree

GOOD = "{host}: {name}, the canteen is closed. STOP ends texts."
FIELDS = {
    "name": "canteen",
    "whom": "people",
    "logins": "emma\notto\nnobody",
    "hours": "24",
    "zone": "UTC",
    "text-en": GOOD,
}


def write(office: Office, clerk: Clerk, **changes: str) -> TestResponse:
    """Write a notice and have it counted."""
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changes.items()}
    answer = clerk.post("/admin/notice-drafts/new", fields)
    office.services.notice_runs.work()
    return answer


def test_a_notice_is_written_counted_and_sent(office: Office):
    """By whoever may send; the page says what will happen before it does."""
    agree(office, "emma", "otto")
    operator = office.clerk(Role.MESSAGING_OPERATOR)
    draft = write(office, operator).location
    shown = operator.get(draft).text
    before = operator.get("/admin/notices").text
    sent = operator.post(f"{draft}/send")
    underway = operator.get(sent.location).text
    office.services.notice_runs.work()
    queued = operator.get(sent.location).text

    assert "Send it to 2 people" in shown
    assert "Nobody of that name" in shown
    assert "127.0.0.1: Emma, the canteen is closed." in shown
    assert "•••••••00" in shown
    assert "accepts" not in shown
    assert draft in before
    assert "/admin/notices/canteen" == sent.location
    assert ("Under way" in underway, "0 of 0 texts" in underway) == (True, True)
    assert "0 of 2 texts are through." in queued
    assert "3 of 3 people were looked up." in queued
    assert draft not in operator.get("/admin/notices").text


def test_a_form_that_is_sent_twice_sends_once(office: Office, admin: Clerk):
    """The second one leads to the same page."""
    agree(office, "emma")
    draft = write(office, admin).location
    token = admin.token()
    first, second = (admin.post(f"{draft}/send", token=token) for _ in range(2))
    office.services.notice_runs.work()

    assert (303, first.location) == (second.status_code, second.location)
    assert 1 == office.services.notice_course.find("canteen").people


def test_what_is_odd_has_to_be_agreed_to(office: Office, admin: Clerk):
    """Health, shortened links, no sender, no STOP."""
    agree(office, "emma")
    draft = write(office, admin, text_en="Your test result: bit.ly/x").location
    shown = admin.get(draft).text
    refused = admin.post(f"{draft}/send")
    sent = admin.post(f"{draft}/send", {"accepts": "on"})

    for words in ("It does not say who texts.", "that STOP ends texts.", "shortened links: bit.ly", "test result"):
        assert words in shown
    assert (400, 303) == (refused.status_code, sent.status_code)
    assert "Say that you have read what is odd" in refused.text


def test_who_has_not_just_signed_in_proves_who_he_is(office: Office, clock: ManualClock):
    """So many texts cost money, and are read by many."""
    agree(office, "emma")
    operator = office.clerk(Role.MESSAGING_OPERATOR)
    draft = write(office, operator).location
    clock.advance(OVERDUE)
    answer = operator.post(f"{draft}/send")

    assert "/admin/prove" in answer.location
    assert [] == office.services.notice_course.portion(offset=0, size=5)


def test_a_count_takes_no_web_request(office: Office, admin: Clerk):
    """The page renews itself until a delivery process has counted."""
    agree(office, "emma")
    draft = admin.post("/admin/notice-drafts/new", FIELDS).location
    waiting, early = admin.get(draft).text, admin.post(f"{draft}/send")
    address = waiting.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    office.services.notice_runs.work()
    counted = admin.get(address, **{"HX-Request": "true"})

    assert "A delivery process begins within seconds." in waiting
    assert 400 == early.status_code
    assert (286, True) == (counted.status_code, "Send it to one person" in counted.text)


def test_the_price_is_said_where_there_is_one(office: Office, admin: Clerk):
    """By the sender policy; for as many segments as real people would get."""
    agree(office, "emma", "otto")
    senders = office.services.senders
    senders.save_policy(replace(senders.policy(), segment_price=Decimal("0.075"), currency="EUR"), author="test")

    assert "about 0.15 EUR" in admin.get(write(office, admin).location).text


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "New!"}, "up to 40 small letters"),
        ({"hours": "\N{SUPERSCRIPT TWO}"}, "Write a whole number."),
        ({"hours": "9999"}, "1 to 720 hours"),
        ({"at": "yesterday"}, "Write the start as"),
        ({"at": "2020-01-01T09:00"}, "over already"),
        ({"at": "2020-01-01T09:00", "zone": "../../etc"}, "no such time zone"),
        ({"text_en": " "}, "A notice needs a text."),
        ({"text_en": "{otp.__class__}"}, "is unknown; there are"),
        ({"whom": "repository", "repository": "ELSEWHERE"}, "There is no such repository."),
        ({"whom": "people", "logins": "\n \n"}, "Say whom it is for"),
        ({"logins": "\n".join(map(str, range(1001)))}, "Name up to 1000 people"),
        ({"name": "x" * 5000, "group": "\u200b"}, "up to 40 small letters"),
    ],
    ids=[
        "name",
        "digit",
        "long",
        "no moment",
        "past",
        "no zone",
        "no text",
        "no such value",
        "no repository",
        "nobody",
        "many",
        "hostile",
    ],
)
def test_what_cannot_be_sent_is_said_and_stays_typed(
    office: Office, admin: Clerk, changes: dict[str, str], problem: str
):
    """Nothing is kept."""
    answer = write(office, admin, **changes)

    assert 400 == answer.status_code
    assert problem in answer.text
    assert changes.get("name", "canteen")[:40] in answer.text
    assert [] == office.services.notice_orders.drafts()


def test_texts_are_measured_without_keeping_anything(office: Office, admin: Clerk):
    """While somebody types, or by a button."""
    shown = write(office, admin, act="preview", text_de="✓ {", text_en=GOOD).text

    assert "GSM-7" in shown
    assert "A single { means nothing" in shown
    assert [] == office.services.notice_orders.drafts()


def test_a_notice_is_scheduled_by_the_clock_of_a_place(office: Office, admin: Clerk, clock: ManualClock):
    """The page says when; the form comes back as it was typed."""
    agree(office, "emma")
    at = f"{clock.now() + timedelta(days=3):%Y-%m-%d}T09:00"
    draft = write(office, admin, at=at, zone="Asia/Tokyo").location
    shown, form = admin.get(draft).text, admin.get(f"/admin/notice-drafts/new?draft={draft.rpartition('/')[2]}").text
    sent = admin.post(f"{draft}/send")
    office.services.notice_runs.work()
    listed, followed = admin.get("/admin/notices").text, admin.get(sent.location).text

    assert "Texts go out then, and not later than 24 hours after that." in shown
    assert (f'value="{at}"' in form, 'value="Asia/Tokyo"' in form) == (True, True)
    assert ("Scheduled" in listed, "T00:00:00+00:00" in followed) == (True, True)
    assert 0 == office.services.notice_course.find("canteen").people


def _around(now: datetime) -> QuietHours:
    """Return quiet hours of which some are over, and some are left."""
    return QuietHours((now - timedelta(minutes=90)).time(), (now + timedelta(hours=5)).time(), ZoneInfo("UTC"))


def test_who_would_be_woken_has_to_be_agreed_to(office: Office, admin: Clerk, clock: ManualClock):
    """A notice that lives longer waits."""
    now = clock.now()
    office.services.gate.quiet = _around(now)
    (key,) = agree(office, "emma")
    number = office.services.contacts.number_of(office.services.contacts.of(key)[0])
    night = now.astimezone(ZoneInfo(time_zone_of(number))).replace(tzinfo=ZoneInfo("UTC")) - now
    clock.advance(-night)
    short, long = write(office, admin, hours="1").location, write(office, admin, name="long", hours="9").location

    assert "1 texts would expire before they are over" in admin.get(short).text
    assert 400 == admin.post(f"{short}/send").status_code
    assert "1 texts wait until they are over" in admin.get(long).text
    assert 303 == admin.post(f"{long}/send").status_code


def test_a_draft_is_changed_and_discarded(office: Office, admin: Clerk):
    """The new one takes the place of the old one."""
    agree(office, "emma")
    first = write(office, admin).location
    order = first.rpartition("/")[2]
    form = admin.get(f"/admin/notice-drafts/new?draft={order}").text
    second = write(office, admin, name="garden", replaces=order).location
    admin.post(f"{second}/discard")

    assert (GOOD in form, f'value="{order}"' in form, "emma" in form) == (True, True, True)
    assert [404, 404] == [admin.get(one).status_code for one in (first, second)]


def test_an_auditor_sees_no_drafts(office: Office, admin: Clerk):
    """He sees what was sent."""
    write(office, admin)
    listed = office.clerk(Role.AUDITOR).get("/admin/notices").text

    assert "notice-drafts" not in listed


def test_texts_are_kept_as_a_template_version_by_version(office: Office, admin: Clerk):
    """Nothing is sent by that; an earlier version can be used again."""
    for text in (GOOD, GOOD, f"{GOOD} Sorry."):
        saved = write(office, admin, act="template", template="closed", text_en=text, name="").text
    listed = admin.get("/admin/notice-templates").text
    first = admin.get("/admin/notice-drafts/new?template=closed&version=1").text
    admin.post("/admin/notice-templates/closed/remove")
    tags = [one.entry.tag.value for one in office.services.audit.search()]

    assert "The template was saved. Nothing was sent." in saved
    assert ("Version 2" in listed, "Version 1" in listed, "Version 3" in listed) == (True, True, False)
    assert (GOOD in first, "Sorry." in first) == (True, False)
    assert [] == office.services.notice_orders.drafts()
    assert (2, 1) == (tags.count("notice.template-saved"), tags.count("notice.template-removed"))
    assert 404 == admin.get("/admin/notice-drafts/new?template=closed&version=1").status_code


@pytest.mark.parametrize("version", ["0", "-1", "x", "9" * 50, ""], ids=["none", "negative", "word", "long", "empty"])
def test_a_version_that_never_was_is_not_found(admin: Clerk, version: str):
    """Whatever the address says."""
    assert 404 == admin.get(f"/admin/notice-drafts/new?template=closed&version={version}").status_code


def test_a_template_is_checked_like_a_notice(office: Office, admin: Clerk):
    """It is said at once, and what was typed stays."""
    answers = [
        write(office, admin, act="template", template="New!"),
        write(office, admin, act="template", template="new", text_en="{otp}"),
    ]

    assert [400, 400] == [one.status_code for one in answers]
    assert "No templates yet" in admin.get("/admin/notice-templates").text
