"""SignalWire: how its callbacks are proven, and what they say."""

import base64
import hmac
from dataclasses import replace

import pytest

from authsms.plugin_api import ForgeryError, InboundMessage, Receipt, ReceiptState, WebhookRequest
from authsms.simulator.providers.signatures import sign_fields
from tests.plugins import signalwire_side
from tests.plugins.contract_suite import PHONE

# Signatures made, and found good, by the webhook validator of SignalWire's SDK (signalwire-sdk 3.7.5 of 2026).
KEY = "PSKtest1234567890abcdef"
FORM = signalwire_side.report("delivered")
OF_FORM = "cXkG9gTYGatoqePssw8SQ6V/OSc="
WITH_PORT = "KgJyF46F6kNwBPAOxjOVH6cvc3Y="
REPEATED = [("Digits", "5"), ("Tag", "b"), ("Tag", "a"), ("Tag", "a")]
OF_REPEATED = "krN/BEnvdmCUNOqt2oVtdJ1NkD4="
EVENT = WebhookRequest(
    "POST",
    "https://example.ngrok.io/webhook",
    {"X-SignalWire-Signature": "c3c08c1fefaf9ee198a100d5906765a6f394bf0f"},
    body=b'{"event":"call.state","params":{"call_id":"abc-123","state":"answered"}}',
)
HASHED = WebhookRequest(
    "POST",
    "https://example.ngrok.io/webhook?bodySHA256=69f3cbfc18e386ef8236cb7008cd5a54b7fed637a8cb3373b5a1591d7f0fd5f4",
    {"X-SignalWire-Signature": "dfO9ek8mxyFtn2nMz24plPmPfIY="},
    body=b'{"event":"call.state"}',
)


def _verify(request: WebhookRequest, key: str = KEY) -> None:
    signalwire_side.service(signing_key=key).verify_webhook(request)


class TestSignatures:
    """Two schemes, both with the signing key."""

    @pytest.mark.parametrize(("form", "signature"), [(FORM, OF_FORM), (FORM, WITH_PORT), (REPEATED, OF_REPEATED)])
    def test_what_signalwires_sdk_signs_is_accepted(self, form, signature):
        """With the usual port in the address or without; what is repeated counts each time, in its own order."""
        _verify(signalwire_side.received(form, signature))

    def test_the_other_header_is_read_too(self):
        """Projects that came from Twilio get it."""
        good = signalwire_side.received(FORM, OF_FORM)

        _verify(replace(good, headers={"X-Twilio-Signature": OF_FORM}))

    def test_repeated_values_are_not_thrown_together(self):
        """Twilio signs equal pairs once."""
        with pytest.raises(ForgeryError):
            _verify(signalwire_side.received(REPEATED[:-1], OF_REPEATED))

    @pytest.mark.parametrize("good", [EVENT, HASHED])
    def test_any_other_body_is_covered_as_a_whole(self, good):
        """By its own signature, or by its hash in the address."""
        _verify(good)
        with pytest.raises(ForgeryError):
            _verify(replace(good, body=good.body.replace(b"call", b"fall")))

    @pytest.mark.parametrize("form", [(), tuple(FORM)])
    def test_a_signature_of_the_address_alone_proves_no_body(self, form):
        """SignalWire's own validator takes it; whoever learns one could then report anything."""
        alone = base64.b64encode(hmac.digest(KEY.encode(), signalwire_side.URL.encode(), "sha1")).decode()
        request = replace(signalwire_side.received(FORM, alone), form=form)

        with pytest.raises(ForgeryError):
            _verify(request)

    def test_the_api_token_signs_nothing(self):
        """It is another secret."""
        with pytest.raises(ForgeryError):
            _verify(signalwire_side.received(FORM, OF_FORM), key="another")
        with pytest.raises(ForgeryError):
            _verify(signalwire_side.signed(FORM, key=""), key="")

    @pytest.mark.parametrize(("form", "signature"), [(FORM, OF_FORM), (REPEATED, OF_REPEATED)])
    def test_the_simulator_signs_likewise(self, form, signature):
        """Or its callbacks would prove nothing."""
        assert signature == sign_fields(KEY, signalwire_side.URL, form)


class TestReports:
    """What SignalWire's callbacks say."""

    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("queued", ReceiptState.SENT),
            ("initiated", ReceiptState.SENT),
            ("sending", ReceiptState.SENT),
            ("sent", ReceiptState.SENT),
            ("delivered", ReceiptState.DELIVERED),
            ("undelivered", ReceiptState.FAILED),
            ("failed", ReceiptState.FAILED),
        ],
    )
    def test_each_word_has_its_meaning(self, word, state):
        """A callback carries the text as well and is no text to us for that."""
        (receipt,) = signalwire_side.service().read_webhook(signalwire_side.signed(signalwire_side.report(word)))

        assert Receipt(signalwire_side.SID, state, word) == receipt

    @pytest.mark.parametrize(("code", "opted_out"), [("21610", True), ("30001", False)])
    def test_a_failed_receipt_carries_the_code_and_tells_an_opt_out(self, code, opted_out):
        """With SignalWire's meaning of the number."""
        form = signalwire_side.report("undelivered", code)

        (receipt,) = signalwire_side.service().read_webhook(signalwire_side.signed(form))

        expected = Receipt(signalwire_side.SID, ReceiptState.FAILED, "undelivered", code, opted_out=opted_out)
        assert expected == receipt

    def test_a_text_from_a_person_is_an_inbound_message(self):
        """SignalWire handles no keyword: that is left to us."""
        form = [pair for pair in FORM if pair[0] not in {"MessageStatus", "NumSegments", "From", "To", "Body"}]
        said = [*form, ("From", PHONE), ("To", "+14155550100"), ("Body", "Stop ")]
        service = signalwire_side.service()

        (message,) = service.read_webhook(signalwire_side.signed(said))

        assert InboundMessage(signalwire_side.SID, PHONE, "+14155550100", "Stop ") == message
        assert "<Response/>" in service.answer_webhook(signalwire_side.signed(said)).body
