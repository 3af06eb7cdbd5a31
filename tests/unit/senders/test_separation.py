"""Which senders ought to be apart."""

import pytest

from authsms.senders.policy import ServiceRule
from authsms.senders.separation import SharedSender, shared_senders
from authsms.senders.submission import Purpose

CODES = frozenset({Purpose.AUTHENTICATION, Purpose.VERIFICATION})
OFFERS = frozenset({Purpose.NOTICE, Purpose.OFFER})
NUMBER = "+14155550100"


def test_a_service_for_everything_sends_both_from_one_number():
    """The usual beginning."""
    assert [SharedSender(NUMBER, ("main",), ("main",))] == shared_senders([(ServiceRule("main"), NUMBER)])


def test_two_services_with_one_number_share_it():
    """The carrier does not know our services."""
    services = [
        (ServiceRule("codes", purposes=CODES), NUMBER),
        (ServiceRule("offers", purposes=OFFERS, senders={"DE": (NUMBER,)}), "+14155550111"),
    ]

    assert [SharedSender(NUMBER, ("codes",), ("offers",))] == shared_senders(services)


def test_a_sender_that_is_not_known_belongs_to_its_service():
    """Two providers do not choose the same number."""
    apart = [(ServiceRule("codes", purposes=CODES), ""), (ServiceRule("offers", purposes=OFFERS), "")]

    assert [] == shared_senders(apart)
    assert [SharedSender("", ("main",), ("main",))] == shared_senders([(ServiceRule("main"), "")])


@pytest.mark.parametrize(
    ("rule", "own"),
    [
        (ServiceRule("codes", purposes=CODES), NUMBER),
        (ServiceRule("offers", purposes=OFFERS), NUMBER),
        (ServiceRule("off", is_enabled=False), NUMBER),
        (ServiceRule("named"), "Example"),
        (ServiceRule("named", senders={"*": ("Example",)}), NUMBER),
    ],
)
def test_there_is_nothing_to_say_where_no_answer_can_block_a_code(rule, own):
    """One kind of text only, a service that is off, or a name that cannot be answered."""
    assert [] == shared_senders([(rule, own)])


def test_a_messaging_service_can_be_answered():
    """It is an id, but numbers stand behind it."""
    [shared] = shared_senders([(ServiceRule("main", senders={"US": ("MG" + "0" * 32,)}), "Example")])

    assert "MG" + "0" * 32 == shared.sender
