"""Guessing codes: at one challenge, across challenges, and on purpose, to shut somebody out."""

import pytest

from tests.functional.attacks.words import announcement
from tests.functional.effort import rounds
from tests.functional.provided import Provider
from tests.functional.running import Installation, Person, another, is_signed_in
from tests.functional.visitor import Browser

pytestmark = pytest.mark.xdist_group("house")


def test_after_five_wrong_codes_the_right_one_is_refused_in_the_same_words(
    house: Installation, provider: Provider
) -> None:
    """The oracle: five comparisons, no session, one and the same announcement six times."""
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    code, before = house.code(person), house.comparisons()
    heard = []
    for guess in (*(another(code, step) for step in range(1, 6)), code):
        page = browser.submit(page, "code", code=guess)
        heard.append(announcement(page))

    assert house.comparisons() - before == 5
    assert not is_signed_in(browser)
    assert heard[0]
    assert len(set(heard)) == 1


def test_guesses_at_one_account_stop_at_the_cap_whatever_the_guesser_changes(
    house: Installation, provider: Provider
) -> None:
    """Fresh cookies, addresses and challenges do not reset the count, nor does a restart; NIST 800-63B-4, 3.2.2.

    The oracle: exactly as many comparisons as the cap allows, none after a restart, and the one code that was sent is
    refused.
    """
    person, first = house.person(), house.browser()
    first_page = house.sign_in(person, first)
    code, before = house.code(person), house.comparisons()
    for attempt in range(7):
        _guess(house, person, another(code), times=4, forwarded=f"198.51.100.{attempt}")
    checked = house.comparisons() - before
    house.nodes[0].stop()
    house.start()
    _guess(house, person, another(code), times=4, forwarded="198.51.100.99")
    checked_later = house.comparisons()
    first.submit(first_page, "code", code=code)

    assert checked == house.services.settings.otp.failure_cap
    assert checked_later == 0
    assert not is_signed_in(first)
    assert house.audit_tags(person).count("method.disabled") == 1
    assert len(provider.codes(person.phone)) == 1


def test_strangers_cannot_shut_somebody_out_with_wrong_passwords(house: Installation, provider: Provider) -> None:
    """The count of wrong codes is only reached with the right password. The oracle: the victim gets in, with a code."""
    victim = house.person()
    for _ in range(rounds(4, 70)):
        stranger = house.browser()
        page = stranger.get("/login/web")
        for _ in range(15):
            page = stranger.submit(page, "password", user_name=victim.login, password="not the password")
    browser = house.browser()
    page = house.sign_in(victim, browser)
    browser.submit(page, "code", code=house.code(victim))

    assert is_signed_in(browser)


def _guess(house: Installation, person: Person, code: str, *, times: int, forwarded: str) -> None:
    browser: Browser = house.browser(extra=[("X-Forwarded-For", forwarded)])
    page = house.sign_in(person, browser)
    for _ in range(times):
        page = browser.submit(page, "code", code=code)
