"""`authsms offer`, as an operator types it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from authsms.cli import commands
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.messaging.offers_answers import Asked, OfferAnswers
from authsms.messaging.offers_rules import ReplyWay
from authsms.messaging.replies import Answer
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.contacts.post import Post
from tests.integration.messaging.asking import FIVE, Phones

TEXT = 'en = "{host}: {name}, early shift? {number} Y or {link} STOP ends."\nde = "{host}: Frühschicht?"\n'


@pytest.fixture
def phones(instance: Path, sqlite_database_url: str, vault: Vault, clock: ManualClock, monkeypatch) -> Phones:
    """An installation with two people who have agreed."""
    monkeypatch.setenv("AUTHSMS_INSTANCE", str(instance))
    monkeypatch.setenv("AUTHSMS_ENVIRONMENT", "development")
    monkeypatch.setenv("AUTHSMS_DATABASE__URL", sqlite_database_url)
    settings = Settings.model_validate({"instance": instance, "environment": "development"})
    phones = Phones(Post(assemble(settings, Database(sqlite_database_url), vault), clock))
    phones.add("emma", FIVE["anna"])
    phones.add("otto", FIVE["bert"])
    (instance / "early.toml").write_text(TEXT)
    return phones


def run(*words: str) -> str:
    """Return what a command prints."""
    return CliRunner().invoke(commands, ["offer", *words]).output


def answer(phones: Phones, login: str) -> None:
    """Let somebody say yes."""
    services = phones.services
    offer = services.offer_course.find("early")
    with services.database.write() as session:
        asked = Asked(offer.number, phones.keys[login])
        OfferAnswers(services.clock, services.audit, services.outbox).take(session, asked, Answer.YES, ReplyWay.TEXT)


def test_an_offer_is_tried_sent_followed_and_decided(phones: Phones, instance: Path):
    """The dry run sends nothing and says what is odd."""
    file = str(instance / "early.toml")
    dry = run("send", "early", file, "--repository", "LOCAL", "--choose")
    sent = run("send", "early", file, "--repository", "LOCAL", "--choose", "--yes")
    again = run("send", "early", file, "--repository", "LOCAL", "--choose", "--yes")
    answer(phones, "emma")
    status = run("status", "early")
    nobody, chosen = run("choose", "early", "otta"), run("choose", "early", "emma")

    assert "2 are asked, up to 1 times each, in up to" in dry
    assert "de: it does not say how to answer" in dry
    assert "Whoever holds a link can answer" in dry
    assert "Nothing was sent" in dry
    assert "2 queued. Follow it with: authsms offer status early" in sent
    assert "There is an offer of that name." in again
    assert "emma                     yes, may be chosen, by text" in status
    assert "otto                     has not answered" in status
    assert "otta is not asked by this offer." in nobody
    assert "1 chosen and told; 0 places are left." in chosen
    assert "filled" in run("status", "early")
    assert "This offer has ended before." in run("close", "early")
    assert "Withdrawn." in run("cancel", "early")
    assert "There is no such offer." in run("status", "late")


def test_terms_that_cannot_be_met_are_refused_before_anything_else(phones: Phones, instance: Path):
    """A hundred texts in a minute are no offer."""
    assert phones.keys
    for words in (("--attempts", "100"), ("--attempts", "99", "--spread", "1"), ("--places", "0"), ("--spread", "0")):
        assert "authsms:" in run("send", "early", str(instance / "early.toml"), "--to", "emma", *words)
