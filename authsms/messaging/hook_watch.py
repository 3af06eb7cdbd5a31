"""Notices what programs are to be told: a periodic task looks, so that nothing that sends or signs in waits for it.

Which state of a text its program has been told last is written down with the event, in one transaction: each change is
told once, or once more after a crash, never not at all. Consent records are read in the order of their numbers, some
time after they were made, because those that are committed late have lower numbers than others that are seen already.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy import literal, or_, select, update

from authsms.contacts.agreement import ConsentAct
from authsms.contacts.models import ConsentRow
from authsms.delivery.models import Message
from authsms.delivery.schedule import PeriodicTask
from authsms.delivery.states import LIVE
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.identity.repository import PersonKey, split_key
from authsms.messaging.audience import reference_of
from authsms.messaging.hook_models import HOOK, HOOK_TOLD
from authsms.messaging.hooks import Hook, HookEvent, HookKind, Hooks
from authsms.messaging.program_models import PROGRAM_NOTICE
from authsms.messaging.program_notices import recipients_in

EVERY: Final = timedelta(seconds=10)
SETTLED: Final = timedelta(seconds=30)
_LATE_REPORTS: Final = timedelta(days=4)
_AT_ONCE: Final = 500
_P, _H, _T = PROGRAM_NOTICE.c, HOOK.c, HOOK_TOLD.c
_ENDS: Final = (ConsentAct.WITHDRAWN.value, ConsentAct.STOPPED.value)


class Endpoint(Protocol):
    """What is asked about an endpoint."""

    @property
    def own_scopes(self) -> Collection[str]:
        """What an administrator allows it in its own name."""


class Endpoints(Protocol):
    """Knows endpoints."""

    def find(self, client_id: str) -> Endpoint | None:
        """Return the endpoint with this id."""


class HookWatch:
    """Makes events of what happened.

    Args:
        scopes: What an endpoint must be allowed to be told of something.
    """

    def __init__(
        self, database: Database, clock: Clock, hooks: Hooks, endpoints: Endpoints, scopes: Mapping[HookKind, str]
    ) -> None:
        self._database = database
        self._clock = clock
        self._hooks = hooks
        self._endpoints = endpoints
        self._scopes = scopes
        self._tell = database.insert(HOOK_TOLD)

    def task(self) -> PeriodicTask:
        """Return what is to be done again and again, by one process at a time."""
        return PeriodicTask("watch-for-hooks", EVERY, self.look)

    def look(self) -> int:
        """Make events of what happened since the last look; return how many."""
        made = 0
        for hook in self._hooks.all():
            endpoint = self._endpoints.find(hook.endpoint_id)
            scopes = endpoint.own_scopes if endpoint is not None else ()
            if HookKind.RECIPIENT in hook.kinds and self._scopes[HookKind.RECIPIENT] in scopes:
                made += self._recipients(hook)
            if HookKind.STOPPED in hook.kinds:
                made += self._stopped(hook, may_know=self._scopes[HookKind.STOPPED] in scopes)
        return made

    def _recipients(self, hook: Hook) -> int:
        """Tell of texts that are in another state than was told."""
        notices = (_P.endpoint_id == hook.endpoint_id, _P.expires_at > self._clock.now() - _LATE_REPORTS)
        changed = or_(_T.state.is_(None), _T.state != Message.state)
        query = (
            select(Message, _P.name)
            .join(PROGRAM_NOTICE, Message.reference == literal(reference_of("")) + _P.name)
            .outerjoin(HOOK_TOLD, _T.message_id == Message.id)
            .where(*notices, Message.person_key != "", Message.state.not_in([state.value for state in LIVE]), changed)
            .order_by(Message.id)
            .limit(_AT_ONCE)
        )
        with self._database.read() as session:
            found = session.execute(query).all()
            told = recipients_in(row[0] for row in found)
        if not found:
            return 0
        with self._database.write() as session:
            for one in told:
                state = {"state": one.state.value}
                upsert = self._tell.values(message_id=one.id, **state)
                session.execute(upsert.on_conflict_do_update(index_elements=[_T.message_id], set_=state))
            events = [
                HookEvent(
                    HookKind.RECIPIENT,
                    row[0].person_key,
                    {
                        "notice": row[1],
                        "user_name": one.user_name,
                        "state": one.state.value,
                        "reason": one.reason,
                        "changed": one.changed_at.isoformat(timespec="seconds"),
                    },
                )
                for row, one in zip(found, told, strict=True)
            ]
            return self._hooks.add(session, hook.endpoint_id, events)

    def _stopped(self, hook: Hook, *, may_know: bool) -> int:
        """Tell of consents that ended; what happens while the endpoint may not know is passed over."""
        row = ConsentRow
        seen = select(_H.consents_seen).where(_H.endpoint_id == hook.endpoint_id).scalar_subquery()
        query = (
            select(row.id, row.person_key, row.login, row.contact_id, row.act)
            .where(row.id > seen, row.at <= self._clock.now() - SETTLED)
            .order_by(row.id)
            .limit(_AT_ONCE)
        )
        with self._database.read() as session:
            found = session.execute(query).all()
        if not found:
            return 0
        with self._database.write() as session:
            session.execute(update(HOOK).where(_H.endpoint_id == hook.endpoint_id).values(consents_seen=found[-1].id))
            events = [
                HookEvent(
                    HookKind.STOPPED,
                    one.person_key,
                    {
                        "user_name": f"{split_key(PersonKey(one.person_key))[0]}\\{one.login}",
                        "contact_id": one.contact_id,
                        "how": one.act,
                    },
                )
                for one in found
                if may_know and one.act in _ENDS and one.login  # an erased person has none any more
            ]
            return self._hooks.add(session, hook.endpoint_id, events)
