"""What is odd about the wording of a notice."""

import pytest

from authsms.contacts.agreement import ContactState
from authsms.foundation.errors import InvalidInputError
from authsms.messaging.audience import Left, choose
from authsms.messaging.wording import parse_texts, text_for, warnings

GOOD = "{host}: The canteen is closed. STOP ends texts."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("The canteen is closed. STOP ends texts.", "who texts"),
        ("{host}: The canteen is closed.", "STOP"),
        (f"{GOOD} See bit.ly/x", "shortened links (bit.ly)"),
        (f"{GOOD} Your diagnosis is ready", "health"),
        (f"{GOOD} Ihre Befunde sind da", "health"),
        (GOOD + " And so on." * 50, "segments"),
        (f"{GOOD} ✓", "cost more"),
    ],
    ids=["nameless", "endless", "shortened", "health", "health in German", "long", "costly"],
)
def test_what_a_carrier_or_a_reader_would_object_to_is_said(text: str, problem: str):
    """Advice, no more."""
    (template,) = parse_texts({"en": text}).values()

    assert [problem in warning for warning in warnings(template, "login.example.org")] == [True]


def test_a_good_text_is_left_alone():
    """Also when the name of the server is written out."""
    for text in (GOOD, "login.example.org: closed. STOP ends texts."):
        (template,) = parse_texts({"en": text}).values()
        assert [] == list(warnings(template, "login.example.org"))


@pytest.mark.parametrize("texts", [{}, {"en": " "}, {"en": "{otp}"}, {"en": "{user.__class__}"}, {"en": "{"}])
def test_a_text_names_only_what_there_is(texts: dict[str, str]):
    """No codes, no attributes, no lone braces."""
    with pytest.raises(InvalidInputError):
        parse_texts(texts)


def test_a_language_that_is_missing_gets_english_or_the_first():
    """Never nothing."""
    texts = parse_texts({"de": "eins", "en": "one"})

    assert ["eins", "one", "one"] == [text_for(texts, locale).source for locale in ("de", "en", "fr")]
    assert "eins" == text_for(parse_texts({"de": "eins"}), "").source


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        ([ContactState.IDLE, ContactState.VERIFIED, ContactState.VERIFIED], 1),
        ([ContactState.STOPPED, ContactState.VERIFIED], 1),
        ([ContactState.STOPPED, ContactState.IDLE], Left.STOPPED),
        ([ContactState.ASKED], Left.UNCONFIRMED),
        ([], Left.NO_CONTACT),
    ],
    ids=["first live", "another one", "stopped", "asked", "none"],
)
def test_the_first_live_contact_is_texted(states: list[ContactState], chosen: int | Left):
    """A STOP ends one number, not the others."""
    assert chosen == choose(states)
