"""A whole server for tests of a provider: outbox, delivery, the doors for machines, and simulated phones behind it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from flask import Flask

from authsms import protocols
from authsms.audit.vocabulary import Author
from authsms.delivery.outbox import Draft, MessageView
from authsms.delivery.states import MessageState
from authsms.delivery.worker import Worker
from authsms.foundation.clock import SystemClock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Purpose
from authsms.simulator.app import create_simulator
from authsms.simulator.config import Account, SimulatorConfig
from authsms.simulator.faults import Fault
from authsms.simulator.providers.contract import Network
from authsms.simulator.server import WebServer
from authsms.wiring import Services, assemble
from tests.integration.delivery.waiting import wait_until
from tests.parts.processes import HOST, free_port
from tests.plugins.contract_suite import PHONE

SERVICE = "line"
TEXT = "739201 ist Ihr Code. Grüße, € 5"


@dataclass(frozen=True, slots=True)
class WholeHouse:
    """A server with one sender service called `SERVICE`, and the simulator it sends through."""

    services: Services
    simulator: WebServer
    network: Network

    @property
    def callback_url(self) -> str:
        """The secret address to which the provider reports."""
        return self.services.senders.callback_url(SERVICE) or ""

    def set_portal(self, provider: str, url: str | None = None) -> None:
        """Tell the provider's portal where to report, as the administrator does."""
        self._call("PUT", f"/providers/{provider}", {"inbound_url": self.callback_url if url is None else url})

    def spoil(self, provider: str, fault: Fault) -> None:
        """Let something go wrong at the provider."""
        self.network.faults.put(provider, [fault])

    def send(self, text: str = TEXT) -> str:
        """Put a text into the outbox and return its id."""
        expires_at = self.services.clock.now() + timedelta(minutes=2)
        draft = Draft(self.services.vault.new_id(), Purpose.AUTHENTICATION, PHONE, text, expires_at)
        with self.services.database.write() as session:
            self.services.outbox.enqueue(session, draft)
        return draft.id

    def wait_for(self, message_id: str, state: MessageState) -> MessageView:
        """Return a message once it has come to *state*."""
        view = self.services.outbox.view
        wait_until(lambda: view(message_id).state is state, 60, lambda: f"{view(message_id)} {self.answers()}")
        return view(message_id)

    def wait_for_callbacks(self, count: int) -> list[int | None]:
        """Return how the first *count* callbacks were answered."""
        wait_until(lambda: len(self.answers()) >= count, 60, lambda: str(self.answers()))
        return self.answers()[:count]

    def answers(self) -> list[int | None]:
        """Return how callbacks were answered so far."""
        return [delivery.status for delivery in self.network.postman.deliveries()]

    def texts(self) -> list[str]:
        """Return what lies on the phone."""
        return [text.text for text in self.network.phones.phone(PHONE).texts if text.is_received]

    def reply(self, text: str, phone: str = PHONE) -> None:
        """Answer from the phone."""
        self._call("POST", f"/phones/{phone}/replies", {"text": text})

    def overrule(self) -> None:
        """Lift what the phone's owner has opted out of; the provider may know better."""
        for one in self.services.suppressions.of(PHONE):
            self.services.suppressions.lift(one.id, Author(), "asked us to")

    def tags(self) -> list[str]:
        """Return the audit tags recorded so far, oldest first."""
        return [record.entry.tag.value for record in reversed(self.services.audit.search())]

    def _call(self, method: str, path: str, value: Mapping[str, object]) -> None:
        requests.request(method, self.simulator.url + path, json=value, timeout=30).raise_for_status()


@contextmanager
def run_whole_house(  # noqa: PLR0913 - each test has its own
    instance: Path,
    url: str,
    kind: str,
    account: Account,
    settings: Mapping[str, object],
    path: str,
    *,
    reach: Sequence[str] = (),
) -> Iterator[WholeHouse]:
    """Run a server that sends through one simulated provider.

    Args:
        instance: Folder of the installation.
        url: Of a database with all tables.
        kind: The kind of sender service.
        account: The account at the simulated provider.
        settings: Of the sender service; ``base_url`` is added.
        path: Of the provider at the simulator.
        reach: Other addresses on this machine that the server may call.
    """
    port = free_port()
    simulator = create_simulator(SimulatorConfig(accounts=(account,), pace=timedelta(milliseconds=20)))
    database, vault = Database(url), Vault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    values = {"instance": instance, "environment": "development", "public_url": f"http://{HOST}:{port}"}
    with WebServer(simulator, HOST, 0) as provider:
        allowed = {"network": {"allowed": [f"{HOST}:{provider.url.rpartition(':')[2]}", *reach]}}
        services = assemble(Settings.model_validate(values | allowed), database, vault, SystemClock())
        services.prepare()
        draft = ServiceDraft(ServiceRule(SERVICE), kind, {**settings, "base_url": f"{provider.url}{path}"})
        services.senders.save_service(draft, author="test")
        network: Network = simulator.extensions["simulator"]
        doors = Flask("authsms")
        doors.extensions["authsms"] = services
        protocols.register(doors)
        with WebServer(doors, HOST, port), _working(services):
            yield WholeHouse(services, provider, network)
            network.postman.stop()
        services.close()


@contextmanager
def _working(services: Services) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Worker(services).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
