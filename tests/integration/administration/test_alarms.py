"""Alarms: raised once, cleared when it is over, and found by what really went wrong."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from authsms.administration.alarm_rules import AlarmKind, Severity
from authsms.administration.alarms import Alarms
from authsms.administration.lookout import Lookout
from authsms.delivery.heartbeat import Heartbeat
from authsms.identity.definitions import RepositoryDefinition
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import NotTaken, Purpose
from authsms.senders.webhook import ReceiptState
from authsms.wiring import assemble
from tests.integration.administration.people_at_work import ADMINISTRATOR, SERVICE, TWILIO, Work
from tests.integration.administration.posting import enqueue
from tests.parts.certificates import Authority
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer

MINUTE = timedelta(minutes=1)


@pytest.fixture
def alarms(work: Work) -> Alarms:
    return work.services.monitoring.alarms


@pytest.fixture
def lookout(work: Work) -> Lookout:
    return work.services.monitoring.lookout


def _beat(work: Work) -> None:
    """Let a delivery process be seen now."""
    Heartbeat(work.services.database, work.clock, "worker").beat()


def _found(work: Work) -> list[tuple[AlarmKind, str]]:
    """Return what is wrong, while a delivery process is alive."""
    _beat(work)
    work.services.monitoring.lookout.look()
    return [(one.kind, one.subject) for one in work.services.monitoring.alarms.standing(ADMINISTRATOR)]


def test_a_missing_delivery_process_is_seen_by_whoever_looks(work, alarms):
    """Where nothing delivers, nothing periodic runs; and the trail tells since when."""
    first = alarms.standing(ADMINISTRATOR)
    again = alarms.standing(ADMINISTRATOR)
    _beat(work)

    assert [(AlarmKind.NO_DELIVERY, Severity.CRITICAL)] == [(one.kind, one.severity) for one in first]
    assert first == again
    assert [] == alarms.standing(ADMINISTRATOR)
    assert ["alarm.cleared", "alarm.raised"] == work.tags()[:2]


def test_a_delivery_process_knows_that_it_is_there(work, alarms):
    """Before it has been seen by anybody: a start is no alarm, and ends the one of the time before."""
    work.services.monitoring.lookout.look()
    at_start = work.tags()
    alarms.standing(ADMINISTRATOR)
    work.services.monitoring.lookout.look()

    assert [] == at_start
    assert ["alarm.cleared", "alarm.raised"] == work.tags()


def test_an_alarm_that_comes_back_is_raised_anew(work, alarms):
    """With the moment it came back at."""
    before = alarms.standing(ADMINISTRATOR)[0]
    _beat(work)
    alarms.standing(ADMINISTRATOR)
    work.clock.advance(10 * MINUTE)
    after = alarms.standing(ADMINISTRATOR)[0]

    assert 10 * MINUTE == after.raised_at - before.raised_at
    assert 2 == work.tags().count("alarm.raised")


def test_codes_that_nobody_hands_over_are_an_alarm_until_they_are_gone(work):
    enqueue(work)
    quiet = _found(work)
    work.clock.advance(MINUTE)
    standing = _found(work)
    work.deliver()

    assert [] == quiet
    assert [(AlarmKind.OLD_QUEUE, "authentication")] == standing
    assert [] == _found(work)


def test_a_service_that_takes_nothing_is_an_alarm_if_it_is_in_use(work):
    work.configure_twilio()
    for _ in range(5):
        enqueue(work)
    work.deliver(lambda _: NotTaken("connect", "no route to host"))
    standing = _found(work)
    version = work.services.senders.services()[0].version
    work.services.senders.switch_service(SERVICE, on=False, author="anna", expected_version=version)

    assert (AlarmKind.SERVICE_FAILING, SERVICE) in standing
    assert (AlarmKind.SERVICE_FAILING, SERVICE) not in _found(work)


def test_a_provider_that_has_never_reported_is_an_alarm_however_seldom_it_is_used(work):
    """An address that was entered wrong: a few texts a day would never be enough for the rule of the last hours."""
    work.services.senders.save_service(ServiceDraft(ServiceRule(SERVICE), "twilio", TWILIO), author="anna")
    for _ in range(5):
        enqueue(work)
        work.deliver()
        work.clock.advance(timedelta(hours=8))
    standing = _found(work)
    work.report(work.newest().provider_id, ReceiptState.DELIVERED)

    assert [(AlarmKind.WEBHOOK_SILENT, SERVICE)] == standing
    assert [] == _found(work)


def test_a_provider_that_reports_nothing_any_more_is_an_alarm(work):
    """Until a single report comes."""
    work.services.senders.save_service(ServiceDraft(ServiceRule(SERVICE), "twilio", TWILIO), author="anna")
    for _ in range(5):
        enqueue(work)
    work.deliver()
    at_once = _found(work)
    work.clock.advance(30 * MINUTE)
    later = _found(work)
    work.report(work.newest().provider_id, ReceiptState.DELIVERED)

    assert [] == at_once
    assert [(AlarmKind.WEBHOOK_SILENT, SERVICE)] == later
    assert [] == _found(work)


def test_pauses_are_remembered_when_nobody_else_does(work):
    """A paused purpose is no queue that stands still."""
    work.configure_twilio()
    queue = work.services.monitoring.queue
    queue.pause_service(ADMINISTRATOR, SERVICE)
    queue.pause_purpose(ADMINISTRATOR, "offer")
    enqueue(work, purpose=Purpose.OFFER, expires_at=work.clock.now() + timedelta(days=1))
    at_once = _found(work)
    work.clock.advance(timedelta(hours=2))
    work.services.conditions.look_again()
    later = _found(work)
    queue.resume_purpose(ADMINISTRATOR, "offer")
    queue.resume_service(ADMINISTRATOR, SERVICE)

    assert [] == at_once
    assert {(AlarmKind.SERVICE_PAUSED, SERVICE), (AlarmKind.PURPOSE_PAUSED, "offer")} == set(later)
    assert [(AlarmKind.OLD_QUEUE, "offer")] == _found(work)


@contextmanager
def _directory(authority: Authority) -> Iterator[str]:
    """Listen with a certificate that ends in 30 days; return the address."""
    files = authority.issue("directory")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"ldaps://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_certificates_and_balances_are_asked_for_outside(settings, database, vault, clock, tmp_path):
    """Who gives no answer changes nothing: an alarm stays until somebody says that all is well."""
    asked = settings.model_copy(
        update={
            "alarms": settings.alarms.model_copy(update={"certificate_days": 60}),
            "network": settings.network.model_copy(update={"allowed": ("127.0.0.1",)}),
        }
    )
    authority = Authority(tmp_path)
    services = assemble(asked, database, vault, clock)
    alarms, visits = services.monitoring.alarms, services.monitoring.visits
    Heartbeat(database, clock, "worker").beat()
    with (
        _directory(authority) as address,
        HostileServer(hostile.answer(200, b'{"balance": "3", "currency": "USD"}')) as server,
    ):
        draft = ServiceDraft(ServiceRule(SERVICE), "twilio", {**TWILIO, "base_url": server.url})
        services.senders.save_service(draft, author="anna")
        directory = {"servers": [address], "base": "dc=example", "ca_file": str(authority.file)}
        services.people.save_repository(RepositoryDefinition("corp", "ldap", directory))
        visits.look()
        told = {one.kind: one for one in alarms.standing(ADMINISTRATOR)}
    visits.look()
    still = {one.kind for one in alarms.standing(ADMINISTRATOR)}
    services.people.close()

    assert {AlarmKind.BALANCE_LOW, AlarmKind.DIRECTORY_CERTIFICATE} == set(told) == still
    assert ("3.00", "USD") == (
        told[AlarmKind.BALANCE_LOW].facts["amount"],
        told[AlarmKind.BALANCE_LOW].facts["currency"],
    )
    assert told[AlarmKind.DIRECTORY_CERTIFICATE].subject == f"corp {address}"
