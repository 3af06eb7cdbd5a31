"""Processes that die at any moment, as in a power cut: nobody is left without a working code, nobody is in twice."""

import os
import secrets
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from authsms.logon.radius_clients import RadiusClients
from authsms.simulator.faults import FaultKind
from tests.functional.effort import rounds
from tests.functional.provided import Provider
from tests.functional.running import Installation, Person, is_signed_in, run_installation
from tests.functional.visitor import Answer, Browser, connect
from tests.parts.processes import HOST, free_udp_port
from tests.parts.radclient import Heard, Radclient

pytestmark = pytest.mark.xdist_group("kill")
_AT_ONCE = 6
_LONGEST_STOP = 25.0
"""A second or two; a server that does not finish by itself is killed after 30."""
_killed_at: dict[str, float] = {}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider) -> Iterator[Installation]:
    """One server with two web processes, a delivery process and one that answers RADIUS, on SQLite."""
    settings = {"RADIUS__HOST": HOST, "RADIUS__PORT": str(free_udp_port())}
    with run_installation(tmp_path_factory.mktemp("killed"), _provider_of_all, settings) as installation:
        yield installation


def test_every_login_gets_its_code_while_the_delivery_process_is_killed(
    house: Installation, provider: Provider
) -> None:
    """F-09 to F-11. The provider takes its time, so that kills also hit between the handing over and the answer.

    The oracle, for thirty logins and more: everybody gets in with the first code that arrives; nobody's text comes
    more than twice, and never with another code; no more copies than messages that may have been under way.
    """
    kills, people = rounds(3, 25), list[Person]()
    provider.spoil(FaultKind.SLOW, seconds=0.15)
    with ThreadPoolExecutor(_AT_ONCE + 1) as pool:
        killing = pool.submit(_kill_delivery, house, kills)
        are_in: list[bool] = []
        while len(people) < 30 or not killing.done():
            crowd = [house.person() for _ in range(_AT_ONCE)]
            people += crowd
            are_in += pool.map(lambda person: _log_in(house, person), crowd)
    time.sleep(2)
    copies = [provider.codes(person.phone) for person in people]

    assert all(are_in)
    assert [1] * len(people) == [len(set(codes)) for codes in copies]
    assert max(map(len, copies)) <= 2
    assert sum(map(len, copies)) - len(people) <= kills * _AT_ONCE


def test_a_radius_login_goes_on_although_the_process_that_asked_is_killed(
    house: Installation, provider: Provider
) -> None:
    """What was asked is kept in the database: the process that is started instead, or another server, knows the answer.

    The oracle: the challenge comes from a process that is killed afterwards, and the code is accepted by another one;
    both are counted in the metrics, one text was sent, and logs hold no secret.
    """
    services, person = house.services, house.person()
    clients = RadiusClients(services.database, services.vault, services.clock, services.audit)
    _, secret = clients.add("Gateway", HOST, event="web")
    device = Radclient(services.settings.radius.port, secret)
    challenge = _ask_until_answered(device, person, person.password)
    _wait_until_counted(house, "challenge")
    code, killed = house.code(person), _kill(house, "radius")
    accepted = _ask_until_answered(device, person, code, State=challenge.get("State")[0])
    counts = [_wait_until_counted(house, word) for word in ("challenge", "accept")]

    assert 1 == killed
    assert ["Access-Challenge", "Access-Accept"] == [challenge.kind, accepted.kind]
    assert "logon.finished" in house.audit_tags(person)
    assert 1 == len(provider.codes(person.phone))
    assert [1, 1] == counts
    assert not any(told in house.logs() for told in (person.password, code, secret, person.phone))


def test_asked_to_end_it_finishes_what_is_under_way(house: Installation, provider: Provider) -> None:
    """SIGTERM while the provider takes its time with a text, and the database keeps somebody's password waiting.

    The oracle: the text arrives once and is recorded as accepted; the redirect to the code page arrives; both codes
    work at the server that is started afterwards.
    """
    person, waiter = house.person(), house.person()
    browser, waiting_browser = house.browser(), house.browser()
    provider.spoil(FaultKind.SLOW, seconds=1.5, phone=person.phone)
    sign_in_page = waiting_browser.get("/login/web")
    page = house.sign_in(person, browser)
    house.code(person)  # the provider has the text, and answers in a second and a half
    with ThreadPoolExecutor(2) as pool:
        with _busy_database(house):
            fields = {"user_name": waiter.login, "password": waiter.password}
            waiting = pool.submit(waiting_browser.read, *_send(house, waiting_browser, sign_in_page, fields))
            stopping = pool.submit(house.nodes[0].stop)
            time.sleep(0.3)
        answer, elapsed = waiting.result(), stopping.result()
    tags = house.audit_tags(person)
    house.start()
    browser.submit(page, "code", code=house.code(person))
    waiting_browser.submit(waiting_browser.follow(answer), "code", code=house.code(waiter))

    assert elapsed < _LONGEST_STOP
    assert "message.accepted" in tags
    assert 1 == len(provider.codes(person.phone))
    assert (303, True) == (answer.status, "/logon/" in answer.location)
    assert all(map(is_signed_in, (browser, waiting_browser)))


def test_a_web_process_killed_before_the_commit_leaves_nothing(house: Installation, provider: Provider) -> None:
    """F-08. The database is busy while the password is checked. The oracle: an error at the client, no text, no record.

    The web processes are started again by themselves, and the person gets in.
    """
    person, browser = house.person(), house.browser()
    page = browser.get("/login/web")
    _wait_out_the_loop(house)
    with ThreadPoolExecutor(1) as pool, _busy_database(house):
        fields = {"user_name": person.login, "password": person.password}
        waiting = pool.submit(browser.read, *_send(house, browser, page, fields))
        time.sleep(0.3)
        _kill_web(house)
        error = waiting.exception(30)
    time.sleep(0.5)
    texts, tags = provider.texts(person.phone), house.audit_tags(person)
    house.nodes[0].wait_until_ready()

    assert isinstance(error, OSError)
    assert [] == texts
    assert [] == tags
    assert _log_in(house, person)


def test_web_processes_killed_at_the_code_let_it_count_at_most_once(house: Installation, provider: Provider) -> None:
    """F-12, F-13. Some people's codes are on their way when the processes die: before, while or after they are used.

    The oracle: each code makes one finished logon at most, and sending it again makes no second one.
    """
    for _ in range(rounds(1, 20)):
        people = [house.person() for _ in range(12)]
        browsers = [house.browser() for _ in people]
        pages = [house.sign_in(person, browser) for person, browser in zip(people, browsers, strict=True)]
        codes = [house.code(person) for person in people]
        _wait_out_the_loop(house)
        with ThreadPoolExecutor(len(people)) as pool:
            lost = [
                pool.submit(browser.twin().submit_only, page, "code", code=code)
                for browser, page, code in zip(browsers, pages, codes, strict=True)
            ]
            time.sleep(secrets.randbelow(100) / 1000)
            _kill_web(house)
            errors = [future.exception(30) for future in lost]
        house.nodes[0].wait_until_ready()
        finished = [house.audit_tags(person).count("logon.finished") for person in people]
        for browser, page, code in zip(browsers, pages, codes, strict=True):
            again = browser.get(page.url.removeprefix(browser.origin))
            if again.status == 200:
                browser.submit(again, "code", code=code)
        later = [house.audit_tags(person).count("logon.finished") for person in people]

        assert all(count == 1 for count, error in zip(finished, errors, strict=True) if error is None)
        assert [1] * len(people) == later


def _log_in(house: Installation, person: Person) -> bool:
    browser = house.browser()
    page = house.sign_in(person, browser)
    browser.submit(page, "code", code=house.code(person))
    return is_signed_in(browser)


def _kill_delivery(house: Installation, times: int) -> None:
    """Kill one delivery process after the other, each some moment after it has begun to work."""
    begun = house.logs().count("worker.started")
    for number in range(times):
        while house.logs().count("worker.started") < begun + number:
            time.sleep(0.05)
        time.sleep(secrets.randbelow(500) / 1000)
        _kill(house, "worker")


def _send(
    house: Installation, browser: Browser, page: Answer, fields: Mapping[str, str]
) -> tuple[socket.socket, bytes]:
    """Send the form for passwords; return connection and request once a web process has read it."""
    form = page.page.form_with("password")
    request = browser.write_form(form.action.removeprefix(browser.origin), {**form.fields, **fields}.items())
    line = connect(browser.server, browser.address)
    line.sendall(request)
    house.nodes[0].wait_until_read(browser.address)
    return line, request


def _wait_out_the_loop(house: Installation) -> None:
    """Let eight seconds pass between two kills of the web processes: less is a loop to the server, and it gives up."""
    time.sleep(max(0.0, _killed_at.get(house.url, 0.0) + 8 - time.monotonic()))


def _kill_web(house: Installation) -> None:
    """Kill all web processes."""
    _killed_at[house.url] = time.monotonic()
    _kill(house, "web")


def _kill(house: Installation, kind: str) -> int:
    """Kill all processes of a kind; return how many there were."""
    found = [pid for pid, one in house.nodes[0].family().items() if one == kind]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def _ask_until_answered(device: Radclient, person: Person, password: str, **attributes: str) -> Heard:
    """Repeat a request, as devices do, for as long as nobody is there who answers."""
    return device.ask(seconds=0.5, tries=80, User_Name=person.login, User_Password=password, **attributes)


def _wait_until_counted(house: Installation, outcome: str) -> float:
    """Return how many requests ended like this once it is one: they are counted after the answer has been sent."""
    until = time.monotonic() + 30
    while (found := house.metric("authsms_radius_requests_total", outcome=outcome)) < 1:
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@contextmanager
def _busy_database(house: Installation) -> Iterator[None]:
    """Somebody else writes to the database for as long as the block lasts."""
    file = house.nodes[0].folder / "authsms.db"
    with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
