"""The queue as operators look at it: what waits, what goes through, who carries it; and the pauses they can make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.delivery.conditions import Conditions, Pause, ServiceCondition
from authsms.delivery.throughput import DeliveryProcess, Pace, QueueDepth, ServicePace, Throughput
from authsms.foundation.clock import Clock
from authsms.foundation.errors import NotFoundError
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose

SHOWN: Final = timedelta(minutes=30)
"""How far back the queue is drawn, minute by minute."""

JUDGED: Final = timedelta(hours=1)
"""How far back the times of services are taken from."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A sender service now.

    Attributes:
        is_enabled: It stands in the policy and is switched on.
        pace: What it did within `JUDGED`; None when it did nothing.
    """

    name: str
    is_enabled: bool
    condition: ServiceCondition
    pace: ServicePace | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """Everything at one moment; ``minutes`` are whole ones, oldest first, the last of them is not over."""

    at: datetime
    depths: Sequence[QueueDepth]
    paused: Mapping[Purpose, Pause]
    minutes: Sequence[Pace]
    services: Sequence[ServiceState]
    processes: Sequence[DeliveryProcess]


class QueueDesk:
    """Shows the queue to whoever may see the dashboard, and lets others stop and go on.

    Whoever edits the sender policy pauses services; whoever acts on messages pauses purposes.
    """

    def __init__(
        self, clock: Clock, senders: SenderPolicyService, conditions: Conditions, throughput: Throughput
    ) -> None:
        self._clock = clock
        self._senders = senders
        self._conditions = conditions
        self._throughput = throughput

    def state(self, actor: Actor) -> QueueState:
        """Return how things stand.

        Raises:
            ForbiddenError: The actor may not see the dashboard.
        """
        actor.require(Right.DASHBOARD_SEE)
        now = self._clock.now()
        paces = {one.service: one for one in self._throughput.services(self._throughput.start(JUDGED))}
        conditions = self._conditions.all()
        services = [
            ServiceState(name, is_enabled, conditions.get(name, ServiceCondition(name)), paces.get(name))
            for name, is_enabled in self._services()
        ]
        return QueueState(
            now,
            self._throughput.queue(),
            self._conditions.paused_purposes(),
            self._throughput.minutes(now - SHOWN),
            services,
            self._throughput.processes(),
        )

    def pause_service(self, actor: Actor, name: str) -> None:
        """Let no further message go through a service; what is under way is finished.

        Raises:
            ForbiddenError, ProofNeededError: As `Actor.require` with the right to edit sender services.
            NotFoundError: There is none of that name.
        """
        actor.require(Right.SENDERS_EDIT)
        self._conditions.pause_service(self._known(name), author_of(actor))

    def resume_service(self, actor: Actor, name: str) -> None:
        """Let messages go through a service again; raises like `pause_service`."""
        actor.require(Right.SENDERS_EDIT)
        self._conditions.resume_service(self._known(name), author_of(actor))

    def retry_service(self, actor: Actor, name: str) -> None:
        """Let the next message try a service that is left alone, without waiting; raises like `pause_service`."""
        actor.require(Right.SENDERS_EDIT)
        self._conditions.retry_service(self._known(name), author_of(actor))

    def pause_purpose(self, actor: Actor, purpose: str) -> None:
        """Let messages of a purpose wait; they expire as ever.

        Raises:
            ForbiddenError: The actor may not act on messages.
            NotFoundError: There is no such purpose.
        """
        actor.require(Right.MESSAGES_ACT)
        self._conditions.pause_purpose(_purpose(purpose), author_of(actor))

    def resume_purpose(self, actor: Actor, purpose: str) -> None:
        """Let messages of a purpose go out again; raises like `pause_purpose`."""
        actor.require(Right.MESSAGES_ACT)
        self._conditions.resume_purpose(_purpose(purpose), author_of(actor))

    def _services(self) -> list[tuple[str, bool]]:
        return [(one.rule.name, one.rule.is_enabled) for one in self._senders.services()]

    def _known(self, name: str) -> str:
        if all(name != known for known, _ in self._services()):
            raise NotFoundError("There is no such sender service.")
        return name


def _purpose(word: str) -> Purpose:
    if word not in set(Purpose):
        raise NotFoundError("There is no such purpose.")
    return Purpose(word)
