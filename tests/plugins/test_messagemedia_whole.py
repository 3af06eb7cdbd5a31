"""MessageMedia from the outbox to a phone: whole sends, with reports that are sent to us, and fetched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from authsms.delivery.polling import ReportPoller
from authsms.delivery.states import MessageState
from authsms.foundation.errors import InvalidInputError
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.simulator.config import Account
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.messagemedia import MessageMediaAccount
from authsms.simulator.providers.messagemedia_soap import MessageMediaSoapAccount
from tests.integration.delivery.waiting import wait_until
from tests.plugins.whole_house import TEXT, WholeHouse, run_whole_house

REST = MessageMediaAccount(signing_key=generate_private_key(65537, 2048))
SOAP = MessageMediaSoapAccount()
KEY = {"api_key": REST.api_key, "api_secret": REST.api_secret, "sender": "+14155550100"}
SIGNED = {**KEY, "signature_keys": f"{REST.key_id}={REST.public_key}", "signing": "hmac-sha256"}
USER = {"user_id": SOAP.user_id, "password": SOAP.password, "validity": "gsm"}


@dataclass(frozen=True, slots=True)
class Way:
    """One of MessageMedia's interfaces, as it is set up at the provider and here."""

    kind: str
    account: Account
    settings: Mapping[str, object]
    provider: str


CALLED = Way("messagemedia", REST, SIGNED, "messagemedia")
FETCHED = {
    "rest": Way("messagemedia", REST, {**KEY, "reports": "poll"}, "messagemedia"),
    "soap": Way("messagemedia_soap", SOAP, USER, "messagemedia-soap"),
}


@pytest.fixture
def house(way: Way, instance: Path, sqlite_database_url: str) -> Iterator[WholeHouse]:
    """A server that sends this way."""
    path = f"/{way.provider}{'/' if way.account is SOAP else ''}"
    with run_whole_house(instance, sqlite_database_url, way.kind, way.account, way.settings, path) as running:
        yield running


class TestCalled:
    """REST with signed reports."""

    @pytest.fixture
    def way(self) -> Way:
        """The one that calls."""
        return CALLED

    def test_a_text_arrives_and_is_reported_delivered(self, house):
        """Each text says where to report; no address is set at the provider."""
        message = house.send()
        house.wait_for(message, MessageState.DELIVERED)

        assert [TEXT] == house.texts()
        assert [204, 204] == house.wait_for_callbacks(2)

    @pytest.mark.parametrize("kind", [FaultKind.UNSIGNED, FaultKind.FORGE])
    def test_reports_with_a_wrong_signature_change_nothing(self, house, way, kind):
        """Whoever learns the address still lacks the key; the tries are on record."""
        house.spoil(way.provider, Fault(kind=kind))
        message = house.send()

        assert [403, 403] == house.wait_for_callbacks(2)
        assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state
        assert 2 == house.tags().count("webhook.refused")

    def test_a_stop_is_taken_and_the_next_text_fails_for_it(self, house):
        """MessageMedia takes a text to somebody who wants none, and reports the refusal later."""
        house.wait_for(house.send(), MessageState.DELIVERED)
        house.reply("STOP")
        house.wait_for_callbacks(3)
        withheld = house.wait_for(house.send("740111 ist Ihr Code."), MessageState.WITHHELD)
        house.overrule()
        failed = house.wait_for(house.send("740112 ist Ihr Code."), MessageState.FAILED)

        assert "opted-out" == withheld.reason
        assert ("302", "opted-out") == (failed.code, failed.reason)
        assert 1 == house.tags().count("inbound.received")

    def test_secrets_and_texts_are_not_in_the_logs(self, house, caplog, capfd):
        """Reports repeat the whole text."""
        caplog.set_level("DEBUG", "authsms")
        house.wait_for(house.send(), MessageState.DELIVERED)
        seen = caplog.text + "".join(capfd.readouterr())

        assert "sender.answered" in seen
        assert [] == [secret for secret in (REST.api_secret, "739201", "15112345678") if secret in seen]


@pytest.mark.parametrize("way", FETCHED.values(), ids=FETCHED)
class TestFetched:
    """Reports that wait at the provider."""

    def test_a_text_arrives_and_its_reports_are_fetched_once(self, house):
        """The provider forgets them after they are stored."""
        message = house.send()
        house.wait_for(message, MessageState.ACCEPTED)
        poller = ReportPoller(house.services.senders, house.services.receipts)
        wait_until(lambda: poller.poll() > 0 and _state(house, message) is MessageState.DELIVERED, 60)

        assert [TEXT] == house.texts()
        assert 0 == poller.poll()
        assert [] == house.answers()

    def test_a_text_that_fails_later_says_why(self, house, way):
        """With a code that has advice."""
        house.spoil(way.provider, Fault(kind=FaultKind.UNDELIVERED))
        message = house.send()
        house.wait_for(message, MessageState.ACCEPTED)
        poller = ReportPoller(house.services.senders, house.services.receipts)
        wait_until(lambda: poller.poll() > 0 and _state(house, message) is MessageState.FAILED, 60)
        failed = house.services.outbox.view(message)

        assert failed.code in {"330", "not_delivered"}
        assert house.services.senders.service("line").service.advice(failed.code)

    def test_reports_that_could_not_be_stored_come_again(self, house):
        """They are confirmed after they are stored, never before."""
        message = house.send()
        house.wait_for(message, MessageState.ACCEPTED)
        service = house.services.senders.service("line").service
        seen: set[str] = set()
        wait_until(lambda: (polled := service.poll()) is not None and len(polled.handles) == 2, 60)
        seen.update(service.poll().handles)

        assert seen == set(service.poll().handles)
        assert 2 == ReportPoller(house.services.senders, house.services.receipts).poll()
        assert () == service.poll().handles
        assert MessageState.DELIVERED is _state(house, message)


@pytest.mark.parametrize("way", [FETCHED["soap"]])
def test_one_account_speaks_one_of_the_two(house):
    """A user of SOAP cannot be on as a REST key as well; off it may stay for later."""
    rule = ServiceRule("other", 1)
    rest = {"api_key": SOAP.user_id, "api_secret": "s"}

    with pytest.raises(InvalidInputError, match="only one of them") as caught:
        house.services.senders.save_service(ServiceDraft(rule, "messagemedia", rest), author="test")
    assert "api_key" == caught.value.field
    assert ["line"] == [saved.rule.name for saved in house.services.senders.services()]


def _state(house: WholeHouse, message: str) -> MessageState:
    return house.services.outbox.view(message).state
