"""What a benchmark of delivery measures: a database, perhaps a broker, `authsms worker`, and a provider."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

from authsms.cli.garbage import look_seldom
from authsms.delivery.outbox import Draft
from authsms.delivery.throughput import Throughput
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import load_settings
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Purpose
from authsms.simulator import TwilioAccount
from authsms.wiring import Services, build
from tests.bench.provider import Provider, run_provider
from tests.bench.stack import family, memory_of, processor_seconds_of
from tests.parts.postgresql import run_postgresql
from tests.parts.processes import Process, private_folder
from tests.parts.rabbitmq import run_rabbitmq
from tests.parts.redis_server import run_redis

_PHONE = PhoneNumber("+12025550100")
_LIFE = timedelta(minutes=10)


class Placement(StrEnum):
    """Where delivery stands: embedded, on several machines, or behind an existing broker."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    RABBITMQ = "rabbitmq"
    REDIS = "redis"


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time in seconds: of delivery, of PostgreSQL, and of the provider, who share the machine."""

    delivery: float
    database: float
    provider: float

    def __sub__(self, other: Self) -> Self:
        return type(self)(
            self.delivery - other.delivery, self.database - other.database, self.provider - other.provider
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """When a message was posted, by the machine's monotonic clock.

    Attributes:
        begun: The transaction began.
        committing: All was said in it, and it was about to be committed.
    """

    begun: float
    committing: float


@dataclass(slots=True)
class PostOffice:
    """Running delivery processes, and the outbox in front of them.

    Attributes:
        database: The server of the database, or None when there is none.
    """

    services: Services
    provider: Provider
    workers: list[Process]
    database: Process | None
    _start_worker: Callable[[], Process]

    def draft(self, text: str, purpose: Purpose = Purpose.AUTHENTICATION) -> Draft:
        """Return a message."""
        services = self.services
        return Draft(services.vault.new_id(), purpose, _PHONE, text, services.clock.now() + _LIFE)

    def post(self, text: str, purpose: Purpose = Purpose.AUTHENTICATION) -> Posted:
        """Commit a message and return when."""
        draft = self.draft(text, purpose)
        begun = time.monotonic()
        with self.services.database.write() as session:
            self.services.outbox.enqueue(session, draft)
            committing = time.monotonic()
        return Posted(begun, committing)

    def dismiss(self) -> None:
        """End the delivery process that was hired last."""
        self.workers.pop().stop()

    def hire(self) -> None:
        """Start a further delivery process."""
        worker = self._start_worker()
        self.workers.append(worker)
        seen = Throughput(self.services.database, self.services.clock)
        worker.wait_until_ready(lambda: len(seen.processes()) == len(self.workers), 60)

    def spent(self) -> Spent:
        """Return what has been used so far."""
        database = 0.0 if self.database is None else _seconds_of(self.database.pid)
        return Spent(sum(_seconds_of(one.pid) for one in self.workers), database, _seconds_of(self.provider.pid))

    def memory_bytes(self) -> int:
        """Return the resident memory of delivery."""
        return sum(memory_of(pid) for worker in self.workers for pid in family(worker.pid))


@contextmanager
def run_post_office(placement: Placement, workers: int = 1) -> Iterator[PostOffice]:
    """Start everything, with so many delivery processes; the databases are durable."""
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder("bench"))
        provider = stack.enter_context(run_provider())
        environment = {
            "AUTHSMS_INSTANCE": str(folder),
            "AUTHSMS_ENVIRONMENT": "development",
            "AUTHSMS_NETWORK__ALLOWED": "127.0.0.1",
            "AUTHSMS_LOGGING__LEVEL": "WARNING",
        }
        database = None
        if placement is not Placement.SQLITE:
            postgresql = stack.enter_context(run_postgresql(durable=True))
            database = postgresql.process
            environment["AUTHSMS_DATABASE__URL"] = postgresql.url(postgresql.create_database())
        environment |= _broker(stack, placement)
        services = _prepare(folder, environment, provider)
        stack.callback(services.close)

        def start_worker() -> Process:
            command, log = [sys.executable, "-m", "authsms", "worker"], folder / "worker.log"
            worker = Process(command, log=log, environment={**os.environ, **environment})
            stack.callback(worker.stop)
            return worker

        office = PostOffice(services, provider, [], database, start_worker)
        for _ in range(workers):
            office.hire()
        _warm_up(office)
        look_seldom()  # as the server does whose part this process plays
        yield office


def _broker(stack: ExitStack, placement: Placement) -> dict[str, str]:
    if placement is Placement.RABBITMQ:
        return {"AUTHSMS_DELIVERY__BROKER": stack.enter_context(run_rabbitmq()).url}
    if placement is Placement.REDIS:
        return {"AUTHSMS_DELIVERY__BROKER": stack.enter_context(run_redis()).url}
    return {}


def _seconds_of(pid: int) -> float:
    return sum(map(processor_seconds_of, family(pid)))


def _prepare(folder: Path, environment: dict[str, str], provider: Provider) -> Services:
    services = build(load_settings(folder, environment))
    require_schema(services.database)
    services.prepare()
    account = TwilioAccount()
    settings = {
        "account_sid": account.sid,
        "auth_token": account.token,
        "sender_phone": "+12025550199",
        "base_url": provider.url,
    }
    services.senders.save_service(ServiceDraft(ServiceRule("provider", 1), "twilio", settings), author="bench")
    return services


def _warm_up(office: PostOffice) -> None:
    for number in range(50):
        office.post(f"warm {number}")
    until = time.monotonic() + 60
    while office.provider.count() < 50:
        if time.monotonic() > until:
            raise RuntimeError(f"nothing is sent:\n{office.workers[0].log.read_text('utf-8')[-3000:]}")
        time.sleep(0.05)
    office.provider.take()
