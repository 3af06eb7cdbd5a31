"""Codes that were good once: used, replaced, another process's, or too old."""

import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.functional.attacks.words import announcement
from tests.functional.provided import Provider
from tests.functional.running import Installation, another, is_signed_in, run_installation
from tests.parts.postgresql import PostgreSQL

_TIME_MACHINE = """
CREATE TABLE travelled (distance interval);
INSERT INTO travelled VALUES ('0');
CREATE FUNCTION clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
  AS 'SELECT pg_catalog.clock_timestamp() + distance FROM public.travelled';
"""


@pytest.fixture(scope="module")
def database(postgresql: PostgreSQL) -> str:
    """Address of a database whose clock can be moved; servers read it when they start."""
    name = postgresql.create_database()
    with psycopg.connect(postgresql.url(name), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog')
    return postgresql.url(name)


@pytest.fixture(scope="module")
def travelling(
    tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider, database: str
) -> Iterator[Installation]:
    """An installation whose codes are good for two minutes."""
    settings = {"DATABASE__URL": database, "SERVER__WORKERS": "1"}
    with run_installation(tmp_path_factory.mktemp("time"), _provider_of_all, settings, is_started=False) as made:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(_TIME_MACHINE)
        made.start()
        yield made


@pytest.mark.xdist_group("house")
def test_a_code_is_good_once_in_its_own_process_until_the_next_one(house: Installation, provider: Provider) -> None:
    """The oracle: of eight uses one makes a session; the others are told what somebody with a wrong code is told."""
    person, owner, other = house.person(), house.browser(), house.browser()
    page, elsewhere = house.sign_in(person, owner), house.sign_in(person, other)
    began, first = time.monotonic(), house.code(person)
    told = [announcement(other.submit(elsewhere, "code", code=another(first))), *_try(other, elsewhere, first)]
    time.sleep(max(0.0, 10.2 - (time.monotonic() - began)))
    page = owner.submit_to(page, "/resend")
    second = house.code(person, 2)
    told += _try(owner, page, first)
    is_early = is_signed_in(owner)
    owner.submit(page, "code", code=second)
    is_in = is_signed_in(owner)
    told += _try(other, elsewhere, second)
    late = house.browser()
    told += _try(late, house.sign_in(person, late), second)
    owner.submit_to(owner.get("/sessions"), "/end")
    told += _try(owner, house.sign_in(person, owner), second)

    assert (False, True) == (is_early, is_in)
    assert told[0]
    assert {told[0]} == set(told)
    assert not any(map(is_signed_in, (owner, other, late)))


@pytest.mark.xdist_group("time")
def test_a_code_is_refused_once_its_time_is_over_by_the_clock_of_the_database(
    travelling: Installation, provider: Provider, database: str
) -> None:
    """The machine's own clock plays no part, and a restart revives nothing.

    The oracle: a code 121 seconds old is refused in the words for a wrong one; a fresh one is good.
    """
    sleeper, browser = travelling.person(), travelling.browser()
    page = travelling.sign_in(sleeper, browser)
    code = travelling.code(sleeper)
    wrong = announcement(browser.submit(page, "code", code=another(code)))
    travelling.stop()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE travelled SET distance = %s", [timedelta(seconds=121)])
    travelling.start()
    expired = _try(browser, page, code)
    is_late_in = is_signed_in(browser)
    page = browser.submit_to(browser.get(page.url.removeprefix(browser.origin)), "/resend")
    browser.submit(page, "code", code=travelling.code(sleeper, 2))

    assert [wrong] == expired
    assert wrong
    assert not is_late_in
    assert is_signed_in(browser)


def _try(browser, page, code: str) -> list[str]:
    return [announcement(browser.submit(page, "code", code=code))]
