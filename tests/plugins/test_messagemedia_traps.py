"""MessageMedia's REST API: where it differs from what one would expect."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine

from authsms.plugin_api import Accepted, InvalidInputError, JsonValue, NotTaken, PhoneNumber, ProviderRequest, Refused
from tests.plugins import hostile
from tests.plugins import messagemedia_side as side
from tests.plugins.contract_suite import PHONE, SECRETS, SUBMISSION
from tests.plugins.hostile import HostileServer

NOON = datetime(2026, 11, 21, 8, tzinfo=UTC)


def _submit(behave: hostile.Behaviour, submission=SUBMISSION):
    with HostileServer(behave) as server:
        return side.rest(base_url=server.url).submit(submission)


def _message(service, submission=SUBMISSION):
    (message,) = json.loads(service.build_request(submission).body or b"")["messages"]
    return message


def _headers(request: ProviderRequest):
    return dict(request.headers)


class TestRequest:
    """What goes out."""

    @time_machine.travel(NOON, tick=False)
    def test_the_request_is_the_documented_one(self):
        """Numbers with their plus, reports asked for, and an end in UTC."""
        request = side.rest().build_request(SUBMISSION)

        assert ("POST", "https://api.messagemedia.com/v1/messages") == (request.method, request.url)
        assert ("dummyKey00", SECRETS[0]) == request.basic
        assert {
            "content": SUBMISSION.text,
            "destination_number": PHONE,
            "format": "SMS",
            "delivery_report": True,
            "metadata": {"authsms": SUBMISSION.message_id},
            "source_number": "Example",
            "source_number_type": "ALPHANUMERIC",
            "callback_url": SUBMISSION.callback_url,
            "message_expiry_timestamp": "2026-11-21T08:02:00.000Z",
        } == _message(side.rest())

    def test_without_a_lifetime_or_a_sender_neither_is_named(self):
        """Then MessageMedia chooses."""
        message = _message(side.rest(sender=""), replace(SUBMISSION, lifetime=None, callback_url=None))

        assert {"content", "destination_number", "format", "delivery_report", "metadata"} == message.keys()

    @pytest.mark.parametrize(
        ("sender", "kind"),
        [("+491715550100", "INTERNATIONAL"), ("12345", "SHORTCODE"), ("Route 66", "ALPHANUMERIC")],
    )
    def test_the_type_of_a_sender_follows_from_its_form(self, sender, kind):
        """MessageMedia wants to be told; the policy's sender goes first."""
        message = _message(side.rest(), replace(SUBMISSION, sender=sender))

        assert (sender, kind) == (message["source_number"], message["source_number_type"])

    @pytest.mark.parametrize("sender", ["491715550100", "+0123", "Much too long", "Ex-ample"])
    def test_a_sender_of_another_form_is_refused(self, sender):
        """It would be replaced without notice."""
        with pytest.raises(InvalidInputError):
            side.rest(sender=sender)

    @time_machine.travel(NOON, tick=False)
    def test_a_signed_request_is_the_one_of_the_vendors_own_client(self):
        """Headers that messagemedia-messages-sdk 2.1.3 makes for this key, body and moment."""
        service = side.rest(api_secret="dummySecret00", signing="hmac-sha1")
        value: JsonValue = {"messages": [{"content": "739201", "destination_number": PHONE}]}
        names = 'username="dummyKey00", algorithm="hmac-sha1", headers="date x-Content-MD5 request-line"'
        sent = _headers(service._proven(ProviderRequest.json("https://api.messagemedia.com/v1/messages", value)))
        fetched = service.reports_request()

        assert side.DATE == sent["date"]
        assert "56646ce74fa9d53c18ec36801f2a254c" == sent["x-Content-MD5"]
        assert f'hmac {names}, signature="oJxSZdDrw0IbpKjTBYF6p7z57hk="' == sent["Authorization"]
        assert 'signature="xUDcT9QcjxnoTZxpMh1vGUiYtHI="' in _headers(fetched)["Authorization"]
        assert "x-Content-MD5" not in _headers(fetched)

    def test_a_signature_as_documented_names_its_headers_and_no_secret(self):
        """Nothing of Basic goes along, and what is shown hides the signature."""
        with HostileServer(side.queued()) as server:
            trial = side.rest(base_url=server.url, signing="hmac-sha256").try_out(SUBMISSION)

        assert isinstance(trial.outcome, Accepted)
        assert 'headers="Date Content-MD5 request-line", signature="[hidden]"' in trial.request
        assert b"Basic" not in server.requests[0]
        assert SECRETS[0].encode() not in server.requests[0]

    def test_the_address_of_the_soap_interface_is_refused_in_plain_words(self):
        """One account speaks one of the two."""
        with pytest.raises(InvalidInputError, match="either REST or SOAP") as caught:
            side.rest(base_url="https://soap.m4u.com.au/")

        assert "base_url" == caught.value.field

    @pytest.mark.parametrize("keys", ["abc=def", f"{side.KEY_ID}=", f"{side.KEY_ID}={side.public_key()[:-8]}"])
    def test_a_signature_key_that_is_none_is_refused(self, keys):
        """Else every report would be."""
        with pytest.raises(InvalidInputError, match="Signature keys"):
            side.rest(signature_keys=keys)


class TestAnswer:
    """What comes back."""

    @pytest.mark.parametrize("status", [401, 403])
    def test_wrong_credentials_are_401_or_403(self, status):
        """Its descriptions disagree."""
        outcome = _submit(side.answered(status, {"message": "Invalid authentication credentials"}))

        assert isinstance(outcome, Refused)
        assert ("configuration", f"http_{status}") == (outcome.scope, outcome.code)
        assert "Invalid authentication credentials" == outcome.detail

    @pytest.mark.parametrize(
        ("field", "scope"),
        [("destination_number", "message"), ("content", "message"), ("source_number", "configuration")],
    )
    def test_a_refusal_is_told_by_the_field_it_names(self, field, scope):
        """A stranger's wrong number must not put the service aside; a wrong sender must."""
        details = ["/messages/0/unheard_of: odd", f"/messages/0/{field}: wrong"]
        outcome = _submit(side.answered(400, {"message": "Bad request", "details": details}))

        assert isinstance(outcome, Refused)
        assert (scope, field) == (outcome.scope, outcome.code)
        assert f"Bad request; /messages/0/unheard_of: odd; /messages/0/{field}: wrong" == outcome.detail
        assert side.rest().advice(field)

    def test_texts_to_singapore_over_old_tls_need_the_administrator(self):
        """422 means that for these numbers only."""
        outcome = _submit(
            side.answered(422, {"message": "no"}), replace(SUBMISSION, recipient=PhoneNumber("+6581234567"))
        )

        assert isinstance(outcome, Refused)
        assert ("configuration", "old_tls") == (outcome.scope, outcome.code)
        assert "message" == getattr(_submit(side.answered(422, {"message": "no"})), "scope", "")

    def test_a_busy_provider_is_asked_again_later(self):
        """Its limits are not published."""
        assert isinstance(_submit(side.answered(429, {"message": "slow down"})), NotTaken)
