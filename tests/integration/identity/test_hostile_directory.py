"""A directory that floods, drips, lies or points elsewhere costs bounded memory and time, and sees no password."""

import resource
import time

import pytest

from authsms.foundation.errors import DirectoryUnavailableError
from authsms.identity.repository import PasswordVerdict
from tests.integration.identity.scripted_directory import (
    bind_done,
    entry,
    extended_done,
    reference,
    run_directory,
    search_done,
)
from tests.parts.slapd import SUFFIX

PERSON = {"entryUUID": [b"6e1b1f5e-0001-4002-8003-000000000001"], "uid": [b"alice"], "cn": [b"Alice"]}
DN = f"uid=alice,{SUFFIX}"
MANY = [b"%d" % number for number in range(60_000)]


def script(search=None, bind=None):
    """Answer binds and searches; anything else with a hang-up."""

    def answer(request):
        if request.operation == "bind":
            return bind(request) if bind else [bind_done(request)]
        if request.operation == "search":
            return search(request)
        return None

    return answer


def ask(repository_for, answer):
    """Look alice up, who must not be found, within bounds that leave room for a busy machine."""
    with run_directory(answer) as directory:
        repository = repository_for(directory.url, allow_plaintext=True, groups="none", receive_timeout_seconds=1)
        started = time.monotonic()
        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")
        assert time.monotonic() - started < 20


def flood(request):
    for _ in range(1024):
        yield entry(request, DN, {"cn": [b"x" * 1_000_000]})


def drip(request):
    for octet in entry(request, DN, PERSON):
        time.sleep(0.05)
        yield bytes([octet])


def long_number(_request):
    number = b"\x02\x84\x00\x0f\x00\x00" + b"\1" * 0xF0000
    yield b"\x30\x84" + (len(number) + 2).to_bytes(4) + number + b"\x65\0"


def many_values(request):
    yield entry(request, DN, {**PERSON, "mobile": MANY})
    yield search_done(request)


def many_entries(request):
    one = entry(request, DN, {"cn": [b"x"]})
    for _ in range(200):
        yield one * 500
    yield search_done(request)


STRANGE_ANSWERS = {
    "flood": flood,
    "drip": drip,
    "long-number": long_number,
    "many-values": many_values,
    "many-entries": many_entries,
    "silence": lambda _: [],
    "hang-up": lambda _: None,
    "huge-length": lambda _: [b"\x30\x84\x7f\xff\xff\xff"],
    "odd-length": lambda _: [b"\x30\xff" + b"\xff" * 200],
    "http": lambda _: [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "nested": lambda _: [b"\x30\x82\x40\x00" + b"\x30\x80" * 8192],
    "wrong-kind": lambda request: [bind_done(request)],
    "wrong-id": lambda request: [search_done(request)[:4] + b"\x7f" + search_done(request)[5:]],
    "referral": lambda request: [search_done(request, 10, "try elsewhere")],
    "no-base": lambda request: [search_done(request, 32)],
    "no-access": lambda request: [search_done(request, 50)],
    "no-id": lambda request: [entry(request, DN, {"cn": [b"x"]}), search_done(request)],
}


@pytest.mark.parametrize("kind", STRANGE_ANSWERS)
def test_a_strange_answer_is_trouble_within_bounds(repository_for, kind):
    """ATK-35; never "unknown user", never minutes, never gigabytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ask(repository_for, script(STRANGE_ANSWERS[kind]))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_endless_pages_end(repository_for):
    def search(request):
        if request.values["size_limit"]:
            return [entry(request, DN, PERSON), search_done(request)]
        return [entry(request, f"cn=g,{SUFFIX}", {"cn": [b"g"]}), search_done(request, cookie=b"more")]

    with run_directory(script(search)) as directory:
        repository = repository_for(directory.url, allow_plaintext=True)
        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")

    assert len(directory.requests) < 20


def test_one_odd_entry_does_not_take_the_server_away_from_others(repository_for):
    """Whoever can fill his own entry must not be able to lock everybody else out."""

    def search(request):
        if "mallory" in request.values["filter"]:
            return many_values(request)
        return [entry(request, DN, PERSON), search_done(request)]

    with run_directory(script(search)) as directory:
        repository = repository_for(directory.url, allow_plaintext=True, groups="none")
        for _ in range(3):
            with pytest.raises(DirectoryUnavailableError):
                repository.find("mallory")
            assert repository.find("alice") is not None


def test_a_referral_is_not_followed_and_the_other_server_sees_nothing(repository_for):
    """ATK-33: neither a referral nor a reference leads anywhere."""
    with run_directory(script(lambda request: [search_done(request)])) as rogue:

        def search(request):
            return [reference(request, rogue.url), entry(request, DN, PERSON), search_done(request)]

        def bind(request):
            return [bind_done(request, 10 if request.values["name"] == DN else 0, rogue.url)]

        with run_directory(script(search, bind)) as directory:
            repository = repository_for(directory.url, allow_plaintext=True, groups="none")
            person = repository.find("alice")
            with pytest.raises(DirectoryUnavailableError):
                repository.check_password(person, "wonderland")

        assert person.login == "alice"
        assert rogue.connections == 0


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: [extended_done(request, 2)],
        lambda request: [extended_done(request, 52)],
        lambda request: [extended_done(request, 0)],
        lambda request: [extended_done(request, 0) + bind_done(request)],
        lambda request: [bind_done(request)],
        lambda _: None,
    ],
    ids=["refused", "unavailable", "no-tls-after-all", "injected", "wrong-kind", "hang-up"],
)
def test_without_tls_no_bind_is_sent(repository_for, answer):
    """ATK-33: a server, or somebody in between, that strips StartTLS sees no name and no password."""
    with run_directory(answer) as directory:
        repository = repository_for(directory.url, start_tls=True, receive_timeout_seconds=1)
        with pytest.raises(DirectoryUnavailableError):
            repository.find("alice")

    assert {request.operation for request in directory.requests} <= {"extended"}


def test_a_busy_server_is_left_for_the_next(repository_for):
    def busy(request):
        return [search_done(request, 51)]

    def well(request):
        return [entry(request, DN, PERSON), search_done(request)]

    with run_directory(script(busy)) as first, run_directory(script(well)) as second:
        repository = repository_for(first.url, second.url, allow_plaintext=True, groups="none")

        assert repository.find("alice").login == "alice"


def test_a_server_that_speaks_another_language_is_left_for_the_next(repository_for):
    """Before anybody is asked about, it can be neither the question nor an odd entry that makes an answer odd."""

    def well(request):
        return [entry(request, DN, PERSON), search_done(request)]

    def babble(_request):
        return [b"\x30\xff" * 4]

    with run_directory(babble) as first, run_directory(script(well)) as second:
        repository = repository_for(first.url, second.url, allow_plaintext=True, groups="none")

        assert repository.find("alice").login == "alice"
        assert first.connections == 1


def test_a_right_password_is_believed_only_from_an_answer_to_a_bind(repository_for):
    def bind(request):
        return [bind_done(request)] if request.values["name"] != DN else [search_done(request)]

    def search(request):
        return [entry(request, DN, PERSON), search_done(request)]

    with run_directory(script(search, bind)) as directory:
        repository = repository_for(directory.url, allow_plaintext=True, groups="none")
        person = repository.find("alice")
        with pytest.raises(DirectoryUnavailableError):
            assert repository.check_password(person, "wonderland") is not PasswordVerdict.RIGHT
