"""The sender policy, ready to send."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from authsms_generic_http import GenericHttpService

from authsms.audit import AuditTrail
from authsms.foundation.errors import DatabaseUnavailableError, InvalidInputError, NotFoundError
from authsms.senders import service as service_module
from authsms.senders.policy import Policy, ServiceRule
from authsms.senders.submission import Purpose
from authsms.senders.text import TemplateError
from tests.integration.senders.drafts import (
    CODE,
    PHONE,
    SECRET,
    gateway,
    make_senders,
    twilio,
)
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer


class TestUse:
    """What others ask of it."""

    def test_a_service_without_its_plugin_says_so_and_is_passed_over(self, senders, database, vault, clock):
        """The others still send."""
        senders.save_service(twilio(), author="anna")
        senders.save_service(gateway(), author="anna")
        poorer = make_senders(database, vault, clock, kinds=(GenericHttpService,))

        assert ["gateway"] == [one.name for one in poorer.choose(CODE)]
        assert "plugin" in poorer.services()[0].problem
        with pytest.raises(NotFoundError):
            poorer.service("main")

    def test_a_callback_address_is_unguessable_and_its_own(self, senders):
        """At least 128 bits; it changes neither with time nor with settings."""
        senders.save_service(twilio("a"), author="anna")
        senders.save_service(twilio("b"), author="anna")
        urls = {name: senders.callback_url(name) or "" for name in ("a", "b")}
        token = urls["a"].rpartition("/")[2]
        senders.save_service(twilio("a", sender_phone="12345"), author="anna")

        assert urls["a"] == f"https://login.example/webhooks/a/{token}" == senders.callback_url("a")
        assert len(token) >= 32
        assert "a" == senders.by_callback("a", token).name
        for name, guess in (("b", token), ("a", ""), ("a", "ä"), ("a", token[:-1]), ("c", token)):
            with pytest.raises(NotFoundError):
                senders.by_callback(name, guess)

    def test_a_service_without_webhooks_has_no_callback_address(self, senders):
        """Nothing could be verified there."""
        senders.save_service(gateway(), author="anna")

        assert senders.callback_url("gateway") is None
        for guess in ("", "none", "None"):
            with pytest.raises(NotFoundError):
                senders.by_callback("gateway", guess)

    def test_the_sender_of_a_service_is_told_where_there_is_but_one(self, senders):
        """People who opted out need the number that their texts come from, and no other."""
        pool = ServiceRule("pool", 1, senders={"DE": ("+4915550100",)})
        senders.save_service(twilio(), author="anna")
        senders.save_service(replace(twilio("pool"), rule=pool), author="anna")
        senders.save_service(gateway(), author="anna")
        told = [senders.sender_of(name) for name in ("main", "pool", "gateway", "nobody", "")]

        assert ["+14155550100", "", "", "", ""] == told

    def test_templates_come_in_the_persons_language(self, senders):
        """Own ones before built-in ones."""
        senders.save_policy(Policy(templates={"de": "Ihr Code: {otp}"}), author="anna")

        assert "Ihr Code: {otp}" == senders.templates(Purpose.AUTHENTICATION)("de-DE").source
        assert "otp" in senders.templates(Purpose.VERIFICATION)("en").names
        with pytest.raises(NotFoundError):
            senders.templates(Purpose.OFFER)

    def test_a_template_that_cannot_be_used_is_not_saved(self, senders):
        """The position of the error comes with it."""
        with pytest.raises(TemplateError):
            senders.save_policy(Policy(templates={"en": "Hello {name}"}), author="anna")
        with pytest.raises(InvalidInputError):
            senders.save_policy(Policy(wording="nonsense"), author="anna")

    def test_numbers_are_shown_masked_unless_the_policy_says_otherwise(self, senders):
        """The mask is on by default."""
        assert "•••••••78" == senders.shown(PHONE)

        senders.save_policy(Policy(masks_recipients=False), author="anna")

        assert PHONE == senders.shown(PHONE)

    def test_a_test_goes_through_what_is_saved_and_is_audited(self, senders, database, vault, clock):
        """Nothing of it shows secret or number."""
        with HostileServer(hostile.answer(401, b'{"code": 20003, "message": "Authenticate"}')) as server:
            senders.save_service(twilio(base_url=server.url), author="anna")
            clock.advance(timedelta(seconds=1))
            trial = senders.try_out("main", PHONE, "Hello", author="anna")

        newest = AuditTrail(database, vault, clock).search()[0].entry
        assert "20003" == getattr(trial.outcome, "code", "")
        assert "console" in trial.advice
        assert SECRET not in repr(trial) + repr(newest)
        assert PHONE not in repr(trial) + repr(newest)
        assert ("sender.tested", "anna", "main") == (newest.tag, newest.login, newest.details["service"])

    def test_another_process_sees_a_change_shortly_after(self, senders, database, vault, clock, monkeypatch):
        """Without a restart; an unchanged service is not built anew."""
        monkeypatch.setattr(service_module, "_LOOK_AGAIN_SECONDS", 0.05)
        other = make_senders(database, vault, clock)
        senders.save_service(twilio(), author="anna")
        assert ["main"] == [one.name for one in other.choose(CODE)]
        before = other.service("main").service

        senders.save_service(twilio("second", position=1), author="anna")
        time.sleep(0.1)

        assert ["main", "second"] == [one.name for one in other.choose(CODE)]
        assert before is other.service("main").service

    def test_a_text_finds_what_was_looked_up_beforehand(self, senders, database, vault, clock, monkeypatch):
        """Within the second in which nobody else would look."""
        monkeypatch.setattr(service_module, "_LOOK_AGAIN_SECONDS", 60)
        other = make_senders(database, vault, clock)
        other.refresh()
        senders.save_service(twilio(), author="anna")
        before = other.choose(CODE)
        other.refresh()

        assert ([], ["main"]) == (before, [one.name for one in other.choose(CODE)])

    def test_the_policy_stays_good_while_the_database_is_away(self, senders, monkeypatch):
        """A message that is being sent needs no database to know through whom."""
        senders.save_service(twilio(), author="anna")
        senders.choose(CODE)
        monkeypatch.setattr(service_module, "_LOOK_AGAIN_SECONDS", 0.0)

        def away():
            raise DatabaseUnavailableError

        monkeypatch.setattr(senders._database, "read", away)

        assert 1 == len(senders.choose(CODE))
