"""MessageBird: where its two interfaces differ from what one would expect."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from authsms.plugin_api import (
    Accepted,
    Balance,
    InvalidInputError,
    NotTaken,
    PerhapsTaken,
    Receipt,
    ReceiptState,
    RefusalScope,
    Refused,
)
from tests.plugins import hostile
from tests.plugins import messagebird_side as side
from tests.plugins.contract_suite import PHONE, SUBMISSION
from tests.plugins.hostile import HostileServer


def _rest(behave: hostile.Behaviour):
    with HostileServer(behave) as server:
        return side.rest(base_url=server.url).submit(SUBMISSION)


def _v1(behave: hostile.Behaviour):
    with HostileServer(behave) as server:
        return side.v1(base_url=server.url).submit(SUBMISSION)


class TestRest:
    """The REST API."""

    def test_the_request_is_the_documented_one(self):
        """One path, not two; and without a reference MessageBird reports nothing."""
        request = side.rest(originator="+31612345678").build_request(SUBMISSION)
        expected = {
            "originator": "31612345678",
            "recipients": PHONE.lstrip("+"),
            "body": SUBMISSION.text,
            "datacoding": "auto",
            "reference": SUBMISSION.message_id,
            "reportUrl": SUBMISSION.callback_url,
            "validity": 120,
        }

        assert "https://rest.messagebird.com/messages" == request.url
        assert expected == json.loads(request.body or b"")

    def test_what_is_not_known_is_left_out(self):
        """A text without an end, from a server nobody can reach."""
        request = side.rest().build_request(replace(SUBMISSION, lifetime=None, callback_url=None))

        assert not {"validity", "reportUrl"} & json.loads(request.body or b"").keys()

    @pytest.mark.parametrize(("seconds", "validity"), [(0.4, 1), (0, 1), (59.9, 59)])
    def test_a_text_is_never_given_away_for_longer_than_it_is_worth(self, seconds, validity):
        """Whole seconds, and at least one: what zero means is not published."""
        request = side.rest().build_request(replace(SUBMISSION, lifetime=timedelta(seconds=seconds)))

        assert validity == json.loads(request.body or b"")["validity"]

    def test_sent_is_acceptance_and_the_parts_are_told(self):
        """Not delivery."""
        assert Accepted(side.ID, "sent", 2) == _rest(side.created())

    @pytest.mark.parametrize(
        ("status", "code", "parameter", "scope", "named"),
        [
            (401, 2, "access_key", "configuration", "2"),
            (422, 9, "recipients", "message", "9"),
            (422, 10, "recipient", "message", "10"),
            (422, 10, "body", "message", "10"),
            (422, 9, None, "message", "9"),
            (422, 10, "originator", "configuration", "10_setting"),
            (422, 9, "originator", "configuration", "9_setting"),
            (404, 20, None, "configuration", "20"),
            (402, 25, None, "configuration", "25"),
            (200, 25, None, "configuration", "25"),
        ],
    )
    def test_each_refusal_has_its_scope(self, status, code, parameter, scope, named):
        """A number somebody typed must not put the service aside; a wrong originator must."""
        outcome = _rest(side.refused(status, code, parameter, "no (correct) recipients found"))

        assert isinstance(outcome, Refused)
        assert (scope, named, "no (correct) recipients found") == (outcome.scope, outcome.code, outcome.detail)
        assert side.rest().advice(named)

    def test_a_busy_or_failing_interface_is_told_by_its_status_first(self):
        """Code 99 says only that something went wrong inside."""
        assert isinstance(_rest(side.refused(429, 99, None)), NotTaken)
        assert isinstance(_rest(side.refused(500, 99, None)), PerhapsTaken)

    def test_a_text_that_failed_at_once_says_so(self):
        """With a success status and an id."""
        outcome = _rest(side.created(item={"recipient": 1, "status": "delivery_failed"}))

        assert isinstance(outcome, Refused)
        assert (RefusalScope.MESSAGE, "delivery_failed") == (outcome.scope, outcome.code)

    def test_the_balance_is_told_in_its_unit(self):
        """Credits or a currency."""
        told = {"payment": "prepaid", "type": "credits", "amount": 9.2}
        with HostileServer(side.answered(200, told)) as server:
            assert Balance(Decimal("9.2"), "credits") == side.rest(base_url=server.url).balance()
            assert server.requests[0].startswith(b"GET /balance HTTP")


class TestV1:
    """The old HTTP API."""

    def test_the_request_is_the_documented_one(self):
        """In the body, so that no proxy writes down the password; nothing is replaced by question marks."""
        request = side.v1(sender="+31612345678").build_request(SUBMISSION)
        form = {name: value for name, (value,) in parse_qs((request.body or b"").decode()).items()}

        assert ("POST", "https://api.messagebird.com/api/sms") == (request.method, request.url)
        assert {
            "username": side.OLD["user"],
            "password": side.OLD["password"],
            "destination": PHONE.lstrip("+"),
            "sender": "31612345678",
            "body": SUBMISSION.text,
            "responsetype": "SIMPLE",
            "replacechars": "false",
            "reference": SUBMISSION.message_id,
            "dlr_url": SUBMISSION.callback_url,
        } == form

    def test_our_reference_stands_for_the_id_that_never_comes(self):
        """So that a report finds its message."""
        assert Accepted(SUBMISSION.message_id, "01") == _v1(hostile.answer(200, b"01"))
        assert Accepted(SUBMISSION.message_id, "01") == _v1(hostile.answer(200, b" 01\r\n"))

    @pytest.mark.parametrize(
        ("code", "kind", "scope"),
        [
            *((code, Refused, RefusalScope.MESSAGE) for code in ("69", "70", "71", "72", "93", "95")),
            *((code, Refused, RefusalScope.CONFIGURATION) for code in ("89", "96", "97", "98")),
            ("99", NotTaken, None),
            ("42", PerhapsTaken, None),
        ],
    )
    def test_each_code_has_its_meaning_whatever_the_status(self, code, kind, scope):
        """The status is 200 for failures, too; a code keeps its leading zero."""
        for status in (200, 403):
            outcome = _v1(hostile.answer(status, code.encode()))
            if code != "42":
                assert isinstance(outcome, kind)
                assert (code, scope) == (outcome.code, getattr(outcome, "scope", None))
                assert side.v1().advice(code)
        assert isinstance(_v1(hostile.answer(200, code.encode())), kind)

    def test_an_answer_in_xml_is_read_as_well(self):
        """Its default, should it not know the response type by the name we use."""
        good = "<responseCode>01</responseCode><responseMessage>OK</responseMessage><credits>9</credits>"
        bad = "<responseCode>97</responseCode><responseMessage>Invalid username</responseMessage>"
        outcome = _v1(side.xml(bad))

        assert Accepted(SUBMISSION.message_id, "01") == _v1(side.xml(good))
        assert isinstance(outcome, Refused)
        assert ("97", "Invalid username") == (outcome.code, outcome.detail)

    @pytest.mark.parametrize(
        "behave",
        [
            side.xml("<responseCode>&a;</responseCode>", '<!DOCTYPE response [<!ENTITY a "01">]>'),
            side.xml("<responseCode>01</responseCode>", '<!doctype response SYSTEM "file:///etc/passwd">'),
            side.xml("<responseCode>01</responseCode></item><item><responseCode>97</responseCode>"),
            hostile.answer(200, b"<response><responseCode>01</responseCode></response>"),
            hostile.answer(200, b"<response>" * 8000),
        ],
    )
    def test_hostile_xml_is_no_acceptance(self, behave):
        """Whatever has a document type is not parsed at all; nothing is expanded or fetched."""
        assert isinstance(_v1(behave), PerhapsTaken)

    @pytest.mark.parametrize(
        ("word", "state", "code"),
        [
            ("scheduled", ReceiptState.SENT, ""),
            ("buffered", ReceiptState.SENT, ""),
            ("delivered", ReceiptState.DELIVERED, ""),
            ("Delivered", ReceiptState.DELIVERED, ""),
            ("delivery_failed", ReceiptState.FAILED, "report_failed"),
            ("expired", ReceiptState.FAILED, "report_failed"),
            ("01", ReceiptState.UNKNOWN_WORD, ""),
        ],
    )
    def test_each_word_of_a_report_has_its_meaning(self, word, state, code):
        """Unless the settings say otherwise."""
        reports = side.v1().read_webhook(side.called(f"reference={side.OURS}&recipient=49151&status={word}"))

        assert [Receipt("", state, word, code, reference=side.OURS)] == reports

    def test_names_and_words_of_reports_can_be_set(self):
        """What this generation calls them is not published any more."""
        names = {"report_reference": "REF", "report_status": "state"}
        words = {"delivered_words": "OK, arrived", "failed_words": "not delivered"}
        service = side.v1(**names, **words)
        read = [service.read_webhook(side.called(f"REF={side.OURS}&state={word}")) for word in ("ok", "not+delivered")]

        assert [ReceiptState.DELIVERED, ReceiptState.FAILED] == [getattr(one[0], "state", None) for one in read]

    @pytest.mark.parametrize("query", ["", "id=1&status=delivered", f"reference={side.OURS}", "originator=1&body=STOP"])
    def test_what_is_no_report_is_refused_in_plain_words(self, query):
        """Silence would lose every report of an account that names things differently."""
        with pytest.raises(InvalidInputError, match="parameters set here"):
            side.v1().read_reports(side.called(query))

    @pytest.mark.parametrize(
        "changes",
        [{"delivered_words": "done, expired"}, {"report_status": "reference"}, {"sender": "Very Long Ltd"}],
    )
    def test_settings_that_contradict_each_other_are_refused(self, changes):
        """When they are typed in, not when a code is lost."""
        with pytest.raises(InvalidInputError):
            side.v1(**changes)

    @pytest.mark.parametrize(("credit", "expected"), [("9.2", Balance(Decimal("9.2"), "credits")), ("lots", None)])
    def test_the_balance_is_told(self, credit, expected):
        """In XML, whatever was asked for."""
        with HostileServer(side.xml(f"<credits>{credit}</credits>")) as server:
            assert expected == side.v1(base_url=server.url).balance()
            assert server.requests[0].startswith(b"POST /api/credits HTTP")
