"""Texts are in the language that their reader keeps, whatever the door says; a login pays nothing for it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from authsms.delivery.account_notices import Notice
from authsms.foundation.phone import PhoneNumber
from authsms.identity.preferences import Preferences
from authsms.logon.steps import Client
from authsms.senders.text import BUILT_IN
from tests.integration.logon.house import ALICE, HERE, PASSWORD, House

ENGLISH, GERMAN = (BUILT_IN["plain"][tag].partition("{")[0] for tag in ("en", "de"))
GERMAN_DOOR = replace(HERE, locale="de")


def keep(house: House, language: str) -> None:
    Preferences(house.database, house.clock).keep_language(ALICE.key, language)


def newest(house: House) -> str:
    return house.outbox.drafts[-1].text


@pytest.mark.parametrize(
    ("kept", "client", "words"),
    [
        ("de", HERE, GERMAN),
        ("en", GERMAN_DOOR, ENGLISH),
        ("", GERMAN_DOOR, GERMAN),
        ("de", replace(HERE, is_locale_chosen=True), ENGLISH),
    ],
)
def test_a_code_comes_in_the_kept_language(house: House, kept: str, client: Client, words: str):
    """Unless another one was chosen in the browser just now; without a choice, as the door says."""
    keep(house, kept)
    step = house.at_code(client=client)
    first = newest(house)
    house.wait(60)
    house.logon.resend(step.ticket, client)

    assert first.startswith(words)
    assert newest(house).startswith(words)
    assert len(house.sent) == 2


def test_it_counts_for_those_who_have_a_row_of_failures_too(house: House):
    """The choice is read along with it, and there is none before the first code."""
    house.log_in()
    house.wait(1200)
    keep(house, "de")
    house.at_code()

    assert newest(house).startswith(GERMAN)


@pytest.mark.usefixtures("rare_looks")
def test_a_login_runs_no_statement_more(house: House):
    """The hot path stays as it was: the choice is a column of what is read anyway."""
    house.at_code()
    house.wait(1200)

    def statements() -> list[str]:
        seen: list[str] = []
        step = house.begin()

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(house.database.engine, "before_cursor_execute", note)
        house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
        event.remove(house.database.engine, "before_cursor_execute", note)
        house.wait(1200)
        return seen

    without = statements()
    keep(house, "de")

    assert without == statements()
    assert [False] == [one.startswith("SELECT preference") for one in without if "preference" in one]


def test_notices_speak_to_the_owner_whoever_sits_there(house: House):
    """Also to the old number of somebody who has another one now."""
    keep(house, "de")
    house.log_in()
    tell = house.notices.prepare(ALICE, Notice.APP_REMOVED, "en")
    with house.database.write() as session:
        assert tell(session)
    removed = newest(house)
    house.people.change("alice", phones=(PhoneNumber("+4915112345699"),))
    house.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    house.at_code(client=replace(HERE, is_locale_chosen=True))
    moved = next(draft.text for draft in house.sent if draft.reference == "account:number-changed")

    assert "wurde entfernt" in removed
    assert "sollen ab jetzt" in moved
