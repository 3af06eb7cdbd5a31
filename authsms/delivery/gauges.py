"""What of delivery is measured when somebody asks for metrics, rather than counted as it happens.

It comes from the database, so that it is true also when no delivery process lives that could tell; a number kept by a
process would stay what it was when that process died.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from authsms.delivery.conditions import Breaker, Conditions, ServiceCondition
from authsms.delivery.mails import MailQueue
from authsms.delivery.spending import Spending
from authsms.delivery.throughput import Throughput
from authsms.foundation.metrics import Measure, Reading
from authsms.senders.submission import Purpose

PROCESSES: Final = Measure("authsms_delivery_processes", "Delivery processes that are alive.")
QUEUED: Final = Measure("authsms_queue_messages", "Messages on their way to a provider, by purpose.", ("purpose",))
AGE: Final = Measure("authsms_queue_age_seconds", "Age of the oldest of these messages.", ("purpose",))
OVERDUE: Final = Measure(
    "authsms_queue_overdue_seconds", "For how long a message could have been handed over.", ("purpose",)
)
PURPOSE_PAUSED: Final = Measure("authsms_purpose_paused", "1 while messages of a purpose are held back.", ("purpose",))
SERVICE_PAUSED: Final = Measure("authsms_service_paused", "1 while a sender service is held back.", ("service",))
BREAKER: Final = Measure(
    "authsms_breaker_state", "1 for the state that the breaker of a sender service is in.", ("service", "state")
)
CAP_USED: Final = Measure(
    "authsms_cap_used_ratio", "How much of a spending cap is used; 1 is all of it.", ("scope", "name", "period")
)
MAILS_GIVEN_UP: Final = Measure("authsms_mails_given_up", "Mails that were given up within a day.")
_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class Gauges:
    """Measures delivery; about six short statements.

    Attributes:
        services: Names of the sender services that are switched on.
    """

    throughput: Throughput
    conditions: Conditions
    spending: Spending
    mails: MailQueue
    services: Sequence[str]

    def read(self) -> Iterator[Reading]:
        """Yield what is measured.

        Raises:
            DatabaseUnavailableError: Nothing can be measured.
        """
        yield Reading(PROCESSES, sum(one.is_alive for one in self.throughput.processes()))
        yield from self._queue()
        yield from self._services()
        yield Reading(MAILS_GIVEN_UP, self.mails.given_up())
        for one in self.spending.standings():
            cap = one.cap
            yield Reading(CAP_USED, one.percent / _HUNDRED, (cap.scope.value, cap.name, cap.period.value))

    def _queue(self) -> Iterator[Reading]:
        for depth in self.throughput.queue():
            purpose = (depth.purpose.value,)
            yield Reading(QUEUED, depth.waiting + depth.in_hand, purpose)
            yield Reading(AGE, _seconds(depth.age), purpose)
            yield Reading(OVERDUE, _seconds(depth.overdue), purpose)
        paused = self.conditions.paused_purposes()
        yield from (Reading(PURPOSE_PAUSED, one in paused, (one.value,)) for one in Purpose)

    def _services(self) -> Iterator[Reading]:
        known = self.conditions.all()
        for name in self.services:
            condition = known.get(name, ServiceCondition(name))
            yield Reading(SERVICE_PAUSED, condition.paused_at is not None, (name,))
            yield from (Reading(BREAKER, condition.breaker is state, (name, state.value)) for state in Breaker)


def _seconds(duration: timedelta | None) -> float:
    return 0.0 if duration is None else duration.total_seconds()
