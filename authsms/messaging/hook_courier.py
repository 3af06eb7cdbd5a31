"""Tells programs, by the guarded way out that texts take: no redirect, no private address that is not listed.

Each call is signed: ``Authsms-Signature: v1=<HMAC-SHA256 of "timestamp.body" under the secret, in hexadecimal>``, with
the timestamp in ``Authsms-Timestamp``. A call that is not answered with 2xx is made again for a day and a half, and may
come twice; its event id is the same each time. Trying an event moves its next try on first, so that a process that dies
in between costs nothing but time, and of two processes one tries. What an endpoint may not know any more, or is not
to be told any more, is forgotten in place of being told, also when it happened before. An endpoint that does not
answer, or has taken up its time, is left alone until the task runs again, so that the others need not wait for it.
"""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.delivery.models import fit
from authsms.delivery.schedule import PeriodicTask
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import InvalidInputError, SealBrokenError
from authsms.foundation.logs import get_logger
from authsms.foundation.vault import Vault
from authsms.messaging.hook_leave import HookLeave
from authsms.messaging.hook_models import HOOK, HOOK_EVENT
from authsms.messaging.hooks import HookCall, HookKind, Hooks, place_of
from authsms.senders.exchange import ProviderAnswer, ProviderRequest
from authsms.senders.http import HttpClient

WAITS: Final = (
    *(timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)),
    *(timedelta(hours=1), timedelta(hours=3), timedelta(hours=6)),
    *(timedelta(hours=12),) * 3,
)
_EVERY: Final = timedelta(seconds=5)
_ROUNDS: Final = 20
_AT_ONCE: Final = 50
_PATIENCE: Final = timedelta(seconds=2)
"""What the calls of one endpoint may take in all before the others have their turn."""
_E = HOOK_EVENT.c
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """An event that is to be told now."""

    id: str
    endpoint_id: str
    person_key: str
    tries: int
    kind: str
    body: bytes = field(repr=False)


class HookCourier:
    """Makes the calls."""

    def __init__(  # noqa: PLR0913 - it stands where all of these meet
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        hooks: Hooks,
        leave: HookLeave,
        *,
        client: HttpClient,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._hooks = hooks
        self._leave = leave
        self._client = client

    def task(self) -> PeriodicTask:
        """Return what is to be done again and again, by one process at a time."""
        return PeriodicTask("tell-hooks", _EVERY, self.deliver)

    def deliver(self) -> int:
        """Try every event that is due; return how many were taken."""
        taken, spent, resting = 0, dict[str, timedelta](), set[str]()
        for _ in range(_ROUNDS):
            due = self._due(resting)
            if not due:
                break
            for event in due:
                endpoint = event.endpoint_id
                call = None if endpoint in resting else self._hooks.call(endpoint)
                if call is None or not self._may_be_told(event, call) or not self._take(event):
                    continue
                begun = self._clock.now()
                failure = self._try(event, call)
                self._settle(event, failure)
                taken += not failure
                spent[endpoint] = spent.get(endpoint, timedelta()) + (self._clock.now() - begun)
                if failure or spent[endpoint] > _PATIENCE:
                    resting.add(endpoint)
        return taken

    def _due(self, resting: Collection[str]) -> Sequence[Due]:
        query = (
            select(_E.id, _E.endpoint_id, _E.person_key, _E.tries, _E.kind, _E.body)
            .join(HOOK, HOOK.c.endpoint_id == _E.endpoint_id)
            .where(_E.due_at <= self._clock.now(), _E.endpoint_id.not_in(resting))
            .order_by(_E.due_at, _E.id)
            .limit(_AT_ONCE)
        )
        with self._database.read() as session:
            return [Due(*row) for row in session.execute(query)]

    def _may_be_told(self, event: Due, call: HookCall) -> bool:
        """Tell whether the endpoint is still to be told, and forget the event when it is not."""
        is_wanted = event.kind == HookKind.TEST or event.kind in call.kinds
        if is_wanted and event.kind in self._leave.of(event.endpoint_id):
            return True
        with self._database.write() as session:
            session.execute(delete(HOOK_EVENT).where(_E.id == event.id))
        return False

    def _take(self, event: Due) -> bool:
        """Count a try that begins now; False when another process has begun it."""
        mine = update(HOOK_EVENT).where(_E.id == event.id, _E.tries == event.tries, _E.due_at.is_not(None))
        next_try = self._clock.now() + WAITS[min(event.tries, len(WAITS) - 1)]
        with self._database.write() as session:
            return rowcount(session.execute(mine.values(tries=event.tries + 1, due_at=next_try))) == 1

    def _try(self, event: Due, call: HookCall) -> str:
        """Make a call; return how it failed, or nothing."""
        try:
            body = self._vault.unseal(event.body, context=place_of(event.id))
            headers = self._headers(self._hooks.secret(call), event, body)
            request = ProviderRequest.raw(call.url, body, "application/json", headers=headers)
            reply = self._client.send(request)
        except SealBrokenError:
            return "the seal is broken"
        except InvalidInputError:
            return "the address cannot be used"
        if not isinstance(reply, ProviderAnswer):
            return reply.code
        return "" if reply.is_success else f"status {reply.status}"

    def _headers(self, secret: bytes, event: Due, body: bytes) -> tuple[tuple[str, str], ...]:
        timestamp = str(int(self._clock.now().timestamp()))
        return (
            ("Authsms-Event", event.id),
            ("Authsms-Timestamp", timestamp),
            ("Authsms-Signature", f"v1={signature(secret, timestamp, body)}"),
        )

    def _settle(self, event: Due, failure: str) -> None:
        """Forget an event that was taken; give up one that was tried often enough."""
        this = _E.id == event.id
        is_over = failure and event.tries + 1 >= len(WAITS)
        with self._database.write() as session:
            if not failure:
                session.execute(delete(HOOK_EVENT).where(this))
                return
            ended = {"failure": fit(failure, 100), **({"due_at": None} if is_over else {})}
            session.execute(update(HOOK_EVENT).where(this).values(ended))
            if is_over:
                details = {"event": event.id, "reason": failure}
                entry = AuditEntry(AuditTag.HOOK_UNHEARD, endpoint=event.endpoint_id, details=details)
                self._audit.record(session, entry)
        _log.warning("hook.unheard", endpoint=event.endpoint_id, reason=failure, tries=event.tries + 1)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return what proves that a body comes from here, at that time."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
