"""The dashboard and the queue page: what they say, and what can be done there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from authsms.administration.alarm_rules import (
    AlarmKind,
    about_balance,
    about_breaker,
    about_certificate,
    about_demotion,
    about_failures,
    about_hook,
    about_mails,
    about_pause,
    about_queue,
    about_receipts,
)
from authsms.administration.rights import Role
from authsms.delivery.heartbeat import Heartbeat
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Purpose
from authsms.senders.webhook import ReceiptState
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Clerk, Office
from tests.integration.administration.people_at_work import TWILIO, Work

DAY = timedelta(days=1)


@pytest.fixture
def work(office: Office, clock: ManualClock) -> Work:
    """The people of the office, and a delivery process that was just seen."""
    Heartbeat(office.services.database, clock, "worker").beat()
    work = Work(office.services, clock)
    work.configure_twilio()
    return work


def test_an_empty_house_says_so(office: Office, admin: Clerk):
    """Honest empty states: no zero per cent where there is nothing to count."""
    page = admin.get("/admin/dashboard").text

    assert "Nothing has been counted yet" in page
    assert 4 == page.count("Nothing in this period.") - 1
    assert "No provider has taken a text in this period." in page
    assert "0%" not in page


def test_the_dashboard_is_the_first_page(work: Work, admin: Clerk):
    """With the figures of logins that happened, and a table behind each chart."""
    work.person()
    step = work.at_code()
    code = work.code()
    work.deliver()
    work.report(work.newest().provider_id, ReceiptState.DELIVERED)
    work.type_code(step, code)
    work.services.monitoring.traffic.count()
    page = admin.get("/admin/").text

    assert "<h1>Dashboard</h1>" in page
    assert "No alarms." in page
    assert 'aria-label="Logins: Signed in 1"' in page
    assert "Without a price for a segment" in page
    assert "Germany" in page
    assert 4 == page.count('<details class="figures">')


@pytest.mark.parametrize(("period", "columns"), [("day", 24), ("week", 28), ("month", 30), ("nonsense", 24)])
def test_a_period_is_chosen_by_the_address(work: Work, admin: Clerk, period: str, columns: int):
    """Whatever stands there."""
    work.person()
    work.log_in()
    work.deliver()
    work.services.monitoring.traffic.count()

    assert columns == admin.get(f"/admin/dashboard?period={period}").text.count('class="hit"') / 4


def test_every_alarm_has_words_and_a_way_on(work: Work, office: Office, admin: Clerk):
    """Also for who reads German, and without a link for who may not follow it."""
    now = work.clock.now()
    hours = timedelta(hours=2)
    findings = [
        about_breaker("twilio", now, "account", "20003"),
        about_queue(Purpose.AUTHENTICATION, 3, hours),
        about_receipts("twilio", 9, 6, reported=False),
        about_demotion("twilio", {"AT": "grey"}),
        about_pause(AlarmKind.SERVICE_PAUSED, "twilio", now - hours, "anna", now),
        about_pause(AlarmKind.PURPOSE_PAUSED, "offer", now - hours, "anna", now),
        about_balance("twilio", Decimal("4.20"), "USD", Decimal(10)),
        about_certificate(AlarmKind.DIRECTORY_CERTIFICATE, "corp ldaps://dc1", now + DAY, now, 14 * DAY),
        about_certificate(AlarmKind.PUBLIC_CERTIFICATE, "login.example", now - DAY, now, 14 * DAY),
        about_failures("lox24", 10, 9),
        about_hook("0" * 32, "Roster", 3),
        about_mails(2),
    ]
    office.services.monitoring.alarms.settle(list(AlarmKind), [one for one in findings if one])
    page = admin.get("/admin/").text
    german = admin.get("/admin/", **{"Accept-Language": "de"}).text
    editor = office.clerk(Role.HELPDESK).get("/admin/").text

    assert "Its code: 20003." in page
    for words in (
        "twilio is paused",
        "4.20 USD are left",
        "ends",
        "It ended on",
        "9 of 10 attempts",
        "waited for 2 hours",
        "Roster has not taken",
        "Given up within a day: 2.",
    ):
        assert words in page
    assert "/admin/senders/services/twilio/test" in page
    assert f"/admin/endpoints/of/{'0' * 32}/webhook" in page
    assert 'href="/admin/audit?tag=mail.given-up"' in page
    assert 'title="Alarms"' in admin.get("/admin/people").text
    assert "arbeitet nicht" in german
    assert "/admin/senders" not in editor


def test_a_service_is_paused_and_resumed(work: Work, admin: Clerk):
    """By whom stands on the page and in the trail."""
    admin.post("/admin/queue/services/twilio", {"act": "pause"})
    paused = admin.get("/admin/queue").text
    admin.post("/admin/queue/services/twilio", {"act": "resume"})

    assert "by administrator" in paused
    assert "Works" in admin.get("/admin/queue").text
    assert {"service.paused", "service.resumed"} <= set(work.tags())


def test_a_purpose_is_paused_and_resumed(work: Work, office: Office):
    """By whoever acts on messages; that needs no right to edit accounts."""
    operator = office.clerk(Role.MESSAGING_OPERATOR)
    operator.post("/admin/queue/purposes/offer", {"act": "pause"})
    paused = office.services.conditions.paused_purposes()
    operator.post("/admin/queue/purposes/offer", {"act": "resume"})

    assert [Purpose.OFFER] == list(paused)
    assert not office.services.conditions.paused_purposes()
    assert 404 == operator.post("/admin/queue/purposes/nothing", {"act": "pause"}).status_code


def test_what_does_not_exist_is_not_paused(admin: Clerk):
    assert 404 == admin.post("/admin/queue/services/nobody", {"act": "pause"}).status_code


def test_a_queue_page_that_nobody_looks_at_falls_asleep(office: Office, admin: Clerk, clock: ManualClock):
    """It must not keep a session alive for ever."""
    until = int((clock.now() + timedelta(minutes=5)).timestamp())
    awake = admin.get(f"/admin/queue/now?live_until={until}", **{"HX-Request": "true"})
    clock.advance(timedelta(minutes=6))
    asleep = admin.get(f"/admin/queue/now?live_until={until}", **{"HX-Request": "true"})

    assert (200, 286) == (awake.status_code, asleep.status_code)
    assert "hx-get" in awake.text
    assert "hx-get" not in asleep.text
    assert "<html" not in awake.text


def test_the_queue_tells_of_services_that_were_named_by_others(office: Office, admin: Clerk):
    """Names are foreign words, too."""
    rule = ServiceRule(name="second")
    office.services.senders.save_service(ServiceDraft(rule, "twilio", TWILIO), author="anna")
    page = admin.get("/admin/queue").text

    assert "second" in page
    assert "No delivery process has been seen" in page


def test_the_queue_says_for_how_long_texts_have_waited(work: Work, admin: Clerk, clock: ManualClock):
    """Above all when that is long."""
    work.person()
    work.at_code()
    clock.advance(timedelta(minutes=3))

    assert "3 minutes" in admin.get("/admin/queue").text
    assert "3 Minuten" in admin.get("/admin/queue", **{"Accept-Language": "de"}).text
