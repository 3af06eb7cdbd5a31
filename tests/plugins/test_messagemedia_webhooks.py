"""MessageMedia's REST API: delivery reports and replies, as they are sent to us and as we fetch them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from authsms.plugin_api import (
    ForgeryError,
    InboundMessage,
    InvalidInputError,
    Polled,
    ProviderAnswer,
    Receipt,
    ReceiptState,
    WebhookRequest,
)
from authsms.senders.definitions import ConfiguredService
from tests.plugins import hostile
from tests.plugins import messagemedia_side as side
from tests.plugins.contract_suite import PHONE, SUBMISSION
from tests.plugins.hostile import HostileServer

_ELSEWHERE = {
    "SHA-224": (
        "Zr9sN1DG3dyxbSYV8YYjO2sH6cCfmQp8PPRs99UI/kf1gSDp7nyr5rur0/ZOFCMCbmKAj1Gnwal+zZO1zUAiqk+ddNr5i7JWSfg5UZLZ"
        "PEFNakdEzZn/FloAggiaM/MktygFvl4PGpKxrdzKGdEPQ1XjT72g5RYu1xKgsSw9UGY="
    ),
    "SHA256": (
        "COIfi3NERjzwhLoOpWD6Obp2XaDFTJRh4nbHuBWCxTp8YYN8cxGmO2vOW2mmEGj+7SMIeVKB8tqYk5UB4RthTi15MMx85xdiSauKTYKh"
        "Ui9zYdSMI+Idsh0k3jsB8AiErOR9d1N1RJwM7UTE7k+MaSlp1+mjixbAWTMlLPIDcCU="
    ),
    "SHA-512": (
        "dypc732TUBNdDlMaua4L3FnBQUPjCto544OyK1obNqDMvBrtk0Ka1hZZhzGM2SCARrZL/rXLh4rSBEPPNwvel7j0+8I64KrpgT5cQ34/"
        "1yDNSwktwl9piqNSJ/NgJzDLHJZU0wLAdtRj4kVG/KQDLQPba28d+CX3JPO1WkHCpxY="
    ),
}
_KEY = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDirAusr8k6hO5icdcgKxsKQ6v/A8xpfHAluV8T0sRhZPvQ1EHJnUTnyKpXJeIhRKDmVKL+"
    "yGsdUTsuqseDLGRthxwlQNFHZ+3wAkDj+JByU8xqCz1O5O1TLcWvP/yLjJmye8mnsLA6bMvDHDMEn3Mtp55icvQ4I2ZEgScol57N/wIDAQAB"
)
_BODY = (
    b'{"delivery_report_id":"01e1fa0a-6e27-4945-9cdb-18644b4de043",'
    b'"message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7","status":"delivered","error_code":"220"}'
)


class TestWebhooks:
    """What MessageMedia sends."""

    @pytest.mark.parametrize(
        ("word", "code", "state", "kept", "opted_out"),
        [
            ("queued", "101", ReceiptState.SENT, "", False),
            ("enroute", "", ReceiptState.SENT, "", False),
            ("submitted", "200", ReceiptState.SENT, "", False),
            ("held", "", ReceiptState.SENT, "", False),
            ("delivered", "220", ReceiptState.DELIVERED, "", False),
            ("read", "221", ReceiptState.DELIVERED, "", False),
            ("failed", "330", ReceiptState.FAILED, "330", False),
            ("expired", "320", ReceiptState.FAILED, "320", False),
            ("rejected", "302", ReceiptState.FAILED, "302", True),
            ("rejected", "412", ReceiptState.FAILED, "412", True),
            ("cancelled", "405", ReceiptState.FAILED, "405", False),
            ("undefined", "", ReceiptState.UNKNOWN_WORD, "", False),
        ],
    )
    def test_each_report_has_its_meaning(self, word, code, state, kept, opted_out):
        """Codes may be numbers or text, as its samples have it."""
        moment = datetime(2016, 11, 3, 11, 49, 2, 807000, tzinfo=UTC)
        expected = [Receipt(side.UUID, state, word, kept, moment, "7" * 32, opted_out)]

        assert expected == side.signing().read_webhook(side.told(side.report(word, code)))
        number = int(code) if code else None
        assert expected == side.signing().read_webhook(side.told(side.report(word, error_code=number)))

    @pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"])
    def test_a_proxy_may_have_changed_the_version(self, version):
        """The signature covers the one that MessageMedia spoke."""
        assert side.signing().read_webhook(side.told(side.report(), version=version))

    def test_the_query_is_signed_with_the_path(self):
        """As one line."""
        assert side.signing().read_webhook(side.told(side.report(), f"{side.TARGET}?a=b&c=%20"))

    @pytest.mark.parametrize("digest", ["SHA256", "SHA-256", "sha-256"])
    def test_the_digest_is_spelt_in_two_ways(self, digest):
        """By the descriptions and by the clients."""
        assert side.signing().read_webhook(side.told(side.report(), digest=digest))

    @pytest.mark.parametrize("digest", _ELSEWHERE)
    def test_signatures_made_elsewhere_are_understood(self, digest):
        """Made with PyCryptodome's PKCS1_v1_5, which MessageMedia's guide verifies with."""
        headers = {
            "date": side.DATE,
            "x-messagemedia-signature": _ELSEWHERE[digest],
            "x-messagemedia-digest-type": digest,
            "x-messagemedia-cipher-type": "RSA",
            "x-messagemedia-key-id": side.KEY_ID.upper(),
        }
        service = side.rest(signature_keys=f"{side.KEY_ID}={_KEY}")

        (receipt,) = service.read_webhook(WebhookRequest("POST", side.URL, headers, body=_BODY))
        assert isinstance(receipt, Receipt)
        assert side.UUID == receipt.provider_id
        with pytest.raises(ForgeryError):
            service.read_webhook(WebhookRequest("POST", side.URL, headers, body=_BODY + b" "))

    def test_without_keys_the_secret_address_is_the_proof(self):
        """That is how accounts are unless signing was switched on."""
        unsigned = replace(side.told(side.report()), headers={})

        assert side.rest().read_webhook(unsigned)

    def test_a_reply_names_the_person_first(self):
        """Of the two numbers the source is the person's; the other is missing where no sender was set."""
        value = {"reply_id": side.REPORT_ID, "message_id": side.UUID, "content": "STOP", "source_number": PHONE}

        assert [InboundMessage(side.REPORT_ID, PHONE, "", "STOP")] == side.signing().read_webhook(side.told(value))
        literal = value | {"reply_id": "$replyId", "destination_number": "+14155550100"}
        assert [InboundMessage(side.UUID, PHONE, "+14155550100", "STOP")] == side.signing().read_webhook(
            side.told(literal)
        )

    @pytest.mark.parametrize("value", [{}, [], "text", {"message_id": side.UUID, "status": "delivered"}])
    def test_what_is_neither_report_nor_reply_is_refused_in_plain_words(self, value):
        """A template can make anything of them."""
        with pytest.raises(InvalidInputError, match="JSON"):
            side.signing().read_reports(side.told(value))

    def test_dates_without_a_zone_are_left_out(self):
        """A guess would be an hour wrong somewhere."""
        (report,) = side.rest().read_webhook(side.told(side.report(date_received="2016-11-03T11:49:02")))

        assert isinstance(report, Receipt)
        assert report.occurred_at is None


class TestPolling:
    """Reports that are fetched."""

    def test_a_fetched_report_says_the_same_as_a_sent_one(self):
        """And is confirmed by its own id."""
        service = side.rest(reports="poll")
        answer = ProviderAnswer(200, {}, json.dumps({"delivery_reports": [side.report(), {"odd": 1}]}).encode())
        (sent,) = service.read_reports(side.told(side.report()))

        assert isinstance(sent, Receipt)
        assert Polled((sent,), (side.REPORT_ID,)) == service.read_polled(answer)
        confirm = service.confirm_request([side.REPORT_ID])
        assert b'{"delivery_report_ids": ["01e1fa0a-6e27-4945-9cdb-18644b4de043"]}' == confirm.body
        assert "https://api.messagemedia.com/v1/delivery_reports/confirmed" == confirm.url

    def test_whoever_fetches_reports_asks_for_no_calls(self):
        """They could not come."""
        service = side.rest(reports="poll")

        assert (True, False) == (service.is_polled, side.rest().is_polled)
        (message,) = json.loads(service.build_request(SUBMISSION).body or b"")["messages"]
        assert "callback_url" not in message
        assert message["delivery_report"] is True

    def test_who_fetches_reports_can_be_missed_like_who_gets_them(self):
        """For the alarm about providers that fall silent."""
        services = [side.rest(), side.rest(reports="poll"), side.soap()]

        assert [False, True, True] == [ConfiguredService("line", 1, service).can_report for service in services]
        assert ConfiguredService("line", 1, side.rest(), side.URL).can_report

    def test_a_page_that_is_longer_than_we_read_is_taken_up_to_the_cut(self):
        """Else a hundred long reports would be in the way for ever."""
        page = [side.report(delivery_report_id=f"{side.REPORT_ID[:-3]}{number}") for number in range(100, 200)]
        body = json.dumps({"delivery_reports": page}).encode()
        with HostileServer(hostile.answer(200, body + b" " * 70_000)) as server:
            polled = side.rest(reports="poll", base_url=server.url).poll()
        with HostileServer(hostile.answer(200, body.replace(b"your code", b"your code" * 30))) as server:
            cut = side.rest(reports="poll", base_url=server.url).poll()

        assert polled is not None
        assert (100, True) == (len(polled.handles), polled.has_more)
        assert cut is not None
        assert cut.has_more
        assert 50 < len(cut.handles) < 100
        assert polled.handles[: len(cut.handles)] == cut.handles

    @pytest.mark.parametrize(
        "behave",
        [
            side.answered(200, {"message": "no"}),
            side.answered(200, []),
            side.answered(403, {"message": "Invalid authentication credentials"}),
            side.answered(500, {"delivery_reports": []}),
            hostile.answer(200, b"[" * 20_000),
            hostile.answer(200, b'{"delivery_reports": [' + b"[" * 70_000),
            hostile.answer(200, b'{"delivery_reports": 5' + b" " * 70_000),
            hostile.answer(200, b"\xff" * 70_000),
            hostile.hang_up,
        ],
    )
    def test_what_is_no_page_brings_nothing(self, behave):
        """And breaks nothing."""
        with HostileServer(behave) as server:
            polled = side.rest(reports="poll", base_url=server.url).poll()

        assert polled is None or not polled.handles

    def test_a_confirmation_that_fails_is_told(self):
        """The same reports come again."""
        with HostileServer(hostile.answer(202)) as server:
            service = side.rest(reports="poll", base_url=server.url)
            confirmed = service.confirm(Polled(handles=(side.REPORT_ID,)))
            server.behave = hostile.answer(500)

            assert (True, False) == (confirmed, service.confirm(Polled(handles=(side.REPORT_ID,))))
