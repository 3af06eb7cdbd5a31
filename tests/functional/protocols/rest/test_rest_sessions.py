"""Endpoint sessions: how a program proves who it is, and what happens to those that cannot."""

import hashlib
import threading

import pytest
from sqlalchemy import delete

from authsms.foundation.errors import ForgeryError, InvalidInputError
from authsms.logon.endpoint_sessions import LIFETIME, proof
from authsms.logon.kinds import EndpointKind
from authsms.logon.models import EndpointRow
from tests.functional.protocols.house import on_each_database
from tests.functional.protocols.rest.program import Parts, open_program

REFUSED = {
    "status": "error",
    "errors": [{"name": "forgery", "description": "The request is not authentic."}],
}


def test_the_proof_is_the_one_that_is_documented(program):
    """Written out by hand, as a developer would from the manual."""
    inner = hashlib.sha256(f"{program.endpoint.id}salt-salt".encode()).hexdigest()
    shown = hashlib.sha256(f"{program.secret}{inner}".encode()).hexdigest()

    assert shown == proof(program.endpoint.id, program.secret, "salt-salt")
    body = {"salt": "salt-salt", "endpoint_secret_hash": shown.upper()}
    assert 201 == program.http.post(f"/api/v1/endpoints/{program.endpoint.id}/sessions", json=body).status_code


def test_a_session_ends_after_an_hour_and_when_it_is_ended(program, house):
    """What was shown until then opens nothing."""
    began = program.begin()
    address = f"/endpoints/{program.endpoint.id}/sessions"

    assert 204 == program.call("DELETE", address).status_code
    ended = program.call("GET", f"/logon/{began['logon_process_id']}")
    program.open("another-salt")
    house.wait(LIFETIME.total_seconds() + 1)
    old = program.call("GET", "/logon/chains?user_name=alice")

    assert [401, 401] == [ended.status_code, old.status_code]
    assert "Bearer realm=authsms" == old.headers["WWW-Authenticate"]


def test_a_salt_is_good_once(program, house):
    """Whoever overheard a proof can show it again, also days later and with the session purged."""
    again = program.prove("a-salt-of-its-own")
    house.wait(90_000)
    Parts(house).endpoint_sessions.purge()
    later = program.prove("a-salt-of-its-own")

    assert [(403, REFUSED)] * 2 == [(one.status_code, one.get_json()) for one in (again, later)]
    assert 201 == program.prove("another-salt").status_code


@on_each_database
def test_of_one_proof_at_once_one_is_taken(either_house):
    """A replay need not be later; on both databases one conditional row decides."""
    program = open_program(either_house)
    sessions = Parts(either_house).endpoint_sessions
    shown = proof(program.endpoint.id, program.secret, "one-salt")
    outcomes: list[str] = []

    def show() -> None:
        try:
            outcomes.append(sessions.open(program.endpoint.id, "one-salt", shown, "192.0.2.1").endpoint)
        except ForgeryError:
            outcomes.append("refused")

    racers = [threading.Thread(target=show) for _ in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert ["Kiosk", *["refused"] * 7] == sorted(outcomes)
    assert 1 == either_house.tags().count("endpoint-session.opened")


def test_a_wrong_proof_is_refused_whatever_is_wrong_with_it(program, house):
    """Neither an endpoint of another kind nor one that does not exist looks any different."""
    page, secret = house.endpoints.create("Wiki", event="web", redirect_uris=("https://wiki.example/cb",))
    heard = [
        program.prove("salt-number-1", secret="wrong"),
        program.prove("salt-number-2", secret=secret, endpoint_id=page.id),
        program.prove("salt-number-3", endpoint_id="0" * 32),
        program.prove("salt-number-4", endpoint_id="nobody"),
    ]

    assert [(403, REFUSED)] * 4 == [(one.status_code, one.get_json()) for one in heard]


def test_refusals_are_recorded_once_in_a_while(program, house):
    """A-25: an administrator sees that somebody tries; a flood does not fill the trail."""
    for number in range(5):
        program.prove(f"salt-number-{number}", secret="wrong")

    assert 1 == house.tags().count("endpoint-session.refused")


def test_a_new_secret_ends_what_the_old_one_opened(program, house):
    """The old one is dead at once, and so is every session it has opened; its salts may be drawn again."""
    began, old = program.begin(), program.secret
    program.secret = house.endpoints.renew_secret(program.endpoint.id)

    assert 401 == program.call("GET", f"/logon/{began['logon_process_id']}").status_code
    assert 403 == program.prove("another-salt", secret=old).status_code
    assert 201 == program.prove("a-salt-of-its-own").status_code


def test_the_id_of_a_session_may_stand_in_the_body(program):
    """As programs for other servers of this kind send it; a header wins."""
    token = program.token
    body = {"user_name": "alice", "endpoint_session_id": token}

    assert 201 == program.call("POST", "/logon", body, token="").status_code
    assert 401 == program.call("POST", "/logon", body, token="wrong").status_code
    assert 400 == program.call("GET", f"/logon/chains?user_name=alice&endpoint_session_id={token}").status_code


_ADDRESSES = (
    ("DELETE", "/endpoints/{id}/sessions"),
    ("GET", "/logon/chains?user_name=alice"),
    ("POST", "/logon"),
    ("GET", "/logon/{id}"),
    ("DELETE", "/logon/{id}"),
    ("POST", "/logon/{id}/do_logon"),
    ("POST", "/logon/{id}/next"),
    ("GET", "/sessions/{id}"),
    ("DELETE", "/sessions/{id}"),
)


def test_nothing_is_open_without_an_endpoint_session(program):
    """ATK-21: an id in an address is never enough."""
    body = {"user_name": "alice"}
    for method, path in _ADDRESSES:
        for token in ("", "wrong", "x" * 5000):
            answer = program.call(method, path.format(id="0" * 32), body if path == "/logon" else {}, token=token)
            assert 401 == answer.status_code, path


def test_another_endpoints_session_is_not_ended(program, stranger):
    """ATK-43: the id in the address has to be one's own."""
    answer = stranger.call("DELETE", f"/endpoints/{program.endpoint.id}/sessions")

    assert 403 == answer.status_code
    assert 200 == program.call("GET", "/logon/chains?user_name=alice").status_code


def test_only_json_is_read(program):
    """ATK-22: what a form of another site can send is refused."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        sent = {"data": '{"user_name": "alice"}', "json": None, "headers": {"Content-Type": kind}}
        assert 415 == program.call("POST", "/logon", **sent).status_code


def test_what_is_not_there_is_told_in_the_form_of_this_door(program):
    """Programs cannot read pages."""
    missing = program.call("GET", "/nothing")
    wrong = program.call("PUT", f"/logon/{'0' * 32}")
    large = program.call(
        "POST", "/logon", json=None, data=b"{" + b" " * 20_000, headers={"Content-Type": "application/json"}
    )

    assert [404, 405, 413] == [one.status_code for one in (missing, wrong, large)]
    assert {"DELETE", "GET"} <= set(wrong.headers["Allow"].replace(" ", "").split(","))
    assert {"error"} == {one.get_json()["status"] for one in (missing, wrong, large)}


def test_the_portals_events_are_not_for_programs(house):
    """Nobody becomes an administrator by way of a program's own page."""
    for event in ("admin", "admin-setup"):
        with pytest.raises(InvalidInputError):
            house.endpoints.create("Kiosk", event=event, kind=EndpointKind.REST)


def test_an_endpoint_that_is_gone_takes_its_sessions_with_it(program, house):
    """What it holds is worth nothing from then on."""
    with house.database.write() as session:
        session.execute(delete(EndpointRow).where(EndpointRow.id == program.endpoint.id))

    assert 401 == program.call("GET", "/logon/chains?user_name=alice").status_code
