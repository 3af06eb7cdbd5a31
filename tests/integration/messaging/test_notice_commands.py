"""`authsms notice`, as an operator types it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from authsms.audit.vocabulary import Author
from authsms.cli import commands
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.wiring import assemble
from tests.fakes import ManualClock

TEXT = 'en = "{host}: {name}, the canteen is closed."\n'


@pytest.fixture
def file(instance: Path, sqlite_database_url: str, vault: Vault, clock: ManualClock, monkeypatch) -> Path:
    """A text, and an installation with somebody who has agreed and somebody who has not."""
    monkeypatch.setenv("AUTHSMS_INSTANCE", str(instance))
    monkeypatch.setenv("AUTHSMS_ENVIRONMENT", "development")
    monkeypatch.setenv("AUTHSMS_DATABASE__URL", sqlite_database_url)
    database = Database(sqlite_database_url)
    settings = Settings.model_validate({"instance": instance, "environment": "development"})
    services = assemble(settings, database, vault, clock)
    for login in ("emma", "otto"):
        person = LocalPeople(database, vault, clock).create(PersonDraft(login, login.title(), ()))
        owner, number = Author(login, person.key), PhoneNumber("+4915112345678")
        if login == "emma":
            contact = services.contacts.add(owner, ContactKind.MOBILE, number)
            with database.write() as session:
                services.contacts.take_in(session, owner, contact, number, Stated(clock.now(), "I agree.", "form"))
    services.people.close()
    database.dispose()
    written = instance / "canteen.toml"
    written.write_text(TEXT)
    return written


def run(*words: str) -> str:
    """Return what a command prints."""
    return CliRunner().invoke(commands, ["notice", *words]).output


def test_a_notice_is_tried_sent_followed_and_taken_back(file: Path):
    """Nothing is sent without --yes."""
    whom = ("--to", "emma", "--to", "otto")
    tried = run("send", "canteen", str(file), *whom)
    unknown = run("status", "canteen")
    sent = run("send", "canteen", str(file), *whom, "--yes")

    assert "For instance: 127.0.0.1: Emma, the canteen is closed." in tried
    assert "it does not say that STOP ends texts" in tried
    assert all(line in tried for line in ("1 get it, in 1 segments.", "1 do not: has named no number."))
    assert "Nothing was sent." in tried
    assert "There is no such notice." in unknown
    assert "1 queued." in sent
    assert "queued       1" in run("status", "canteen")
    assert "1 taken back." in run("cancel", "canteen")


def test_a_notice_is_scheduled(file: Path):
    """By the clock of a place; a delivery process sends it."""
    words = ("send", "canteen", str(file), "--to", "emma", "--zone", "Asia/Tokyo")
    over, nowhere = (
        run(*words, "--at", "2020-01-01 09:00"),
        run(*words, "--at", "2020-01-01 09:00", "--zone", "Nowhere"),
    )
    at = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d} 09:00"
    scheduled = run(*words, "--at", at, "--yes")

    assert "The start is over already." in over
    assert "There is no such time zone" in nowhere
    assert f"It starts at {at[:10]} 00:00 UTC." in scheduled
    assert "" == run("status", "canteen")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "Say whom it is for"),
        (("--repository", "ELSEWHERE"), "There is no repository"),
        (("--group", "cooks"), "Say whom it is for"),
        (("--repository", "LOCAL", "--group", "cooks"), "0 get it"),
        (("--to", "nobody"), "Nobody is called"),
    ],
    ids=["nobody", "no repository", "no home", "no member", "no person"],
)
def test_whom_it_is_for_must_be_said(file: Path, words: tuple[str, ...], problem: str):
    """Never everybody by accident."""
    assert problem in run("send", "canteen", str(file), *words)
