"""MessageBird: how its callbacks are proven, and what they say."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from authsms.plugin_api import ForgeryError, InboundMessage, InvalidInputError, Receipt, ReceiptState, WebhookRequest
from tests.plugins import messagebird_side as side
from tests.plugins.contract_suite import PHONE, SECRETS
from tests.plugins.messagebird_vectors import BAD, GOOD, HEADER, OLD_VECTORS, VENDORS_KEY, encoded, hashed


def _made(claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> WebhookRequest:
    """Return a report whose token says *claims*, rightly signed whatever it says."""
    url = f"{side.URL}?{urlencode(side.REPORT)}"
    usual: dict[str, object] = {
        "iss": "MessageBird",
        "nbf": side.SECOND,
        "exp": side.SECOND + 60,
        "url_hash": hashed(url),
    }
    signed = f"{encoded(header or {'alg': 'HS256'})}.{encoded({**usual, **claims})}"
    digest = base64.urlsafe_b64encode(hmac.digest(SECRETS[1].encode(), signed.encode(), "sha256")).rstrip(b"=")
    return replace(side.told(side.REPORT), headers={HEADER: f"{signed}.{digest.decode()}"})


class TestTokens:
    """The signature of today."""

    @pytest.mark.parametrize("request_", GOOD)
    def test_what_the_vendor_signs_is_accepted(self, request_):
        """With and without a body, a port, odd characters, and with each of the three algorithms."""
        side.rest(signing_key=VENDORS_KEY).verify_webhook(request_)

    @pytest.mark.parametrize("request_", BAD.values(), ids=BAD)
    def test_what_the_vendor_refuses_is_refused(self, request_):
        """The same vectors of its clients."""
        with pytest.raises(ForgeryError):
            side.rest(signing_key=VENDORS_KEY).verify_webhook(request_)

    def test_a_claim_that_is_none_of_messagebirds_is_refused(self):
        """Rightly signed tokens of this key that are for something else, or that say nonsense."""
        side.rest().verify_webhook(_made({}))
        wrong: list[Mapping[str, object]] = [
            {"iss": "Bird"},
            {"iss": None},
            {"nbf": None},
            {"exp": "never"},
            {"exp": float("nan")},
            {"url_hash": None},
            {"url_hash": hashed(side.URL)},
            {"payload_hash": hashed("")},
        ]
        for claims in wrong:
            with pytest.raises(ForgeryError):
                side.rest().verify_webhook(_made(claims))

    def test_a_header_that_asks_for_more_is_refused(self):
        """RFC 7515, 4.1.11: what is critical and not understood makes the signature invalid."""
        for header in ({"alg": "HS256", "crit": ["b64"], "b64": False}, {"alg": "RS256"}, {"alg": ["HS256"]}):
            with pytest.raises(ForgeryError):
                side.rest().verify_webhook(_made({}, header))

    @pytest.mark.parametrize("token", [".", "..", "a.b.c", "ä.ö.ü", "[.[.[", f"{encoded({})}..", "W1tbW1s.e30.e30"])
    def test_nonsense_is_a_forgery_and_breaks_nothing(self, token):
        """Whoever knows the address can send it."""
        with pytest.raises(ForgeryError):
            side.rest().read_webhook(replace(side.told(side.REPORT), headers={HEADER: token}))

    def test_a_minute_is_the_window_and_clocks_may_differ_a_little(self):
        """Five seconds, either way."""
        good = side.told(side.REPORT)
        for seconds in (-5, 0, 60, 64):
            side.rest().verify_webhook(replace(good, received_at=side.NOW + timedelta(seconds=seconds)))
        for seconds in (-6, 66):
            with pytest.raises(ForgeryError):
                side.rest().verify_webhook(replace(good, received_at=side.NOW + timedelta(seconds=seconds)))

    @pytest.mark.parametrize("token", ["", "a.b.c"])
    def test_without_a_signing_key_every_report_is_refused(self, token):
        """An empty key would sign for everybody."""
        request = side.told(side.REPORT, key="")
        for headers in (request.headers, {HEADER: token}, side.told_the_old_way(side.REPORT, key="").headers):
            with pytest.raises(ForgeryError):
                side.rest(signing_key="", old_signatures=True).read_webhook(replace(request, headers=headers))


class TestOldSignatures:
    """The signature that MessageBird has given up, and some accounts still get."""

    @pytest.mark.parametrize(("key", "moment", "query", "body", "signature"), OLD_VECTORS)
    def test_what_the_vendor_signs_is_accepted(self, key, moment, query, body, signature):
        """Vectors of its clients for Python and PHP."""
        headers = {"MessageBird-Signature": signature, "MessageBird-Request-Timestamp": str(moment)}
        received_at = datetime.fromtimestamp(moment, UTC)
        request = WebhookRequest("GET", side.URL, headers, query, body=body, received_at=received_at)
        service = side.rest(signing_key=key, old_signatures=True)

        service.verify_webhook(request)
        for forged in (replace(request, query=query[1:]), replace(request, body=b"x")):
            with pytest.raises(ForgeryError):
                service.verify_webhook(forged)

    def test_they_are_refused_unless_somebody_switched_them_on(self):
        """They do not cover the address."""
        with pytest.raises(ForgeryError):
            side.rest().verify_webhook(side.told_the_old_way(side.REPORT))

    def test_a_wrong_token_is_not_made_good_by_an_old_signature(self):
        """The stronger proof decides where there is one."""
        old = side.told_the_old_way(side.REPORT)
        both = replace(old, headers={**old.headers, HEADER: "a.b.c"})

        with pytest.raises(ForgeryError):
            side.rest(old_signatures=True).verify_webhook(both)

    @pytest.mark.parametrize("moment", ["", "soon", "-1", "1e9", "²", "9" * 400])
    def test_a_moment_nobody_can_read_is_refused(self, moment):
        """The window cannot be checked without it."""
        old = side.told_the_old_way(side.REPORT)
        headers = {**old.headers, "Messagebird-Request-Timestamp": moment}

        with pytest.raises(ForgeryError):
            side.rest(old_signatures=True).verify_webhook(replace(old, headers=headers))


class TestReports:
    """What MessageBird's callbacks say."""

    @pytest.mark.parametrize(
        ("word", "state", "code"),
        [
            ("scheduled", ReceiptState.SENT, ""),
            ("sent", ReceiptState.SENT, ""),
            ("buffered", ReceiptState.SENT, ""),
            ("delivered", ReceiptState.DELIVERED, ""),
            ("expired", ReceiptState.FAILED, "expired"),
            ("delivery_failed", ReceiptState.FAILED, "delivery_failed"),
            ("Delivered", ReceiptState.UNKNOWN_WORD, ""),
        ],
    )
    def test_each_word_has_its_meaning(self, word, state, code):
        """With its moment and our reference."""
        at = datetime(2026, 5, 4, 11, 59, 10, tzinfo=UTC)
        reports = side.rest().read_webhook(side.told(side.REPORT | {"status": word}))

        assert [Receipt(side.ID, state, word, code, at, side.OURS)] == reports
        assert bool(code) is bool(side.rest().advice(code))

    @pytest.mark.parametrize(("code", "opted_out"), [("103", True), ("1", False), ("105", False)])
    def test_the_operators_reason_is_kept_and_an_opt_out_is_told(self, code, opted_out):
        """The numbers of reports are others than those of refusals."""
        fields = side.REPORT | {"status": "delivery_failed", "statusErrorCode": code}
        (receipt,) = side.rest().read_webhook(side.told(fields))

        assert isinstance(receipt, Receipt)
        assert (f"report_{code}", opted_out) == (receipt.code, receipt.opted_out)
        assert side.rest().advice(receipt.code) != side.rest().advice(code)
        assert side.rest().advice(receipt.code)

    def test_a_reason_beside_a_delivery_says_nothing(self):
        """Zero stands for none, and what arrived arrived."""
        for code in ("0", "103"):
            (receipt,) = side.rest().read_webhook(side.told(side.REPORT | {"statusErrorCode": code}))

            assert isinstance(receipt, Receipt)
            assert (ReceiptState.DELIVERED, "", False) == (receipt.state, receipt.code, receipt.opted_out)

    @pytest.mark.parametrize("moment", ["", "soon", "2026-05-04T11:59:10", "99999999999999"])
    def test_a_moment_nobody_can_read_does_not_matter(self, moment):
        """The state does."""
        (receipt,) = side.rest().read_webhook(side.told(side.REPORT | {"statusDatetime": moment}))

        assert isinstance(receipt, Receipt)
        assert (ReceiptState.DELIVERED, None) == (receipt.state, receipt.occurred_at)

    def test_a_plus_sign_that_was_not_escaped_is_understood(self):
        """It arrives as a space."""
        query = (("id", side.ID), ("status", "delivered"), ("statusDatetime", "2026-05-04T13:59:10 02:00"))
        (receipt,) = side.rest().read_reports(WebhookRequest("GET", side.URL, query=query))

        assert datetime(2026, 5, 4, 11, 59, 10, tzinfo=UTC) == getattr(receipt, "occurred_at", None)

    @pytest.mark.parametrize(
        "fields",
        [
            {"id": side.ID, "recipient": "31612345678", "body": "Stopp für heute"},
            {"id": side.ID, "receiver": "31612345678", "body": "Stopp für heute"},
            {"mid": side.ID, "shortcode": "31612345678", "message": "Stopp für heute"},
        ],
    )
    def test_a_text_from_a_person_is_an_inbound_message(self, fields):
        """To a number or a short code; the names differ."""
        request = side.texted({"originator": PHONE.lstrip("+"), **fields})
        expected = InboundMessage(side.ID, PHONE.lstrip("+"), "31612345678", "Stopp für heute")

        assert [expected] == side.rest().read_webhook(request)

    def test_messagebird_wants_to_read_ok(self):
        """Whatever it reported."""
        assert "OK" == side.rest().answer_webhook(side.told(side.REPORT)).body

    def test_what_is_neither_is_refused(self):
        """Silence would lose it."""
        with pytest.raises(InvalidInputError):
            side.rest().read_webhook(side.told({"id": side.ID}))
