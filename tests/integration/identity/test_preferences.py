"""What people have chosen for themselves, on both databases."""

import pytest

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError
from authsms.identity.preferences import Preferences


def test_a_choice_is_kept_changed_and_taken_back(database: Database, clock: Clock):
    """Of one person; others are not touched."""
    preferences = Preferences(database, clock)
    preferences.keep_language("LOCAL:b", "en")
    seen = []
    for language in ("de", "en", "", ""):
        preferences.keep_language("LOCAL:a", language)
        seen.append(preferences.language("LOCAL:a"))

    assert ["de", "en", "", ""] == seen
    assert "en" == preferences.language("LOCAL:b")


def test_only_what_is_spoken_can_be_kept(database: Database, clock: Clock):
    """Everything else would be found out when a text has to be written."""
    preferences = Preferences(database, clock)
    for language in ("fr", "DE", "de-AT", " "):
        with pytest.raises(InvalidInputError):
            preferences.keep_language("LOCAL:a", language)

    assert "" == preferences.language("LOCAL:a")
