"""What people read in the window of a device."""

import pytest

from authsms.logon.machine import Asks, MessageKey, Prompt
from authsms.logon.radius_profile import LOCALES
from authsms.protocols.radius import words
from authsms.protocols.radius.packets import LARGEST

SENT = Asks("SMS_OTP:1", Prompt.CODE, MessageKey.CODE_SENT, masked="•••••••42", length=6)
OWN = Asks("TOTP:1", Prompt.CODE, MessageKey.CODE_SENT, length=6)
PASSWORD = Asks("LDAP_PASSWORD:1", Prompt.PASSWORD, MessageKey.ASK_PASSWORD)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_fits_into_an_attribute(locale):
    """RFC 2865 section 5: 253 octets; a longer one would be cut in the middle of a word, or of a letter."""
    said = [
        words.question(asks, key, locale, is_separate=is_separate)
        for asks in (SENT, OWN, PASSWORD)
        for key in MessageKey
        for is_separate in (False, True)
    ]

    assert max(len(one.encode()) for one in said) <= 253 < LARGEST
    assert "{" not in "".join(said)


def test_a_code_that_nobody_sent_is_asked_for_as_such():
    """An app on the phone makes it."""
    assert "Enter your code:" == words.question(OWN, MessageKey.CODE_SENT, "en", is_separate=False)
    assert "sent" not in words.question(OWN, MessageKey.CODE_SENT, "en", is_separate=True)
    assert "*******42" in words.question(SENT, MessageKey.CODE_SENT, "en", is_separate=False)


def test_both_languages_say_the_same():
    """A sentence that is missing in one would be missed by whoever needs it."""
    assert set(words._SENTENCES["en"]) == set(words._SENTENCES["de"])
    assert "Password:" == words.say("password", "fr")


@pytest.mark.parametrize(
    ("typed", "wanted"), [("new", True), (" NEW ", True), ("neu", True), ("", True), ("123456", False)]
)
def test_a_word_or_nothing_asks_for_another_code(typed, wanted):
    """A code is digits, so no code is taken for it."""
    assert wanted is words.wants_another(typed)
