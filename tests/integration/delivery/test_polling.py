"""Reports that are fetched: stored before they are confirmed, and no service in the way of another."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from sqlalchemy import func, select
from typing_extensions import override

from authsms.audit import AuditTrail
from authsms.delivery.models import ReceiptRecord
from authsms.delivery.polling import ReportPoller
from authsms.delivery.receipts import ReceiptService
from authsms.foundation.db import Database
from authsms.foundation.errors import DatabaseUnavailableError, NotFoundError
from authsms.plugin_api import (
    Accepted,
    Outcome,
    Polled,
    PollingService,
    ProviderAnswer,
    ProviderRequest,
    Receipt,
    ReceiptState,
    SettingValues,
    Submission,
    whole_items,
)
from authsms.senders.definitions import ConfiguredService, SavedService
from authsms.senders.exchange import NotSent, Reply
from authsms.senders.policy import ServiceRule

PAGE = 3


class Counter:
    """A provider's side: reports by number, handed out until they are confirmed."""

    def __init__(self, count: int = 0) -> None:
        self.waiting = [str(number) for number in range(1, count + 1)]
        self.calls = 0
        self.spoil: Callable[[], Reply | None] = lambda: None

    def send(self, request: ProviderRequest, patience: timedelta | None = None) -> Reply:  # noqa: ARG002 - the contract
        """Hand out a page, or forget what is confirmed."""
        self.calls += 1
        spoilt = self.spoil()
        if spoilt is not None:
            return spoilt
        if request.method == "POST":
            done = json.loads(request.body or b"")
            self.waiting = [one for one in self.waiting if one not in done]
        return ProviderAnswer(200, {}, json.dumps({"ids": self.waiting[:PAGE]}).encode())

    def close(self) -> None:
        """There is nothing to close."""


class CounterService(PollingService):
    """Asks a `Counter`."""

    key: ClassVar = "counter"
    title: ClassVar = "Counter"
    settings: ClassVar = ()

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        return ProviderRequest.get("https://counter.example/")

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        return Accepted("1")

    @override
    def reports_request(self) -> ProviderRequest:
        return ProviderRequest.get("https://counter.example/")

    @override
    def read_polled(self, answer: ProviderAnswer) -> Polled:
        ids = [str(one) for one in whole_items(answer, "ids")]
        receipts = tuple(Receipt(one, ReceiptState.DELIVERED, "delivered") for one in ids)
        return Polled(receipts, tuple(ids), len(ids) == PAGE)

    @override
    def confirm_request(self, handles: Sequence[str]) -> ProviderRequest:
        return ProviderRequest.json("https://counter.example/", list(handles))


class Policy:
    """Sender services by name; a None in place of a service cannot be used."""

    def __init__(self, **services: Counter | None) -> None:
        self.counters = services
        self.off: set[str] = set()

    def services(self) -> list[SavedService]:
        """Return all of them, as the portal sees them."""
        return [
            SavedService(ServiceRule(name, is_enabled=name not in self.off), "counter", "", {}, {}, 1, _NOW, "test")
            for name in self.counters
        ]

    def service(self, name: str) -> ConfiguredService:
        """Return one to call."""
        counter = self.counters[name]
        if counter is None:
            raise NotFoundError("There is none.")
        return ConfiguredService(name, 1, CounterService(SettingValues({}), counter))


_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def receipts(database, vault, clock) -> ReceiptService:
    """Where reports are stored; on SQLite and on PostgreSQL."""
    return ReceiptService(database, vault, clock, AuditTrail(database, vault, clock))


def _stored(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(ReceiptRecord)).scalar_one()


def test_every_page_is_stored_and_then_confirmed(database, receipts):
    """Until nothing more waits."""
    counter = Counter(7)

    assert 7 == ReportPoller(Policy(main=counter), receipts).poll()
    assert ([], 7) == (counter.waiting, _stored(database))
    assert 6 == counter.calls
    assert 0 == ReportPoller(Policy(main=counter), receipts).poll()


def test_nothing_is_confirmed_that_could_not_be_stored(database, receipts, monkeypatch):
    """The provider hands it out again, when the database is back."""
    counter = Counter(2)
    poller = ReportPoller(Policy(main=counter), receipts)
    with monkeypatch.context() as broken:
        broken.setattr(database, "write", _away)
        assert 0 == poller.poll()

    assert (["1", "2"], 1) == (counter.waiting, counter.calls)
    assert 2 == poller.poll()
    assert [] == counter.waiting


def test_a_crash_before_the_confirmation_stores_nothing_twice(database, receipts):
    """The same reports come once more, and change nothing."""
    counter = Counter(5)
    answers = iter([None, NotSent("connect", "gone")])
    counter.spoil = lambda: next(answers, None)
    poller = ReportPoller(Policy(main=counter), receipts)

    assert 3 == poller.poll()
    assert 5 == len(counter.waiting)
    assert 2 == poller.poll()
    assert ([], 5) == (counter.waiting, _stored(database))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: NotSent("connect", "gone"),
        lambda: ProviderAnswer(500, {}, b""),
        lambda: ProviderAnswer(200, {}, b"[]"),
        lambda: 1 // 0,
    ],
)
def test_one_broken_service_does_not_stop_the_others(database, receipts, spoil):
    """Not even one whose plugin has a mistake in it."""
    broken, sound = Counter(1), Counter(2)
    broken.spoil = spoil

    assert 2 == ReportPoller(Policy(first=broken, gone=None, last=sound), receipts).poll()
    assert ([], ["1"]) == (sound.waiting, broken.waiting)


def test_a_service_that_is_off_is_not_asked(database, receipts):
    """Its account may be somebody else's by now."""
    counter = Counter(1)
    policy = Policy(main=counter)
    policy.off.add("main")

    assert 0 == ReportPoller(policy, receipts).poll()
    assert 0 == counter.calls


def test_a_provider_that_never_ends_is_left_after_some_pages(database, receipts):
    """It comes again with the next round."""
    counter = Counter(PAGE)
    counter.spoil = lambda: ProviderAnswer(200, {}, json.dumps({"ids": counter.waiting}).encode())

    assert PAGE == ReportPoller(Policy(main=counter), receipts).poll()
    assert 40 == counter.calls


def test_the_task_is_one_of_those_every_delivery_process_knows(database, receipts):
    """Under a name that stays."""
    task = ReportPoller(Policy(main=Counter(1)), receipts).task()

    assert "poll-reports" == task.name
    assert 30 <= task.every.total_seconds() <= 60
    assert 1 == task.work()


def _away():
    raise DatabaseUnavailableError("away")
