"""Two kinds of service that may not use the same account at once."""

from dataclasses import replace

import pytest
from authsms_messagemedia import MessageMediaService
from authsms_messagemedia_soap import MessageMediaSoapService

from authsms.foundation.errors import InvalidInputError
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.service import SenderPolicyService
from tests.integration.senders.drafts import make_senders

KINDS = (MessageMediaService, MessageMediaSoapService)
REST = ServiceDraft(ServiceRule("rest"), "messagemedia", {"api_key": "Example001", "api_secret": "s"})
SOAP = ServiceDraft(ServiceRule("soap", 1), "messagemedia_soap", {"user_id": "Example001", "password": "p"})


@pytest.fixture
def rivals(database, vault, clock) -> SenderPolicyService:
    """A policy with one service."""
    senders = make_senders(database, vault, clock, KINDS)
    senders.save_service(REST, author="test")
    return senders


def _names(senders: SenderPolicyService) -> list[str]:
    return [saved.rule.name for saved in senders.services()]


def test_a_second_service_on_the_same_account_is_refused(rivals, clock):
    """Reports that one of them fetches would be lost to the other."""
    with pytest.raises(InvalidInputError, match=r"rest \(MessageMedia REST API\)"):
        rivals.save_service(SOAP, author="test")

    assert ["rest"] == _names(rivals)


def test_it_may_be_prepared_and_take_over(rivals):
    """While it is off it harms nobody; of the two only one can be on."""
    rivals.save_service(replace(SOAP, rule=replace(SOAP.rule, is_enabled=False)), author="test")
    versions = {saved.rule.name: saved.version for saved in rivals.services()}
    with pytest.raises(InvalidInputError, match="Switch the other one off first"):
        rivals.switch_service("soap", on=True, author="test", expected_version=versions["soap"])
    rivals.switch_service("rest", on=False, author="test", expected_version=versions["rest"])
    rivals.switch_service("soap", on=True, author="test", expected_version=versions["soap"])

    assert [False, True] == [saved.rule.is_enabled for saved in rivals.services()]


def test_who_fetches_reports_has_an_account_alone(rivals):
    """A report goes to whoever asks first."""
    rivals.switch_service("rest", on=False, author="test", expected_version=1)
    rivals.save_service(SOAP, author="test")
    with pytest.raises(InvalidInputError, match="only one of them"):
        rivals.save_service(replace(SOAP, rule=ServiceRule("again", 2)), author="test")

    assert ["rest", "soap"] == _names(rivals)


def test_other_accounts_and_other_services_of_the_same_kind_are_welcome(rivals):
    """Two services may share a key, e.g. for two countries."""
    twin = replace(REST, rule=ServiceRule("twin", 2))
    other = replace(SOAP, settings={"user_id": "Example002", "password": "p"})
    for draft in (twin, other):
        rivals.save_service(draft, author="test")

    assert ["rest", "soap", "twin"] == _names(rivals)
