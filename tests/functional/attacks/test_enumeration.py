"""Who exists: nothing an outsider can compare, or time, may tell."""

import math
import statistics
import time
from collections.abc import Callable

import pytest

from authsms.simulator.faults import FaultKind
from tests.functional.attacks.words import outline
from tests.functional.effort import IS_LONG, rounds
from tests.functional.provided import Provider
from tests.functional.running import Installation
from tests.functional.visitor import Answer, Browser

pytestmark = pytest.mark.xdist_group("house")
_WRONG = "not the password"
_SAMPLES = 4
Case = Callable[[Installation], tuple[str, str]]


def _unknown(house: Installation) -> tuple[str, str]:
    return f"nobody{len(house.browsers)}", _WRONG


def _known(house: Installation) -> tuple[str, str]:
    return house.person().login, _WRONG


def _without_phone(house: Installation) -> tuple[str, str]:
    return house.person(phone=False).login, _WRONG


def _disabled(house: Installation) -> tuple[str, str]:
    person = house.person(enabled=False)
    return person.login, person.password


def _disabled_and_wrong(house: Installation) -> tuple[str, str]:
    return house.person(enabled=False).login, _WRONG


_CASES: list[Case] = [_unknown, _known, _without_phone, _disabled, _disabled_and_wrong]


def test_whoever_fails_at_the_password_sees_the_same(house: Installation) -> None:
    """The oracle: status, headers, cookies, redirects and pages are equal byte for byte, but for ids and tokens.

    Every way on from there is looked at as well: another try, a code, a resend, another chain, the state of the text.
    """
    outlines = [[outline(answer) for answer in _walk(house, *case(house))] for case in _CASES]

    assert [outlines[0]] * len(outlines) == outlines


def test_who_has_no_phone_sees_what_everybody_sees(house: Installation, provider: Provider) -> None:
    """The oracle: equal code pages, once the text is (or seems) sent; equal answers to a wrong code and a resend."""
    provider.spoil(FaultKind.MUTE)
    outlines = []
    for person in (house.person(), house.person(phone=False)):
        browser = house.browser()
        page = house.sign_in(person, browser)
        _wait_until_sent(browser, page)
        answers = [browser.get(page.url.removeprefix(browser.origin))]
        answers.append(browser.submit(page, "code", code="12345"))
        answers.append(browser.submit_to(page, "/resend"))
        outlines.append([outline(answer) for answer in answers])

    assert outlines[0] == outlines[1]


@pytest.mark.parametrize("case", _CASES[1:], ids=lambda case: case.__name__.strip("_"))
def test_a_wrong_password_takes_as_long_for_everybody(house: Installation, case: Case) -> None:
    """Equal work, not added noise. The oracle: times of interleaved tries cannot be told apart."""
    _assert_alike(lambda: _timed(house, *_unknown(house)), lambda: _timed(house, *case(house)), count=rounds(10, 500))


def test_a_right_password_takes_as_long_without_a_phone(house: Installation, provider: Provider) -> None:
    """The text is queued for whoever gets none, too. The oracle: times of interleaved logins cannot be told apart."""

    def one(*, phone: bool) -> float:
        person = house.person(phone=phone)
        return _timed(house, person.login, person.password)

    _assert_alike(lambda: one(phone=True), lambda: one(phone=False), count=rounds(10, 300))


def test_a_mask_shows_two_digits_and_no_length(house: Installation, provider: Provider) -> None:
    """The oracle: over all states and pages, no three digits of the number in a row, and masks of one length.

    Before the password has passed there is no mask at all; an invented one is the same at every login.
    """
    people = [house.person(), house.person(number="+491712345678"), house.person(number="+3725123456")]
    nobody = house.person(phone=False)
    masks: dict[str, set[str]] = {}
    for person in (*people, nobody):
        for _ in range(rounds(2, 250)):
            browser = house.browser()
            first = browser.get("/login/web")
            page = house.sign_in(person, browser)
            wrong = browser.submit(page, "code", code="000000")
            masks.setdefault(person.login, set()).update(_masks(page), _masks(wrong))

            assert set() == _masks(first)
            assert not _runs(person.phone) & _runs(page.page.text + wrong.page.text)

    assert {1} == {len(found) for found in masks.values()}
    assert 1 == len({len(mask) for found in masks.values() for mask in found})
    assert [{f"•••••••{person.phone[-2:]}"} for person in people] == [masks[person.login] for person in people]


def _walk(house: Installation, login: str, password: str) -> list[Answer]:
    browser = house.browser()
    answers = [browser.get("/login/web")]
    answers.append(browser.submit_only(answers[0], "password", user_name=login, password=password))
    page = browser.follow(answers[-1])
    path, token = page.url.removeprefix(browser.origin), page.page.form_with("password").fields["csrf_token"]
    answers += [page, browser.get(f"{path}/status")]
    answers += [
        browser.post(path + ending, [("csrf_token", token), *fields])
        for ending, fields in (("", [("code", "123456")]), ("/resend", []), ("/another-way", [("chain", "sms")]))
    ]
    answers.append(browser.submit(browser.get(path), "password", password=_WRONG))
    answers.append(browser.submit_to(browser.get(path), "/cancel"))
    return answers


def _wait_until_sent(browser: Browser, page: Answer) -> None:
    path = page.url.removeprefix(browser.origin) + "/status"
    until = time.monotonic() + 30
    while '"sent"' not in browser.get(path).text.replace(" ", ""):
        assert time.monotonic() < until
        time.sleep(0.05)


def _timed(house: Installation, login: str, password: str) -> float:
    browser = house.browser()
    page = browser.get("/login/web")
    return browser.submit_only(page, "password", user_name=login, password=password).seconds


def _assert_alike(first: Callable[[], float], second: Callable[[], float], *, count: int) -> None:
    """Compare *count* times of each: with statistics in the long run, coarsely in the usual one.

    What the product does differently shows in every sample; what else the machine has to do does not, so a sample that
    differs is followed by another one.
    """
    for _ in range(1 if IS_LONG else _SAMPLES):
        pairs = [(first(), second()) for _ in range(count)]
        samples = [[pair[side] for pair in pairs] for side in (0, 1)]
        if IS_LONG:
            assert _mann_whitney(*samples) > 0.01
            assert abs(statistics.median(samples[0]) - statistics.median(samples[1])) < 0.005
            return
        # The lower quartile is the work itself.
        quick = [statistics.quantiles(sample, n=4)[0] for sample in samples]
        if abs(quick[0] - quick[1]) < max(0.4 * max(quick), 0.012):
            return
    pytest.fail(f"{quick[0]:.3f} and {quick[1]:.3f} seconds, and as different {_SAMPLES} times")


def _mann_whitney(first: list[float], second: list[float]) -> float:
    """Return the probability that samples of one distribution differ as much in rank, by the normal approximation."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum = sum(rank for rank, (_, group) in enumerate(ranked, 1) if group == 0)
    m, n = len(first), len(second)
    deviation = abs(rank_sum - m * (m + n + 1) / 2) / math.sqrt(m * n * (m + n + 1) / 12)
    return math.erfc(deviation / math.sqrt(2))


def _masks(page: Answer) -> set[str]:
    return {word.strip(".,;") for word in page.page.text.split() if "•" in word}


def _runs(text: str) -> set[str]:
    """Return every three digits in a row that a number has after its country code."""
    digits = "".join(mark if mark.isdigit() else " " for mark in text)
    return {run[place : place + 3] for run in digits.split() for place in range(len(run) - 2)} - {"202", "120", "025"}
