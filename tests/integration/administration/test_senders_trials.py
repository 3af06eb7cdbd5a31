"""Test messages against a provider that answers as told, on both databases."""

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from authsms.administration.senders_trials import SenderTests
from authsms.audit import AuditTrail
from authsms.delivery.receipts import ReceiptService
from authsms.foundation.errors import (
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
)
from authsms.senders.webhook import Receipt, ReceiptState
from tests.integration.administration.senders_at_work import ADMIN
from tests.integration.senders.drafts import PHONE, SECRET, secret_of, twilio
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer

SID = "SM" + "0" * 32


def finished(desk, name, test_id, patience=60.0):
    """Return a test once the provider has answered."""
    until = time.monotonic() + patience
    while (test := desk.tests.find(ADMIN, name, test_id)).is_running:
        assert time.monotonic() < until
        time.sleep(0.02)
    return test


def save_at(senders, server):
    """Save a service that speaks to *server*."""
    senders.save_service(twilio(base_url=server.url), author="anna")


class TestTrying:
    """A message to see whether it works."""

    def test_a_test_shows_all_but_secrets_number_and_text(self, desk, senders):
        """What was sent, the status, the provider's own answer, what it means and what to do."""
        body = json.dumps({"code": 21608, "message": f"<script>x</script> {PHONE}", "status": 400}).encode()
        with HostileServer(hostile.answer(400, body)) as server:
            save_at(senders, server)
            test = finished(desk, "main", desk.tests.start(ADMIN, "main", PHONE, "The secret plan 424242"))

        assert (400, "21608", "Refused", False) == (test.status, test.code, test.outcome, test.is_typed)
        assert test.advice
        assert "<script>" in test.answer
        assert "Body=" in test.request
        for hidden in (SECRET, PHONE, "secret plan", "424242"):
            assert hidden not in repr(test)

    def test_receipts_of_a_test_are_shown(self, desk, senders, database, vault, clock):
        """Though they belong to no message."""
        with HostileServer(hostile.answer(201, json.dumps({"sid": SID}).encode())) as server:
            save_at(senders, server)
            test_id = desk.tests.start(ADMIN, "main", PHONE, "Test")
            finished(desk, "main", test_id)
        receipts = ReceiptService(database, vault, clock, AuditTrail(database, vault, clock))
        receipts.apply("main", [Receipt(provider_id=SID, state=ReceiptState.DELIVERED, word="delivered")])
        receipts.apply("other", [Receipt(provider_id=SID, state=ReceiptState.FAILED, word="undelivered")])

        shown = desk.tests.find(ADMIN, "main", test_id)
        assert shown.is_accepted
        assert ["delivered"] == [one.state for one in shown.receipts]

    def test_a_slow_provider_holds_nobody_up(self, desk, senders):
        """The page is told at once, and the result comes later."""
        seen = threading.Event()

        def slowly(connection):
            seen.wait(60)
            hostile.answer(201, json.dumps({"sid": SID}).encode())(connection)

        with HostileServer(slowly) as server:
            save_at(senders, server)
            test_id = desk.tests.start(ADMIN, "main", PHONE, "Test")
            was_running = desk.tests.find(ADMIN, "main", test_id).is_running
            seen.set()
            test = finished(desk, "main", test_id)

        assert was_running
        assert test.is_accepted

    def test_typed_settings_are_tested_without_any_stored_secret(self, desk, senders):
        """Else somebody could send a stored secret to a server of his own."""
        with HostileServer(hostile.answer(201, json.dumps({"sid": SID}).encode())) as thief:
            senders.save_service(twilio(), author="anna")
            with pytest.raises(InvalidInputError):
                desk.tests.start(ADMIN, "main", PHONE, "Test", typed=twilio(base_url=thief.url, auth_token=""))
            typed = twilio(base_url=thief.url, auth_token="typed-t0ken")
            test = finished(desk, "main", desk.tests.start(ADMIN, "main", PHONE, "Test", typed=typed))

        assert test.is_typed
        assert 1 == len(thief.requests)
        assert SECRET == secret_of(senders)

    def test_five_tests_an_hour(self, desk, senders):
        """A test costs money and reaches anybody's phone."""
        with HostileServer(hostile.answer(201, json.dumps({"sid": SID}).encode())) as server:
            save_at(senders, server)
            for _ in range(5):
                finished(desk, "main", desk.tests.start(ADMIN, "main", PHONE, "Test"))
            with pytest.raises(TooManyRequestsError):
                desk.tests.start(ADMIN, "main", PHONE, "Test")
            other = replace(ADMIN, person_key="LOCAL:2")
            finished(desk, "main", desk.tests.start(other, "main", PHONE, "Test"))

        assert 6 == len(server.requests)

    def test_whoever_sees_a_result_may_test_again(self, desk, senders, monkeypatch):
        """Only those who wait for a provider keep others waiting, not a thread that is about to end."""
        finish, ending = SenderTests._finish, threading.Event()

        def linger(tests, test_id, trial):
            finish(tests, test_id, trial)
            assert ending.wait(60)

        monkeypatch.setattr(SenderTests, "_finish", linger)
        with HostileServer(hostile.answer(201, json.dumps({"sid": SID}).encode())) as server:
            save_at(senders, server)
            try:
                tests = [finished(desk, "main", desk.tests.start(ADMIN, "main", PHONE, "Test")) for _ in range(5)]
            finally:
                ending.set()

        assert [True] * 5 == [test.is_accepted for test in tests]

    @pytest.mark.parametrize(("phone", "text"), [("12", "Test"), (PHONE, " "), (PHONE, "x" * 701)])
    def test_what_cannot_be_sent_costs_no_test(self, desk, senders, phone, text):
        """A slip of the pen is no use of the provider."""
        senders.save_service(twilio(), author="anna")
        for _ in range(6):
            with pytest.raises(InvalidInputError):
                desk.tests.start(ADMIN, "main", phone, text)

    def test_a_test_is_found_under_its_own_service_only(self, desk, senders):
        """An id guessed or copied leads nowhere."""
        with HostileServer(hostile.answer(201, json.dumps({"sid": SID}).encode())) as server:
            save_at(senders, server)
            test_id = desk.tests.start(ADMIN, "main", PHONE, "Test")
            finished(desk, "main", test_id)
        for name, wanted in (("other", test_id), ("main", "nothing")):
            with pytest.raises(NotFoundError):
                desk.tests.find(ADMIN, name, wanted)

    def test_old_tests_go(self, desk, senders, clock):
        """After a month nobody asks."""
        with HostileServer(hostile.answer(201, json.dumps({"sid": SID}).encode())) as server:
            save_at(senders, server)
            finished(desk, "main", desk.tests.start(ADMIN, "main", PHONE, "Test"))
        kept = desk.tests.purge()
        clock.advance(timedelta(days=31))

        assert (0, 1) == (kept, desk.tests.purge())
        assert desk.tests.last(ADMIN, "main") is None
