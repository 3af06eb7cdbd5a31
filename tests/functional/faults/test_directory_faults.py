"""A directory that is away, hangs, or comes back; and who exists in it, which it must not tell."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from authsms.identity.definitions import RepositoryDefinition
from tests.functional.attacks.words import outline
from tests.functional.effort import rounds
from tests.functional.line import Line, run_line
from tests.functional.provided import Provider
from tests.functional.running import Installation, Person, is_signed_in, run_installation
from tests.functional.visitor import Answer, Browser
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd, run_slapd

pytestmark = pytest.mark.xdist_group("directory")
_PASSWORD = "MARK-DIRECTORY-PASSWORD"
_LONGEST_ANSWER = 25.0
_USUAL_ANSWER = 12.0
_SILENCE = 3.0
"""Less than anybody waits for an answer of a directory."""
_SAMPLES = 4
_PERSON = """\
dn: uid={name},ou=people,{suffix}
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
{phone}userPassword: {password}

"""


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A directory with forty people, of whom two have no phone."""
    with run_slapd("".join(_entry(number) for number in range(40))) as directory:
        yield directory


@pytest.fixture(scope="module")
def line(slapd: Slapd) -> Iterator[Line]:
    """What lies between the server and the directory."""
    with run_line(slapd.port) as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider, line: Line) -> Iterator[Installation]:
    """One server whose people come from that directory, and some from the built-in repository."""
    with run_installation(tmp_path_factory.mktemp("directory"), _provider_of_all, is_started=False) as installation:
        installation.secrets |= {_PASSWORD, READER_PASSWORD}
        _use(installation, "DIRECTORY", f"ldap://127.0.0.1:{line.port}", is_default=True)
        _use(installation, "SPARE", "ldap://127.0.0.1:9", f"ldap://127.0.0.1:{line.port}")
        installation.start()
        yield installation
        logs = installation.logs()
        assert [] == [secret for secret in installation.secrets if len(secret) > 6 and secret in logs]


@pytest.mark.parametrize("prefix", ["", "DIRECTORY\\"])
def test_people_of_the_directory_cannot_be_told_from_strangers(house: Installation, prefix: str) -> None:
    """ATK-17. The oracle: answers are equal byte for byte but for ids and tokens: unknown, known, without a phone."""
    outlines = []
    for login in ("userxx", "user11", "user38"):
        browser = house.browser()
        answers = [browser.get("/login/web")]
        fields = {"user_name": prefix + login, "password": "not the password"}
        answers.append(browser.submit_only(answers[0], "password", **fields))
        answers.append(browser.follow(answers[-1]))
        outlines.append([outline(answer) for answer in answers])

    assert [outlines[0]] * len(outlines) == outlines


def test_a_stranger_costs_the_directory_as_much_as_somebody_it_knows(house: Installation) -> None:
    """ATK-18. Coarse in the usual run. The oracle: the quick half of the answers, taken in turn, is equally quick.

    What the product does differently shows in every sample; what else the machine has to do does not, so a sample that
    differs is followed by another one.
    """
    samples = (_sample(house) for _ in range(_SAMPLES))

    assert any(abs(known - unknown) < max(0.5 * max(known, unknown), 0.01) for known, unknown in samples)


def test_a_second_server_stands_in_for_one_that_is_away(house: Installation, provider: Provider) -> None:
    """F-17. The first server of the repository refuses connections. The oracle: a login, within seconds."""
    person, browser = _somebody(3), house.browser()
    page = browser.get("/login/web")
    fields = {"user_name": f"SPARE\\{person.login}", "password": person.password}
    answer = browser.submit_only(page, "password", **fields)
    browser.submit(browser.follow(answer), "code", code=house.code(person))

    assert answer.seconds < _LONGEST_ANSWER
    assert is_signed_in(browser)


def test_a_directory_that_is_away_is_trouble_and_no_verdict(
    house: Installation, provider: Provider, slapd: Slapd
) -> None:
    """F-17. The oracle: 503 for known, unknown and right alike, nothing counted; who holds a code gets in with it.

    People of the built-in repository get in meanwhile, and when the directory is back, so does everybody.
    """
    early, early_browser, late, late_browser = _somebody(4), house.browser(), _somebody(5), house.browser()
    page = house.sign_in(early, early_browser)
    code = house.code(early)
    slapd.stop()
    answers = [_try(house, login, _PASSWORD) for login in ("user5", "user6", "nobody", "DIRECTORY\\user5")]
    early_browser.submit(page, "code", code=code)
    local, local_browser = house.person(), house.browser()
    page = local_browser.get("/login/web")
    page = local_browser.submit(page, "password", user_name=f"LOCAL\\{local.login}", password=local.password)
    local_browser.submit(page, "code", code=house.code(local))
    slapd.start()
    _log_in_when_it_is_back(house, late, late_browser)

    assert {503} == {answer.status for answer in answers}
    assert 1 == len({answer.page.text.rpartition(" ")[0][:300] for answer in answers})
    assert max(answer.seconds for answer in answers) < _LONGEST_ANSWER
    assert min(answer.seconds for answer in answers) < _SILENCE
    assert all(map(is_signed_in, (early_browser, local_browser, late_browser)))


def test_a_directory_that_hangs_keeps_only_its_own_people_waiting(
    house: Installation, provider: Provider, line: Line
) -> None:
    """F-18. Connections are taken, nothing is answered. The oracle: 503 within its time-outs; others wait for nothing.

    Many wait at once, and yet there are threads left for a login from the built-in repository and for `/healthz`.
    """
    local, browser, late, late_browser = house.person(), house.browser(), _somebody(7), house.browser()
    line.hang()
    with ThreadPoolExecutor(43) as pool:
        waiting = [pool.submit(_try, house, f"user{8 + number % 20}", _PASSWORD) for number in range(40)]
        time.sleep(0.5)
        alive = min(house.browser().get("/healthz").seconds for _ in range(3))
        signed_in = list(pool.map(partial(_try_local, house), [house.person() for _ in range(3)]))
        began = time.monotonic()
        page = browser.get("/login/web")
        page = browser.submit(page, "password", user_name=f"LOCAL\\{local.login}", password=local.password)
        browser.submit(page, "code", code=house.code(local))
        elapsed = time.monotonic() - began
        answers = [future.result() for future in waiting]
    line.cut()
    line.resume()
    _log_in_when_it_is_back(house, late, late_browser)

    assert {503} == {answer.status for answer in answers}
    assert max(answer.seconds for answer in answers) < _LONGEST_ANSWER
    assert statistics.median(answer.seconds for answer in answers) < _USUAL_ANSWER
    assert alive < _SILENCE
    assert min(answer.seconds for answer in signed_in if answer.status == 303) < _SILENCE
    assert elapsed < _LONGEST_ANSWER
    assert is_signed_in(browser)
    assert is_signed_in(late_browser)


def _sample(house: Installation) -> tuple[float, float]:
    """Return how many seconds the quick answers take for somebody the directory knows, and for strangers."""
    times: dict[str, list[float]] = {"user2": [], "nobody": []}
    for number in range(rounds(10, 300)):
        for login, taken in times.items():
            name = login if login == "user2" else f"nobody{number}"
            taken.append(_try(house, name, "not the password").seconds)
    known, unknown = (statistics.quantiles(taken, n=4)[0] for taken in times.values())
    return known, unknown


def _entry(number: int) -> str:
    person = _somebody(number)
    phone = f"mobile: {person.phone}\n" if number < 38 else ""
    return _PERSON.format(name=person.login, suffix=SUFFIX, phone=phone, password=_PASSWORD)


def _somebody(number: int) -> Person:
    return Person(f"user{number}", _PASSWORD, f"+1202555{9000 + number}")


def _use(house: Installation, name: str, *servers: str, is_default: bool = False) -> None:
    settings = {"servers": list(servers), "allow_plaintext": True, "preset": "openldap"}
    settings |= {"base": f"ou=people,{SUFFIX}", "bind_dn": READER_DN}
    definition = RepositoryDefinition(name, "ldap", settings, READER_PASSWORD, is_default=is_default)
    house.services.people.save_repository(definition)


def _try(house: Installation, login: str, password: str) -> Answer:
    browser = house.browser()
    page = browser.get("/login/web")
    return browser.submit_only(page, "password", user_name=login, password=password)


def _try_local(house: Installation, person: Person) -> Answer:
    return _try(house, f"LOCAL\\{person.login}", person.password)


def _log_in_when_it_is_back(house: Installation, person: Person, browser: Browser) -> None:
    """Each web process finds out for itself that the directory answers again."""
    until = time.monotonic() + 90
    while (page := house.sign_in(person, browser)).status == 503:
        assert time.monotonic() < until
        time.sleep(0.2)
    browser.submit(page, "code", code=house.code(person))
