"""LOX24 from the outbox to a phone: whole sends with receipts through the simulator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from authsms.delivery.states import MessageState
from authsms.simulator.config import Account
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.lox24 import Lox24Account
from authsms.simulator.providers.lox_http import LoxAccount
from tests.plugins.whole_house import TEXT, WholeHouse, run_whole_house

OLD, REST = LoxAccount(), Lox24Account()


@dataclass(frozen=True, slots=True)
class Way:
    """One of LOX24's interfaces, as it is set up at the provider and here."""

    kind: str
    account: Account
    settings: Mapping[str, object]
    provider: str


REST_SETTINGS = {
    "client_id": REST.client_id,
    "api_key": REST.api_key,
    "sender": "Example",
    "webhook_token": REST.webhook_token,
}
WAYS = {
    "old": Way(
        "lox24_httpsms",
        OLD,
        {"customer": OLD.number, "password": OLD.password, "service": OLD.service},
        "lox-http",
    ),
    "rest": Way("lox24_rest", REST, REST_SETTINGS, "lox24"),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Each of them."""
    return WAYS[request.param]


@pytest.fixture
def house(way: Way, instance: Path, sqlite_database_url: str) -> Iterator[WholeHouse]:
    """A server that sends this way; the dashboard knows where to report."""
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


def test_a_text_that_is_rejected_later_says_why(house, way):
    """With a code that has advice."""
    house.spoil(way.provider, Fault(kind=FaultKind.UNDELIVERED))
    failed = house.wait_for(house.send(), MessageState.FAILED)

    assert "dlr_16" == failed.code
    assert house.services.senders.service("line").service.advice(failed.code)


@pytest.mark.parametrize("kind", [FaultKind.REPEAT, FaultKind.SHUFFLE])
def test_receipts_may_come_twice_and_in_any_order(house, way, kind):
    """What is delivered stays so."""
    house.spoil(way.provider, Fault(kind=kind))
    message = house.send()
    answers = house.wait_for_callbacks(4 if kind is FaultKind.REPEAT else 2)

    assert {204} == set(answers)
    assert MessageState.DELIVERED is house.wait_for(message, MessageState.DELIVERED).state


@pytest.mark.parametrize("way", [WAYS["rest"]])
@pytest.mark.parametrize("kind", [FaultKind.UNSIGNED, FaultKind.FORGE])
def test_receipts_without_the_token_change_nothing(house, way, kind):
    """Whoever learns the address still lacks it; the tries are on record."""
    house.spoil(way.provider, Fault(kind=kind))
    message = house.send()

    assert [403, 403] == house.wait_for_callbacks(2)
    assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state
    assert 2 == house.tags().count("webhook.refused")


def test_receipts_at_another_address_change_nothing(house, way):
    """It is the only proof that the old interface has."""
    house.set_portal(way.provider, house.callback_url[:-1] + ("0" if house.callback_url[-1] != "0" else "1"))
    message = house.send()

    assert [404, 404] == house.wait_for_callbacks(2)
    assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state


def test_secrets_and_texts_are_not_in_the_logs(house, way, caplog, capfd):
    """Of a whole send with receipts."""
    caplog.set_level("DEBUG", "authsms")
    house.wait_for(house.send(), MessageState.DELIVERED)
    seen = caplog.text + "".join(capfd.readouterr())
    secrets = [str(way.settings[name]) for name in ("password", "api_key", "webhook_token") if name in way.settings]

    assert "sender.answered" in seen
    assert [] == [secret for secret in (*secrets, "739201", "15112345678") if secret in seen]
