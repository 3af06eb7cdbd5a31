"""Attacks by REST: odd input, the right code through two doors at once, and what logs and rows would give away."""

import threading

from authsms.foundation.errors import NotFoundError
from authsms.logon.machine import Status
from authsms.protocols.rest.tickets import Tickets
from tests.functional.protocols.house import on_each_database
from tests.functional.protocols.rest.program import Parts, open_program
from tests.integration.logon.house import HERE, PASSWORD


def test_what_cannot_be_used_is_refused_with_a_reason(program, house):
    """ATK-50: odd input gets a clear error, and begins nothing."""
    for body in (
        {"user_name": ""},
        {"user_name": "a\u200b\u0000"},
        {"user_name": "a" * 300},
        {"user_name": ["alice"]},
        {"user_name": "alice", "role": "administrator"},
        {"user_name": "alice", "chain": "sms", "method_id": "SMS_OTP:1"},
        {"user_name": "alice", "client_ip": "here"},
        ["alice"],
    ):
        answer = program.call("POST", "/logon", body)
        assert (400, "error") == (answer.status_code, answer.get_json()["status"]), body
        assert answer.get_json()["errors"][0]["description"]
    assert "logon.started" not in house.tags()


def test_a_code_is_text_and_nothing_else(program, house):
    """ATK-07: no other spelling in JSON is taken for one, or counted as a try."""
    address = f"/logon/{program.at_code()['logon_process_id']}/do_logon"
    for typed in (123456, ["123456"], {"a": 1}, None, True, 1e5):
        assert 400 == program.call("POST", address, {"response": {"answer": typed}}).status_code
    assert 1 == house.tags().count("logon.method-passed")


@on_each_database
def test_a_code_wins_once_by_rest_or_by_another_door(either_house):
    """ATK-05: one logon, its right code at once through two doors; exactly one lets the person in."""
    house = either_house
    program = open_program(house).open()
    state = program.at_code()
    caller = Parts(house).endpoint_sessions.find(program.token)
    assert caller is not None
    ticket = Tickets(house.database, house.vault, house.clock).find(caller, state["logon_process_id"]).ticket
    code = house.code()
    outcomes: list[str] = []

    def by_rest() -> None:
        path = f"/logon/{state['logon_process_id']}/do_logon"
        answer = program.http.application.test_client().post(
            f"/api/v1{path}",
            json={"response": {"answer": code}},
            headers={"Authorization": f"Bearer {program.token}"},
        )
        outcomes.append(answer.get_json()["status"])

    def elsewhere() -> None:
        try:
            outcomes.append(house.logon.answer(ticket, {"code": code}, HERE).status)
        except NotFoundError:
            outcomes.append("over")

    racers = [threading.Thread(target=run) for run in (by_rest, elsewhere) * 4]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert 8 == len(outcomes)
    assert 1 == outcomes.count(Status.OK)
    assert 1 == house.tags().count("logon.finished")


def test_logs_and_rows_hold_no_secrets(program, house, logged):
    """ATK-20, ATK-55: neither what proves an endpoint nor what a person typed."""
    done = program.log_in()
    program.do(program.begin(), "a-mistyped-password")
    dump = house.dump()

    assert "OK" == done["status"]
    for told in (PASSWORD, house.code(), "a-mistyped-password", program.token, program.secret, "4915112345642"):
        assert told not in logged.text
    for told in (PASSWORD, program.token, program.secret, "a-salt-of-its-own"):
        assert told not in dump
