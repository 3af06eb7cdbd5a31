"""Routes, senders and shares in the portal, as an administrator without JavaScript uses them."""

import re

import pytest

from authsms.administration.rights import Role
from authsms.foundation.db import Database
from tests.functional.portals.admin.office import Clerk, open_office
from tests.functional.portals.admin.sender_forms import MAIN, make, stored, version_in

ROUTED = {
    "prefixes": "+4930, +43",
    "groups": "Field staff\r\n\r\nBoard",
    "labels": "Acme globex",
    "weight": "75",
    "senders": "de = +491715550100, +491715550101\r\n* = Example",
}


@pytest.fixture
def office(instance, sqlite_database_url, clock):
    """An installation with nothing in it."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home="http://127.0.0.1:8080") as opened:
        yield opened
    database.dispose()


def _said(page: str) -> str:
    """Return what the answer to "who would carry this" says, in words."""
    [answer] = re.findall(r'<div class="mt-3" role="status">(.*?)</section>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer)).strip()


def _ask(clerk: Clerk, **fields: str) -> str:
    return clerk.post("/admin/senders/routes", {"phone": "+49 30 12345678"} | fields).text


def test_routes_and_senders_are_saved_as_they_were_typed(office, admin):
    """And stand in the form, the list and the history."""
    make(admin, **ROUTED)
    rule, form, listed = stored(office).rule, admin.get(MAIN).text, admin.get("/admin/senders").text

    assert {"+4930", "+43", "Field staff", "Board", "acme", "globex"} == rule.prefixes | rule.groups | rule.labels
    assert {"DE": ("+491715550100", "+491715550101"), "*": ("Example",)} == rule.senders
    assert "DE = +491715550100, +491715550101\n* = Example</textarea>" in form
    assert "only for Board, Field staff" in listed
    assert "only to +43…, +4930…" in listed
    assert "senders" in admin.get("/admin/senders/history").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("prefixes", "4930", "Write prefixes with +"),
        ("weight", "many", "from 1 to 100"),
        ("senders", "Germany: 1", "one country a line"),
        ("senders", "DE = no/sender", "no/sender: "),
        ("beside", "nobody", "no such service"),
    ],
)
def test_what_cannot_be_is_said_and_stands_in_the_form_again(office, admin, field, value, words):
    """Also what only the provider can judge; the part of the form is open."""
    make(admin)
    make(admin, name="other")
    answer = admin.post(MAIN, _typed(admin) | {field: value})

    assert 400 == answer.status_code
    assert words in answer.text
    assert '<details class="mb-3" open>' in answer.text


def _typed(admin) -> dict[str, str]:
    return {
        "version": version_in(admin.get(MAIN).text),
        "setting-account_sid": "AC" + "0" * 32,
        "setting-sender_phone": "+14155550100",
    }


def test_a_place_is_shared_and_left_again(office, admin):
    """Weights count there; the arrows part the two as well."""
    make(admin)
    make(admin, name="second")
    make(admin, name="third")
    admin.post(MAIN, _typed(admin) | {"beside": "third", "weight": "75"})
    shared = [(stored(office, name).rule.position, stored(office, name).rule.weight) for name in ("main", "third")]
    ask = _said(_ask(admin))
    admin.post(MAIN, _typed(admin) | {"beside": ""})
    apart = stored(office).rule.position
    admin.post(MAIN, _typed(admin) | {"beside": "second"})
    version = str(office.services.senders.policy().version)
    admin.post("/admin/senders/services/second/move", {"version": version, "to": "up"})
    order = [(one.rule.name, one.rule.position) for one in office.services.senders.services()]

    assert [(2, 75), (2, 1)] == shared
    assert re.search(r"main \(Twilio\), from \+14155550100 . asked first for 99 % of the texts third \(Twilio\)", ask)
    assert apart > 2
    assert [("second", 0), ("main", 1), ("third", 2)] == order


def test_the_way_of_a_text_is_told_in_words(office, admin):
    """Whom it would come from, and why others are passed over; nothing is sent or stored."""
    make(admin, **ROUTED)
    make(admin, name="offers", purposes="offer")
    make(admin, name="world")
    version = office.services.senders.policy().version
    member = _said(_ask(admin, group="field STAFF", label="acme"))
    stranger = _said(_ask(admin, purpose="offer"))

    assert re.match(r"To DE, in this order: main \(Twilio\), from \+49171555010[01] world \(Twilio\), from \+1", member)
    assert "Passed over: offers : it is meant for other purposes" in member
    assert stranger.startswith("To DE, in this order: offers (Twilio), from +14155550100 world")
    assert "main : it is meant for other groups; it is meant for events with another label" in stranger
    assert version == office.services.senders.policy().version


def test_a_question_about_no_number_is_answered_with_what_is_wrong(office, admin):
    """Beside the field."""
    make(admin)
    answer = admin.post("/admin/senders/routes", {"phone": "<b>no number", "purpose": "nonsense"})

    assert 400 == answer.status_code
    assert "not a phone number" in answer.text
    assert "<b>no" not in answer.text


def test_an_auditor_may_ask_but_not_change(office):
    """Reading is enough to explain a missing code."""
    make(office.clerk(Role.ADMINISTRATOR))

    assert "To DE, in this order: main" in _said(_ask(office.clerk(Role.AUDITOR)))


def test_codes_and_offers_from_one_number_are_warned_of(office, admin):
    """A STOP to an offer would cost codes; a name cannot be answered."""
    make(admin)
    shared = admin.get("/admin/senders").text
    admin.post(MAIN, _typed(admin) | {"senders": "* = Example"})

    assert "Codes come from the same sender" in shared
    assert "<li>+14155550100: main</li>" in shared
    assert "Codes come from the same sender" not in admin.get("/admin/senders").text


def test_an_event_gets_a_label(office, admin):
    """One that cannot be is refused; saving without a change keeps it."""
    page = admin.get("/admin/events/of/web").text
    fields = {"seen": re.findall(r'name="seen" value="(\w+)"', page)[0], "title": "Web", "chosen": "directory-sms"}
    fields |= {"order": "directory-sms"}
    wrong = admin.post("/admin/events/of/web", fields | {"label": "Acme Inc"})
    right = admin.post("/admin/events/of/web", fields | {"label": "Acme"})

    assert (400, 303) == (wrong.status_code, right.status_code)
    assert "A label is up to 40" in wrong.text
    assert "acme" == office.services.catalog.event("web").label
    assert 'value="acme"' in admin.get("/admin/events/of/web").text
