"""The plugins against the simulated providers that speak their wire formats."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from authsms_clickatell import ClickatellHttpService
from authsms_clickatell_platform import ClickatellOneService, ClickatellPlatformService
from authsms_generic_http import GenericHttpService
from authsms_signalwire import SignalWireService
from authsms_twilio import TwilioService

from authsms.foundation.phone import PhoneNumber
from authsms.plugin_api import Accepted, HttpGuard, NotTaken, PerhapsTaken, Refused, SenderService, Submission
from authsms.senders.http import Deadlines
from authsms.simulator.app import create_simulator
from authsms.simulator.config import SimulatorConfig
from authsms.simulator.faults import Fault, FaultBook, FaultKind
from authsms.simulator.phones import PhoneBook
from authsms.simulator.providers.clickatell import ClickatellAccount
from authsms.simulator.providers.clickatell_platform import OneAccount, PlatformAccount
from authsms.simulator.providers.gateway import GatewayAccount
from authsms.simulator.providers.signalwire import SignalWireAccount
from authsms.simulator.providers.twilio import TwilioAccount
from authsms.simulator.server import WebServer
from tests.plugins.hostile import ENDLESS, PATIENT

PHONE = PhoneNumber("+4915112345678")
TEXT = '739201 ist Ihr Code. "{}" & ä €'
TWILIO = TwilioAccount(numbers=("+14155550100",))
GATEWAY = GatewayAccount()
SIGNALWIRE = SignalWireAccount()
CLICKATELL, PLATFORM, ONE = ClickatellAccount(), PlatformAccount(), OneAccount()
SECRETS = {
    "twilio": "auth_token",
    "gateway": "password",
    "signalwire": "token",
    "clickatell": "password",
    "clickatell-platform": "api_key",
    "clickatell-one": "api_key",
}


class Range:
    """A running simulator and the plugins that are set up for it."""

    def __init__(self, server: WebServer, phones: PhoneBook, faults: FaultBook) -> None:
        self.phones = phones
        self.faults = faults
        guard = HttpGuard(["127.0.0.1"], deadlines=PATIENT)
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
            "signalwire": SignalWireService.configure(
                {
                    "space": "example",
                    "project_key": SIGNALWIRE.project,
                    "token": SIGNALWIRE.token,
                    "sender_phone": SIGNALWIRE.numbers[0],
                    "base_url": f"{server.url}/signalwire",
                },
                guard,
            ),
            "clickatell": ClickatellHttpService.configure(
                {
                    "user": CLICKATELL.user,
                    "password": CLICKATELL.password,
                    "api_id": CLICKATELL.api_id,
                    "base_url": f"{server.url}/clickatell",
                },
                guard,
            ),
            "clickatell-platform": ClickatellPlatformService.configure(
                {"api_key": PLATFORM.api_key, "base_url": f"{server.url}/clickatell-platform"}, guard
            ),
            "clickatell-one": ClickatellOneService.configure(
                {"api_key": ONE.api_key, "base_url": f"{server.url}/clickatell-one"}, guard
            ),
        }

    def texts(self) -> list[str]:
        """Return what lies on the phone."""
        return [text.text for text in self.phones.phone(PHONE).texts]


@pytest.fixture(scope="module")
def _simulator() -> Iterator[Range]:
    app = create_simulator(
        SimulatorConfig(accounts=(TWILIO, GATEWAY, SIGNALWIRE, CLICKATELL, PLATFORM, ONE), pace=timedelta(0))
    )
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


def _again(service: SenderService, deadlines: Deadlines, **changes: object) -> SenderService:
    """Return the service set up anew with other deadlines, and other settings if any are given."""
    raw = {name: value for name, value in service.values.values.items() if value not in {"", ()}}
    return type(service).configure(raw | changes, HttpGuard(["127.0.0.1"], deadlines=deadlines))


@pytest.mark.parametrize("provider", SECRETS)
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
        deadlines = ENDLESS if kind in {FaultKind.DRIP, FaultKind.DRIP_HEAD} else PATIENT
        service = _again(field.services[provider], deadlines)
        for _ in range(10):
            outcome = service.submit(_submission())
            if not isinstance(outcome, NotTaken) or outcome.code != "connect":  # it has left in time
                break

        assert isinstance(outcome, expected)

    def test_wrong_credentials_are_refused(self, field, provider):
        """The administrator has to change something."""
        wrong = _again(field.services[provider], PATIENT, **{SECRETS[provider]: "wrong"})

        assert isinstance(wrong.submit(_submission()), Refused)
        assert [] == field.texts()


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        *[("twilio", code) for code in ("21211", "21610", "21408")],
        *[("signalwire", code) for code in ("21606", "21705", "30002", "4001")],
        *[("clickatell", code) for code in ("001", "105", "122", "301")],
        *[("clickatell-one", code) for code in ("1", "20", "25", "26")],
    ],
)
def test_a_code_of_a_provider_is_named(field, provider, code):
    """The administrator finds it, with advice."""
    field.faults.put(provider, [Fault(kind=FaultKind.FAIL, code=code)])

    trial = field.services[provider].try_out(_submission())

    assert isinstance(trial.outcome, Refused)
    assert code == trial.outcome.code
    assert trial.advice
    assert field.services[provider].values.text(SECRETS[provider]) not in f"{trial}"
