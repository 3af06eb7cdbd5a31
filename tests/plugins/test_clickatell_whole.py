"""Clickatell from the outbox to a phone and back: whole sends with receipts and replies through the simulator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from authsms.delivery.states import MessageState
from authsms.simulator.config import Account
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.clickatell import ClickatellAccount
from authsms.simulator.providers.clickatell_platform import OneAccount, PlatformAccount
from tests.plugins.whole_house import TEXT, WholeHouse, run_whole_house

USER = {"callback_user": "caller", "callback_password": "s3cret/one+"}
CLASSIC = ClickatellAccount(**USER, charset="UTF-16BE")
POSTED = ClickatellAccount(**USER, callback_method="POST", charset="ISO-8859-1")
PLATFORM = PlatformAccount(**USER, charset="ISO-8859-1")
ONE = OneAccount(callback_user=USER["callback_user"], callback_password=USER["callback_password"])


@dataclass(frozen=True, slots=True)
class Way:
    """One of Clickatell's interfaces, as it is set up at the provider and here."""

    kind: str
    account: Account
    settings: Mapping[str, object]
    provider: str
    failure: str


CLASSIC_SETTINGS = {"user": CLASSIC.user, "password": CLASSIC.password, "api_id": CLASSIC.api_id, **USER}
WAYS = {
    "classic by GET": Way("clickatell_http", CLASSIC, CLASSIC_SETTINGS, "clickatell", "state_007"),
    "classic by POST": Way(
        "clickatell_http", POSTED, CLASSIC_SETTINGS | {"password": POSTED.password}, "clickatell", "state_007"
    ),
    "platform": Way(
        "clickatell_platform", PLATFORM, {"api_key": PLATFORM.api_key, **USER}, "clickatell-platform", "state_7"
    ),
    "one": Way("clickatell_one", ONE, {"api_key": ONE.api_key, **USER}, "clickatell-one", "state_23"),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Each of them."""
    return WAYS[request.param]


@pytest.fixture
def house(way: Way, instance: Path, sqlite_database_url: str) -> Iterator[WholeHouse]:
    """A server that sends this way; the portal knows where to report."""
    path = f"/{way.provider}"
    with run_whole_house(instance, sqlite_database_url, way.kind, way.account, way.settings, path) as running:
        running.set_portal(way.provider)
        yield running


def test_a_text_arrives_and_is_reported_delivered(house):
    """Character by character, and no sooner than the phone has it."""
    message = house.send()
    house.wait_for(message, MessageState.DELIVERED)

    assert [TEXT] == house.texts()
    assert [204, 204] == house.wait_for_callbacks(2)


def test_a_text_that_fails_later_says_why(house, way):
    """With a code that has advice."""
    house.spoil(way.provider, Fault(kind=FaultKind.UNDELIVERED))
    failed = house.wait_for(house.send(), MessageState.FAILED)

    assert way.failure == failed.code
    assert house.services.senders.service("line").service.advice(failed.code)


@pytest.mark.parametrize("kind", [FaultKind.REPEAT, FaultKind.SHUFFLE])
def test_receipts_may_come_twice_and_in_any_order(house, way, kind):
    """What is delivered stays so."""
    house.spoil(way.provider, Fault(kind=kind))
    message = house.send()
    answers = house.wait_for_callbacks(4 if kind is FaultKind.REPEAT else 2)

    assert {204} == set(answers)
    assert MessageState.DELIVERED is house.wait_for(message, MessageState.DELIVERED).state


@pytest.mark.parametrize("kind", [FaultKind.UNSIGNED, FaultKind.FORGE])
def test_receipts_without_the_callback_user_change_nothing(house, way, kind):
    """Whoever learns the address still lacks the password; the tries are on record."""
    house.spoil(way.provider, Fault(kind=kind))
    message = house.send()
    answers = house.wait_for_callbacks(2)

    assert [403, 403] == answers
    assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state
    assert 2 == house.tags().count("webhook.refused")


def test_receipts_at_another_address_change_nothing(house, way):
    """The password alone is not enough either."""
    house.set_portal(way.provider, house.callback_url[:-1] + ("0" if house.callback_url[-1] != "0" else "1"))
    message = house.send()
    answers = house.wait_for_callbacks(2)

    assert [404, 404] == answers
    assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state


def test_a_reply_reaches_the_inbox(house, way):
    """Where the provider publishes what a reply looks like; at the One API it does not."""
    house.wait_for(house.send(), MessageState.DELIVERED)
    house.reply("Stopp für heute")
    expected = [] if way.kind == "clickatell_one" else [204]
    answers = house.wait_for_callbacks(2 + len(expected))

    assert expected == answers[2:]
    assert len(expected) == house.tags().count("inbound.received")


def test_what_is_no_callback_at_all_is_refused(house):
    """With the right address and password, and nothing that could be read."""
    user, password = USER.values()
    answer = requests.post(house.callback_url, data=b"<x/>", auth=(user, password), timeout=10)

    assert 400 == answer.status_code


def test_secrets_and_texts_are_not_in_the_logs(house, way, caplog, capfd):
    """Of a whole send with receipts and a reply."""
    caplog.set_level("DEBUG", "authsms")
    house.wait_for(house.send(), MessageState.DELIVERED)
    house.reply("Stopp für heute")
    house.wait_for_callbacks(2 if way.kind == "clickatell_one" else 3)
    seen = caplog.text + "".join(capfd.readouterr())
    secrets = [str(way.settings[name]) for name in ("password", "api_key", "callback_password") if name in way.settings]

    assert "sender.answered" in seen
    assert [] == [secret for secret in (*secrets, "739201", "Stopp", "15112345678") if secret in seen]
