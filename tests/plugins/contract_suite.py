"""What every provider must stand: one suite, run by each plugin's test module.

A test module derives `SenderServiceContract`, says how to configure its provider against an address and what success
looks like, and gets all of these tests. A provider with webhooks derives `WebhookContract` of `webhook_suite`, too.
"""

import logging
import socket
import ssl
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from authsms.foundation.phone import PhoneNumber
from authsms.plugin_api import (
    Accepted,
    HttpGuard,
    NotTaken,
    Outcome,
    PerhapsTaken,
    Refused,
    SenderService,
    SettingKind,
    Submission,
)
from tests.parts.certificates import Authority
from tests.plugins import hostile
from tests.plugins.hostile import ENDLESS, PATIENT, Behaviour, HostileServer

PHONE = PhoneNumber("+4915112345678")
CODE = "739201"
SENDER = "+14155550199"
TEXT = f"{CODE} is your code. \"Quoted\" \\ & to=+1 </text> {{otp}} 'x' ä € 😀"
SUBMISSION = Submission("0" * 31 + "7", PHONE, TEXT, timedelta(seconds=120), "https://login.example/webhooks/x/t0ken")
SECRETS = ("s3cret/one+", "s3cret:two&")


def _timed(service: SenderService) -> tuple[Outcome, float]:
    started = time.monotonic()
    return service.submit(SUBMISSION), time.monotonic() - started


class SenderServiceContract:
    """Derive it and fill in the abstract parts.

    Attributes:
        kind: The provider.
        success: An answer that means "accepted".
        lies: Answers with a good status that are no success.
    """

    kind: ClassVar[type[SenderService]]
    success: ClassVar[Behaviour]
    lies: ClassVar[Sequence[Behaviour]]

    @abstractmethod
    def settings(self, url: str) -> Mapping[str, object]:
        """Return settings for a provider at *url*; its secrets are those of `SECRETS`."""

    @abstractmethod
    def read_request(self, request: bytes) -> tuple[str, str]:
        """Return recipient and text as the provider would read them from a raw request."""

    @abstractmethod
    def read_sender(self, request: bytes) -> str:
        """Return who the text is from as the provider would read it; a number with its plus sign."""

    def service(self, url: str, guard: HttpGuard | None = None) -> SenderService:
        """Return the provider, configured."""
        return self.kind.configure(self.settings(url), guard or HttpGuard(["127.0.0.1"], deadlines=PATIENT))

    def submit(self, behave: Behaviour, guard: HttpGuard | None = None) -> Outcome:
        """Return what becomes of a submission to a provider that behaves so."""
        with HostileServer(behave) as server:
            return self.service(server.url, guard).submit(SUBMISSION)

    def test_success_is_accepted(self):
        """The provider's own success counts, and gives an id to match receipts with."""
        outcome = self.submit(type(self).success)

        assert isinstance(outcome, Accepted)
        assert outcome.provider_id

    def test_recipient_and_text_arrive_as_they_are(self):
        """No character of a text may become a field, a parameter, or get lost."""
        with HostileServer(type(self).success) as server:
            self.service(server.url).submit(SUBMISSION)

        assert (PHONE, TEXT) == self.read_request(server.requests[0])

    def test_the_sender_the_policy_chose_is_what_the_provider_gets(self):
        """A country may demand a number of its own; the service's setting is for all others."""
        self.kind.check_sender(self.service("https://provider.example").values, SENDER)
        with HostileServer(type(self).success) as server:
            self.service(server.url).submit(replace(SUBMISSION, sender=SENDER))
            self.service(server.url).submit(SUBMISSION)

        chosen, usual = map(self.read_sender, server.requests)
        assert SENDER == chosen
        assert SENDER != usual

    def test_a_text_no_encoding_can_carry_is_sent_all_the_same(self):
        """A lone surrogate from a directory must not break sending."""
        with HostileServer(type(self).success) as server:
            broken = Submission("m" * 32, PHONE, f"{CODE} \ud800")
            outcome = self.service(server.url).submit(broken)

        assert isinstance(outcome, Accepted)

    def test_one_submission_is_one_request(self):
        """Sending is not idempotent at any provider; repeats are decided elsewhere."""
        with HostileServer(hostile.answer(500)) as server:
            self.service(server.url).submit(SUBMISSION)

        assert 1 == len(server.requests)

    def test_a_refused_connection_is_not_taken(self):
        """Nothing was sent; the next service may be tried at once."""
        with HostileServer(hostile.silence) as server:
            url = server.url
        outcome = self.service(url).submit(SUBMISSION)

        assert isinstance(outcome, NotTaken)
        assert "connect" == outcome.code

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_busy_provider_has_not_taken_it(self, status):
        """Trying again is safe."""
        assert isinstance(self.submit(hostile.answer(status, b"{}")), NotTaken)

    def test_the_wait_a_busy_provider_asks_for_is_kept(self):
        """A provider that is asked too soon asks for longer."""
        outcome = self.submit(hostile.answer(429, b"", "Retry-After: 7"))

        assert isinstance(outcome, NotTaken)
        assert timedelta(seconds=7) == outcome.retry_after

    @pytest.mark.parametrize("header", ["1000000000000000000000", "-5", "soon", "²", "Fri, 99 Foo 2030 00:00:00 GMT"])
    def test_an_absurd_wait_is_bounded(self, header):
        """A provider cannot silence us for ever."""
        outcome = self.submit(hostile.answer(429, b"", f"Retry-After: {header}"))

        assert isinstance(outcome, NotTaken)
        assert (outcome.retry_after or timedelta()) <= timedelta(hours=1)

    @pytest.mark.parametrize("status", [500, 502, 504, 520])
    def test_a_failing_provider_may_have_taken_it(self, status):
        """Most of them answer 500 after having sent, now and then."""
        assert isinstance(self.submit(hostile.answer(status, b"<html>oops</html>")), PerhapsTaken)

    @pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 405, 410, 418, 422])
    def test_a_refusal_is_final(self, status):
        """Trying again cannot help."""
        assert isinstance(self.submit(hostile.answer(status, b"no", "Location: https://example.com/")), Refused)

    @pytest.mark.parametrize(
        "behave",
        [
            hostile.silence,
            hostile.hang_up,
            hostile.reset,
            hostile.drip_body,
            hostile.drip_last_body,
            hostile.drip_head,
            hostile.flood_body,
            hostile.flood_head,
            hostile.raw(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"),
            hostile.raw(b"nonsense"),
            hostile.raw(b"HTTP/1.1 999999999999 What\r\n\r\n"),
        ],
    )
    def test_no_answer_to_build_on_means_perhaps_taken(self, behave):
        """It ends within the deadline, and at most one repeat may follow."""
        with HostileServer(behave) as server:
            service = self.service(server.url, HttpGuard(["127.0.0.1"], deadlines=ENDLESS))
            outcome, seconds = hostile.heard(server, lambda: _timed(service))

        assert isinstance(outcome, PerhapsTaken)
        assert seconds < PATIENT.total

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>Sign in to the hotel's network</html>",
            b"null",
            b"[]",
            b'"text"',
            b"17",
            b'{"sid": null, "code": {"a": []}}',
            b"[" * 20_000,
            b"\xff\xfe\x00broken",
            b'{"sid": ' + b"9" * 10_000 + b"}",
            b'{"sid": "<script>alert(1)</script>"}',
            b'{"sid": "' + b"S" * 5000 + b'"}',
        ],
    )
    def test_a_malformed_success_is_no_acceptance(self, body):
        """A body that is none of this provider's is no proof of anything; whatever it says, nothing breaks."""
        outcome = self.submit(hostile.answer(201, body))

        assert not isinstance(outcome, Accepted)

    @pytest.mark.parametrize("status", [200, 400, 429, 500])
    @pytest.mark.parametrize(
        "body", [b"[" * 20_000, b'{"code": ' + b"9" * 10_000 + b"}", b'{"code": [{}], "message": 5}']
    )
    def test_hostile_error_bodies_break_nothing(self, status, body):
        """Classification ends in an outcome whatever the body holds."""
        outcome = self.submit(hostile.answer(status, body))

        assert not isinstance(outcome, Accepted)
        assert len(outcome.detail) <= 300
        assert len(outcome.code) <= 40

    def test_a_good_status_with_a_refusal_inside_is_no_acceptance(self):
        """Most providers refuse with 200 or 202."""
        for lie in self.lies:
            assert not isinstance(self.submit(lie), Accepted)

    def test_nothing_is_sent_to_a_server_that_cannot_prove_who_it_is(self, tmp_path):
        """A wrong certificate stops secrets and text alike."""
        files = Authority(tmp_path).issue("server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        with HostileServer(type(self).success, tls=context) as server:
            outcome = self.service(server.url).submit(SUBMISSION)

        assert isinstance(outcome, NotTaken)
        assert "tls" == outcome.code
        assert [] == [request for request in server.requests if request]

    def test_a_private_address_is_refused_until_the_configuration_changes(self):
        """An address typed into a form is no way into the private network."""
        with HostileServer(type(self).success) as server:
            outcome = self.service(server.url, HttpGuard(deadlines=PATIENT)).submit(SUBMISSION)

        assert isinstance(outcome, Refused)
        assert "address_refused" == outcome.code
        assert 0 == server.connections

    @pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
    def test_an_echo_of_the_request_shows_neither_secrets_nor_number_nor_code(self, status, caplog):
        """Details are shown to administrators and kept; a provider may repeat anything of ours."""
        caplog.set_level(logging.DEBUG)

        def echo(connection: socket.socket) -> None:
            hostile.answer(status, server.requests[-1])(connection)

        with HostileServer(echo) as server:
            service = self.service(server.url)
            trial = service.try_out(SUBMISSION)
            outcome = service.submit(SUBMISSION)

        shown = f"{trial}{outcome}{service!r}{service.values!r}{SUBMISSION!r}{caplog.text}"
        for secret in (*SECRETS, CODE, PHONE.lstrip("+"), "t0ken"):
            assert secret not in shown

    def test_control_characters_of_a_provider_are_not_shown(self):
        """A log or a terminal must not be rewritten by a provider's words."""
        outcome = self.submit(hostile.answer(400, b"\x1b[2J\r\nfake: line\x00\x7f"))

        assert isinstance(outcome, Refused)
        assert outcome.detail.isprintable()

    def test_the_test_send_shows_request_answer_and_what_they_mean(self):
        """That is what the administrator needs at three in the morning."""
        with HostileServer(hostile.answer(401, b'{"message": "who are you"}')) as server:
            trial = self.service(server.url).try_out(SUBMISSION)

        assert 401 == trial.status
        assert "who are you" in trial.answer
        assert server.url in trial.request
        assert isinstance(trial.outcome, Refused)
        assert trial.advice

    def test_every_setting_explains_itself(self):
        """Form and table are made from these words."""
        names = [setting.name for setting in self.kind.all_settings()]

        assert len(set(names)) == len(names)
        assert all(setting.label and len(setting.help) > 10 for setting in self.kind.all_settings())
        assert any(setting.guards_secrets for setting in self.kind.settings if setting.kind is SettingKind.URL)

    def test_every_code_has_advice(self):
        """An error nobody can act on is noise."""
        assert all(len(self.kind.advice(code)) > 10 for code in self.kind.codes)
