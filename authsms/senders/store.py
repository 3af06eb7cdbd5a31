"""Where the sender policy is kept: services and policy as rows, each change a new version."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.senders import records
from authsms.senders.contract import SenderService
from authsms.senders.definitions import Author, PolicyVersion, SavedService, ServiceDraft
from authsms.senders.documents import PolicyDocument
from authsms.senders.models import SenderPolicyRecord, SenderPolicyVersion, SenderServiceRecord
from authsms.senders.policy import Policy, check_policy
from authsms.senders.rules import check_rule


class PolicyStore:
    """Reads and changes what is stored; every change is dated, audited and kept as a version."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, kinds: Sequence[type[SenderService]], audit: AuditTrail
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._kinds = {kind.key: kind for kind in kinds}
        self._audit = audit
        self._has_changed = False

    def kinds(self) -> Mapping[str, type[SenderService]]:
        """Return the kinds of sender service there are, by key."""
        return self._kinds

    def services(self) -> list[SavedService]:
        """Return every stored service as it may be shown, in order."""
        with self._database.read() as session:
            rows = session.scalars(select(SenderServiceRecord)).all()
        saved = [records.saved(self._vault, row, self._kinds.get(row.kind)) for row in rows]
        return sorted(saved, key=lambda one: (one.rule.position, one.rule.name))

    def save_service(
        self, draft: ServiceDraft, *, author: str | Author, expected_version: int | None = None
    ) -> SavedService:
        """Store a new service, or a new version of the one with that name.

        Args:
            draft: What to store.
            author: Who wants it.
            expected_version: The version the author has seen; 0 for a new service, None for "whatever is there".

        Raises:
            InvalidInputError: A value does not fit; `field` names it.
            ConflictError: Somebody else has changed the service meanwhile, or the name is taken.
        """
        check_rule(draft.rule)
        kind = self._kinds.get(draft.kind)
        if kind is None:
            raise InvalidInputError(
                "There is no kind of sender service called %(kind)r.", kind=draft.kind, field="kind"
            )
        with self._database.write() as session:
            policy = self._lock_policy(session)
            row = session.scalars(
                select(SenderServiceRecord).where(SenderServiceRecord.name == draft.rule.name)
            ).one_or_none()
            found = row.version if row else 0
            if expected_version is not None and expected_version != found:
                raise ConflictError("Somebody else has changed this sender service; load it again.")
            row = records.write(self._vault, row, kind, draft, at=self._clock.now(), by=Author.of(author).login)
            session.add(row)
            self._keep_version(session, policy, author, f"{'changed' if found else 'added'} {row.name}")
        self._has_changed = True
        return records.saved(self._vault, row, kind)

    def remove_service(self, name: str, *, author: str | Author, expected_version: int | None = None) -> None:
        """Forget a service and its secrets.

        Raises:
            NotFoundError: There is none of that name.
            ConflictError: Somebody else has changed it meanwhile.
        """
        with self._database.write() as session:
            policy = self._lock_policy(session)
            row = _named(session, name, expected_version)
            session.delete(row)
            self._keep_version(session, policy, author, f"removed {name}")
        self._has_changed = True

    def switch_service(self, name: str, *, on: bool, author: str | Author, expected_version: int) -> None:
        """Let a service be used, or not any more.

        Raises:
            NotFoundError: There is none of that name.
            InvalidInputError: It cannot be used as it is; the text says why.
            ConflictError: Somebody else has changed it meanwhile.
        """
        with self._database.write() as session:
            policy = self._lock_policy(session)
            row = _named(session, name, expected_version)
            problem = records.problem_of(self._vault, row, self._kinds.get(row.kind)) if on else ""
            if problem:
                raise InvalidInputError("%(name)s cannot be switched on: %(problem)s", name=name, problem=problem)
            if row.is_enabled != on:
                row.is_enabled, row.version = on, row.version + 1
                self._keep_version(session, policy, author, f"switched {name} {'on' if on else 'off'}")
        self._has_changed = True

    def arrange(self, places: Sequence[Sequence[str]], *, author: str | Author, expected_version: int) -> None:
        """Put the services into order.

        Args:
            places: Names of every service, place by place, best first.
            author: Who wants it.
            expected_version: The version of the policy the author has seen.

        Raises:
            ConflictError: Somebody else has changed the policy or a service meanwhile.
        """
        with self._database.write() as session:
            policy = self._lock_policy(session)
            rows = {row.name: row for row in session.scalars(select(SenderServiceRecord))}
            wanted = [(name, place) for place, names in enumerate(places) for name in names]
            if policy.version != expected_version or sorted(name for name, _ in wanted) != sorted(rows):
                raise ConflictError("Somebody else has changed the sender policy; load it again.")
            moved = [(rows[name], place) for name, place in wanted if rows[name].position != place]
            for row, place in moved:
                row.position, row.version = place, row.version + 1
            if moved:
                self._keep_version(session, policy, author, "changed the order")
        self._has_changed = True

    def document(self) -> Mapping[str, object]:
        """Return policy and services without secrets, as the history keeps them."""
        with self._database.read() as session:
            row = session.get(SenderPolicyRecord, 1) or self._first_policy()
            return records.document(row, list(session.scalars(select(SenderServiceRecord))))

    def preview(self, document: PolicyDocument) -> Mapping[str, object]:
        """Return what `document` would return after `adopt`; nothing is changed.

        Raises:
            InvalidInputError: The document cannot be used.
        """
        with self._database.write() as session:
            row = self._lock_policy(session)
            self._adopt(session, row, document, "")
            session.flush()
            planned = records.document(row, list(session.scalars(select(SenderServiceRecord))))
            session.rollback()
        return planned

    def adopt(self, document: PolicyDocument, *, author: str | Author, expected_version: int, change: str) -> None:
        """Make policy and services what *document* says; secrets stay where they are.

        A service that is not there yet, or whose secrets are missing for its settings, comes without them and off. One
        that the document does not name is switched off and kept, with its secrets.

        Args:
            document: What shall hold.
            author: Who wants it.
            expected_version: The version of the policy the author has seen.
            change: What the history says.

        Raises:
            InvalidInputError: The document cannot be used; nothing was changed.
            ConflictError: Somebody else has changed the policy or a service meanwhile.
        """
        with self._database.write() as session:
            row = self._lock_policy(session)
            if row.version != expected_version:
                raise ConflictError("Somebody else has changed the sender policy; load it again.")
            before = records.document(row, list(session.scalars(select(SenderServiceRecord))))
            self._adopt(session, row, document, Author.of(author).login)
            session.flush()
            if records.document(row, list(session.scalars(select(SenderServiceRecord)))) != before:
                self._keep_version(session, row, author, change)
        self._has_changed = True

    def version(self, number: int) -> PolicyVersion:
        """Return one entry of the history.

        Raises:
            NotFoundError: There is none of that number.
        """
        with self._database.read() as session:
            row = session.get(SenderPolicyVersion, number)
            if row is None:
                raise NotFoundError("There is no version %(number)s of the sender policy.", number=number)
            return PolicyVersion(row.version, row.at, row.author, row.change, row.document)

    def policy(self) -> Policy:
        """Return the stored policy."""
        with self._database.read() as session:
            return records.policy_of(session.get(SenderPolicyRecord, 1))

    def save_policy(self, policy: Policy, *, author: str | Author) -> Policy:
        """Store *policy* and return it with its new version.

        Raises:
            InvalidInputError: A template cannot be used.
            ConflictError: ``policy.version`` is not the stored one: somebody else was faster.
        """
        check_policy(policy)
        with self._database.write() as session:
            row = self._lock_policy(session)
            if row.version != policy.version:
                raise ConflictError("Somebody else has changed the sender policy; load it again.")
            records.write_policy(row, policy)
            self._keep_version(session, row, author, "changed the policy")
        self._has_changed = True
        return replace(policy, version=row.version)

    def versions(self, limit: int = 50) -> list[PolicyVersion]:
        """Return the history, newest first."""
        query = select(SenderPolicyVersion).order_by(SenderPolicyVersion.version.desc()).limit(limit)
        with self._database.read() as session:
            return [
                PolicyVersion(row.version, row.at, row.author, row.change, row.document)
                for row in session.scalars(query)
            ]

    def _lock_policy(self, session: Session) -> SenderPolicyRecord:
        """Return the one row of the policy, locked, so that versions are counted one by one."""
        row = session.get(SenderPolicyRecord, 1, with_for_update=True)
        if row is None:
            row = self._first_policy()
            session.add(row)
            session.flush()
        return row

    def _first_policy(self) -> SenderPolicyRecord:
        row = SenderPolicyRecord(id=1, version=0, updated_at=self._clock.now(), updated_by="")
        records.write_policy(row, Policy())
        return row

    def _adopt(self, session: Session, row: SenderPolicyRecord, document: PolicyDocument, by: str) -> None:
        check_policy(document.policy)
        records.write_policy(row, document.policy)
        present = {one.name: one for one in session.scalars(select(SenderServiceRecord))}
        for entry in document.services:
            check_rule(entry.rule)
            kind = self._kinds.get(entry.kind)
            if kind is None:
                raise InvalidInputError(
                    "%(name)s: the plugin that brings %(kind)r is not loaded.", name=entry.rule.name, kind=entry.kind
                )
            session.add(
                records.restore(
                    self._vault, present.pop(entry.rule.name, None), kind, entry, at=self._clock.now(), by=by
                )
            )
        _switch_off(present.values())

    def _keep_version(self, session: Session, policy: SenderPolicyRecord, author: str | Author, change: str) -> None:
        by = Author.of(author)
        policy.version += 1
        policy.updated_at, policy.updated_by = self._clock.now(), by.login
        session.flush()
        rows = list(session.scalars(select(SenderServiceRecord)))
        records.refuse_rivals(rows, self._kinds)
        session.add(
            SenderPolicyVersion(
                version=policy.version,
                at=policy.updated_at,
                author=by.login,
                change=change,
                document=records.document(policy, rows),
            )
        )
        details: Mapping[str, str | int] = {"change": change, "version": policy.version}
        entry = AuditEntry(AuditTag.SENDER_SAVED, by.person_key, by.login, address=by.address, details=details)
        self._audit.record(session, entry)


def _named(session: Session, name: str, expected_version: int | None) -> SenderServiceRecord:
    row = session.scalars(select(SenderServiceRecord).where(SenderServiceRecord.name == name)).one_or_none()
    if row is None:
        raise NotFoundError("There is no sender service called %(name)r.", name=name)
    if expected_version is not None and expected_version != row.version:
        raise ConflictError("Somebody else has changed this sender service; load it again.")
    return row


def _switch_off(rows: Collection[SenderServiceRecord]) -> None:
    for row in rows:
        if row.is_enabled:
            row.is_enabled, row.version = False, row.version + 1
