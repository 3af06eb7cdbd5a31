"""What counts as two factors."""

import pytest

from authsms.logon.factors import has_two_factors


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), False),
        (("pwd",), False),
        (("otp", "sms"), False),
        (("pwd", "pin"), False),
        (("pwd", "otp", "sms"), True),
        (("pin", "hwk"), True),
        (("mfa",), True),
        (("unheard-of", "pwd"), False),
    ],
)
def test_something_known_and_something_held_are_two_factors(words: tuple[str, ...], expected: bool):
    """Two codes are one factor, and so are two passwords."""
    assert expected == has_two_factors(words)
