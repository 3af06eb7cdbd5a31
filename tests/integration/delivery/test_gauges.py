"""What of delivery is measured when Prometheus asks, on both databases."""

from datetime import timedelta

from prometheus_client import REGISTRY

from authsms.audit.vocabulary import Author
from authsms.delivery import gauges
from authsms.delivery.caps import Cap, CapScope, Period
from authsms.delivery.gate import Gate, open_gate
from authsms.delivery.gauges import Gauges
from authsms.delivery.heartbeat import Heartbeat
from authsms.delivery.mails import MailQueue
from authsms.delivery.throughput import Throughput
from authsms.foundation.limits import Limits
from authsms.senders.submission import Purpose
from authsms.senders.webhook import Receipt, ReceiptState
from tests.integration.delivery.twins import Office


def _gate(office: Office) -> Gate:
    limits = Limits(office.database, office.clock)
    return open_gate(office.database, office.vault, office.clock, office.audit, limits)


def _read(office: Office, **changes) -> dict[tuple[str, ...], float]:
    gate = _gate(office)
    for cap in changes.get("caps", ()):
        gate.spending.save(cap, Author("olga"))
    for name in changes.get("paused", ()):
        gate.conditions.pause_service(name, Author("olga"))
    throughput, tools = Throughput(office.database, office.clock), (office.database, office.vault, office.clock)
    mails = MailQueue(*tools, office.audit)
    measuring = Gauges(throughput, gate.conditions, gate.spending, mails, ["first", "second"])
    return {(one.measure.name, *one.labels): one.value for one in measuring.read()}


def test_queue_processes_and_services_are_measured(still_office: Office):
    """Also what is zero: a metric that is missing cannot raise an alert."""
    Heartbeat(still_office.database, still_office.clock, "place.1").beat()
    still_office.post(purpose=Purpose.NOTICE, expires_at=still_office.clock.now() + timedelta(hours=1))
    still_office.advance(timedelta(seconds=10))
    found = _read(still_office, paused=["second"])

    assert (1, 0) == (found[gauges.PROCESSES.name,], found[gauges.MAILS_GIVEN_UP.name,])
    assert (1, 10, 10) == tuple(found[one.name, "notice"] for one in (gauges.QUEUED, gauges.AGE, gauges.OVERDUE))
    assert (0, 0, 0) == tuple(found[one.name, "offer"] for one in (gauges.QUEUED, gauges.AGE, gauges.OVERDUE))
    assert (0, 1) == tuple(found[gauges.SERVICE_PAUSED.name, name] for name in ("first", "second"))
    assert {"closed": 1, "open": 0, "half-open": 0} == {
        state: found[gauges.BREAKER.name, "first", state] for state in ("closed", "open", "half-open")
    }


def test_a_cap_is_measured_by_what_is_used_of_it(still_office: Office):
    """In its present window."""
    _read(still_office, caps=[Cap("", CapScope.ALL, "", Period.DAY, most_texts=4)])
    spending = _gate(still_office).spending
    bill = spending.bill(Purpose.AUTHENTICATION, "DE", "words", is_proven=True)
    assert bill is not None
    with still_office.database.write() as session:
        spending.take(session, bill)

    assert 0.25 == _read(still_office)[gauges.CAP_USED.name, "all", "", "day"]


def test_the_way_to_the_phone_is_timed_once(still_office: Office):
    """From queueing to the report, whatever the provider repeats."""

    def sample(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    before = (
        sample("authsms_delivered_seconds_sum", service="first"),
        sample("authsms_attempts_total", service="first", end="accepted"),
    )
    still_office.post()
    still_office.deliver()
    still_office.advance(timedelta(seconds=7))
    for _ in range(2):
        still_office.receipts.apply("first", [Receipt("first-1", ReceiptState.DELIVERED, "delivered")])
    after = (
        sample("authsms_delivered_seconds_sum", service="first"),
        sample("authsms_attempts_total", service="first", end="accepted"),
    )

    assert (7, 1) == (round(after[0] - before[0]), after[1] - before[1])
