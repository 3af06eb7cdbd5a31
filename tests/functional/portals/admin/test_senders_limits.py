"""Limits and spending, as an administrator without JavaScript sets them."""

import pytest

from authsms.administration.rights import Role
from authsms.audit.vocabulary import Author
from authsms.delivery.caps import Cap, CapScope, Period
from authsms.foundation.db import Database
from authsms.senders.submission import Purpose
from tests.functional.portals.admin.office import open_office
from tests.functional.portals.admin.sender_forms import make

LIMITS = "/admin/senders/limits"
CAP = {
    "target": "all",
    "period": "day",
    "most_texts": "500",
    "most_cost": "",
    "reserve_percent": "20",
    "alarm_percent": "80",
    "is_brake": "on",
}


@pytest.fixture
def office(instance, sqlite_database_url, clock):
    """An installation with an administrator."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home="http://127.0.0.1:8080") as opened:
        yield opened
    database.dispose()


def test_a_cap_is_set_changed_and_removed(office, admin):
    """The list says what it has seen, and what to do while there is none."""
    before = admin.get(LIMITS).text
    made = admin.post(LIMITS, CAP)
    [standing] = office.services.gate.spending.standings()
    page = admin.get(f"{LIMITS}?cap={standing.cap.id}").text
    admin.post(LIMITS, {**CAP, "id": standing.cap.id, "target": "country", "country": "de", "most_cost": "12,50"})
    [changed] = office.services.gate.spending.standings()
    removed = admin.post(f"{LIMITS}/{standing.cap.id}/remove")

    assert "There is no cap" in before
    assert (303, 303) == (made.status_code, removed.status_code)
    assert "0 of 500 texts" in page
    assert 'value="500"' in page
    assert (CapScope.COUNTRY, "DE", Period.DAY, 500, 125_000) == (
        changed.cap.scope,
        changed.cap.name,
        changed.cap.period,
        changed.cap.most_texts,
        changed.cap.most_cost,
    )
    assert [] == office.services.gate.spending.standings()


@pytest.mark.parametrize(
    "change",
    [
        {"most_texts": ""},
        {"most_texts": "-1"},
        {"most_texts": "lots"},
        {"most_cost": "1e99"},
        {"target": "country", "country": "Germany"},
        {"target": "service:stranger"},
        {"target": "purpose:nothing"},
        {"reserve_percent": "100"},
        {"alarm_percent": "0"},
    ],
)
def test_what_makes_no_sense_is_shown_again(office, admin, change):
    """Nothing is saved, and what was typed is still there."""
    answer = admin.post(LIMITS, {**CAP, **change})

    assert 400 == answer.status_code
    assert "Nothing was saved" in answer.text
    assert [] == office.services.gate.spending.standings()


def test_a_service_is_given_a_rate_and_set_free_again(office, admin):
    """An empty field is no limit."""
    make(admin)
    form = f"{LIMITS.removesuffix('/limits')}/services/main/rate"
    admin.post(form, {"per_second": "2,5", "burst": "4"})
    rate = office.services.gate.rates.all()["main"]
    wrong = admin.post(form, {"per_second": "0", "burst": "4"})
    page = admin.get(LIMITS).text
    admin.post(form, {"per_second": "", "burst": ""})

    assert (2.5, 4) == (rate.per_second, rate.burst)
    assert 400 == wrong.status_code
    assert 'value="2.5"' in page
    assert {} == office.services.gate.rates.all()


def test_who_may_only_see_changes_nothing(office):
    """The page has no buttons for him."""
    auditor = office.clerk(Role.AUDITOR)
    page = auditor.get(LIMITS)

    assert 200 == page.status_code
    assert "A new cap" not in page.text
    assert 403 == auditor.post(LIMITS, CAP).status_code


def test_a_cap_that_is_nearly_used_up_raises_an_alarm(office, admin):
    """Before texts are held back, and more urgently when they are; it goes away with the cap."""
    spending, monitoring = office.services.gate.spending, office.services.monitoring
    cap = spending.save(Cap("", CapScope.PURPOSE, "authentication", Period.DAY, most_texts=10), Author("anna"))
    bill = spending.bill(Purpose.AUTHENTICATION, "DE", "x", is_proven=False)
    pages = []
    for count in (7, 1, 2):
        with office.services.database.write() as session:
            for _ in range(count):
                spending.take(session, bill)
        monitoring.lookout.look()
        pages.append(admin.get("/admin/dashboard").text)
    listed = admin.get(LIMITS).text
    spending.remove(cap.id, Author("anna"))
    monitoring.lookout.look()

    assert "cap is" not in pages[0]
    assert "A cap is nearly used up: Purpose: " in pages[1]
    assert "A cap is used up: Purpose: " in pages[2]
    assert "10 of 10 texts" in listed
    assert "cap is" not in admin.get("/admin/dashboard").text
