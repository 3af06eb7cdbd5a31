"""The pages of messages through the doors, JavaScript off."""

import re
from datetime import timedelta

import pytest

from authsms.administration.rights import Role
from authsms.delivery.outbox import Draft
from authsms.foundation.phone import PhoneNumber
from authsms.senders.submission import NotTaken, Purpose, RefusalScope, Refused
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office, found_in
from tests.integration.administration.people_at_work import ADMINISTRATOR, EVERYTHING, Work

PHONE = PhoneNumber("+12025550142")
MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def work(office: Office, clock) -> Work:
    """The people of the office, and a provider that answers as it is told."""
    return Work(office.services, clock)


def enqueue(office: Office, **changes) -> str:
    services = office.services
    values = {
        "id": services.vault.new_id(),
        "purpose": Purpose.NOTICE,
        "recipient": PHONE,
        "text": "secret words",
        "expires_at": services.clock.now() + timedelta(minutes=2),
        **changes,
    }
    with services.database.write() as session:
        services.outbox.enqueue(session, Draft(**values))
    return str(values["id"])


def test_the_log_leads_to_a_message_and_its_person(work: Work, admin: Clerk):
    person = work.person("alice", phones=(PHONE,))
    work.at_code()
    code = work.code()
    work.deliver()
    listed = admin.get("/admin/messages").text
    message_id = work.newest().id
    page = admin.get(f"/admin/messages/{message_id}").text

    assert f"/admin/messages/{message_id}" in listed
    assert f"/admin/people/{person.key}" in listed
    assert f"/admin/people/{person.key}" in page
    assert "Taken by the provider" in page
    assert "twilio-1" in page
    for shown in (listed, page):
        assert code not in shown
        assert "2025550142" not in shown


def test_the_plugins_advice_is_read_out(work: Work, admin: Clerk):
    work.configure_twilio()
    work.person("alice", phones=(PHONE,))
    work.at_code()
    work.deliver(lambda _submission: Refused(RefusalScope.MESSAGE, "21610", "Attempt to send", opted_out=True))
    page = admin.get(f"/admin/messages/{work.newest().id}").text

    assert "21610" in page
    assert "Texting START to the sender lifts the block." in page


def test_what_a_provider_says_is_shown_literally(work: Work, office: Office, admin: Clerk):
    """ATK-28: provider texts and names are foreign."""
    work.person("mallory", display_name=MARKUP, phones=(PHONE,))
    work.at_code("mallory")
    work.deliver(lambda _submission: NotTaken("busy", MARKUP))
    enqueue(office, login=MARKUP)
    pages = [admin.get(f"/admin/messages/{one.id}").text for one in _all(work)] + [admin.get("/admin/messages").text]

    assert not any(MARKUP in page for page in pages)
    assert any("&lt;script&gt;" in page for page in pages)


def _all(work: Work):
    return work.services.message_desk.portion(ADMINISTRATOR, EVERYTHING).items


@pytest.mark.parametrize(
    "query",
    ["state=nonsense", "since=yesterday", "purpose=x", "number=zz", "after=x_y", "state=open&until=9"],
)
def test_an_odd_address_is_answered(admin: Clerk, query):
    assert admin.get(f"/admin/messages?{query}").status_code == 200


def test_a_zero_character_is_no_address(admin: Clerk):
    assert admin.get("/admin/messages?person=%00").status_code == 404


def test_a_moment_that_makes_no_sense_is_told_beside_its_field(admin: Clerk):
    assert "Write date and time" in admin.get("/admin/messages?since=yesterday").text


def test_a_filter_stays_while_one_reads_on(office: Office, admin: Clerk):
    for _ in range(51):
        enqueue(office, login="alice")
    enqueue(office, login="bob")
    first = admin.get("/admin/messages?person=alice").text
    older = found_in(r'rel="next" href="([^"]+)"', first)
    second = admin.get(older.replace("&amp;", "&")).text

    assert "person=alice" in older
    assert first.count('scope="row"') == 50
    assert second.count('scope="row"') == 1


def test_a_phone_number_is_looked_up_without_coming_into_an_address(office: Office, admin: Clerk):
    own = enqueue(office)
    other = enqueue(office, recipient=PhoneNumber("+12025550143"))
    answer = admin.post("/admin/messages/number", {"phone": "+1 202 555 0142", "state": "open"})
    page = admin.get(answer.location).text

    assert "5550142" not in answer.location
    assert "state=open" in answer.location
    assert own in page
    assert other not in page


def test_what_is_no_number_is_said(admin: Clerk):
    answer = admin.post("/admin/messages/number", {"phone": "ring twice"})

    assert "That is no phone number." in admin.get(answer.location).text


def test_the_live_tail_answers_with_news_only(office: Office, admin: Clerk):
    enqueue(office)
    address = _live_address(admin.get("/admin/messages").text)
    before = admin.get(address)
    newest = enqueue(office)
    after = admin.get(address)

    assert (before.status_code, before.text) == (204, "")
    assert after.status_code == 200
    assert newest in after.text
    assert "<html" not in after.text


def test_the_live_tail_stops_by_itself(office: Office, admin: Clerk, clock):
    """A page that nobody looks at shall not keep its session alive."""
    enqueue(office)
    address = _live_address(admin.get("/admin/messages").text)
    clock.advance(timedelta(minutes=11))
    answer = admin.get(address)

    assert answer.status_code == 286
    assert "hx-get" not in answer.text


def test_nobody_can_ask_for_a_longer_tail(office: Office, admin: Clerk, clock):
    late = int((clock.now() + timedelta(hours=9)).timestamp())

    assert admin.get(f"/admin/messages/rows?live_until={late}").status_code == 286
    assert admin.get("/admin/messages/rows?live_until=" + "9" * 30).status_code == 286


def test_the_tail_can_be_paused(admin: Clerk):
    assert "hx-get" in admin.get("/admin/messages").text
    assert "hx-get" not in admin.get("/admin/messages?live=0").text


def _live_address(page: str) -> str:
    found = re.search(r'hx-get="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_cancelling_is_told_and_done_once(office: Office, admin: Clerk):
    message_id = enqueue(office)
    token = admin.token(f"/admin/messages/{message_id}")
    answers = [admin.post(f"/admin/messages/{message_id}/cancel", token=token) for _ in range(2)]

    assert {answer.location for answer in answers} == {f"/admin/messages/{message_id}"}
    assert "Cancelled. It will not be sent." in admin.get(f"/admin/messages/{message_id}").text
    again = admin.post(f"/admin/messages/{message_id}/cancel")
    assert "Too late: it has ended already." in admin.get(again.location).text


def test_sending_again_leads_to_the_new_message(work: Work, admin: Clerk, clock):
    work.person("alice", phones=(PHONE,))
    work.at_code()
    work.deliver(lambda _submission: Refused(RefusalScope.MESSAGE, "30003", "off"))
    failed = work.newest().id
    early = admin.post(f"/admin/messages/{failed}/again")
    assert "Too early" in admin.get(early.location).text
    clock.advance(timedelta(seconds=31))
    answer = admin.post(f"/admin/messages/{failed}/again", token=admin.token())

    assert answer.location == f"/admin/messages/{work.newest().id}"
    assert work.newest().id != failed
    assert "A new code is on its way." in admin.get(answer.location).text


def test_why_it_cannot_be_sent_again_is_said(office: Office, work: Work, admin: Clerk):
    message_id = enqueue(office)
    work.deliver(lambda _submission: Refused(RefusalScope.MESSAGE, "30003", "off"))
    page = admin.get(f"/admin/messages/{message_id}").text

    assert "nobody can write it again" in page
    assert "/again" not in page


def test_the_table_is_a_download_and_asks_for_a_fresh_proof(office: Office, admin: Clerk, clock):
    message_id = enqueue(office, login="=1+1")
    answer = admin.get("/admin/messages/export.csv")

    assert answer.mimetype == "text/csv"
    assert re.fullmatch(r'attachment; filename="messages-[\d-]+\.csv"', answer.headers["Content-Disposition"])
    assert f"{message_id}," in answer.text
    assert "'=1+1" in answer.text
    clock.advance(OVERDUE)
    assert admin.get("/admin/messages/export.csv").location == "/admin/prove"


def test_a_role_that_only_looks_sees_no_buttons(office: Office):
    message_id = enqueue(office)
    page = office.clerk(Role.HELPDESK).get(f"/admin/messages/{message_id}").text

    assert "/cancel" not in page
    assert "/again" not in page


def test_a_role_that_may_not_see_people_is_led_to_none(office: Office):
    message_id = enqueue(office, login="alice", person_key="LOCAL:1")
    operator = office.clerk(Role.MESSAGING_OPERATOR)

    for address in ("/admin/messages", f"/admin/messages/{message_id}"):
        assert "/admin/people" not in operator.get(address).text


def test_an_unknown_message_is_not_found(admin: Clerk):
    assert admin.get(f"/admin/messages/{'0' * 32}").status_code == 404
