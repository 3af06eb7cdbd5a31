"""What is written down of a login, and what must not be."""

import pytest

from authsms.foundation.errors import TooManyRequestsError
from tests.integration.logon.house import ALICE, HERE, PASSWORD


def test_the_trail_tells_the_whole_story(house):
    """Administrators answer "what happened?" from it."""
    step = house.at_code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert [
        "logon.started",
        "logon.method-passed",
        "challenge.issued",
        "logon.suspicious",
        "logon.finished",
    ] == house.tags()
    views = house.audit.search()
    assert {step.process_id} == {view.entry.process_id for view in views}
    assert {"web"} == {view.entry.event for view in views}
    assert "corp:id-alice" == views[0].entry.person_key
    assert {"chain": "directory-sms", "methods": "LDAP_PASSWORD:1 SMS_OTP:1"} == views[0].entry.details


def test_no_secret_reaches_the_trail_or_the_tables_in_clear(house):
    """Planted: password and code; searched for in every column of every table."""
    step = house.at_code()
    code = house.code()
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    done = house.logon.answer(step.ticket, {"code": code}, HERE)

    dump = house.dump()
    for secret in (PASSWORD, step.secret, done.session_token, ALICE.phone):
        assert secret not in dump
    assert f"is: {code}" not in dump


def test_a_limit_that_was_hit_is_recorded_under_the_events_name(house):
    """Reports are grouped by it; its title is for people and may change."""
    house.catalog.save_event("vpn", "VPN at home", ["directory-sms"])
    ticket = house.begin(event="vpn").ticket
    for _ in range(10):
        house.logon.answer(ticket, {"password": "no"}, HERE)
    with pytest.raises(TooManyRequestsError):
        house.logon.answer(ticket, {"password": "no"}, HERE)

    assert {"vpn"} == {view.entry.event for view in house.audit.search()}
