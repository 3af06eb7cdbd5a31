"""The plugins against the simulated providers that speak their wire formats."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from authsms_generic_http import GenericHttpService
from authsms_twilio import TwilioService

from authsms.foundation.phone import PhoneNumber
from authsms.plugin_api import Accepted, HttpGuard, NotTaken, PerhapsTaken, Refused, SenderService, Submission
from authsms.senders.http import Deadlines
from authsms.simulator.app import create_simulator
from authsms.simulator.config import SimulatorConfig
from authsms.simulator.faults import Fault, FaultBook, FaultKind
from authsms.simulator.phones import PhoneBook
from authsms.simulator.providers.gateway import GatewayAccount
from authsms.simulator.providers.twilio import TwilioAccount
from authsms.simulator.server import WebServer

PHONE = PhoneNumber("+4915112345678")
TEXT = '739201 ist Ihr Code. "{}" & ä €'
TWILIO = TwilioAccount(numbers=("+14155550100",))
GATEWAY = GatewayAccount()


class Range:
    """A running simulator and the plugins that are set up for it."""

    def __init__(self, server: WebServer, phones: PhoneBook, faults: FaultBook) -> None:
        self.phones = phones
        self.faults = faults
        guard = HttpGuard(["127.0.0.1"], deadlines=Deadlines(connect=0.6, total=1.0))
        self.services: dict[str, SenderService] = {
            "twilio": TwilioService.configure(
                {
                    "account_sid": TWILIO.sid,
                    "auth_token": TWILIO.token,
                    "sender_phone": r"1\4155550100",
                    "base_url": f"{server.url}/twilio",
                },
                guard,
            ),
            "gateway": GenericHttpService.configure(
                {
                    "url": f"{server.url}/gateway/send",
                    "user": GATEWAY.user,
                    "password": GATEWAY.password,
                    "parameters": "to={phone}\ntext={message}",
                    "success_rule": "contains",
                    "success_value": '"status":"ok"',
                    "id_field": "id",
                },
                guard,
            ),
        }

    def texts(self) -> list[str]:
        """Return what lies on the phone."""
        return [text.text for text in self.phones.phone(PHONE).texts]


@pytest.fixture(scope="module")
def _simulator() -> Iterator[Range]:
    app = create_simulator(SimulatorConfig(accounts=(TWILIO, GATEWAY), pace=timedelta(0)))
    network = app.extensions["simulator"]
    with WebServer(app, "127.0.0.1", 0) as server:
        yield Range(server, network.phones, network.faults)


@pytest.fixture
def field(_simulator: Range) -> Range:
    """A simulator without faults and with empty phones."""
    _simulator.faults.clear()
    _simulator.phones.clear()
    return _simulator


def _submission() -> Submission:
    return Submission(f"{threading.get_native_id():032x}", PHONE, TEXT, timedelta(seconds=60))


@pytest.mark.parametrize("provider", ["twilio", "gateway"])
class TestProvider:
    """The same for each of them."""

    def test_a_text_reaches_the_phone(self, field, provider):
        """Character by character."""
        assert isinstance(field.services[provider].submit(_submission()), Accepted)
        assert [TEXT] == field.texts()

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            (FaultKind.THROTTLE, NotTaken),
            (FaultKind.HANG, PerhapsTaken),
            (FaultKind.DROP, PerhapsTaken),
            (FaultKind.RESET, PerhapsTaken),
            (FaultKind.CUT, PerhapsTaken),
            (FaultKind.DRIP, PerhapsTaken),
            (FaultKind.DRIP_HEAD, PerhapsTaken),
            (FaultKind.EMPTY, PerhapsTaken),
            (FaultKind.HUGE, PerhapsTaken),
            (FaultKind.REDIRECT, Refused),
        ],
    )
    def test_a_fault_is_classified(self, field, provider, kind, expected):
        """What is perhaps taken did arrive here, what is refused or not taken did not."""
        field.faults.put(provider, [Fault(kind=kind, seconds=0.3, taken=expected is PerhapsTaken)])

        assert isinstance(field.services[provider].submit(_submission()), expected)

    def test_wrong_credentials_are_refused(self, field, provider):
        """The administrator has to change something."""
        secrets = {"twilio": "auth_token", "gateway": "password"}
        good = field.services[provider]
        raw = {name: value for name, value in good.values.values.items() if value not in {"", ()}}
        wrong = type(good).configure(raw | {secrets[provider]: "wrong"}, HttpGuard(["127.0.0.1"]))

        assert isinstance(wrong.submit(_submission()), Refused)
        assert [] == field.texts()


@pytest.mark.parametrize("code", ["21211", "21610", "21408"])
def test_a_code_of_twilio_is_named(field, code):
    """The administrator finds it, with advice."""
    field.faults.put("twilio", [Fault(kind=FaultKind.FAIL, code=code)])

    trial = field.services["twilio"].try_out(_submission())

    assert isinstance(trial.outcome, Refused)
    assert code == trial.outcome.code
    assert trial.advice
    assert TWILIO.token not in f"{trial}"
