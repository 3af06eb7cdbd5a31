"""Whether people choose among the chains of an event, through the doors without pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from authsms.client import Client
from authsms.foundation.db import Database
from authsms.foundation.vault import HashingProfile
from authsms.logon.radius_profile import RadiusProfile
from authsms.logon.selection import Selection
from tests.fakes import ManualClock
from tests.functional.protocols.radius.device import open_gateway
from tests.functional.protocols.rest.program import open_program, serve
from tests.functional.protocols.validate.plug_in import PlugIn, open_app
from tests.integration.logon.house import PASSWORD, CountingVault, House
from tests.integration.logon.selecting import BADGE, arrange, ready

SUFFIX = RadiusProfile(separator="#")
FIRST, SECOND = "directory-sms", "directory-emergency"


@pytest.fixture
def house(sqlite_database_url: str, instance: Path, clock: ManualClock) -> Iterator[House]:
    """A house where alice has two ways."""
    database = Database(sqlite_database_url)
    vault = CountingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    assert isinstance(vault, CountingVault)
    yield House(database, vault, clock)
    database.dispose()


def test_a_device_asks_by_number(house):
    """A challenge lists the ways; a number or a name takes one. Who logs in again is asked again, and sent nothing."""
    password = ready(house)
    arrange(house, Selection.ON)
    with open_gateway(house) as gateway:
        asked = gateway.log_in()
        wrong = gateway.answer(asked, "7")
        again = gateway.log_in()
        other = gateway.answer(again, "emergency")
        unsent = not house.sent
        accepted = gateway.answer(other, password)
        coded = gateway.answer(gateway.log_in(), "1")

    assert ["Access-Challenge"] * 5 == [one.kind for one in (asked, wrong, again, other, coded)]
    assert asked.message.endswith(
        "Enter a number: 1 Directory password + SMS code, 2 Directory password + emergency password"
    )
    assert wrong.message == f"That was not right. {asked.message}"
    assert (asked.message, True) == (again.message, unsent)
    assert ("Emergency password:", "Access-Accept") == (other.message, accepted.kind)
    assert "code we sent to *******42" in coded.message


def test_nobody_goes_on_with_what_another_has_proven_since(house):
    """Where it is asked first, no password is judged by then: to type the same one proves nothing later, either."""
    arrange(house, Selection.ON, "only-sms", FIRST, new=(BADGE,))
    with open_gateway(house) as gateway:
        asked = gateway.log_in(password="vpn")
        again = gateway.log_in(password="vpn")
        proven = gateway.answer(gateway.answer(again, "2"), PASSWORD)
        stranger = gateway.log_in(password="vpn")
        accepted = gateway.answer(proven, house.code())

    assert "code we sent" in proven.message
    assert asked.message == again.message == stranger.message
    assert "Access-Accept" == accepted.kind


def test_a_device_that_cannot_ask_begins_the_first_way(house):
    ready(house)
    arrange(house, Selection.ON)
    with open_gateway(house, RadiusProfile(can_challenge=False)) as gateway:
        heard = gateway.log_in()

    assert ("Access-Reject", 1) == (heard.kind, len(house.sent))


def test_who_names_a_way_behind_his_name_is_not_asked(house):
    ready(house)
    arrange(house, Selection.ON)
    with open_gateway(house, SUFFIX) as gateway:
        heard = gateway.log_in("alice#emergency")

    assert "Emergency password:" == heard.message


def test_a_suffix_for_another_way_is_refused_like_one_for_none(house):
    arrange(house, Selection.OFF, FIRST, "directory-recovery")
    with open_gateway(house, SUFFIX) as gateway:
        other = gateway.log_in("alice#recovery")
        unknown = gateway.log_in("alice#nothing")
        unsent = not house.sent
        first = gateway.log_in("alice#sms")

    assert ("Access-Reject", other.message) == (other.kind, unknown.message)
    assert unsent
    assert "Access-Challenge" == first.kind


def test_a_program_gets_the_ways_and_no_method(house):
    """The shape is the usual one: no method is asked, the ways are among what it knows already."""
    password = ready(house)
    arrange(house, Selection.ON)
    program = open_program(house).open()
    state = program.do(program.begin(), PASSWORD)
    place = f"/logon/{state['logon_process_id']}/next"
    chosen = program.call("POST", place, {"chain": SECOND}).json
    done = program.do(chosen, password)
    by_name = program.begin(chain=FIRST)
    direct = program.do(by_name, PASSWORD)

    assert ("NEXT", "chain.ask", None, []) == tuple(
        state[name] for name in ("status", "reason", "current_method", "fields")
    )
    assert [FIRST, SECOND] == [one["name"] for one in state["chains"]]
    assert "Choose how to sign in" == state["msg"]
    assert ("EMERG_PASSWORD:1", "OK") == (chosen["current_method"], done["status"])
    assert "SMS_OTP:1" == direct["current_method"]


def test_the_client_chooses_by_chain_or_method(house):
    ready(house)
    arrange(house, Selection.ON)
    program = open_program(house)
    http = requests.Session()
    http.trust_env = False
    with serve(program) as address, Client(address, program.endpoint.id, program.secret, http=http) as client:
        logon = client.begin("alice")
        logon.answer(PASSWORD)
        asked = logon.is_open, logon.method, logon.reason, [one.name for one in logon.chains]
        logon.go_on(method="SMS_OTP:1")
        logon.answer(house.code())

    assert (True, None, "chain.ask", [FIRST, SECOND]) == asked
    assert logon.session_id


def test_a_program_cannot_leave_the_only_way(house):
    """Neither at the beginning nor later; the answers are those for a chain that is not there."""
    arrange(house, Selection.OFF, FIRST, "only-sms", "directory-recovery", new=(BADGE,))
    program = open_program(house).open()
    listed = program.call("GET", "/logon/chains?user_name=alice").json
    state = program.do(program.begin(), PASSWORD)
    place = f"/logon/{state['logon_process_id']}/next"
    answers = [program.call("POST", place, {"chain": name}) for name in ("only-sms", "no-such-chain")]
    body = {"user_name": "alice"}
    begun = [
        program.call("POST", "/logon", {**body, **wish})
        for wish in ({"chain": "only-sms"}, {"method_id": "SMS_OTP:1"}, {"chain": "no-such-chain"})
    ]

    assert [FIRST] == [one["name"] for one in listed["chains"]]
    assert [] == state["chains"]
    assert {404} == {answer.status_code for answer in (*answers, *begun)}
    assert 1 == len({str(answer.json) for answer in begun}) == len({str(answer.json) for answer in answers})


def test_a_plug_in_asks_by_number(house):
    """After the password, and for a code without one where the ways begin apart."""
    ready(house)
    arrange(house, Selection.ON)
    plug_in = PlugIn.register(house, open_app(house), "Gateway")
    asked = plug_in.check()
    wrong = plug_in.check("9", transaction=asked.transaction)
    coded = plug_in.check("1", transaction=asked.transaction)
    accepted = plug_in.check(house.code(), transaction=coded.transaction)
    arrange(house, Selection.ON, "only-sms", SECOND, new=(BADGE,))
    triggered = plug_in.trigger()

    assert ("CHALLENGE", "REJECT", "CHALLENGE", "ACCEPT") == tuple(
        one.outcome for one in (asked, wrong, coded, accepted)
    )
    assert "1 Directory password + SMS code" in asked.message
    assert ("CHALLENGE", True) == (triggered.outcome, "1 Text message alone" in triggered.message)


@pytest.mark.parametrize("selection", [Selection.ON, Selection.OFF])
def test_no_door_tells_who_exists(house, selection):
    """A stranger, and a wrong password of somebody with two ways, are refused alike."""
    ready(house)
    arrange(house, selection)
    program = open_program(house).open()
    with open_gateway(house) as gateway:
        refused = [gateway.log_in(name, "wrong").message for name in ("alice", "nobody")]
    states = [program.do(program.begin(name), "wrong") for name in ("alice", "nobody")]
    shown = [{name: value for name, value in state.items() if name != "logon_process_id"} for state in states]

    assert refused[0] == refused[1]
    assert shown[0] == shown[1]
