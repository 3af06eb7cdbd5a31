"""Twilio: how its callbacks are proven, and what they say."""

from dataclasses import replace

import pytest
from twilio.request_validator import RequestValidator

from authsms.plugin_api import ForgeryError, InboundMessage, Receipt, ReceiptState, WebhookRequest
from tests.plugins import twilio_side
from tests.plugins.contract_suite import PHONE

VECTORS = [
    ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
]
CALL = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
)


class TestSignatures:
    """Vectors of Twilio's helper library (twilio-python, tests of its request validator)."""

    @pytest.mark.parametrize(("url", "signature"), VECTORS)
    def test_both_spellings_of_the_port_count(self, url, signature):
        """Twilio signs sometimes with and sometimes without it."""
        twilio_side.service(auth_token="12345").verify_webhook(
            WebhookRequest("POST", url, {"X-Twilio-Signature": signature}, form=CALL, body=b"form")
        )

    def test_repeated_values_are_signed_once(self):
        """Names and values sorted, equal pairs once."""
        form = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"))
        header = {"X-Twilio-Signature": "IK+Dwps556ElfBT0I3Rgjkr1wJU="}

        twilio_side.service(auth_token="12345").verify_webhook(
            WebhookRequest("POST", VECTORS[0][0], header, form=form, body=b"f")
        )

    def test_a_json_body_is_covered_by_its_hash(self):
        """The signature covers the address, the address the body."""
        digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
        url = f"{VECTORS[0][0]}&bodySHA256={digest}"
        good = WebhookRequest(
            "POST",
            url,
            {"X-Twilio-Signature": "a9nBmqA0ju/hNViExpshrM61xv4="},
            body=b'{"property": "value", "boolean": true}',
        )
        service = twilio_side.service(auth_token="12345")

        service.verify_webhook(good)
        with pytest.raises(ForgeryError):
            service.verify_webhook(replace(good, body=b'{"property": "value", "boolean": false}'))

    def test_a_json_body_without_a_hash_is_refused(self):
        """Nothing would protect it."""
        url = "https://mycompany.com/json"
        signature = RequestValidator("12345").compute_signature(url, {})

        with pytest.raises(ForgeryError):
            twilio_side.service(auth_token="12345").verify_webhook(
                WebhookRequest("POST", url, {"X-Twilio-Signature": signature}, body=b"{}")
            )

    @pytest.mark.parametrize(
        "url",
        [
            "https://login.example/w",
            "https://login.example:443/w",
            "https://login.example:8443/w?a=1&b=%20x",
            "http://127.0.0.1:8080/w",
        ],
    )
    @pytest.mark.parametrize("form", [{}, {"Body": "ä € 😀\n", "Empty": "", "b": "1", "B": "2", "a-b": "3"}])
    def test_what_twilios_library_signs_is_accepted(self, url, form):
        """The two implementations agree."""
        twilio_side.service().verify_webhook(
            twilio_side.signed(form, url=url) if form else replace(twilio_side.signed({}, url=url), body=b"")
        )

    def test_without_an_auth_token_nothing_can_be_verified(self):
        """An API key sends, but does not sign callbacks."""
        service = twilio_side.service(auth_token="", api_key_sid="SK" + "0" * 32, api_key_secret="key")

        with pytest.raises(ForgeryError):
            service.read_webhook(twilio_side.signed({"MessageSid": twilio_side.SID}, token=""))


class TestReports:
    """What Twilio's callbacks say."""

    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("queued", ReceiptState.SENT),
            ("accepted", ReceiptState.SENT),
            ("sending", ReceiptState.SENT),
            ("sent", ReceiptState.SENT),
            ("delivered", ReceiptState.DELIVERED),
            ("read", ReceiptState.DELIVERED),
            ("undelivered", ReceiptState.FAILED),
            ("failed", ReceiptState.FAILED),
            ("canceled", ReceiptState.FAILED),
            ("partially_delivered", ReceiptState.UNKNOWN_WORD),
        ],
    )
    def test_each_word_has_its_meaning(self, word, state):
        """Unknown ones stay what they are."""
        (receipt,) = twilio_side.service().read_webhook(
            twilio_side.signed({"MessageSid": twilio_side.SID, "MessageStatus": word})
        )

        assert Receipt(twilio_side.SID, state, word) == receipt

    def test_a_failed_receipt_carries_the_code_and_tells_an_opt_out(self):
        """21610 arrives as a receipt, too."""
        form = {"SmsSid": twilio_side.SID, "SmsStatus": "failed", "ErrorCode": "21610"}

        (receipt,) = twilio_side.service().read_webhook(twilio_side.signed(form))

        assert Receipt(twilio_side.SID, ReceiptState.FAILED, "failed", "21610", opted_out=True) == receipt

    def test_a_text_from_a_person_is_an_inbound_message(self):
        """With Advanced Opt-Out Twilio has answered the keyword already."""
        form = {
            "MessageSid": twilio_side.SID,
            "SmsStatus": "received",
            "From": PHONE,
            "To": "+14155550100",
            "Body": "Stop ",
        }
        service = twilio_side.service()

        (plain,) = service.read_webhook(twilio_side.signed(form))
        (handled,) = service.read_webhook(twilio_side.signed(form | {"OptOutType": "STOP"}))

        assert InboundMessage(twilio_side.SID, PHONE, "+14155550100", "Stop ") == plain
        assert (
            InboundMessage(twilio_side.SID, PHONE, "+14155550100", "Stop ", keyword_handled=True, keyword="STOP")
            == handled
        )
        assert "<Response/>" in service.answer_webhook(twilio_side.signed(form)).body
        assert not service.answer_webhook(twilio_side.signed({"MessageStatus": "sent"})).body

    def test_an_id_that_cannot_be_one_names_no_message(self):
        """It would be kept and shown."""
        form = {"MessageSid": "<script>", "MessageStatus": "delivered"}

        assert [] == twilio_side.service().read_webhook(twilio_side.signed(form))
