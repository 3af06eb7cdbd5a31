"""A shorter chain for a while, through the doors without pages: only where the person's own address is told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from authsms.foundation.db import Database
from authsms.foundation.vault import HashingProfile
from authsms.logon.catalog import Chain
from authsms.protocols.told_address import told_address
from tests.fakes import ManualClock
from tests.functional.protocols.radius.device import open_gateway
from tests.functional.protocols.rest.program import open_program
from tests.functional.protocols.validate.plug_in import PlugIn, open_app
from tests.integration.logon.house import PASSWORD, CountingVault, House

SHORT = Chain("short", "Password", ("LDAP_PASSWORD:1",), required="directory-sms", grace_minutes=30)
HERS, NO_ADDRESS = "192.0.2.7", "02-00-5e-10-00-00"

SignIn = Callable[[str], bool]
"""Types the password, from what the endpoint tells of the person, and the code where it is asked for.

Returns whether it was."""


@pytest.fixture
def house(sqlite_database_url: str, instance: Path, clock: ManualClock) -> Iterator[House]:
    """A house where a password is enough for half an hour after a code."""
    database = Database(sqlite_database_url)
    vault = CountingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    assert isinstance(vault, CountingVault)
    made = House(database, vault, clock)
    made.catalog.save_chain(SHORT)
    made.catalog.save_event("web", "Web", ["directory-sms", "short"])
    yield made
    database.dispose()


def by_radius(house: House) -> Iterator[SignIn]:
    with open_gateway(house) as gateway:

        def sign_in(told: str) -> bool:
            station = {"Calling_Station_Id": told} if told else {}
            heard = gateway.log_in(**station)
            is_asked = heard.kind == "Access-Challenge"
            ended = gateway.answer(heard, house.code(), **station) if is_asked else heard
            assert "Access-Accept" == ended.kind
            return is_asked

        yield sign_in


def by_rest(house: House) -> Iterator[SignIn]:
    program = open_program(house).open()

    def sign_in(told: str) -> bool:
        state = program.do(program.begin(**({"client_ip": told} if "." in told else {})), PASSWORD)
        is_asked = bool(state["status"] == "NEXT")
        assert "OK" == (program.do(state, house.code()) if is_asked else state)["status"]
        return is_asked

    yield sign_in


def by_plug_in(house: House) -> Iterator[SignIn]:
    plug_in = PlugIn.register(house, open_app(house), "Gateway")

    def sign_in(told: str) -> bool:
        heard = plug_in.check(client=told)
        is_asked = heard.outcome == "CHALLENGE"
        ended = plug_in.check(house.code(), transaction=heard.transaction, client=told) if is_asked else heard
        assert "ACCEPT" == ended.outcome
        return is_asked

    yield sign_in


@pytest.fixture(params=[by_radius, by_rest, by_plug_in], ids=["radius", "rest", "validate"])
def sign_in(request: pytest.FixtureRequest, house: House) -> Iterator[SignIn]:
    """Walk through one door, each time two minutes later."""
    for through in request.param(house):

        def later(told: str, through: SignIn = through) -> bool:
            house.wait(120)
            return through(told)

        yield later


def test_the_endpoint_itself_is_no_place(sign_in: SignIn):
    """Or whoever knows the password would be let in from anywhere, through the same endpoint."""
    assert [True, True] == [sign_in(""), sign_in(NO_ADDRESS)]
    assert [True, False] == [sign_in(HERS), sign_in(HERS)]


@pytest.mark.parametrize("told", ["", NO_ADDRESS, "0.0.0.0", "::", "vpn.example.org"])  # noqa: S104 - listens nowhere
def test_what_is_no_place_of_anybody_is_no_address(told: str):
    """Devices fill the attribute with zeros, or with what they have at hand."""
    assert "" == told_address(told)
