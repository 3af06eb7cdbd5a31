"""SignalWire from the outbox to a phone and back: whole sends with receipts and replies through the simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from authsms.delivery.states import MessageState
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.providers.signalwire import SignalWireAccount
from tests.plugins.whole_house import TEXT, WholeHouse, run_whole_house

PROJECT = SignalWireAccount()
SETTINGS = {
    "space": "example",
    "project_key": PROJECT.project,
    "token": PROJECT.token,
    "sender_phone": PROJECT.numbers[0],
    "signing_key": PROJECT.signing_key,
}


@pytest.fixture
def house(instance: Path, sqlite_database_url: str) -> Iterator[WholeHouse]:
    """A server that sends through SignalWire."""
    with run_whole_house(instance, sqlite_database_url, "signalwire", PROJECT, SETTINGS, "/signalwire") as running:
        yield running


def test_a_text_arrives_and_its_whole_story_stays_out_of_the_logs(house, caplog, capfd):
    """Character by character; the receipts carry the text, and the reply is somebody's."""
    caplog.set_level("DEBUG", "authsms")
    house.set_portal("signalwire")
    house.wait_for(house.send(), MessageState.DELIVERED)
    house.reply("Stopp für heute")
    answers = house.wait_for_callbacks(3)
    seen = caplog.text + "".join(capfd.readouterr())

    assert [TEXT] == house.texts()
    assert [200, 200, 200] == answers
    assert 1 == house.tags().count("inbound.received")
    assert "sender.answered" in seen
    secrets = (PROJECT.token, PROJECT.signing_key, "739201", "Stopp", "15112345678")
    assert [] == [secret for secret in secrets if secret in seen]


def test_a_text_that_fails_later_says_why(house):
    """With a code that has advice."""
    house.spoil("signalwire", Fault(kind=FaultKind.UNDELIVERED))
    failed = house.wait_for(house.send(), MessageState.FAILED)

    assert "30005" == failed.code
    assert house.services.senders.service("line").service.advice(failed.code)


@pytest.mark.parametrize("kind", [FaultKind.UNSIGNED, FaultKind.FORGE])
def test_receipts_that_are_not_signed_change_nothing(house, kind):
    """Whoever learns the address still lacks the signing key; the tries are on record."""
    house.spoil("signalwire", Fault(kind=kind))
    message = house.send()
    answers = house.wait_for_callbacks(2)

    assert [403, 403] == answers
    assert MessageState.ACCEPTED is house.wait_for(message, MessageState.ACCEPTED).state
    assert 2 == house.tags().count("webhook.refused")
