"""What people have chosen for themselves: so far, the language they read.

A choice counts once it is certain who somebody is, and for what he is sent; a page that anybody may open never shows
it. Whoever reads a row about a person anyway reads the choice along, by `kept_language`, so that it costs no statement.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, delete, select

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError
from authsms.identity.models import PREFERENCE

LANGUAGES: Final = ("en", "de")
"""What pages and built-in texts are written in; the first is the one of whoever asks for none of them."""

_P: Final = PREFERENCE.c
_FIND: Final = select(_P.language).where(_P.person_key == bindparam("wanted"))
_REMOVE: Final = delete(PREFERENCE).where(_P.person_key == bindparam("wanted"))


def kept_language(person_key: ColumnElement[str]) -> ScalarSelect[Any]:
    """Return the language a person keeps, as a column of a statement that is about him; null when he keeps none."""
    return select(_P.language).where(_P.person_key == person_key).scalar_subquery()


class Preferences:
    """Keeps them; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        fresh = database.insert(PREFERENCE)
        columns = {name: fresh.excluded[name] for name in ("language", "changed_at")}
        self._write = fresh.on_conflict_do_update(index_elements=[_P.person_key], set_=columns)

    def language(self, person_key: str) -> str:
        """Return the language a person keeps, e.g. ``de``; empty when he keeps none."""
        with self._database.read() as session:
            return session.execute(_FIND, {"wanted": person_key}).scalar_one_or_none() or ""

    def keep_language(self, person_key: str, language: str) -> None:
        """Keep the language of a person from now on, or, with an empty one, none.

        Raises:
            InvalidInputError: It is none of `LANGUAGES`.
        """
        if language and language not in LANGUAGES:
            raise InvalidInputError("This language is not spoken here.", field="language")
        with self._database.write() as session:
            if language:
                row = {"person_key": person_key, "language": language, "changed_at": self._clock.now()}
                session.execute(self._write, row)
            else:
                session.execute(_REMOVE, {"wanted": person_key})
