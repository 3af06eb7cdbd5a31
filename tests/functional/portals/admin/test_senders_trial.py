"""Test messages, as an administrator without JavaScript sends them."""

import threading

import pytest

from authsms.foundation.db import Database
from tests.functional.portals.admin.office import open_office
from tests.functional.portals.admin.sender_forms import MAIN, SECRET, TYPED, make, provider, stored, wait_for


@pytest.fixture
def office(instance, sqlite_database_url, clock):
    """An installation that may speak to servers of this machine."""
    database = Database(sqlite_database_url)
    network = {"allowed": ["127.0.0.1"]}
    with open_office(instance, database, clock, home="http://127.0.0.1:8080", network=network) as opened:
        yield opened
    database.dispose()


def test_a_test_says_what_was_sent_answered_and_meant(office, admin):
    """With advice; a slow provider does not hold the page up."""
    message = "<script>alert('x')</script> unverified"
    seen = threading.Event()
    with provider(400, {"code": 21608, "message": message, "status": 400}, after=seen) as server:
        make(admin, **{"setting-base_url": server.url})
        answer = admin.post(f"{MAIN}/test", {"phone": "+4915112345678", "text": "Secret plan 424242"})
        first = admin.get(answer.location).text
        seen.set()
        page = wait_for(admin, answer.location)

    assert "waiting for the provider" in first
    assert "refused (21608)" in page
    assert "Tested: what is saved" in page
    assert "HTTP status 400" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    for hidden in (SECRET, "15112345678", "424242"):
        assert hidden not in page


def test_a_double_click_sends_one_test(office, admin):
    """Each costs money."""
    with provider(201, {"sid": "SM" + "0" * 32}) as server:
        make(admin, **{"setting-base_url": server.url})
        token = admin.token(f"{MAIN}/test")
        fields = {"phone": "+4915112345678", "text": "Test"}
        first, second = (admin.post(f"{MAIN}/test", fields, token=token) for _ in range(2))
        wait_for(admin, first.location)

    assert first.location == second.location
    assert 1 == len(server.requests)


def test_what_is_typed_is_tested_only_with_typed_secrets(office, admin):
    """And the page says which it was."""
    make(admin)
    with provider(201, {"sid": "SM" + "0" * 32}) as server:
        typed = TYPED | {"setting-base_url": server.url, "phone": "+4915112345678", "text": "Test"}
        refused = admin.post(f"{MAIN}/try", typed | {"setting-auth_token": ""})
        asked = len(server.requests)
        answer = admin.post(f"{MAIN}/try", typed)
        page = wait_for(admin, answer.location)

    assert (400, 0) == (refused.status_code, asked)
    assert "Tested: what was typed, not what is saved." in page
    assert "https://api.twilio.com" == stored(office).settings["base_url"]


def test_the_sixth_test_within_an_hour_is_put_off(office, admin):
    """In words."""
    with provider(201, {"sid": "SM" + "0" * 32}) as server:
        make(admin, **{"setting-base_url": server.url})
        for number in range(5):
            answer = admin.post(f"{MAIN}/test", {"phone": "+4915112345678", "text": f"Test {number}"})
            assert 303 == answer.status_code
            wait_for(admin, answer.location)  # or a fifth might be put off because four are still on their way
        answer = admin.post(f"{MAIN}/test", {"phone": "+4915112345678", "text": "Test 5"})

    assert 429 == answer.status_code
    assert "Five tests an hour" in answer.text


def test_a_test_of_another_service_is_not_found(office, admin):
    """Its id under another name leads nowhere."""
    with provider(201, {"sid": "SM" + "0" * 32}) as server:
        make(admin, **{"setting-base_url": server.url})
        make(admin, name="second")
        answer = admin.post(f"{MAIN}/test", {"phone": "+4915112345678", "text": "Test"})
        wait_for(admin, answer.location)

    assert 404 == admin.get(answer.location.replace("main", "second")).status_code
    assert 404 == admin.get(f"{MAIN}/test/1").status_code
