"""Notices what programs are to be told: a periodic task looks, so that nothing that sends or signs in waits for it.

Which state of a text its program has been told last is written down with the event, in one transaction: each change is
told once, whichever process looks, never not at all. Consent records are read in the order of their numbers, some
time after they were made, because those that are committed late have lower numbers than others that are seen already.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, literal, or_, select, update
from sqlalchemy.orm import Session

from authsms.contacts.agreement import ConsentAct
from authsms.contacts.models import ConsentRow
from authsms.delivery.models import Message
from authsms.delivery.schedule import PeriodicTask
from authsms.delivery.states import LIVE
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.identity.repository import PersonKey, full_name
from authsms.messaging.audience import reference_of
from authsms.messaging.hook_leave import HookLeave
from authsms.messaging.hook_models import HOOK, HOOK_TOLD
from authsms.messaging.hooks import Hook, HookEvent, HookKind, Hooks
from authsms.messaging.offers_answers import OFFER, RECIPIENT
from authsms.messaging.offers_ending import TIME_TO_CHOOSE
from authsms.messaging.offers_rules import OfferEnd
from authsms.messaging.program_models import PROGRAM_NOTICE
from authsms.messaging.program_notices import NoticeRecipient, recipients_in

EVERY: Final = timedelta(seconds=10)
SETTLED: Final = timedelta(seconds=30)
_LATE_REPORTS: Final = timedelta(days=4)
_AT_ONCE: Final = 500
_P, _H, _T, _O, _R = PROGRAM_NOTICE.c, HOOK.c, HOOK_TOLD.c, OFFER.c, RECIPIENT.c
_OF_OFFERS: Final = frozenset({HookKind.ANSWERED, HookKind.FILLED, HookKind.CLOSED})
_ENDS: Final = (ConsentAct.WITHDRAWN.value, ConsentAct.STOPPED.value)


class HookWatch:
    """Makes events of what happened.

    Args:
        leave: What endpoints may be told.
    """

    def __init__(self, database: Database, clock: Clock, hooks: Hooks, leave: HookLeave) -> None:
        self._database = database
        self._clock = clock
        self._hooks = hooks
        self._leave = leave
        self._first = database.insert(HOOK_TOLD).on_conflict_do_nothing().returning(_T.message_id)

    def task(self) -> PeriodicTask:
        """Return what is to be done again and again, by one process at a time."""
        return PeriodicTask("watch-for-hooks", EVERY, self.look)

    def look(self) -> int:
        """Make events of what happened since the last look; return how many."""
        made = 0
        for hook in self._hooks.all():
            leave = self._leave.of(hook.endpoint_id)
            told = hook.kinds & leave
            if HookKind.RECIPIENT in told:
                made += self._recipients(hook)
            if HookKind.STOPPED in hook.kinds:
                made += self._stopped(hook, may_know=HookKind.STOPPED in leave)
            if told & _OF_OFFERS:
                made += self._offers(hook, told)
        return made

    def _recipients(self, hook: Hook) -> int:
        """Tell of texts that are in another state than was told."""
        notices = (_P.endpoint_id == hook.endpoint_id, _P.expires_at > self._clock.now() - _LATE_REPORTS)
        changed = or_(_T.state.is_(None), _T.state != Message.state)
        query = (
            select(Message, _P.name, _T.state.label("told"))
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
            events = [
                HookEvent(
                    HookKind.RECIPIENT,
                    row[0].person_key,
                    {
                        "notice": row.name,
                        "user_name": one.user_name,
                        "state": one.state.value,
                        "reason": one.reason,
                        "changed": one.changed_at.isoformat(timespec="seconds"),
                    },
                )
                for row, one in zip(found, told, strict=True)
                if self._is_news(session, one, row.told)
            ]
            return self._hooks.add(session, hook.endpoint_id, events)

    def _is_news(self, session: Session, one: NoticeRecipient, told: str | None) -> bool:
        """Write down that a state is told; False when another process has told something since *told* was."""
        if told is None:
            return session.execute(self._first, {"message_id": one.id, "state": one.state.value}).first() is not None
        news = update(HOOK_TOLD).where(_T.message_id == one.id, _T.state == told)
        return rowcount(session.execute(news.values(state=one.state.value))) == 1

    def _stopped(self, hook: Hook, *, may_know: bool) -> int:
        """Tell of consents that ended; what happens while the endpoint may not know is passed over."""
        row, mine = ConsentRow, _H.endpoint_id == hook.endpoint_id
        query = (
            select(row.id, row.person_key, row.login, row.contact_id, row.act, _H.consents_seen)
            .join(HOOK, mine)
            .where(row.id > _H.consents_seen, row.at <= self._clock.now() - SETTLED)
            .order_by(row.id)
            .limit(_AT_ONCE)
        )
        with self._database.read() as session:
            found = session.execute(query).all()
        if not found:
            return 0
        with self._database.write() as session:
            seen = update(HOOK).where(mine, _H.consents_seen == found[0].consents_seen)
            if not rowcount(session.execute(seen.values(consents_seen=found[-1].id))):
                return 0  # another process tells of them
            events = [
                HookEvent(
                    HookKind.STOPPED,
                    one.person_key,
                    {
                        "user_name": full_name(PersonKey(one.person_key), one.login),
                        "contact_id": one.contact_id,
                        "how": one.act,
                    },
                )
                for one in found
                if may_know and one.act in _ENDS and one.login  # an erased person has none any more
            ]
            return self._hooks.add(session, hook.endpoint_id, events)

    def _offers(self, hook: Hook, kinds: Collection[HookKind]) -> int:
        """Tell of answers to the endpoint's offers, and of their ends."""
        mine = (_O.endpoint_id == hook.endpoint_id, _O.expires_at > self._clock.now() - TIME_TO_CHOOSE - _LATE_REPORTS)
        news = or_(_O.change > _O.hook_change, _O.end != _O.hook_end)
        with self._database.read() as session:
            offers = session.execute(select(OFFER).where(*mine, news).order_by(_O.number).limit(_AT_ONCE)).all()
        return sum(self._offer(hook, kinds, row) for row in offers)

    def _offer(self, hook: Hook, kinds: Collection[HookKind], row: Row[Any]) -> int:
        """Tell of one of them; how far that is stands beside it, and whoever moves it on tells what lies between."""
        query = select(RECIPIENT).where(_R.offer == row.number, _R.change > row.hook_change)
        with self._database.read() as session:
            found = session.execute(query.order_by(_R.change).limit(_AT_ONCE)).all()
        is_all = len(found) < _AT_ONCE
        told = {
            "hook_change": max([row.change, *(one.change for one in found)]) if is_all else found[-1].change,
            "hook_end": row.end if is_all else row.hook_end,
        }
        events = [_answered(row, one) for one in found]
        events += [_ended(row)] if told["hook_end"] != row.hook_end else []
        here = (_O.number == row.number, _O.hook_change == row.hook_change, _O.hook_end == row.hook_end)
        with self._database.write() as session:
            if not rowcount(session.execute(update(OFFER).where(*here).values(told))):
                return 0  # another process tells of it
            return self._hooks.add(session, hook.endpoint_id, [one for one in events if one.kind in kinds])


def _answered(offer: Row[Any], one: Row[Any]) -> HookEvent:
    return HookEvent(
        HookKind.ANSWERED,
        one.person_key,
        {
            **_about(offer),
            "user_name": full_name(PersonKey(one.person_key), one.login),
            "state": one.state,
            "way": one.way,
            "answered": _moment(one.answered_at),
            "change": str(one.change),
        },
    )


def _ended(offer: Row[Any]) -> HookEvent:
    kind = HookKind.FILLED if offer.end == OfferEnd.FILLED else HookKind.CLOSED
    taken = str(offer.places - offer.places_left)
    return HookEvent(kind, "", {**_about(offer), "end": offer.end, "taken": taken, "at": _moment(offer.closed_at)})


def _about(offer: Row[Any]) -> dict[str, str]:
    return {"offer": offer.name, "number": str(offer.number)}


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
