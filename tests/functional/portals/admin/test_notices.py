"""The pages of notices: what was sent, how far it is, and how the rest is taken back."""

import csv
import io
from datetime import timedelta

import pytest

from authsms.administration.rights import Role
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.phone import PhoneNumber
from authsms.messaging.notices import Notice
from authsms.messaging.wording import parse_texts
from authsms.senders.submission import Purpose
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office

SECRET = "the canteen is closed"


def agree(office: Office, *logins: str) -> list[str]:
    """Let people agree to be texted, each at a number of his own; return their keys."""
    services = office.services
    keys: list[str] = []
    for place, login in enumerate(logins):
        person = office.person(login)
        owner, number = Author(login, person.key), PhoneNumber(f"+49151123456{place:02d}")
        contact = services.contacts.add(owner, ContactKind.MOBILE, number)
        with services.database.write() as session:
            stated = Stated(services.clock.now(), "I agree.", "form")
            services.contacts.take_in(session, owner, contact, number, stated)
        keys.append(person.key)
    return keys


def send(office: Office, name: str = "canteen", *logins: str, purpose: Purpose = Purpose.NOTICE) -> None:
    """Send a notice to people with live contacts."""
    keys = agree(office, *(logins or ("emma", "otto")))
    texts = parse_texts({"en": f"{{host}}: {{name}}, {SECRET}. STOP ends."})
    letter = Notice(name, purpose, texts, "example.org", timedelta(hours=2))
    notices = office.services.notices
    notices.send(Author("<b>carla</b>"), letter, notices.survey(keys).reached)


def test_an_empty_list_says_where_notices_come_from(admin: Clerk):
    """The page leads to the form."""
    assert "/admin/notice-drafts/new" in admin.get("/admin/notices").text


def test_notices_are_listed_and_shown_without_a_text_or_a_person(office: Office, admin: Clerk):
    """Counts, not people: the page is for whoever looks after the sending."""
    send(office)
    listed, shown = admin.get("/admin/notices").text, admin.get("/admin/notices/canteen").text

    assert "/admin/notices/canteen" in listed
    assert "Under way" in listed
    assert "0 of 2 texts are through." in shown
    for page in (listed, shown):
        assert "&lt;b&gt;carla" in page
        assert not [word for word in (SECRET, "emma", "+4915", "<b>carla") if word in page]


def test_a_notice_is_cancelled_once(office: Office):
    """By whoever may send; the second one is told."""
    send(office)
    operator = office.clerk(Role.MESSAGING_OPERATOR)
    operator.post("/admin/notices/canteen/cancel")
    cancelled = operator.get("/admin/notices/canteen").text
    operator.post("/admin/notices/canteen/cancel")
    again = operator.get("/admin/notices/canteen").text

    assert "Cancelled. What has not gone out is taken back." in cancelled
    assert "Over time" in cancelled
    assert "2 of 2 texts are through." in cancelled
    assert "/cancel" not in cancelled
    assert "This notice was cancelled before." in again


def test_a_notice_is_exported_without_whole_numbers(office: Office, clock: ManualClock):
    """Who, when, and what became of it; no cell is a formula, no text is in it, and it is recorded."""
    send(office, "canteen", "=cmd()", "otto")
    send(office, "garden", "emma")
    operator = office.clerk(Role.MESSAGING_OPERATOR)
    answer = operator.get("/admin/notices/canteen/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    told = [one.entry for one in office.services.audit.search() if one.entry.tag.value == "messages.exported"]
    clock.advance(OVERDUE)
    stale = operator.get("/admin/notices/canteen/export.csv")

    assert 'attachment; filename="notice-canteen.csv"' == answer.headers["Content-Disposition"]
    assert {"'=cmd()", "otto"} == {row["login"] for row in rows}
    assert {("queued", "notice")} == {(row["state"], row["purpose"]) for row in rows}
    assert not [word for word in (SECRET, "+4915") if word in answer.text]
    assert [{"notice": "canteen"}] == [dict(one.details) for one in told]
    assert "/admin/prove" in stale.location
    assert 404 == operator.get("/admin/notices/nothing/export.csv").status_code


def test_an_auditor_sees_no_button(office: Office):
    """Nor does anybody when it is over."""
    send(office)

    assert "/cancel" in office.clerk(Role.MESSAGING_OPERATOR).get("/admin/notices/canteen").text
    assert "/cancel" not in office.clerk(Role.AUDITOR).get("/admin/notices/canteen").text


def test_a_cancel_from_elsewhere_is_refused(office: Office, admin: Clerk):
    """The form carries a token of its session."""
    send(office)
    answer = admin.post("/admin/notices/canteen/cancel", token="forged")

    assert answer.status_code >= 400
    assert office.services.notice_course.find("canteen").cancelled_at is None


@pytest.mark.parametrize("name", ["nothing", "a%00b", "%3Cscript%3E", "x" * 500], ids=["none", "nul", "tag", "long"])
def test_what_was_never_sent_is_not_found(admin: Clerk, name: str):
    """Whatever the address says."""
    assert 404 == admin.get(f"/admin/notices/{name}").status_code


def test_a_page_that_nobody_looks_at_falls_asleep(office: Office, admin: Clerk, clock: ManualClock):
    """It must not keep a session alive for ever."""
    send(office)
    until = int((clock.now() + timedelta(minutes=5)).timestamp())
    address = f"/admin/notices/canteen/now?live_until={until}"
    awake = admin.get(address, **{"HX-Request": "true"})
    clock.advance(timedelta(minutes=6))
    asleep = admin.get(address, **{"HX-Request": "true"})

    assert (200, 286) == (awake.status_code, asleep.status_code)
    assert ("hx-get" in awake.text, "hx-get" in asleep.text) == (True, False)
    assert "<html" not in awake.text
