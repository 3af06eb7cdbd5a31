"""What operators type at three in the morning: `worker status`, `messages`, and the pauses."""

import json
import os
import re
from collections.abc import Iterator

import pytest

from authsms.audit.vocabulary import Author
from authsms.cli.operator import operator
from authsms.delivery.caps import Cap, CapScope, Period
from authsms.delivery.heartbeat import Heartbeat
from authsms.delivery.rates import ServiceRate
from authsms.foundation.clock import SystemClock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.senders.submission import NotTaken, Purpose
from tests.integration.delivery.twins import FixedPolicy, Office, RecordingService

TEXT = "Your code is 739201"
NUMBER = "1711234567"
TWILIO = f'kind = "twilio"\naccount_sid = "AC{"0" * 32}"\nauth_token = "secret"\nsender_phone = "+14155550100"\n'


@pytest.fixture
def office(shell, sqlite_database_url) -> Iterator[Office]:
    """What delivers in the same installation, through a service that the policy calls main."""
    shell.run("sender", "set", "main", shell.file("main.toml", TWILIO))
    values = {"instance": shell.folder, "environment": "development"}
    database = Database(sqlite_database_url)
    service = RecordingService("main")
    vault = Vault.open(shell.folder / "keys.json")
    yield Office(Settings.model_validate(values), database, vault, SystemClock(), FixedPolicy([service]))
    database.dispose()


def _author(shell) -> str:
    return str(json.loads(shell.printed("audit", "show", "--json").splitlines()[-1])["login"])


def test_the_author_of_a_command_is_the_user_of_this_machine():
    """Several people know the root password of a machine; their own names tell more."""
    assert re.fullmatch(r"\S+ \(command line\)", operator().login)
    assert operator().login.startswith(operator().display_name)


def test_without_a_delivery_process_the_status_says_so_and_fails(shell, office):
    """Monitoring looks at the exit status, people at the sentence."""
    said = shell.run("worker", "status", status=1)
    told = json.loads(shell.printed("worker", "status", "--json", status=1))

    assert "No delivery process is alive" in said
    assert ["no-delivery"] == [one["kind"] for one in told["wrong"]]
    assert [] == told["processes"]


def test_the_status_tells_processes_queue_throughput_and_services(shell, office):
    """All that one needs to know whether codes go out."""
    office.post(TEXT)
    office.deliver()
    office.post(TEXT, purpose=Purpose.NOTICE)
    services = shell.services()
    services.gate.rates.save("main", ServiceRate(per_second=2.5), Author())
    services.gate.spending.save(Cap("", CapScope.SERVICE, "main", Period.DAY, most_texts=100), Author())
    services.close()
    heart = Heartbeat(office.database, office.clock, "place.1")
    heart.beat()
    said = shell.run("worker", "status")
    heart.beat()
    told = json.loads(shell.printed("worker", "status", "--json"))

    assert [os.getpid()] == [one["pid"] for one in told["processes"]]
    assert (1, 0) == (told["queue"]["notice"]["waiting"], told["queue"]["authentication"]["waiting"])
    assert (2, 1) == (told["throughput"][0]["queued"], told["throughput"][0]["handed_over"])
    assert {"accepted": 1} == told["services"]["main"]["ends"]
    assert told["services"]["main"]["to_answer"]["p95"] < 20
    assert [("main", 0)] == [(one["name"], one["used_percent"]) for one in told["caps"]]
    assert re.search(r"^main +closed +2.5/s +1 +1 +\d+\.\d\d s", said, re.MULTILINE)
    assert "Nothing is wrong." in said


def test_a_pause_is_seen_recorded_and_lifted(shell, office):
    """Of a service and of a purpose; it is asked for, so nothing is wrong about it."""
    heart = Heartbeat(office.database, office.clock, "place.1")
    shell.run("sender", "pause", "main")
    author = _author(shell)
    shell.run("messages", "pause", "offer")
    heart.beat()
    paused = shell.run("worker", "status")
    shell.run("sender", "resume", "main")
    shell.run("messages", "resume", "offer")
    heart.beat()

    assert operator().login == author
    assert re.search(r"^main +closed +paused +-", paused, re.MULTILINE)
    assert re.search(r"^offer .* paused$", paused, re.MULTILINE)
    assert "paused" not in shell.run("worker", "status")
    shell.run("sender", "pause", "nobody", status=1)


def test_the_newest_messages_are_told_without_text_and_number(shell, office):
    """Oldest first, with what became of each."""
    office.first.answer = lambda _: NotTaken("busy", "later")
    refused = office.post(TEXT)
    office.deliver()
    queued = office.post(TEXT, purpose=Purpose.NOTICE)
    lines = shell.printed("messages", "tail").splitlines()
    notices = shell.printed("messages", "tail", "--state", "queued", "--json")

    assert [refused, queued] == [line.split()[2] for line in lines]
    assert "attempting" in lines[0]
    assert "1 tries" in lines[0]
    assert (queued, "queued") == (json.loads(notices)["id"], json.loads(notices)["state"])
    assert "739201" not in "".join(lines) + notices
    assert NUMBER not in "".join(lines) + notices


def test_one_message_is_told_with_its_attempts(shell, office):
    """By our id, or by the provider's, which its support asks for."""
    message_id = office.post(TEXT)
    office.deliver()
    said = shell.printed("messages", "show", message_id)
    by_provider = shell.printed("messages", "show", "main-1", "--json")

    assert re.search(r"^Attempt 1 .* main  \d+\.\d\d s  accepted$", said, re.MULTILINE)
    assert message_id == json.loads(by_provider)["message"]["id"]
    assert "739201" not in said + by_provider
    assert NUMBER not in said + by_provider
    shell.run("messages", "show", "nothing", status=1)


def test_messages_are_taken_back_one_by_one_or_by_purpose(shell, office):
    """What has gone out is named, and makes the command fail."""
    gone = office.post(TEXT)
    office.deliver()
    codes = [office.post(TEXT) for _ in range(2)]
    notices = [office.post(TEXT, purpose=Purpose.NOTICE) for _ in range(3)]
    one = shell.printed("messages", "cancel", codes[0])
    late = shell.printed("messages", "cancel", gone, codes[1], status=1)
    shell.run("messages", "cancel", "--purpose", "notice", status=1)
    untouched = office.view(notices[0]).state
    all_notices = shell.printed("messages", "cancel", "--purpose", "notice", "--yes")

    assert ("1 taken back\n", "1 taken back\n1 had ended\n") == (one, late)
    assert "queued" == untouched
    assert "3 taken back\n" == all_notices
    assert {"stale"} == {office.view(message).state for message in [*codes, *notices]}
    assert operator().login == _author(shell)
    shell.run("messages", "cancel", status=2)


def test_a_message_whose_login_is_over_is_not_sent_again(shell, office):
    """With the reason; the old text is never sent again."""
    message_id = office.post(TEXT, process_id="gone", reference="challenge:gone")
    office.deliver()

    assert "The login is over" in shell.run("messages", "resend", message_id, status=1)


def test_what_happens_meanwhile_is_followed(shell, office, monkeypatch):
    """Each change once, in a line of its own, until somebody has seen enough."""
    message_id = office.post(TEXT)
    looks = iter([office.deliver, lambda: None, lambda: office.post(TEXT, purpose=Purpose.OFFER)])

    def instead_of_waiting(_seconds: float) -> None:
        happens = next(looks, None)
        if happens is None:
            raise KeyboardInterrupt
        happens()

    monkeypatch.setattr("authsms.cli.messages.time.sleep", instead_of_waiting)
    lines = shell.printed("messages", "tail", "--follow").splitlines()

    assert [(message_id, "queued"), (message_id, "accepted")] == [tuple(line.split()[2:4]) for line in lines[:2]]
    assert "offer" in lines[2]
    assert 3 == len(lines)
