"""Twilio: the contract, its request, its codes, its signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from authsms_twilio import TwilioService
from typing_extensions import override

from authsms.plugin_api import (
    InvalidInputError,
    SenderService,
    WebhookRequest,
)
from tests.plugins import hostile, twilio_side
from tests.plugins.contract_suite import PHONE, SECRETS, SUBMISSION, SenderServiceContract
from tests.plugins.webhook_suite import WebhookContract


def _sent(**changes) -> dict[str, list[str]]:
    """Return the form Twilio gets for the usual submission."""
    request = twilio_side.service(**changes).build_request(SUBMISSION)
    return parse_qs((request.body or b"").decode(), keep_blank_values=True)


class TestContract(SenderServiceContract, WebhookContract):
    """What every provider must stand."""

    kind = TwilioService
    success = twilio_side.created()
    lies = (
        twilio_side.created(sid=None),
        twilio_side.created(sid="SM123"),
        twilio_side.created(status="failed", error_code=30007, error_message="filtered"),
        hostile.answer(200, b'{"sid": "CA0123456789abcdef0123456789abcdef"}'),
        hostile.answer(200, b'{"code": 21211, "message": "invalid"}'),
    )

    @override
    def settings(self, url: str) -> Mapping[str, object]:
        keys = {"api_key_sid": "SK" + "0" * 32, "api_key_secret": SECRETS[1]}
        return twilio_side.SETTINGS | keys | {"base_url": url}

    @override
    def read_request(self, request: bytes) -> tuple[str, str]:
        form = parse_qs(request.partition(b"\r\n\r\n")[2].decode(), strict_parsing=True)
        assert all(len(values) == 1 for values in form.values())
        return form["To"][0], form["Body"][0]

    @override
    def read_sender(self, request: bytes) -> str:
        return parse_qs(request.partition(b"\r\n\r\n")[2].decode())["From"][0]

    @override
    def receiver(self) -> SenderService:
        return twilio_side.service()

    @override
    def signed(self, state: str = "delivered") -> WebhookRequest:
        return twilio_side.signed(
            {"MessageSid": twilio_side.SID, "MessageStatus": state, "AccountSid": twilio_side.ACCOUNT, "To": PHONE}
        )

    @override
    def altered(self) -> Sequence[WebhookRequest]:
        good = self.signed("sent")
        other_state = tuple((name, "delivered" if value == "sent" else value) for name, value in good.form)
        foreign = {"MessageSid": twilio_side.SID, "MessageStatus": "delivered", "AccountSid": "AC" + "f" * 32}
        return [
            replace(good, form=other_state),
            replace(good, form=(*good.form, ("Extra", ""))),
            replace(good, form=good.form[1:]),
            replace(good, form=(), body=b"x"),
            replace(good, headers={}),
            replace(good, headers={"X-Twilio-Signature": ""}),
            replace(good, headers={"X-Twilio-Signature": "ä" * 28}),
            replace(good, url=twilio_side.URL.replace("https:", "http:")),
            replace(good, url=twilio_side.URL.replace("login.example", "other.example")),
            replace(good, url=twilio_side.URL + "?a=b"),
            twilio_side.signed(dict(good.form), token="another token"),
            twilio_side.signed(foreign),
        ]


class TestRequest:
    """What Twilio gets."""

    def test_it_is_the_one_of_the_published_description(self):
        """Path, method, parameters and their spelling."""
        request = twilio_side.service().build_request(SUBMISSION)

        assert ("POST", f"https://api.twilio.com/2010-04-01/Accounts/{twilio_side.ACCOUNT}/Messages.json") == (
            request.method,
            request.url,
        )
        assert (twilio_side.ACCOUNT, SECRETS[0]) == request.basic
        assert {"To", "Body", "From", "StatusCallback", "ValidityPeriod"} == _sent().keys()
        assert ["120"] == _sent()["ValidityPeriod"]

    def test_an_api_key_sends_instead_of_the_auth_token(self):
        """The path still names the account."""
        request = twilio_side.service(api_key_sid="SK" + "a" * 32, api_key_secret="key").build_request(SUBMISSION)

        assert ("SK" + "a" * 32, "key") == request.basic
        assert twilio_side.ACCOUNT in request.url

    @pytest.mark.parametrize(
        ("chosen", "sent"),
        [
            ("+14155550199", {"From": ["+14155550199"]}),
            ("OTHER NAME", {"From": ["OTHER NAME"]}),
            ("MG" + "f" * 32, {"MessagingServiceSid": ["MG" + "f" * 32]}),
        ],
    )
    def test_a_sender_the_policy_chose_takes_the_place_of_number_and_messaging_service(self, chosen, sent):
        """Twilio refuses a number that is not in the pool of a messaging service named beside it."""
        service = twilio_side.service(messaging_service_sid=twilio_side.SERVICE)

        body = service.build_request(replace(SUBMISSION, sender=chosen)).body or b""
        form = parse_qs(body.decode())

        assert sent == {name: form[name] for name in ("From", "MessagingServiceSid") if name in form}

    def test_a_chosen_sender_nobody_can_send_from_is_refused_when_it_is_typed(self):
        """Not when the first code is due."""
        with pytest.raises(InvalidInputError, match="neither a number"):
            TwilioService.check_sender(twilio_side.service().values, "no/sender")

    def test_a_messaging_service_sends_without_a_sender(self):
        """Twilio picks the sender from its pool."""
        form = _sent(sender_phone="", messaging_service_sid=twilio_side.SERVICE)

        assert [twilio_side.SERVICE] == form["MessagingServiceSid"]
        assert "From" not in form

    @pytest.mark.parametrize(
        ("typed", "sent"),
        [
            (r"91\9191919191", "+919191919191"),
            (r"+1\4155550100", "+14155550100"),
            ("+14155550100", "+14155550100"),
            ("12345", "12345"),
            ("Example", "Example"),
            ("Route 66", "Route 66"),
        ],
    )
    def test_the_sender_phone_is_taken_in_every_usual_form(self, typed, sent):
        """Also as country code, backslash, number."""
        assert [sent] == _sent(sender_phone=typed)["From"]

    @pytest.mark.parametrize(
        "typed", ["+0123", r"\123456", r"91\\9191", "Name with too many", "123456789012", "ab\r\nX: y"]
    )
    def test_a_sender_nobody_can_send_from_is_refused_on_save(self, typed):
        """Better here than with every text."""
        with pytest.raises(InvalidInputError) as caught:
            twilio_side.service(sender_phone=typed)

        assert "sender_phone" == caught.value.field

    @pytest.mark.parametrize(
        ("lifetime", "period"),
        [(timedelta(milliseconds=5), "1"), (timedelta(seconds=30.9), "30"), (timedelta(days=2), "36000")],
    )
    def test_the_validity_period_stays_within_twilios_bounds(self, lifetime, period):
        """From 1 to 36,000 seconds."""
        request = twilio_side.service().build_request(replace(SUBMISSION, lifetime=lifetime))

        assert [period] == parse_qs((request.body or b"").decode())["ValidityPeriod"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"auth_token": ""}, "auth_token"),
            ({"sender_phone": ""}, "sender_phone"),
            ({"account_sid": "AC12"}, "account_sid"),
            ({"api_key_sid": "SK" + "0" * 32}, "api_key_secret"),
            ({"messaging_service_sid": "MGxx"}, "messaging_service_sid"),
            ({"base_url": "ftp://api.twilio.com"}, "base_url"),
            ({"nonsense": "1"}, "nonsense"),
        ],
    )
    def test_settings_that_cannot_work_are_refused_by_name(self, changes, field):
        """The form shows the error beside its field."""
        with pytest.raises(InvalidInputError) as caught:
            twilio_side.service(**changes)

        assert field == caught.value.field
