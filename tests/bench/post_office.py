"""What a benchmark of delivery measures: a database, perhaps a broker, `authsms worker`, and a provider."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from authsms.delivery.heartbeat import last_heartbeat
from authsms.delivery.outbox import Draft
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


@dataclass(slots=True)
class PostOffice:
    """A running delivery process, and the outbox in front of it."""

    services: Services
    provider: Provider
    workers: Sequence[Process]

    def draft(self, text: str, purpose: Purpose = Purpose.AUTHENTICATION) -> Draft:
        """Return a message."""
        services = self.services
        return Draft(services.vault.new_id(), purpose, _PHONE, text, services.clock.now() + _LIFE)

    def post(self, text: str, purpose: Purpose = Purpose.AUTHENTICATION) -> float:
        """Commit a message and return when the transaction began."""
        draft = self.draft(text, purpose)
        begun = time.monotonic()
        with self.services.database.write() as session:
            self.services.outbox.enqueue(session, draft)
        return begun

    def processor_seconds(self) -> float:
        """Return the processor time that delivery has used."""
        return sum(processor_seconds_of(pid) for worker in self.workers for pid in family(worker.pid))

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
            **_servers(stack, placement),
        }
        services = _prepare(folder, environment, provider)
        stack.callback(services.close)
        command, log = [sys.executable, "-m", "authsms", "worker"], folder / "worker.log"
        processes = [Process(command, log=log, environment={**os.environ, **environment}) for _ in range(workers)]
        for worker in processes:
            stack.callback(worker.stop)
        processes[-1].wait_until_ready(lambda: last_heartbeat(services.database) is not None, 60)
        office = PostOffice(services, provider, processes)
        _warm_up(office)
        yield office


def _servers(stack: ExitStack, placement: Placement) -> dict[str, str]:
    if placement is Placement.SQLITE:
        return {}
    postgresql = stack.enter_context(run_postgresql(durable=True))
    settings = {"AUTHSMS_DATABASE__URL": postgresql.url(postgresql.create_database())}
    if placement is Placement.RABBITMQ:
        settings["AUTHSMS_DELIVERY__BROKER"] = stack.enter_context(run_rabbitmq()).url
    if placement is Placement.REDIS:
        settings["AUTHSMS_DELIVERY__BROKER"] = stack.enter_context(run_redis()).url
    return settings


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
