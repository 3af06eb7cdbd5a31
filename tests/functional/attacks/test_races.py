"""Many requests at the same moment, at two servers that share a PostgreSQL database, also when that is slow."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.functional.attacks.time_machine import TimeMachine
from tests.functional.effort import rounds
from tests.functional.line import Line
from tests.functional.provided import Provider
from tests.functional.running import Installation, Person, another, is_signed_in
from tests.functional.visitor import Answer, Browser, volley

pytestmark = pytest.mark.xdist_group("pair")
_SESSION = "authsms-session="


@pytest.fixture(params=[0.0, 0.03], ids=["near", "far"])
def delay(request: pytest.FixtureRequest, database_line: Line) -> Iterator[float]:
    """How late statements reach the database: what needs luck in a fast network becomes certain in a slow one."""
    database_line.delay = request.param
    yield request.param
    database_line.delay = 0.0


def test_of_fifty_wrong_codes_at_once_at_most_five_are_compared(
    pair: Installation, provider: Provider, delay: float
) -> None:
    """The oracle: the servers' counters of comparisons, nobody signed in, and the right code refused afterwards."""
    for _ in range(rounds(1, 20)):
        person, browser = pair.person(), pair.browser()
        page = pair.sign_in(person, browser)
        code, before = pair.code(person), pair.comparisons()
        answers = volley(_shots(pair, browser, page, [{"code": another(code, step)} for step in range(1, 51)]))
        compared = pair.comparisons() - before
        browser.submit(page, "code", code=code)

        assert 1 <= compared <= 5
        assert [] == _sessions(answers)
        assert not is_signed_in(browser)
        assert "logon.finished" not in pair.audit_tags(person)


def test_of_fifty_right_codes_at_once_exactly_one_makes_a_session(
    pair: Installation, provider: Provider, delay: float
) -> None:
    """Each request is another form, so none is taken for the copy of another.

    The oracle: one cookie of a session among fifty answers, and one finished logon in the audit trail.
    """
    for _ in range(rounds(1, 50)):
        person, browser = pair.person(), pair.browser()
        page = pair.sign_in(person, browser)
        code = pair.code(person)
        answers = volley(_shots(pair, browser, page, [{"code": code, "n": str(n)} for n in range(50)]))

        assert 1 == len(_sessions(answers))
        assert 1 == pair.audit_tags(person).count("logon.finished")


def test_fifty_copies_of_one_form_act_once(pair: Installation, provider: Provider) -> None:
    """Somebody who clicks twice must not see an error. The oracle: one session, and every copy is told of the same."""
    person, browser = pair.person(), pair.browser()
    page = pair.sign_in(person, browser)
    shots = _shots(pair, browser, page, [{"code": pair.code(person)}] * 50)
    answers = [_again_if_there_is_too_much_to_do(*each) for each in zip(shots, volley(shots), strict=True)]

    assert 1 == len(set(_sessions(answers)))
    assert {303} == {answer.status for answer in answers}
    assert 1 == pair.audit_tags(person).count("logon.finished")


def test_a_code_works_in_no_other_browser(pair: Installation, provider: Provider) -> None:
    """The oracle: fifty tries from a browser that knows address, form and code make no session; its owner gets in."""
    person, owner, thief = pair.person(), pair.browser(), pair.browser()
    page = pair.sign_in(person, owner)
    code = pair.code(person)
    thief.get("/login/web")
    shots = _shots(pair, thief, page, [{"code": code, "n": str(n)} for n in range(50)])
    answers = volley(shots)
    is_stolen = is_signed_in(thief)
    owner.submit(page, "code", code=code)

    assert [] == _sessions(answers)
    assert not is_stolen
    assert is_signed_in(owner)


def test_a_storm_of_resends_sends_at_most_one_text(
    pair: Installation, provider: Provider, time_of_the_pair: TimeMachine
) -> None:
    """Every text costs money. The oracle: texts on the phone, before the wait is over and just after it."""
    person, browser = pair.person(), pair.browser()
    page = pair.sign_in(person, browser)
    pair.code(person)
    _storm(pair, browser, page)
    time.sleep(1)
    too_early = len(provider.codes(person.phone))
    time_of_the_pair.travel(pair, timedelta(seconds=pair.services.settings.sms.resend_seconds + 1))
    _storm(pair, browser, _again(browser, page))
    newest = pair.code(person, 2)
    browser.submit(_again(browser, page), "code", code=newest)

    assert too_early == 1
    assert len(provider.codes(person.phone)) == 2
    assert is_signed_in(browser)


def test_many_sign_ins_of_one_person_at_once_send_one_text(pair: Installation, provider: Provider) -> None:
    """The limit belongs to the number, also when two people share it. The oracle: texts on the one phone."""
    person = pair.person()
    flatmate = pair.person(number=person.phone)
    shots = [shot for who in (person, flatmate) for shot in _sign_ins(pair, who, rounds(10, 50))]
    answers = volley(shots)
    pair.code(person)
    time.sleep(1)

    assert {303, 503} >= {answer.status for answer in answers}
    assert 1 == len(provider.codes(person.phone))


def _again_if_there_is_too_much_to_do(shot: tuple[Browser, bytes], answer: Answer) -> Answer:
    browser, request = shot
    return browser.call(request) if answer.status == 503 else answer


def _again(browser: Browser, page: Answer) -> Answer:
    """Return the page loaded anew: its forms are others."""
    return browser.get(page.url.removeprefix(browser.origin))


def _storm(pair: Installation, browser: Browser, page: Answer) -> None:
    form = next(form for form in page.page.forms if form.action.endswith("/resend"))
    path = form.action.removeprefix(browser.origin)
    twins = [_twin(pair, browser, n) for n in range(100)]
    volley([(twin, twin.write_form(path, [*form.fields.items(), ("n", str(n))])) for n, twin in enumerate(twins)])


def _sign_ins(pair: Installation, person: Person, count: int) -> Iterator[tuple[Browser, bytes]]:
    for number in range(count):
        browser = pair.browser(number % 2)
        form = browser.get("/login/web").page.form_with("password")
        fields = {**form.fields, "user_name": person.login, "password": person.password}
        yield browser, browser.write_form("/login/web", fields.items())


def _shots(
    pair: Installation, browser: Browser, page: Answer, tries: list[dict[str, str]]
) -> list[tuple[Browser, bytes]]:
    """Return one post of the code page for each of *tries*, to one server and the other in turn."""
    form = page.page.form_with("code")
    path = form.action.removeprefix(browser.origin)
    twins = [_twin(pair, browser, number) for number in range(len(tries))]
    return [
        (twin, twin.write_form(path, {**form.fields, **fields}.items()))
        for twin, fields in zip(twins, tries, strict=True)
    ]


def _twin(pair: Installation, browser: Browser, number: int) -> Browser:
    twin = browser.twin()
    twin.server = pair.nodes[number % 2].url
    return twin


def _sessions(answers: list[Answer]) -> list[str]:
    """Return the session tokens that were given out."""
    cookies = [cookie for answer in answers for cookie in answer.set_cookies if cookie.startswith(_SESSION)]
    return [value for value in (cookie.partition(";")[0].removeprefix(_SESSION) for cookie in cookies) if value]
