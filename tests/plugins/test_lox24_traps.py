"""LOX24: where its two interfaces differ from what one would expect."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from authsms.plugin_api import (
    Accepted,
    Balance,
    ForgeryError,
    InvalidInputError,
    NotTaken,
    PerhapsTaken,
    Receipt,
    ReceiptState,
    RefusalScope,
    Refused,
)
from tests.plugins import hostile
from tests.plugins import lox24_side as side
from tests.plugins.contract_suite import PHONE, SECRETS, SUBMISSION
from tests.plugins.hostile import HostileServer

_EXPANDING = '<!DOCTYPE answer [<!ENTITY a "100">]>'
_FETCHING = '<!DOCTYPE answer SYSTEM "file:///etc/passwd">'


def _old(behave: hostile.Behaviour):
    with HostileServer(behave) as server:
        return side.old(base_url=server.url).submit(SUBMISSION)


def _rest(behave: hostile.Behaviour):
    with HostileServer(behave) as server:
        return side.rest(base_url=server.url).submit(SUBMISSION)


class TestHttpsms:
    """The old interface."""

    def test_the_hash_of_the_password_is_sent_and_the_password_is_not(self):
        """In the body, so that no proxy writes it down."""
        request = side.old().build_request(SUBMISSION)
        form = parse_qs((request.body or b"").decode())
        digest = hashlib.md5(SECRETS[0].encode(), usedforsecurity=False).hexdigest()

        assert ("POST", "https://www.lox24.eu/API/httpsms.php") == (request.method, request.url)
        assert [digest] == form["password"]
        assert (digest,) == request.markers

    def test_the_hash_is_not_shown_either(self):
        """It opens the account just as well."""
        digest = hashlib.md5(SECRETS[0].encode(), usedforsecurity=False).hexdigest()
        with HostileServer(side.said(digest.encode(), 401)) as server:
            trial = side.old(base_url=server.url).try_out(SUBMISSION)

        assert digest not in f"{trial}"

    @pytest.mark.parametrize(("text", "encoding"), [("739201 Grüße €", "0"), ("739201 Привет", "1")])
    def test_unicode_is_asked_for_only_where_it_is_needed(self, text, encoding):
        """It halves what fits into a part."""
        request = side.old().build_request(replace(SUBMISSION, text=text))
        form = parse_qs((request.body or b"").decode())

        assert ([text], [encoding]) == (form["text"], form["encoding"])

    def test_the_sender_is_left_out_where_none_is_set(self):
        """Only some services carry one."""
        assert b"from=" not in (side.old().build_request(SUBMISSION).body or b"")
        assert b"from=Route+66" in (side.old(sender="Route 66").build_request(SUBMISSION).body or b"")

    def test_an_answer_with_umlauts_in_iso_8859_1_is_read(self):
        """As it declares; the price with its comma is nothing we need."""
        assert Accepted(side.NUMBER, "100", 1) == _old(side.said(side.document(text="Grüße für Ölüm")))

    @pytest.mark.parametrize(
        ("code", "expected"), [("200", Refused), ("299", Refused), ("300", NotTaken), ("399", NotTaken)]
    )
    def test_errors_are_known_by_class_and_told_by_number(self, code, expected):
        """The numbers themselves are not published; each class has its advice."""
        outcome = _old(side.said(side.document(code)))

        assert isinstance(outcome, expected)
        assert (code, "Worte") == (outcome.code, outcome.detail)
        assert len(side.old().advice(code)) > 10

    def test_a_refusal_does_not_put_the_whole_service_aside(self):
        """It may be about this one number; a stranger must not be able to stop the service with his."""
        outcome = _old(side.said(side.document("200")))

        assert isinstance(outcome, Refused)
        assert outcome.scope is RefusalScope.MESSAGE

    @pytest.mark.parametrize(
        "body",
        [
            side.document(code="&a;", before=_EXPANDING),
            side.document(before=_EXPANDING),
            side.document(before=_EXPANDING.lower()),
            side.document(before=_FETCHING),
            side.document().decode("iso-8859-1").encode("utf-16"),
            side.document().replace(b"<code>100</code>", b"<code>200</code><code>100</code>"),
            side.document()[:-9],
            b"<answer>" * 8000,
            b"<a>" * 9000 + b"</a>" * 9000,
        ],
    )
    def test_hostile_xml_is_no_acceptance(self, body):
        """Whatever has a document type is not parsed at all; nothing is expanded or fetched."""
        assert isinstance(_old(side.said(body)), PerhapsTaken)

    @pytest.mark.parametrize(
        ("word", "state", "code"),
        [
            ("0", ReceiptState.SENT, ""),
            ("1", ReceiptState.DELIVERED, ""),
            ("2", ReceiptState.SENT, ""),
            ("4", ReceiptState.SENT, ""),
            ("8", ReceiptState.FAILED, "dlr_8"),
            ("16", ReceiptState.FAILED, "dlr_16"),
            ("100", ReceiptState.UNKNOWN_WORD, ""),
            ("teleported", ReceiptState.UNKNOWN_WORD, ""),
        ],
    )
    def test_each_word_of_a_report_has_its_meaning(self, word, state, code):
        """100 is never delivery."""
        reports = side.old().read_webhook(side.called(f"uuid={side.NUMBER}&dlr_code={word}&key_id=1&callback_data="))

        assert [Receipt(side.NUMBER, state, word, code)] == reports

    def test_the_number_in_reports_may_have_hyphens_and_another_name(self):
        """Neither is published for sure."""
        dashed = "53a9c2b7-ee16-ea4a-49c1-ec9aa4e8fc42"
        (report,) = side.old(message_parameter="MSGID").read_webhook(side.called(f"MSGID={dashed}&dlr_code=1"))

        assert side.NUMBER == getattr(report, "provider_id", "")

    def test_replies_are_refused_in_plain_words(self):
        """Who wrote to whom cannot be told for sure."""
        with pytest.raises(InvalidInputError, match="Replies"):
            side.old().read_reports(side.called("sender_id=1&text=STOP&time=1&phone=2&id=3&uuid=4"))


class TestRest:
    """The REST API."""

    def test_the_request_is_the_documented_one(self):
        """Path, header, and the names of the fields."""
        request = side.rest(service="pro").build_request(SUBMISSION)
        value = json.loads(request.body or b"")

        assert "https://api.lox24.eu/sms" == request.url
        assert (("X-LOX24-AUTH-TOKEN", f"12345:{SECRETS[0]}")) in request.headers
        assert ("Example", PHONE, "pro", 0) == tuple(
            value[name] for name in ("sender_id", "phone", "service_code", "delivery_at")
        )
        assert SUBMISSION.message_id == value["callback_data"]
        assert not {"is_text_deleted", "is_delete_text"} & value.keys()

    @pytest.mark.parametrize("name", ["is_text_deleted", "is_delete_text"])
    def test_the_name_under_which_deletion_is_asked_for_can_be_chosen(self, name):
        """Two are in use, and which one counts is not known."""
        value = json.loads(side.rest(delete_text=name).build_request(SUBMISSION).body or b"")

        assert value[name] is True

    def test_status_100_with_a_number_is_acceptance(self):
        """An operator has it."""
        assert Accepted(side.UUID, "100", 2) == _rest(side.created(status_code=100))

    @pytest.mark.parametrize(
        ("status", "scope"),
        [(400, "message"), (401, "configuration"), (402, "configuration"), (403, "configuration"), (422, "message")],
    )
    def test_each_refusal_has_its_scope(self, status, scope):
        """And says which field was wrong."""
        wrong = [{"propertyPath": "phone", "message": "not a phone", "code": "1"}]
        outcome = _rest(side.answered(status, {"detail": "Refused", "violations": wrong}))

        assert isinstance(outcome, Refused)
        assert (scope, f"http_{status}", "Refused; phone: not a phone") == (
            outcome.scope,
            outcome.code,
            outcome.detail,
        )

    def test_too_many_requests_may_be_a_lock_of_ten_minutes(self):
        """After wrong keys; asking sooner gets the same answer."""
        outcome = _rest(side.answered(429, {}))

        assert isinstance(outcome, NotTaken)
        assert timedelta(minutes=10) == outcome.retry_after

    @pytest.mark.parametrize(
        ("dlr_code", "status_code", "state", "word", "code"),
        [
            (0, 0, ReceiptState.SENT, "0", ""),
            (0, 100, ReceiptState.SENT, "0", ""),
            (1, 100, ReceiptState.DELIVERED, "1", ""),
            (2, 100, ReceiptState.SENT, "2", ""),
            (4, 100, ReceiptState.SENT, "4", ""),
            (8, 100, ReceiptState.FAILED, "8", "dlr_8"),
            (16, 100, ReceiptState.FAILED, "16", "dlr_16"),
            (0, 208, ReceiptState.FAILED, "208", "status_208"),
            (0, 3000, ReceiptState.FAILED, "3000", "status_3000"),
            (32, 100, ReceiptState.UNKNOWN_WORD, "32", ""),
        ],
    )
    def test_each_report_has_its_meaning(self, dlr_code, status_code, state, word, code):
        """Only dlr_code 1 is delivery; status 100 never is."""
        reports = side.rest().read_webhook(side.told(side.report(dlr_code, status_code)))

        assert [Receipt(side.UUID, state, word, code, reference="7" * 32)] == reports

    def test_reports_of_dry_runs_say_nothing(self):
        """No text was sent."""
        assert [] == side.rest().read_webhook(side.told(side.report(1), "sms.delivery.dryrun"))

    def test_replies_are_refused_in_plain_words(self):
        """What they look like is published in part only."""
        with pytest.raises(InvalidInputError, match="Replies"):
            side.rest().read_reports(side.told({"id": side.UUID, "to": "1"}, "sms.incoming"))

    @pytest.mark.parametrize("token", ["", None, SECRETS[1]])
    def test_without_a_token_of_ours_every_report_is_refused(self, token):
        """An empty one would equal a missing one."""
        with pytest.raises(ForgeryError):
            side.rest(webhook_token="").read_webhook(side.told(side.report(1), token=token))

    def test_the_balance_is_told(self):
        """It is part of what the API says of the account."""
        with HostileServer(side.answered(200, {"balance_amount": 0.05, "currency": "EUR"})) as server:
            assert Balance(Decimal("0.05"), "EUR") == side.rest(base_url=server.url).balance()
