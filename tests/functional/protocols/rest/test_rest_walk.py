"""A roster system's whole way: it asks by REST, two phones answer, and its own server is told, as the manual says."""

import json
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from authsms.client import Messenger
from authsms.foundation.phone import PhoneNumber
from authsms.simulator.providers.signalwire import SignalWireAccount
from tests.integration.delivery.waiting import wait_until
from tests.integration.messaging.hearing import Listener, agree, listening, register
from tests.parts.manual import section
from tests.plugins.whole_house import WholeHouse, run_whole_house

ALICE, BOB = PhoneNumber("+4915112345601"), PhoneNumber("+4915112345602")
PROJECT = SignalWireAccount()
SETTINGS = {
    "space": "example",
    "project_key": PROJECT.project,
    "token": PROJECT.token,
    "sender_phone": PROJECT.numbers[0],
    "signing_key": PROJECT.signing_key,
}


@pytest.fixture
def listener() -> Iterator[Listener]:
    """The roster system's own server."""
    with listening() as listener:
        yield listener


@pytest.fixture
def house(instance: Path, sqlite_database_url: str, listener: Listener) -> Iterator[WholeHouse]:
    """A server that sends through simulated phones, and may call the roster system."""
    reach = [listener.address.split("/")[2]]
    account = (sqlite_database_url, "signalwire", PROJECT, SETTINGS, "/signalwire")
    with run_whole_house(instance, *account, reach=reach) as running:
        yield running


def recipe() -> Callable[[str, object, bytes], bool]:
    """Return what the manual gives to those who do not use the client."""
    (code,) = re.findall(r"  ```python\n(  import hashlib.*?)  ```", section("Texting by REST"), re.DOTALL)
    names: dict[str, Callable[[str, object, bytes], bool]] = {}
    exec(compile(textwrap.dedent(code), "the manual", "exec"), names)  # noqa: S102 - our own manual
    return names["is_genuine"]


def test_an_offer_is_made_answered_and_told(house: WholeHouse, listener: Listener, monkeypatch: pytest.MonkeyPatch):
    """Nothing but the documented ways; a forged call and a changed one are known for what they are."""
    monkeypatch.setenv("NO_PROXY", "*")
    services, phones = house.services, house.network.phones
    house.set_portal("signalwire")
    for login, number in (("alice", ALICE), ("bob", BOB)):
        agree(services, login, number)
    endpoint, client_secret, secret = register(services, listener.address)
    with Messenger(services.settings.public_url, endpoint.id, client_secret) as messenger:
        texts = {"en": "{host}: {name}, early shift? Reply {number} Y or {number} N. STOP ends texts."}
        made = messenger.offers.make("early", texts, ["alice", "bob"])
        services.offer_ending.work()
        wait_until(lambda: all(phones.phone(number).texts for number in (ALICE, BOB)), 15)
        house.reply(f"{made.number} N", BOB)
        house.reply(f"{made.number} Y", ALICE)
        settling, offers = services.offer_settling, messenger.offers
        wait_until(lambda: settling.work() >= 0 and not offers.state("early").counts.get("asked"), 15)
        states = {one.user_name: one.state for one in messenger.offers.answers("early")}
    services.hook_watch.look()
    wait_until(lambda: services.hook_courier.deliver() >= 0 and len(listener.calls) >= len(states) + 1, 15)
    told, is_genuine = [json.loads(body) for _, body in listener.calls], recipe()

    assert {"LOCAL\\alice": "won", "LOCAL\\bob": "declined"} == states
    assert all(is_genuine(secret, headers, body) for headers, body in listener.calls)
    assert not any(is_genuine("another", headers, body) for headers, body in listener.calls)
    assert not any(is_genuine(secret, headers, body + b" ") for headers, body in listener.calls)
    assert ["offer.answered", "offer.answered", "offer.filled"] == sorted(one["kind"] for one in told)
    assert states == {one["data"]["user_name"]: one["data"]["state"] for one in told if "user_name" in one["data"]}
