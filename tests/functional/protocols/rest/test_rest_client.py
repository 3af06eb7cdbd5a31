"""The client that comes along, against a server on a socket."""

import re
import textwrap
from collections.abc import Iterator

import pytest
import requests

from authsms import client as module
from authsms.client import Client, OverError, RefusedError, TryLaterError
from authsms.identity.repository import PasswordChange, PasswordVerdict
from authsms.logon.catalog import Chain, Wanted
from authsms.logon.overdue import OverdueRule
from tests.functional.protocols.rest.program import Program, open_program, serve
from tests.integration.logon.house import PASSWORD, House


@pytest.fixture
def program(house: House) -> Program:
    """An endpoint that is registered; the client opens its own sessions."""
    return open_program(house)


@pytest.fixture
def client(program: Program) -> Iterator[Client]:
    """A client of that endpoint."""
    with serve(program) as address, open_client(address, program) as opened:
        yield opened


def open_client(address: str, program: Program, secret: str = "") -> Client:
    """Return a client that obeys no proxy of this machine."""
    http = requests.Session()
    http.trust_env = False
    return Client(address, program.endpoint.id, secret or program.secret, http=http)


def test_the_example_works(program, house, capsys):
    """A developer copies it, and puts in what his administrator told him."""
    example, *_ = re.findall(r"::\n\n((?:    .*\n|\n)+)", module.__doc__ or "")
    typed = iter([lambda: "alice", lambda: "nope", lambda: PASSWORD, house.wrong_code, house.code])
    asked = []

    def type_in(question):
        asked.append(question)
        return next(typed)()

    with serve(program) as address:
        code = textwrap.dedent(example).replace("https://login.example.com", address)
        code = code.replace("the endpoint id", program.endpoint.id).replace("the endpoint secret", program.secret)
        exec(compile(code, "client.py", "exec"), {"input": type_in})  # noqa: S102 - our own example

    said = capsys.readouterr().out
    assert "The code went to •••••••42." in said
    assert "Hello Alice Example!" in said
    assert asked[2].startswith("User name or password is not right.")
    assert 1 == len(house.sent)


def test_another_code_is_sent_when_it_is_time(client, house):
    """The first one is on its way by then; too early, nothing changes."""
    logon = client.begin("alice")
    logon.answer(PASSWORD)
    logon.send_another()
    early = logon.reason
    house.wait(31)
    logon.send_another()
    logon.answer(house.code())

    assert "code.wait" == early
    assert 2 == len(house.sent)
    assert logon.session_id is not None
    assert frozenset({"Staff"}) == client.session(logon.session_id).groups
    client.end_session(logon.session_id)
    with pytest.raises(OverError):
        client.session(logon.session_id)


def test_another_way_is_taken_and_a_logon_is_given_up(client, house):
    """Each way brings its own code, of which the client learns at once."""
    house.catalog.save_chain(Chain("directory-plain", "Code and password", ("SMS_OTP:1", "LDAP_PASSWORD:1")))
    house.catalog.save_event("web", "Web", ["directory-sms", "directory-plain"])
    logon = client.begin("alice", client_ip="192.0.2.9", language="de")
    logon.go_on(method="SMS_OTP:1")
    sent = (logon.method, logon.recipient, logon.delivery)
    logon.look()
    logon.cancel()

    assert ["directory-sms", "directory-plain"] == [chain.name for chain in client.chains("alice")]
    assert ("SMS_OTP:1", "•••••••42", "") == sent
    assert not logon.is_open
    with pytest.raises(OverError):
        logon.look()


def test_an_endpoint_session_that_is_over_is_opened_again(client, house):
    """Programs run for weeks; a logon does not."""
    logon = client.begin("alice")
    house.wait(3601)

    assert ["directory-sms"] == [chain.name for chain in client.chains("alice") if chain.name == "directory-sms"]
    with pytest.raises(OverError):
        logon.answer(PASSWORD)
    assert 2 == house.tags().count("endpoint-session.opened")


def test_errors_say_what_to_do_and_nothing_else(client, program, house):
    """Nobody finds a secret in a log of a program that logs what it catches."""
    with (
        serve(program) as address,
        open_client(address, program, "a-wrong-secret") as wrong,
        pytest.raises(RefusedError) as refused,
    ):
        wrong.begin("alice")
    logon = client.begin("alice")
    house.people.away = True
    with pytest.raises(TryLaterError) as away:
        logon.answer(PASSWORD)
    with pytest.raises(TryLaterError) as silent:
        open_client("http://127.0.0.1:9", program).begin("alice")
    with pytest.raises(ValueError, match="nothing was typed"):
        logon.answer(" ")

    assert (403, "forgery") == (refused.value.status, refused.value.name)
    assert (503, 30) == (away.value.status, away.value.retry_after.total_seconds())
    assert 0 == silent.value.status
    for error in (refused, away, silent):
        told = f"{error.value!r} {client!r} {logon!r}"
        assert not [word for word in (PASSWORD, "a-wrong-secret", program.secret) if word in told]


def test_a_netrc_of_the_machine_changes_nothing(program, tmp_path, monkeypatch):
    """It may name this very server, for somebody's browser or Git."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(program) as address, Client(address, program.endpoint.id, program.secret) as client:
        assert client.chains("alice")


@pytest.mark.parametrize("has_page", [True, False])
def test_a_password_that_must_be_changed_is_asked_for_where_the_program_can(client, house, has_page):
    """Other programs are told so, once the right password has come, and the logon is over."""
    house.people.verdicts["alice"] = PasswordVerdict.MUST_CHANGE
    house.people.changes["short"] = PasswordChange.TOO_SHORT
    house.catalog.save_all([], [Wanted("web", "Web login", ("directory-sms",), overdue=OverdueRule.ASK)])
    logon = client.begin("alice", can_change_password=has_page)
    asked_for_both = logon.wants_new_password
    logon.answer(PASSWORD)
    if has_page:
        logon.answer(house.code())
    asked = (logon.is_open, logon.reason, logon.wants_new_password)

    assert not asked_for_both
    if not has_page:
        assert (False, "password.elsewhere", False) == asked
        assert "ask your help desk" in logon.message
        return
    logon.answer(PASSWORD, "short")
    refused = logon.reason
    still_out = logon.session_id is None
    logon.answer(PASSWORD, "better horse")
    assert (True, "password.overdue", True) == asked
    assert "password.too-short" == refused
    assert still_out
    assert logon.session_id is not None
