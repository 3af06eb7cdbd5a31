"""Which services are used, in which order, and with which words."""

import pytest

from authsms.senders.policy import Policy, ServiceRule, in_order
from authsms.senders.submission import Purpose
from authsms.senders.text import BUILT_IN


def test_services_go_in_the_order_given():
    """Equal places go by name, so that the order is the same everywhere."""
    rules = [ServiceRule("c", 2), ServiceRule("b", 1), ServiceRule("d", 0), ServiceRule("a", 1)]

    assert ["d", "a", "b", "c"] == in_order(rules, Purpose.AUTHENTICATION, "DE")


def test_a_service_that_is_off_is_passed_over():
    """It stays configured."""
    assert [] == in_order([ServiceRule("a", is_enabled=False)], Purpose.AUTHENTICATION, "DE")


def test_a_service_may_be_meant_for_some_purposes_and_countries():
    """Offers through the cheap one, codes through the fast one."""
    rules = [
        ServiceRule("offers", 0, purposes=frozenset({Purpose.OFFER})),
        ServiceRule("home", 1, countries=frozenset({"DE", "AT"})),
        ServiceRule("world", 2),
    ]

    assert ["home", "world"] == in_order(rules, Purpose.AUTHENTICATION, "AT")
    assert ["world"] == in_order(rules, Purpose.AUTHENTICATION, "FR")
    assert ["offers", "world"] == in_order(rules, Purpose.OFFER, "FR")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de", "Eigener {otp}"),
        ("de_AT", "Eigener {otp}"),
        ("de-CH", "Schweizer {otp}"),
        ("en", BUILT_IN["plain"]["en"]),
        ("en-GB", BUILT_IN["plain"]["en"]),
        ("fr", BUILT_IN["plain"]["en"]),
        ("", BUILT_IN["plain"]["en"]),
    ],
)
def test_the_nearest_language_is_taken(locale, expected):
    """Own words first, then the built-in ones, then English."""
    policy = Policy(wording="plain", templates={"de": "Eigener {otp}", "de-CH": "Schweizer {otp}"})

    assert expected == policy.source(locale)


def test_own_english_words_stand_in_for_a_language_without_any():
    """The administrator's words go before ours."""
    assert "Own {otp}" == Policy(templates={"en": "Own {otp}"}).source("fr")
