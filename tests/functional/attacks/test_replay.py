"""Codes that were good once: used, replaced, another process's, or too old."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.functional.attacks.time_machine import TimeMachine
from tests.functional.attacks.words import announcement
from tests.functional.provided import Provider
from tests.functional.running import Installation, another, is_signed_in, run_installation
from tests.parts.postgresql import PostgreSQL

pytestmark = pytest.mark.xdist_group("time")


@pytest.fixture(scope="module")
def machine(postgresql: PostgreSQL) -> TimeMachine:
    """The clock of the installation."""
    return TimeMachine.make(postgresql)


@pytest.fixture(scope="module")
def travelling(
    tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider, machine: TimeMachine
) -> Iterator[Installation]:
    """An installation whose codes are good for two minutes."""
    settings = {"DATABASE__URL": machine.url, "SERVER__WORKERS": "1"}
    with run_installation(tmp_path_factory.mktemp("time"), _provider_of_all, settings) as made:
        yield made


def test_a_code_is_good_once_in_its_own_process_until_the_next_one(
    travelling: Installation, provider: Provider, machine: TimeMachine
) -> None:
    """The oracle: of eight uses one makes a session; the others are told what somebody with a wrong code is told."""
    person, owner, other = travelling.person(), travelling.browser(), travelling.browser()
    page, elsewhere = travelling.sign_in(person, owner), travelling.sign_in(person, other)
    first = travelling.code(person)
    told = [announcement(other.submit(elsewhere, "code", code=another(first))), *_try(other, elsewhere, first)]
    machine.travel(travelling, timedelta(seconds=travelling.services.settings.sms.resend_seconds + 1))
    page = owner.submit_to(page, "/resend")
    second = travelling.code(person, 2)
    told += _try(owner, page, first)
    is_early = is_signed_in(owner)
    owner.submit(page, "code", code=second)
    is_in = is_signed_in(owner)
    told += _try(other, elsewhere, second)
    late = travelling.browser()
    told += _try(late, travelling.sign_in(person, late), second)
    owner.submit_to(owner.get("/sessions"), "/end")
    told += _try(owner, travelling.sign_in(person, owner), second)

    assert (False, True) == (is_early, is_in)
    assert told[0]
    assert {told[0]} == set(told)
    assert not any(map(is_signed_in, (owner, other, late)))


def test_a_code_is_refused_once_its_time_is_over_by_the_clock_of_the_database(
    travelling: Installation, provider: Provider, machine: TimeMachine
) -> None:
    """The machine's own clock plays no part, and a restart revives nothing.

    The oracle: a code 121 seconds old is refused in the words for a wrong one; a fresh one is good.
    """
    sleeper, browser = travelling.person(), travelling.browser()
    page = travelling.sign_in(sleeper, browser)
    code = travelling.code(sleeper)
    wrong = announcement(browser.submit(page, "code", code=another(code)))
    machine.travel(travelling, timedelta(seconds=121))
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
