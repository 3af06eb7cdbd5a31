"""Clickatell: how its callbacks are proven, and what they say."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from authsms.plugin_api import InboundMessage, InvalidInputError, Receipt, ReceiptState, WebhookRequest
from tests.plugins import clickatell_side as side
from tests.plugins.contract_suite import PHONE

SENT, DELIVERED, FAILED, UNKNOWN = ReceiptState
AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
OURS = "7" * 32
WITHOUT_USER = {"callback_user": "", "callback_password": ""}
REPLY = {
    "integrationId": "1",
    "messageId": side.NUMBER,
    "replyMessageId": None,
    "apiKey": "key",
    "fromNumber": PHONE.lstrip("+"),
    "toNumber": "447700900100",
    "timestamp": 1700000000000,
    "text": "Stop 100% ü",
    "charset": "UTF-8",
    "udh": "",
    "network": "x",
    "keyword": "Stop",
}


def _inbound(charset: str, escaped: str, **more: str) -> WebhookRequest:
    """Return a reply as the classic interface hands it over by GET."""
    fields = {"api_id": "3400000", "moMsgId": side.NUMBER, "from": PHONE.lstrip("+"), "to": "447700900100"} | more
    pairs = "&".join(f"{name}={value}" for name, value in fields.items())
    return side.called(f"{pairs}&timestamp=2023-11-15+00:13:20&charset={charset}&udh=&text={escaped}")


class TestProof:
    """Nothing is signed."""

    @pytest.mark.parametrize(
        ("service", "request_"),
        [
            (side.http(**WITHOUT_USER), side.posted(side.RECEIPT, {})),
            (side.platform(**WITHOUT_USER), side.told(side.PLATFORM_RECEIPT, {})),
            (side.one(**WITHOUT_USER), side.told(side.one_receipt(5), {})),
        ],
    )
    def test_without_a_callback_user_the_secret_address_is_the_proof(self, service, request_):
        """It was compared before the plugin is asked."""
        (receipt,) = service.read_webhook(request_)

        assert DELIVERED is receipt.state

    def test_the_word_basic_may_be_written_in_any_case(self):
        """RFC 9110, section 11.1."""
        request = side.posted(side.RECEIPT, side.basic(scheme="bAsIc"))

        assert [Receipt(side.NUMBER, DELIVERED, "004", "", AT, OURS)] == side.http().read_webhook(request)


class TestClassicReports:
    """What the classic interface reports."""

    @pytest.mark.parametrize(
        "request_", [side.posted(side.RECEIPT), side.called(side.posted(side.RECEIPT).body.decode())]
    )
    def test_a_receipt_comes_by_get_or_by_post(self, request_):
        """As it is set in the portal."""
        assert [Receipt(side.NUMBER, DELIVERED, "004", "", AT, OURS)] == side.http().read_webhook(request_)

    def test_names_of_parameters_come_in_any_case(self):
        """The manual and the callbacks do not agree."""
        lower = side.posted({name.lower(): value for name, value in side.RECEIPT.items()})

        assert side.http().read_webhook(side.posted(side.RECEIPT)) == side.http().read_webhook(lower)

    @pytest.mark.parametrize(
        ("numbers", "state"),
        [("002 003 008 011", SENT), ("004", DELIVERED), ("001 005 006 007 009 010 012 014", FAILED), ("013", UNKNOWN)],
    )
    def test_each_state_has_its_meaning(self, numbers, state):
        """Delivered to the gateway is not delivered; a failed one has a code of its own, with advice."""
        for number in numbers.split():
            (receipt,) = side.http().read_webhook(side.posted(side.RECEIPT | {"status": number}))

            assert isinstance(receipt, Receipt)
            assert (state, number) == (receipt.state, receipt.word)
            assert (f"state_{number}" if state is FAILED else "") == receipt.code
            assert bool(receipt.code) is bool(side.http().advice(receipt.code))

    def test_a_state_and_an_error_of_the_same_number_have_different_advice(self):
        """005 is a missing session, and a message that failed."""
        service = side.http()

        assert service.advice("005") != service.advice("state_005")

    @pytest.mark.parametrize("moment", ["", "soon", "1", "99999999999999999999"])
    def test_a_moment_nobody_can_read_does_not_matter(self, moment):
        """The state does."""
        (receipt,) = side.http().read_webhook(side.posted(side.RECEIPT | {"timestamp": moment}))

        assert isinstance(receipt, Receipt)
        assert (DELIVERED, None) == (receipt.state, receipt.occurred_at)

    @pytest.mark.parametrize(
        ("charset", "escaped", "text"),
        [
            ("UTF-8", quote("Stopp für 5 €"), "Stopp für 5 €"),
            ("ISO-8859-1", quote("Stopp für +1", encoding="latin-1"), "Stopp für +1"),
            ("utf-16be", quote("Stopp 😀".encode("utf-16-be")), "Stopp 😀"),
            ("zip", "Stop", "Stop"),
            ("UTF-16BE", "%00", "\ufffd"),
            ("", "STOP+please", "STOP please"),
        ],
    )
    def test_a_reply_is_read_in_its_charset(self, charset, escaped, text):
        """The parameter names it."""
        expected = InboundMessage(side.NUMBER, PHONE.lstrip("+"), "447700900100", text)

        assert [expected] == side.http().read_webhook(_inbound(charset, escaped))

    @pytest.mark.parametrize(
        "request_",
        [
            WebhookRequest("POST", side.URL, side.basic(), body=b"<callback><apiMsgId>1</apiMsgId></callback>"),
            side.told(side.RECEIPT),
            side.called(""),
        ],
    )
    def test_another_form_of_callback_is_refused_with_a_hint(self, request_):
        """Silence would lose every receipt."""
        with pytest.raises(InvalidInputError, match="GET or POST"):
            side.http().read_webhook(request_)

    def test_a_reply_without_a_text_breaks_nothing(self):
        """Parameters may be missing."""
        assert () == side.http().read_webhook(side.called("moMsgId=x1"))


class TestPlatformReports:
    """What the Platform API reports."""

    def test_a_receipt_says_when_and_which(self):
        """Milliseconds, and our own id."""
        expected = Receipt(side.NUMBER, DELIVERED, "RECEIVED_BY_RECIPIENT", "", AT, OURS)

        assert [expected] == side.platform().read_webhook(side.told(side.PLATFORM_RECEIPT))

    def test_a_receipt_may_come_in_the_address(self):
        """By GET, with the same names."""
        query = (("messageId", side.NUMBER), ("statusCode", "4"), ("status", "OK"), ("timestamp", "1700000000000"))
        request = WebhookRequest("GET", side.URL, side.basic(), query=query)

        assert [Receipt(side.NUMBER, DELIVERED, "OK", "", AT)] == side.platform().read_webhook(request)

    @pytest.mark.parametrize(
        ("charset", "sent", "text"),
        [
            ("UTF-8", "100% für", "100% für"),
            ("UTF-8", "%41", "%41"),
            ("ISO-8859-1", quote("Stopp für", encoding="latin-1"), "Stopp für"),
            ("ISO-8859-1", "Stopp 5 € 100%", "Stopp 5 € 100%"),
            ("UTF-16BE", quote("Stopp 😀".encode("utf-16-be")), "Stopp 😀"),
            ("UTF-16BE", "Stopp", "Stopp"),
            ("UTF-7", "+AEE-", "+AEE-"),
        ],
    )
    def test_a_reply_is_read_in_its_charset(self, charset, sent, text):
        """Percent escapes within JSON."""
        request = side.told(REPLY | {"text": sent, "charset": charset})
        expected = InboundMessage(side.NUMBER, PHONE.lstrip("+"), "447700900100", text)

        assert [expected] == side.platform().read_webhook(request)

    @pytest.mark.parametrize("value", [{}, [], None, {"statusCode": None}, {"event": {}}, "[" * 5000])
    def test_what_is_no_callback_is_refused(self, value):
        """Silence would lose receipts of a wrong interface."""
        with pytest.raises(InvalidInputError):
            side.platform().read_webhook(side.told(value))


class TestOneReports:
    """What the One API reports."""

    def test_the_same_number_means_the_opposite(self):
        """5 is delivery here, and an error at the Platform API."""
        (one,) = side.one().read_webhook(side.told(side.one_receipt(5)))
        (platform,) = side.platform().read_webhook(side.told(side.PLATFORM_RECEIPT | {"statusCode": 5}))

        assert isinstance(one, Receipt)
        assert isinstance(platform, Receipt)
        assert (DELIVERED, FAILED) == (one.state, platform.state)
        assert ("", "state_5") == (one.code, platform.code)

    def test_each_state_has_its_meaning(self):
        """Several may come at once; emulated is neither success nor failure."""
        numbers = {SENT: (2, 3, 4), DELIVERED: (5, 6), UNKNOWN: (1, 24)}
        numbers[FAILED] = (20, 21, 22, 23, 25, 26, 27, 28, 29, 100)
        for state, ones in numbers.items():
            receipts = side.one().read_webhook(side.told(side.one_receipt(*ones)))

            assert [state] * len(ones) == [receipt.state for receipt in receipts if isinstance(receipt, Receipt)]
            assert all(side.one().advice(f"state_{number}") for number in ones if state is FAILED)

    def test_a_receipt_says_when_and_which(self):
        """Milliseconds, and our own id."""
        expected = Receipt(side.NUMBER, FAILED, "DELIVERY_FAILURE", "state_23", AT, OURS)

        assert [expected] == side.one().read_webhook(side.told(side.one_receipt(23, word="DELIVERY_FAILURE")))

    @pytest.mark.parametrize("value", [{"event": {"moText": [{"content": "STOP"}]}}, side.PLATFORM_RECEIPT, [], None])
    def test_what_is_no_status_is_refused(self, value):
        """The form of replies is not published: Clickatell shows them as not taken, instead of losing them here."""
        with pytest.raises(InvalidInputError, match="not read"):
            side.one().read_webhook(side.told(value))
