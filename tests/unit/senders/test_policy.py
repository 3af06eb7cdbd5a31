"""With which words texts are sent."""

import pytest

from authsms.senders.policy import Policy
from authsms.senders.text import BUILT_IN


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
