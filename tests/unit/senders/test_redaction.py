"""What of a provider's words may be shown."""

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.foundation.phone import PhoneNumber
from authsms.senders.redaction import Redactor, basic_credentials

SECRET = 's3cret/+&"<ä'
PHONE = PhoneNumber("+4915112345678")
TEXT = "739201 is your code for the mail. Never tell it."
REDACTOR = Redactor([SECRET, basic_credentials("user", SECRET)], PHONE, TEXT)


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        SECRET.upper(),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET).lower(),
        json.dumps(SECRET),
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        base64.b64encode(SECRET.encode()).decode(),
        f"Authorization: Basic {basic_credentials('user', SECRET)}",
    ],
)
def test_a_secret_is_found_in_every_spelling_a_request_has(echo):
    """A provider repeats what it got, as it got it."""
    shown = REDACTOR.clean(f"before {echo} after")

    assert shown.startswith("before")
    assert shown.endswith("after")
    assert "s3cret" not in shown.lower()
    assert base64.b64encode(SECRET.encode()).decode() not in shown


@pytest.mark.parametrize(
    "echo", [PHONE, "4915112345678", "%2B4915112345678", "+49 151 1234-5678", "+49 (151) 12345678", "49.151.12345678"]
)
def test_the_number_is_masked_in_every_usual_spelling(echo):
    """Its last two digits stay, as everywhere."""
    assert "to •••••••78!" == REDACTOR.clean(f"to {echo}!")


@pytest.mark.parametrize(
    "echo",
    [
        TEXT,
        quote_plus(TEXT),
        TEXT[:30],
        TEXT[10:40],
        json.dumps(TEXT),
        "code 739201",
        "739201 is your co",
        TEXT.upper(),
    ],
)
def test_neither_text_nor_code_are_shown(echo):
    """Also when the provider cuts the text."""
    shown = REDACTOR.clean(f"You sent: {echo}")

    assert "739201" not in shown
    assert "code for the mail" not in shown.lower()


def test_the_rest_of_the_words_stays():
    """An administrator needs them."""
    words = "The 'To' number is not a valid phone number (21211)."

    assert words == REDACTOR.clean(words)


@pytest.mark.parametrize("words", ["a\r\nb", "a\x1b[31mb", "a\u202eb", "a\x00b", "a\u2028b", "a\ud800b", "a\u200bb"])
def test_control_characters_are_spaces(words):
    """A log, a terminal and a page show one line of plain text."""
    assert REDACTOR.clean(words).isprintable()


def test_long_words_are_cut():
    """The limit holds the ellipsis off."""
    assert "y" * 300 + "…" == REDACTOR.clean("y" * 100_000, 300)


@pytest.mark.parametrize("length", range(3900, 4010, 7))
def test_a_secret_at_the_edge_of_what_is_read_is_not_shown_in_half(length):
    """Texts that shrink move what stands behind them into sight."""
    words = (TEXT * 100)[: length - 200] + "." * 200 + SECRET

    assert "s3cr" not in REDACTOR.clean(words, 4000)


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_stands_around_it_a_secret_is_gone(before, after):
    """No context hides it."""
    redactor = Redactor(["k3y-OF-the-house"])

    assert "k3y-of-the-house" not in redactor.clean(f"{before}k3y-OF-the-house{after}", 4000).lower()


def test_a_hostile_answer_costs_no_time():
    """Half a megabyte of almost-echoes."""
    text = "ab" * 350
    started = time.process_time()
    Redactor([SECRET], PHONE, text).clean("ab" * 5 + "c" + "abababababab" * 50_000)

    assert time.process_time() - started < 2
