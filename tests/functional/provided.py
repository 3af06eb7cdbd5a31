"""The simulated providers that installations of tests send through, and the phones their texts arrive on."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.simulator import GatewayAccount, SimulatorConfig, TwilioAccount, WebServer, create_simulator
from authsms.simulator.codes import find_code
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.contract import Network
from authsms.wiring import Services
from tests.parts.processes import HOST

_PATIENCE = timedelta(seconds=30)


class Provider:
    """The simulator: two providers, virtual phones, faults on demand; each credential is a word found nowhere else."""

    def __init__(self) -> None:
        self.twilio = TwilioAccount()
        self.gateway = GatewayAccount(user="mark-gateway-user", password="MARK-GATEWAY-" + os.urandom(9).hex())
        application = create_simulator(SimulatorConfig(accounts=(self.twilio, self.gateway)))
        self._network: Network = application.extensions["simulator"]
        self.server = WebServer(application, HOST, 0)

    def texts(self, phone: str) -> list[str]:
        """Return the texts that have arrived on a phone, oldest first."""
        return [text.text for text in self._network.phones.phone(phone).texts]

    def codes(self, phone: str) -> list[str]:
        """Return the codes that have arrived on a phone, oldest first."""
        return [find_code(text) for text in self.texts(phone)]

    def wait_for_code(self, phone: str, number: int = 1, patience: timedelta = _PATIENCE) -> str:
        """Return the code in the *number*-th text of a phone, waiting for it."""
        until = time.monotonic() + patience.total_seconds()
        while len(codes := self.codes(phone)) < number:
            if time.monotonic() > until:
                raise AssertionError(f"text {number} has not arrived at the phone")
            version = self._network.phones.version
            if len(self.codes(phone)) < number:
                self._network.phones.wait_for_change(since=version, patience=timedelta(seconds=0.5))
        return codes[number - 1]

    def spoil(self, kind: FaultKind, *, provider: str = "twilio", phone: str = "", **facts: object) -> None:
        """Let something go wrong at a provider, for everybody or for one phone."""
        self._network.faults.put(provider, [Fault(kind=kind, phone=phone, **facts)])  # type: ignore[arg-type]

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self._network.faults.clear()


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Run a simulator."""
    provider = Provider()
    with provider.server:
        yield provider


def add_twilio(services: Services, provider: Provider, *, url: str = "") -> None:
    """Send through the simulated Twilio first."""
    settings = {
        "account_sid": provider.twilio.sid,
        "auth_token": provider.twilio.token,
        "sender_phone": "+12025550100",
        "base_url": url or f"{provider.server.url}/twilio",
    }
    draft = ServiceDraft(ServiceRule("first"), "twilio", settings)
    services.senders.save_service(draft, author="test")


def add_gateway(services: Services, provider: Provider) -> None:
    """Send through the simulated gateway when Twilio does not take a text."""
    settings: dict[str, object] = {
        "url": f"{provider.server.url}/gateway/send",
        "user": provider.gateway.user,
        "password": provider.gateway.password,
        "parameters": [["to", "{phone}"], ["text", "{message}"]],
        "success_rule": "json_equals",
        "success_field": "status",
        "success_value": "ok",
        "id_field": "id",
    }
    draft = ServiceDraft(ServiceRule("second", position=1), "generic_http", settings)
    services.senders.save_service(draft, author="test")
