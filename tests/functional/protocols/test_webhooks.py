"""What providers report, and what others would like to be taken for a provider's report."""

from collections.abc import Sequence
from typing import Any

import pytest
import requests
from sqlalchemy import select
from typing_extensions import override
from werkzeug.test import create_environ, run_wsgi_app

from authsms.audit import AuditRecord
from authsms.foundation.errors import ForgeryError
from authsms.senders.contract import InboundMessage, Receipt, SenderService, WebhookReply, WebhookRequest
from authsms.senders.exchange import ProviderAnswer, ProviderRequest
from authsms.senders.settings import SettingValues
from authsms.senders.submission import Outcome, Submission
from authsms.senders.webhook import ReceiptState
from tests.functional.protocols.house import House, on_each_database

PATH = "/webhooks/main%20line/token"
TEXT = "STOP 482913 please"


class Provider(SenderService):
    """Signs with a header, reports what the form says, and keeps the calls it got."""

    key = "twin"
    title = "Twin"
    settings = ()
    has_webhooks = True
    fixed_path = "/response/twin"

    def __init__(self, signature: str = "right") -> None:
        self.signature = signature
        self.values = SettingValues.read((), {})
        self.calls: list[WebhookRequest] = []
        self.reply = WebhookReply()
        self.reports: list[Receipt | InboundMessage] = []

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        raise NotImplementedError

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        raise NotImplementedError

    @override
    def verify_webhook(self, request: WebhookRequest) -> None:
        self.calls.append(request)
        if request.header("X-Signature") != self.signature:
            raise ForgeryError("wrong signature")

    @override
    def read_reports(self, request: WebhookRequest) -> Sequence[Receipt | InboundMessage]:
        if self.reports:
            return self.reports
        if request.value("text"):
            return [InboundMessage("in1", "+4915112345678", "+49151000", request.value("text"), keyword="STOP")]
        return [Receipt(request.value("id"), ReceiptState.DELIVERED, "delivered")]

    @override
    def answer_webhook(self, request: WebhookRequest) -> WebhookReply:
        return self.reply


@pytest.fixture
def provider(house: House) -> Provider:
    """The provider behind the address."""
    made = Provider()
    house.senders.services["main line", "token"] = made
    return made


def call(house: House, method: str = "POST", path: str = PATH, **options: Any) -> requests.Response:
    """Call as the provider does."""
    headers = {"X-Signature": "right", **options.pop("headers", {})}
    return requests.request(method, house.settings.public_url + path, headers=headers, timeout=10, **options)


def tags(house: House) -> list[str]:
    """Return the audit tags in order."""
    with house.database.read() as session:
        return list(session.scalars(select(AuditRecord.tag).order_by(AuditRecord.id)))


@on_each_database
def test_a_report_is_taken_note_of(house: House, provider: Provider) -> None:
    """And answered with nothing, at once."""
    response = call(house, data={"id": "m1", "empty": ""})

    assert (204, b"") == (response.status_code, response.content)
    assert house.receipts.applied == [("main line", Receipt("m1", ReceiptState.DELIVERED, "delivered"))]
    assert provider.calls[0].form == (("id", "m1"), ("empty", ""))
    assert provider.calls[0].received_at == house.clock.now()


def test_the_address_that_is_verified_is_the_configured_one(house: House, provider: Provider) -> None:
    """ATK-25: whoever may choose the Host must not choose what the signature covers."""
    call(house, "GET", f"{PATH}?id=m2&note=a%20b&x=", headers={"Host": "evil.example", "X-Forwarded-Proto": "gopher"})

    assert provider.calls[0].url == f"{house.settings.public_url}{PATH}?id=m2&note=a%20b&x="
    assert provider.calls[0].query == (("id", "m2"), ("note", "a b"), ("x", ""))
    assert house.receipts.applied[0][1].provider_id == "m2"


def test_no_header_passes_for_the_type_or_the_length_of_the_body(house: House, provider: Provider) -> None:
    """Servers that keep underscores hand over ``Content_Type`` as a header of its own, and it may come last."""
    environ = create_environ(PATH, house.settings.public_url, method="POST", data={"id": "m1"})
    environ |= {"HTTP_X_SIGNATURE": "right", "HTTP_CONTENT_TYPE": "text/x-other", "HTTP_CONTENT_LENGTH": "1"}
    run_wsgi_app(house.app(), environ)

    said = [provider.calls[0].header(name) for name in ("X-Signature", "Content-Type", "Content-Length")]
    assert said == ["right", "application/x-www-form-urlencoded", "5"]


def test_a_provider_that_wants_to_read_something_reads_it(house: House, provider: Provider) -> None:
    """Twilio wants XML."""
    provider.reply = WebhookReply("<Response/>", "text/xml")
    response = call(house, data={"id": "m1"})

    assert (200, "text/xml", "<Response/>") == (response.status_code, response.headers["Content-Type"], response.text)


@pytest.mark.parametrize("signature", ["", "wrong"])
def test_a_forged_report_changes_nothing(house: House, provider: Provider, signature: str) -> None:
    """ATK-36: 403, and a record of the try."""
    response = call(house, data={"id": "m1"}, headers={"X-Signature": signature})

    assert (403, "application/problem+json") == (response.status_code, response.headers["Content-Type"])
    assert house.receipts.applied == []
    assert tags(house) == ["webhook.refused"]


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/main%20line/wrong",
        "/webhooks/unknown/token",
        "/webhooks/main%20line/token%00",
        "/webhooks/%00/token",
        "/webhooks/" + "x" * 300 + "/token",
        "/webhooks/main%20line/%C3%A9",
    ],
)
def test_an_unknown_address_is_not_found(house: House, provider: Provider, path: str) -> None:
    """The same answer whichever part is wrong, and no trace that could fill the audit trail."""
    response = call(house, path=path, data={"id": "m1"})

    assert (404, "There is no such thing") == (response.status_code, response.json()["title"])
    assert (provider.calls, tags(house)) == ([], [])


def test_a_huge_body_is_refused_before_it_is_read(house: House, provider: Provider) -> None:
    """64 kB are plenty."""
    assert call(house, data=b"x" * (65 * 1024)).status_code == 413
    assert provider.calls == []


def test_too_many_fields_are_refused(house: House, provider: Provider) -> None:
    """A hash table is not to be filled by strangers."""
    assert (
        call(
            house,
            data="&".join("a=1" for _ in range(201)),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ).status_code
        == 400
    )
    assert provider.calls == []


@on_each_database
def test_an_inbound_text_is_noted_without_what_it_says(house: House, provider: Provider, logged) -> None:
    """Neither the text nor the number enters the audit trail or the log."""
    assert call(house, data={"text": TEXT}).status_code == 204
    with house.database.read() as session:
        records = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
    seen = f"{[record.details for record in records]} {logged.text}"

    assert ["consent.stopped", "inbound.received"] == [record.tag for record in records]
    assert records[1].details == {"service": "main line", "keyword": "STOP", "sender_ends": "78"}
    assert TEXT not in seen
    assert "15112345678" not in seen


@on_each_database
def test_an_inbound_text_counts_whatever_is_in_it(house: House, provider: Provider) -> None:
    """No database takes these characters; the provider would send the text again and again, and the STOP be lost."""
    odd = InboundMessage("in1", "+4915112345678", "+4915\0\udc00", "STOP\0\ud800", keyword="STOP")
    provider.reports = [odd]
    response = call(house, data={"text": TEXT})

    assert (204, ["consent.stopped", "inbound.received"]) == (response.status_code, tags(house))


@on_each_database
def test_a_fixed_address_takes_what_is_signed(house: House, provider: Provider) -> None:
    """Some providers are told one address for a number, whatever the service is called here."""
    response = call(house, path="/response/twin", data={"id": "m1"})

    assert 204 == response.status_code
    assert [("main line", Receipt("m1", ReceiptState.DELIVERED, "delivered"))] == house.receipts.applied
    assert f"{house.settings.public_url}/response/twin" == provider.calls[0].url


def test_a_fixed_address_belongs_to_the_service_whose_signature_it_is(house: House, provider: Provider) -> None:
    """Two accounts at one provider share the address."""
    house.senders.services = {("other", "token"): Provider("left"), **house.senders.services}
    call(house, path="/response/twin", data={"id": "m1"})

    assert ["main line"] == [service for service, _ in house.receipts.applied]


@pytest.mark.parametrize("signature", ["", "wrong"])
def test_a_fixed_address_refuses_what_nobody_has_signed(house: House, provider: Provider, signature: str) -> None:
    """ATK-36: there is no secret in the path, so the signature is all."""
    response = call(house, path="/response/twin", data={"text": TEXT}, headers={"X-Signature": signature})

    assert (403, [], ["webhook.refused"]) == (response.status_code, house.receipts.applied, tags(house))


def test_a_fixed_address_of_nobody_is_not_found(house: House, provider: Provider) -> None:
    """Nor does it leave a trace."""
    found = [call(house, path=path).status_code for path in ("/response/other", "/callback/twin")]

    assert ([404, 404], []) == (found, tags(house))
