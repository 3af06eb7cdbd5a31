"""MessageBird from the outbox to a phone and back: whole sends with receipts and replies through the simulator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from authsms.delivery.states import MessageState
from authsms.simulator.config import Account
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.messagebird import MessageBirdAccount
from authsms.simulator.providers.messagebird_v1 import MessageBirdV1Account
from tests.plugins.whole_house import TEXT, WholeHouse, run_whole_house

REST, AGED = MessageBirdAccount(), MessageBirdAccount(old_signatures=True)
OLD = MessageBirdV1Account(reference_parameter="REF", status_parameter="STATUS")
NUMBER = "+31612345678"


@dataclass(frozen=True, slots=True)
class Way:
    """One of MessageBird's interfaces, as it is set up at the provider and here."""

    kind: str
    account: Account
    settings: Mapping[str, object]
    provider: str
    failure: str


def _key(account: MessageBirdAccount) -> Mapping[str, object]:
    keys = {"access_key": account.access_key, "signing_key": account.signing_key}
    return {**keys, "originator": NUMBER, "old_signatures": account.old_signatures}


WAYS = {
    "rest": Way("messagebird_rest", REST, _key(REST), "messagebird", "report_1"),
    "old signatures": Way("messagebird_rest", AGED, _key(AGED), "messagebird", "report_1"),
    "v1": Way(
        "messagebird_v1",
        OLD,
        {
            "user": OLD.user,
            "password": OLD.password,
            "sender": "Example",
            "report_reference": "REF",
            "report_status": "STATUS",
        },
        "messagebird-v1",
        "report_failed",
    ),
}
SIGNED = [WAYS["rest"], WAYS["old signatures"]]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Each of them."""
    return WAYS[request.param]


@pytest.fixture
def house(way: Way, instance: Path, sqlite_database_url: str) -> Iterator[WholeHouse]:
    """A server that sends this way; the dashboard knows where to hand over replies."""
    path = f"/{way.provider}"
    with run_whole_house(instance, sqlite_database_url, way.kind, way.account, way.settings, path) as running:
        running.set_portal(way.provider)
        yield running


def test_a_text_arrives_and_is_reported_delivered(house, way, caplog, capfd):
    """Character by character, and no sooner than the phone has it; nothing secret is in the logs."""
    caplog.set_level("DEBUG", "authsms")
    message = house.send()
    house.wait_for(message, MessageState.DELIVERED)
    seen = caplog.text + "".join(capfd.readouterr())
    secrets = [str(way.settings[name]) for name in ("password", "access_key", "signing_key") if name in way.settings]

    assert [TEXT] == house.texts()
    assert {200, 204} >= set(house.wait_for_callbacks(2))
    assert "sender.answered" in seen
    assert [] == [secret for secret in (*secrets, "739201", "15112345678") if secret in seen]


def test_a_text_that_fails_later_says_why(house, way):
    """With a code that has advice."""
    house.spoil(way.provider, Fault(kind=FaultKind.UNDELIVERED))
    failed = house.wait_for(house.send(), MessageState.FAILED)

    assert way.failure == failed.code
    assert house.services.senders.service("line").service.advice(failed.code)


@pytest.mark.parametrize("kind", [FaultKind.REPEAT, FaultKind.SHUFFLE])
@pytest.mark.parametrize("way", [WAYS["rest"], WAYS["v1"]])
def test_receipts_may_come_twice_and_in_any_order(house, way, kind):
    """What is delivered stays so."""
    house.spoil(way.provider, Fault(kind=kind))
    message = house.send()
    answers = house.wait_for_callbacks(4 if kind is FaultKind.REPEAT else 2)

    assert {200, 204} >= set(answers)
    assert MessageState.DELIVERED is house.wait_for(message, MessageState.DELIVERED).state


@pytest.mark.parametrize("way", SIGNED)
@pytest.mark.parametrize("kind", [FaultKind.UNSIGNED, FaultKind.FORGE])
def test_receipts_without_a_signature_change_nothing(house, way, kind):
    """Whoever learns the address still lacks the key; the tries are on record."""
    house.spoil(way.provider, Fault(kind=kind))
    message = house.send()

    assert [403, 403] == house.wait_for_callbacks(2)
    assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state
    assert 2 == house.tags().count("webhook.refused")


@pytest.mark.parametrize("way", SIGNED)
def test_a_stop_reaches_the_inbox_and_the_next_text_is_an_opt_out(house):
    """MessageBird blocks by itself, and says so afterwards."""
    house.wait_for(house.send(), MessageState.DELIVERED)
    house.reply("STOP")
    answers = house.wait_for_callbacks(3)
    withheld = house.wait_for(house.send(), MessageState.WITHHELD)
    house.overrule()
    blocked = house.wait_for(house.send(), MessageState.FAILED)

    assert "opted-out" == withheld.reason
    assert {200, 204} >= set(answers)
    assert 1 == house.tags().count("inbound.received")
    assert "report_103" == blocked.code
