"""Writes checked drafts into the tables of a built-in repository, many at once.

An import of thousands holds the one write lock of SQLite; so it asks per batch, not per person.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import TypeAlias

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.models import LocalGroup, LocalMembership, LocalPerson
from authsms.identity.names import comparable

_BATCH = 500

Change: TypeAlias = tuple[PersonDraft, str | None]
"""A checked draft, and the digest of its password; None keeps the password."""


class Saved(StrEnum):
    """What became of a draft."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class LocalStore:
    """The rows of one built-in repository; every method works within the caller's transaction."""

    def __init__(self, vault: Vault, clock: Clock, repository: str) -> None:
        self._vault = vault
        self._clock = clock
        self._repository = repository

    def rows(self, session: Session, logins: Iterable[str]) -> dict[str, LocalPerson]:
        """Return the rows of people by the comparable form of their login."""
        found = {}
        for keys in _batches({comparable(login) for login in logins}):
            query = select(LocalPerson).where(
                LocalPerson.repository == self._repository, LocalPerson.login_key.in_(keys)
            )
            found.update({row.login_key: row for row in session.scalars(query)})
        return found

    def write(self, session: Session, changes: Sequence[Change]) -> list[Saved]:
        """Make or change people, found by login; return what became of each."""
        rows = self.rows(session, (draft.login for draft, _ in changes))
        created = [draft for draft, _ in changes if comparable(draft.login) not in rows]
        new = {comparable(draft.login): self._new_row(draft) for draft in created}
        session.add_all(new.values())
        rows |= new
        touched = {row.id for draft, digest in changes if _write(row := rows[comparable(draft.login)], draft, digest)}
        session.flush()
        wanted = {rows[comparable(draft.login)].id: draft.groups for draft, _ in changes if draft.groups is not None}
        touched |= self._write_groups(session, wanted)
        outcomes = []
        for draft, _ in changes:
            key = comparable(draft.login)
            if key not in new and rows[key].id in touched:
                rows[key].changed_at = self._clock.now()
            outcomes.append(
                Saved.CREATED if key in new else Saved.UPDATED if rows[key].id in touched else Saved.UNCHANGED
            )
        return outcomes

    def _new_row(self, draft: PersonDraft) -> LocalPerson:
        now = self._clock.now()
        return LocalPerson(
            id=self._vault.new_id(),
            repository=self._repository,
            login=draft.login,
            login_key=comparable(draft.login),
            display_name=draft.login[:200],
            mail="",
            phones=[],
            password_digest=None,
            must_change=False,
            enabled=True,
            created_at=now,
            changed_at=now,
        )

    def _write_groups(self, session: Session, wanted: dict[str, frozenset[str]]) -> set[str]:
        """Put each person into exactly these groups; return whose groups changed."""
        ids = self._group_ids(session, {name for names in wanted.values() for name in names})
        present: dict[str, set[str]] = defaultdict(set)
        for people in _batches(wanted):
            query = select(LocalMembership).where(LocalMembership.person_id.in_(people))
            for membership in session.scalars(query):
                present[membership.person_id].add(membership.group_id)
        changed, added = set(), []
        for person_id, names in wanted.items():
            groups = {ids[comparable(name)] for name in names}
            gone = present[person_id] - groups
            if gone:
                session.execute(
                    delete(LocalMembership).where(
                        LocalMembership.person_id == person_id, LocalMembership.group_id.in_(gone)
                    )
                )
            added += [{"person_id": person_id, "group_id": group} for group in groups - present[person_id]]
            if groups != present[person_id]:
                changed.add(person_id)
        if added:
            session.execute(insert(LocalMembership), added)
        return changed

    def _group_ids(self, session: Session, names: Iterable[str]) -> dict[str, str]:
        """Return the ids of groups by the comparable form of their names; missing groups are made."""
        by_key = {comparable(name): name for name in names}
        ids: dict[str, str] = {}
        for keys in _batches(by_key):
            query = select(LocalGroup).where(LocalGroup.repository == self._repository, LocalGroup.name_key.in_(keys))
            ids.update({group.name_key: group.id for group in session.scalars(query)})
        new = [
            {"id": self._vault.new_id(), "repository": self._repository, "name": name, "name_key": key}
            for key, name in by_key.items()
            if key not in ids
        ]
        if new:
            session.execute(insert(LocalGroup), new)
        return ids | {group["name_key"]: group["id"] for group in new}


def _write(row: LocalPerson, draft: PersonDraft, digest: str | None) -> bool:
    """Write what *draft* says into *row*; return whether anything differs now."""
    wanted = {
        "display_name": draft.display_name,
        "mail": draft.mail,
        "phones": None if draft.phones is None else list(draft.phones),
        "password_digest": digest,
        "must_change": draft.must_change,
        "enabled": draft.enabled,
    }
    changed = {name: value for name, value in wanted.items() if value is not None and getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, _BATCH)):
        yield batch
