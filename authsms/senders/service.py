"""The sender policy: stored, versioned, and ready to send."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy import Table, select

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import DatabaseUnavailableError, InvalidInputError, NotFoundError
from authsms.foundation.logs import get_logger
from authsms.foundation.phone import PhoneNumber, mask
from authsms.foundation.vault import Vault
from authsms.senders import records
from authsms.senders.contract import SenderService
from authsms.senders.definitions import Author, ConfiguredService, ServiceDraft
from authsms.senders.http import HttpGuard
from authsms.senders.models import SenderPolicyRecord, SenderServiceRecord
from authsms.senders.policy import Policy, ServiceRule
from authsms.senders.reach import may_call
from authsms.senders.routes import Consignment, Route, comparable, routes, sender_for
from authsms.senders.settings import SettingKind
from authsms.senders.signatures import is_same
from authsms.senders.store import PolicyStore
from authsms.senders.submission import CODES, Purpose, Submission, Trial
from authsms.senders.text import Template, code_template

_log = get_logger(__name__)
_LOOK_AGAIN_SECONDS = 1.0
_TOKEN_DIGITS = 40  # 160 bits
_VERSION = select(cast("Table", SenderPolicyRecord.__table__).c.version)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Policy and services as of one version."""

    policy: Policy
    rules: tuple[ServiceRule, ...]
    services: Mapping[str, ConfiguredService]
    built: Mapping[str, tuple[int, SenderService]]
    groups: frozenset[str] = frozenset()

    def from_sender(self, way: Route) -> ConfiguredService:
        """Return the service of *way*, which texts from its sender."""
        service = self.services[way.service]
        return replace(service, sender=way.sender) if way.sender else service


_NOTHING = _Snapshot(Policy(version=-1), (), {}, {})


class SenderPolicyService(PolicyStore):
    """Keeps the policy, and the sender services ready to send; safe to share between threads.

    Other processes see a change within a second or two: the version is looked up at most once a second, and only
    services that changed are built anew.

    Args:
        database: Where they are kept.
        vault: Seals secrets and makes callback addresses unguessable.
        clock: Dates the versions.
        kinds: What the plugins brought, see `authsms.plugins.load_plugins`.
        guard: The way out.
        public_url: Where providers reach this server.
        audit: Is told of changes and tests; made from the others when left out.
    """

    def __init__(  # noqa: PLR0913 - it stands where all of these meet
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        kinds: Sequence[type[SenderService]],
        guard: HttpGuard,
        public_url: str,
        *,
        audit: AuditTrail | None = None,
    ) -> None:
        super().__init__(database, vault, clock, kinds, audit or AuditTrail(database, vault, clock))
        self._guard = guard
        self._public_url = public_url.rstrip("/")
        self._lock = threading.Lock()
        self._snapshot = _NOTHING
        self._look_again_at = 0.0

    def choose(self, consignment: Consignment) -> list[ConfiguredService]:
        """Return the services for a text, best first, with their senders; empty when none may carry it."""
        snapshot = self._current()
        ways = routes(snapshot.rules, consignment)
        return [snapshot.from_sender(way) for way in ways if way.service in snapshot.services]

    def refresh(self, *, only_late: bool = False) -> None:
        """Look policy and services up, so that no text has to wait for that within the next second."""
        with self._lock:
            if self._has_changed or not only_late or time.monotonic() >= self._look_again_at:
                self._has_changed = False
                self._take_over()
                self._look_again_at = time.monotonic() + _LOOK_AGAIN_SECONDS

    def offered(self, consignment: Consignment) -> list[tuple[str, str]]:
        """Return service and sender of every way for a text, as looked up last; see `named_groups` for why."""
        snapshot = self._snapshot
        ways = [way for way in routes(snapshot.rules, consignment) if way.service in snapshot.services]
        return [(way.service, way.sender or snapshot.services[way.service].own_sender) for way in ways]

    def named_groups(self) -> frozenset[str]:
        """Return the groups that some service is meant for, as they are compared.

        This is what `templates` or another method has looked up last: a transaction that waits for a second connection
        could wait for itself.
        """
        return self._snapshot.groups

    def can_send(self) -> bool:
        """Return whether there is a service that is on and can be used."""
        snapshot = self._current()
        return any(rule.is_enabled and rule.name in snapshot.services for rule in snapshot.rules)

    def service(self, name: str) -> ConfiguredService:
        """Return one service, also one that is off.

        Raises:
            NotFoundError: There is none of that name, or it cannot be used; `services` says why.
        """
        try:
            return self._current().services[name]
        except KeyError:
            raise NotFoundError("There is no usable sender service called %(name)r.", name=name) from None

    def sender_of(self, name: str) -> str:
        """Return the sender that every text of a service comes from; empty when there are several, or none is known."""
        snapshot = self._current()
        rule = next((rule for rule in snapshot.rules if rule.name == name), None)
        if rule is None or rule.senders or name not in snapshot.services:
            return ""
        return snapshot.services[name].own_sender

    def templates(self, purpose: Purpose) -> Callable[[str], Template]:
        """Return what finds the template for a text with a code, in the nearest language there is; it looks nothing up.

        Raises:
            NotFoundError: Texts of this purpose carry no code; they bring their own words.
        """
        if purpose not in CODES:
            raise NotFoundError("There is no template for %(purpose)s.", purpose=purpose)
        policy = self._current().policy
        return lambda locale: code_template(policy.source(locale))

    def shown(self, recipient: PhoneNumber) -> str:
        """Return *recipient* as the policy shows numbers."""
        return mask(recipient) if self._current().policy.masks_recipients else recipient

    def callback_url(self, name: str) -> str | None:
        """Return where the provider of a service reports to, or None when it does not report."""
        return self.service(name).callback_url

    def by_callback(self, name: str, token: str) -> ConfiguredService:
        """Return the service a webhook was sent to.

        Raises:
            NotFoundError: Service and token do not belong together; the words do not tell which is wrong.
        """
        found = self._current().services.get(name)
        if found is None or not found.callback_url or not is_same(token, found.callback_url.rpartition("/")[2]):
            raise NotFoundError("There is nothing here.")
        return found

    def by_path(self, path: str) -> list[ConfiguredService]:
        """Return the services that are on, take webhooks at the fixed address *path*, and can tell who is calling."""
        snapshot = self._current()
        found = [
            snapshot.services[rule.name]
            for rule in snapshot.rules
            if rule.is_enabled and rule.name in snapshot.services
        ]
        return [one for one in found if one.service.fixed_path == path and one.service.signs_webhooks()]

    def check_addresses(self, kind: str, settings: Mapping[str, object]) -> None:
        """Check that this server may call the addresses in *settings*; a call checks that again.

        Raises:
            InvalidInputError: It may not; `field` names the setting.
        """
        for one in self._kinds[kind].all_settings():
            url = one.read(settings.get(one.name)) if one.kind is SettingKind.URL else ""
            if isinstance(url, str) and url and not may_call(self._guard, url):
                raise InvalidInputError(
                    "%(label)s: this server calls only https addresses on port 443 of the public internet. Ask "
                    "whoever runs it to add this host to network.allowed when it is a gateway of your own.",
                    label=one.label,
                    field=one.name,
                )

    def unsaved(self, draft: ServiceDraft) -> ConfiguredService:
        """Return a service made of nothing but what was typed; no stored secret is used. The caller closes it.

        Raises:
            InvalidInputError: A value does not fit, a secret perhaps; `field` names it.
        """
        kind = self._kinds.get(draft.kind)
        if kind is None:
            raise InvalidInputError(
                "There is no kind of sender service called %(kind)r.", kind=draft.kind, field="kind"
            )
        return ConfiguredService(draft.rule.name, 0, kind.configure(draft.settings, self._guard, connections=1))

    def try_out(
        self,
        name: str,
        recipient: PhoneNumber,
        text: str,
        *,
        author: str | Author,
        instead: ConfiguredService | None = None,
    ) -> Trial:
        """Send *text* through the saved configuration and return all an administrator may see of it.

        The caller limits how often. The message id is new, so receipts of it are recorded but belong to no message.

        Args:
            name: The service.
            recipient: Whose phone.
            text: What to send.
            author: Who wants it.
            instead: What to test in place of what is saved, see `unsaved`.

        Raises:
            NotFoundError: There is no such service.
        """
        submission = Submission(self._vault.new_id(), recipient, text)
        trial = (instead or self._as_chosen(name, recipient)).try_out(submission)
        details = {"service": name, "recipient": mask(recipient), "outcome": type(trial.outcome).__name__}
        by = Author.of(author)
        entry = AuditEntry(AuditTag.SENDER_TESTED, by.person_key, by.login, address=by.address, details=details)
        with self._database.write() as session:
            self._audit.record(session, entry)
        return trial

    def _as_chosen(self, name: str, recipient: PhoneNumber) -> ConfiguredService:
        """Return a service, also one that is off, with the sender it would use for a recipient."""
        service, snapshot = self.service(name), self._current()
        sender = next((sender_for(rule, recipient) for rule in snapshot.rules if rule.name == name), "")
        return replace(service, sender=sender)

    def _current(self) -> _Snapshot:
        """Return policy and services, looked up again when that was more than a second ago."""
        if self._has_changed or time.monotonic() >= self._look_again_at:
            self.refresh(only_late=True)
        return self._snapshot

    def _take_over(self) -> None:
        """Take over a newer version; while the database is away the last one stays good."""
        try:
            with self._database.read() as session:
                if (session.execute(_VERSION).scalar_one_or_none() or 0) == self._snapshot.policy.version:
                    return
            with self._database.read(at_one_moment=True) as session:
                row = session.get(SenderPolicyRecord, 1)
                policy, rows = records.policy_of(row), session.scalars(select(SenderServiceRecord)).all()
        except DatabaseUnavailableError:
            if self._snapshot is _NOTHING:
                raise
            return
        before, self._snapshot = self._snapshot, self._built(policy, rows)
        for service in {one for _, one in before.built.values()} - {one for _, one in self._snapshot.built.values()}:
            service.close()

    def _built(self, policy: Policy, rows: Sequence[SenderServiceRecord]) -> _Snapshot:
        built: dict[str, tuple[int, SenderService]] = {}
        services: dict[str, ConfiguredService] = {}
        for row in rows:
            known = self._snapshot.built.get(row.id)
            service = known[1] if known and known[0] == row.version else self._build(row)
            if service is not None:
                built[row.id] = (row.version, service)
                url = self._callback_url(row) if service.has_webhooks else None
                services[row.name] = ConfiguredService(row.name, policy.version, service, url)
        rules = tuple(map(records.rule_of, rows))
        groups = comparable(group for rule in rules for group in rule.groups)
        return _Snapshot(policy, rules, services, built, groups)

    def _build(self, row: SenderServiceRecord) -> SenderService | None:
        kind = self._kinds.get(row.kind)
        problem = records.problem_of(self._vault, row, kind)
        if kind is None or problem:
            _log.error("sender.unusable", service=row.name, reason=problem)
            return None
        return kind.configure(records.raw_settings(self._vault, row), self._guard)

    def _callback_url(self, row: SenderServiceRecord) -> str:
        token = self._vault.keyed_hash("sender.callback", row.id)[:_TOKEN_DIGITS]
        return f"{self._public_url}/webhooks/{row.name}/{token}"
