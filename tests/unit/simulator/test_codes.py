"""Finding the code in a text."""

import pytest

from authsms.simulator.codes import find_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your one-time password is: 482913", "482913"),
        ("2026 is the year, 123456 the code\n\n@example.com #123456", "123456"),
        ("@example.com #007123 @frame.example", "007123"),
        ("Call +491711234567 for help", ""),
        ("See you on 2026-11-20", ""),
        ("Room 42", ""),
        ("", ""),
    ],
)
def test_the_code_is_what_a_keyboard_would_offer(text, code):
    """The origin-bound last line wins; numbers of phones and dates are no codes."""
    assert code == find_code(text)
