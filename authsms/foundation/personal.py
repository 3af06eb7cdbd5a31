"""What a table knows of people, and what becomes of it when somebody is to be forgotten.

Each feature says so of its own tables, in a module ``personal``; whoever hands out or erases what is known of a person
goes through these declarations and needs to know no table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from authsms.foundation.db import rowcount


class Fate(StrEnum):
    """What becomes of rows about somebody who is to be forgotten."""

    DELETED = "deleted"
    WIPED = "wiped"
    """What tells of him goes, the row stays: it is counted."""
    GUARDED = "guarded"
    """Deleted with the account; as long as that can sign in, the rows keep strangers out of it."""
    PASSING = "passing"
    """Stays for the days at most that such rows are kept anyway."""
    KEPT = "kept"
    """Stays: it proves what was done and agreed to."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one table knows of people.

    Attributes:
        name: What it is called in what a person is handed out.
        shown: Columns that he is handed out; no secrets, no hashes, nothing sealed.
        wiped: What takes the place of what tells of him, with `Fate.WIPED`, and with `Fate.GUARDED` in rows that stay.
        whose: Column that holds the key of the person.
    """

    name: str
    table: Table
    fate: Fate
    shown: Sequence[str]
    wiped: Mapping[str, Any] = field(default_factory=dict)
    whose: str = "person_key"

    def rows(self, session: Session, person_key: str) -> Iterator[dict[str, Any]]:
        """Yield what there is about a person."""
        columns = [self.table.c[name] for name in self.shown]
        query = select(*columns).where(self.table.c[self.whose] == person_key).order_by(*self.table.primary_key)
        for row in session.execute(query):
            yield dict(zip(self.shown, row, strict=True))

    def erase(self, session: Session, person_key: str, *, with_guards: bool) -> int:
        """Do to the rows about a person what their fate is; return how many there were to do it to."""
        mine = self.table.c[self.whose] == person_key
        if self.fate is Fate.DELETED or (self.fate is Fate.GUARDED and with_guards):
            return rowcount(session.execute(delete(self.table).where(mine)))
        if self.wiped:
            return rowcount(session.execute(update(self.table).where(mine).values(self.wiped)))
        return 0
