"""Where the sender policy is kept: services and policy as rows, each change a new version."""

from collections.abc import Mapping, Sequence
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
from authsms.senders.definitions import PolicyVersion, SavedService, ServiceDraft, check_rule
from authsms.senders.models import SenderPolicyRecord, SenderPolicyVersion, SenderServiceRecord
from authsms.senders.policy import Policy
from authsms.senders.text import BUILT_IN, parse_template


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

    def save_service(self, draft: ServiceDraft, *, author: str, expected_version: int | None = None) -> SavedService:
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
            raise InvalidInputError(f"There is no kind of sender service called {draft.kind!r}.", field="kind")
        with self._database.write() as session:
            policy = self._lock_policy(session)
            row = session.scalars(
                select(SenderServiceRecord).where(SenderServiceRecord.name == draft.rule.name)
            ).one_or_none()
            found = row.version if row else 0
            if expected_version is not None and expected_version != found:
                raise ConflictError("Somebody else has changed this sender service; load it again.")
            row = records.write(self._vault, row, kind, draft, at=self._clock.now(), by=author)
            session.add(row)
            self._keep_version(session, policy, author, f"{'changed' if found else 'added'} {row.name}")
        self._has_changed = True
        return records.saved(self._vault, row, kind)

    def remove_service(self, name: str, *, author: str) -> None:
        """Forget a service and its secrets.

        Raises:
            NotFoundError: There is none of that name.
        """
        with self._database.write() as session:
            policy = self._lock_policy(session)
            row = session.scalars(select(SenderServiceRecord).where(SenderServiceRecord.name == name)).one_or_none()
            if row is None:
                raise NotFoundError(f"There is no sender service called {name!r}.")
            session.delete(row)
            self._keep_version(session, policy, author, f"removed {name}")
        self._has_changed = True

    def policy(self) -> Policy:
        """Return the stored policy."""
        with self._database.read() as session:
            return records.policy_of(session.get(SenderPolicyRecord, 1))

    def save_policy(self, policy: Policy, *, author: str) -> Policy:
        """Store *policy* and return it with its new version.

        Raises:
            InvalidInputError: A template cannot be used.
            ConflictError: ``policy.version`` is not the stored one: somebody else was faster.
        """
        if policy.wording not in BUILT_IN:
            raise InvalidInputError("There is no built-in template of that name.", field="wording")
        for source in policy.templates.values():
            parse_template(source)
        with self._database.write() as session:
            row = self._lock_policy(session)
            if row.version != policy.version:
                raise ConflictError("Somebody else has changed the sender policy; load it again.")
            row.masks_recipients, row.wording = policy.masks_recipients, policy.wording
            row.templates = dict(policy.templates)
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
            row = SenderPolicyRecord(id=1, version=0, updated_at=self._clock.now(), updated_by="")
            first = Policy()
            row.masks_recipients, row.wording, row.templates = first.masks_recipients, first.wording, {}
            session.add(row)
            session.flush()
        return row

    def _keep_version(self, session: Session, policy: SenderPolicyRecord, author: str, change: str) -> None:
        policy.version += 1
        policy.updated_at, policy.updated_by = self._clock.now(), author
        session.flush()
        rows = list(session.scalars(select(SenderServiceRecord)))
        session.add(
            SenderPolicyVersion(
                version=policy.version,
                at=policy.updated_at,
                author=author,
                change=change,
                document=records.document(policy, rows),
            )
        )
        details: Mapping[str, str | int] = {"change": change, "version": policy.version}
        self._audit.record(session, AuditEntry(AuditTag.SENDER_SAVED, login=author, details=details))
