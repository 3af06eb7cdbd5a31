"""Presets of the generic gateway: filled in, each sends, and knows a refusal within a good status."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from authsms_generic_http import GenericHttpService

from authsms.cli.presets import as_toml, find_preset
from authsms.foundation.errors import NotFoundError
from authsms.foundation.settings import Settings
from authsms.plugin_api import Accepted, HttpGuard, InvalidInputError, Preset, Refused, SenderService
from authsms.plugins import load_plugins
from authsms.simulator.app import create_simulator
from authsms.simulator.config import SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.clickatell import ClickatellAccount
from authsms.simulator.providers.contract import Network
from authsms.simulator.providers.lox_http import LoxAccount
from authsms.simulator.providers.twilio import TwilioAccount
from authsms.simulator.server import WebServer
from tests.plugins import hostile
from tests.plugins.contract_suite import PHONE, SUBMISSION
from tests.plugins.hostile import PATIENT, HostileServer

TEXT = "739201 is your code & <code>1</code> more, from Köln."
CLICKATELL, LOX = ClickatellAccount(), LoxAccount()
# SignalWire speaks Twilio's dialect; its project is what Twilio calls an account.
SIGNALWIRE = TwilioAccount(numbers=("+14155550100",))
KINDS = {kind.key: kind for kind in load_plugins(["authsms_generic_http"])}
PRESETS = {preset.name: preset for preset in GenericHttpService.presets}
HASH = hashlib.md5(LOX.password.encode(), usedforsecurity=False).hexdigest()
PLACES = {"clickatell": "clickatell", "signalwire": "twilio", "lox": "lox-http"}
PATHS = {
    "clickatell": "/clickatell/http/sendmsg",
    "signalwire": f"/twilio/2010-04-01/Accounts/{SIGNALWIRE.sid}/Messages.json",
    "lox": "/lox-http/API/httpsms.php",
}
FILLED: Mapping[str, Mapping[str, str]] = {
    "clickatell": {"user": CLICKATELL.user, "api_id": CLICKATELL.api_id, "from": "447700900100"},
    "signalwire": {"From": "+14155550100"},
    "lox": {"konto": LOX.number, "service": LOX.service},
}
SECRET: Mapping[str, Mapping[str, object]] = {
    "clickatell": {"secure_parameters": {"password": CLICKATELL.password}},
    "signalwire": {"user": SIGNALWIRE.sid, "password": SIGNALWIRE.token},
    "lox": {"secure_parameters": {"password": HASH}},
}


def _settings(name: str, url: str) -> dict[str, object]:
    """Return the preset as somebody who has an account would fill it in."""
    values = PRESETS[name].values
    pairs = values["parameters"]
    assert isinstance(pairs, tuple)
    filled = [(key, value or FILLED[name][key]) for key, value in pairs]
    return {**values, "parameters": filled, **SECRET[name], "url": url}


def _service(name: str, url: str, **changes: object) -> SenderService:
    guard = HttpGuard(["127.0.0.1"], deadlines=PATIENT)
    return GenericHttpService.configure(_settings(name, url) | changes, guard)


@pytest.fixture(scope="module")
def _simulator() -> Iterator[tuple[str, Network]]:
    accounts = (CLICKATELL, SIGNALWIRE, LOX)
    app = create_simulator(SimulatorConfig(accounts=accounts, pace=timedelta(0)))
    with WebServer(app, "127.0.0.1", 0) as server:
        yield server.url, app.extensions["simulator"]


@pytest.fixture
def field(_simulator: tuple[str, Network]) -> tuple[str, Network]:
    """The address of a simulator without faults and with empty phones, and what lies behind it."""
    _simulator[1].faults.clear()
    _simulator[1].phones.clear()
    return _simulator


@pytest.mark.parametrize("name", PRESETS)
class TestEach:
    """The same for each of them."""

    def test_filled_in_it_sends(self, field, name):
        """Through the provider's own side of the simulator; clickatell's manual names no charset for accents."""
        url, network = field
        text = TEXT.replace("ö", "oe") if name == "clickatell" else TEXT
        outcome = _service(name, url + PATHS[name]).submit(replace(SUBMISSION, text=text))

        assert isinstance(outcome, Accepted)
        assert [text] == [received.text for received in network.phones.phone(PHONE).texts]

    def test_wrong_credentials_are_refused(self, field, name):
        """Also by those who answer 200."""
        url, network = field
        wrong = {"secure_parameters": {"password": "wrong"}} if name != "signalwire" else {"password": "wrong"}
        outcome = _service(name, url + PATHS[name], **wrong).submit(replace(SUBMISSION, text=TEXT))

        assert isinstance(outcome, Refused)
        assert [] == list(network.phones.phone(PHONE).texts)

    def test_an_error_within_a_good_status_is_no_success(self, field, name):
        """Whatever the provider's usual status for it is."""
        url, network = field
        network.faults.put(PLACES[name], [Fault(kind=FaultKind.FAIL, status=200)])
        outcome = _service(name, url + PATHS[name]).submit(replace(SUBMISSION, text=TEXT))

        assert isinstance(outcome, Refused)

    def test_left_as_it_is_it_names_what_is_missing_or_sends_nothing_secret(self, name):
        """What is to be filled in is empty, so that nobody sends another's secret."""
        values = PRESETS[name].values
        secret = [values[one.name] for one in GenericHttpService.settings if one.is_secret and one.name in values]

        assert secret
        assert set(secret) <= {"", (("password", ""),)}

    def test_its_file_can_be_read_back(self, name):
        """What the command prints is the preset; its comments are the second file."""
        preset = PRESETS[name]
        text = as_toml(GenericHttpService, preset)
        shown = tomllib.loads(text)
        second = text.partition("--secrets:\n")[2]
        secret = tomllib.loads("\n".join(line.removeprefix("#").strip() for line in second.splitlines()))
        pairs = {key: dict(value) if isinstance(value, tuple) else value for key, value in preset.values.items()}

        assert {"kind": "generic_http", **pairs} == shown | secret
        assert secret

    def test_its_values_are_settings_of_the_kind(self, name):
        """A form is filled with them, and takes them back."""
        values = PRESETS[name].values
        read = GenericHttpService.read_settings(values).values

        assert values == {setting: read[setting] for setting in values}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("clickatell", b"ERR: 105, INVALID: Destination Address"),
        ("clickatell", b"ERR: 001, Authentication failed\nID: 205e85d0578314037a96175249fc6a2b"),
        ("signalwire", b'{"sid": "0b1c", "status": "failed", "error_code": "30001"}'),
        ("signalwire", b'{"sid": "0b1c", "status": null}'),
        ("signalwire", b'{"code": "21211", "message": "queued", "status": 400}'),
        ("lox", b"<answer><code>200</code><codetext>1</codetext></answer>"),
        ("lox", b"<answer><code>300</code><info><Text>&lt;code&gt;1</Text></info></answer>"),
        ("lox", b"100"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_lie_is_seen_through(name, body, status):
    """The marks of success stand where only the provider can put them."""
    with HostileServer(hostile.answer(status, body)) as server:
        assert isinstance(_service(name, server.url).submit(SUBMISSION), Refused)


def test_the_three_recipes_are_as_their_providers_publish_them():
    """Method, where the parameters stand, and which of them are secret."""
    requests = {name: _service(name, "https://gateway.example/x").build_request(SUBMISSION) for name in PRESETS}

    assert {"clickatell": "POST", "signalwire": "POST", "lox": "GET"} == {
        name: request.method for name, request in requests.items()
    }
    assert [b"user=clickatell", b"to=4915112345678"] == (requests["clickatell"].body or b"").split(b"&")[:2]
    assert (requests["signalwire"].body or b"").startswith(b"To=%2B4915112345678&From=%2B14155550100&Body=739201")
    assert (SIGNALWIRE.sid, SIGNALWIRE.token) == requests["signalwire"].basic
    assert requests["lox"].body is None
    assert f"password={HASH}" in requests["lox"].url


def test_names_of_presets_are_their_own_among_all_that_come_along():
    """The command line knows them by name alone."""
    kinds = load_plugins(Settings.model_fields["plugins"].default)
    names = [preset.name for kind in kinds for preset in kind.presets]

    assert {"clickatell", "signalwire", "lox"} <= set(names)
    assert len(set(names)) == len(names)


def test_a_name_nobody_knows_is_refused_with_those_there_are():
    """So that the next try works."""
    with pytest.raises(NotFoundError, match="clickatell, signalwire, lox"):
        find_preset(KINDS, "pigeon")


def test_a_preset_without_a_message_could_not_be_saved():
    """Presets pass the same checks as what is typed."""
    preset = Preset("broken", "Broken", "x", {"url": "https://gateway.example/", "parameters": (("to", "{phone}"),)})

    with pytest.raises(InvalidInputError):
        GenericHttpService.read_settings(preset.values)
