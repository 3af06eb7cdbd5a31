"""Programs that people have on their machines, set up as the README says: SSH by PAM, FreeRADIUS, WLANs."""

import time
from dataclasses import replace

from authsms.logon.radius_profile import RadiusProfile
from tests.functional.protocols.radius.device import SECRET, open_gateway
from tests.integration.logon.house import ALICE, PASSWORD
from tests.parts import freeradius
from tests.parts.freeradius import run_freeradius
from tests.parts.pam import Pam
from tests.parts.processes import private_folder
from tests.parts.radclient import Radclient
from tests.parts.sshd import ACCOUNT, run_sshd

UNSIGNED = RadiusProfile(must_sign=False)
QUESTION = "Enter the code we sent to *******42"


def test_pam_asks_for_the_password_and_then_for_the_code(house, tmp_path):
    """`login`, `sudo` and all others that use PAM."""
    with open_gateway(house, UNSIGNED) as gateway:
        pam = Pam.asking(tmp_path, gateway.server.port, SECRET, "login")
        terminal = pam.log_in("login", "alice")
        terminal.type(PASSWORD)
        _wait_for_text(house)
        terminal.type(house.code())
        heard = terminal.finish()

    assert heard.is_in
    assert QUESTION in heard.text


def test_pam_lets_nobody_in_who_does_not_know_the_password(house, tmp_path):
    """The code is not asked for, and nobody is texted."""
    with open_gateway(house, UNSIGNED) as gateway:
        terminal = Pam.asking(tmp_path, gateway.server.port, SECRET, "login").log_in("login", "alice")
        terminal.type("nope")
        heard = terminal.finish()

    assert not heard.is_in
    assert QUESTION not in heard.text
    assert [] == house.sent


def test_ssh_asks_for_the_password_and_then_for_the_code(house):
    """A whole session with OpenSSH's server and client."""
    house.people.people[ACCOUNT] = replace(ALICE, login=ACCOUNT)
    with (
        open_gateway(house, UNSIGNED) as gateway,
        private_folder("ssh") as folder,
        run_sshd(folder, Pam.asking(folder, gateway.server.port, SECRET, "sshd")) as server,
    ):
        login = server.log_in()
        login.type(PASSWORD)
        _wait_for_text(house)
        login.type(house.code())
        heard = login.finish()

    assert heard.is_in
    assert QUESTION in heard.text


def test_a_proxy_in_front_passes_challenges_on(gateway, house):
    """FreeRADIUS signs what it passes on, and finds its request again by the Proxy-State it gets back."""
    with run_freeradius(gateway.server.port, SECRET) as proxy:
        device = Radclient(proxy.port, freeradius.SECRET)
        challenge = device.ask(User_Name="alice", User_Password=PASSWORD, Proxy_State="0x0102")
        accepted = device.ask(User_Name="alice", User_Password=house.code(), State=challenge.get("State")[0])

    assert ("Access-Challenge", "Access-Accept") == (challenge.kind, accepted.kind)
    assert challenge.message.startswith(QUESTION)
    assert ["0x0102"] == challenge.get("Proxy-State")


def test_a_wlan_takes_password_and_code_at_once(house):
    """EAP-TTLS ends at FreeRADIUS, what is in its tunnel comes here."""
    with (
        open_gateway(house, RadiusProfile(can_challenge=False)) as gateway,
        run_freeradius(gateway.server.port, SECRET) as proxy,
    ):
        first = proxy.join_network("alice", PASSWORD)
        second = proxy.join_network("alice", f"{PASSWORD},{house.code()}")

    assert [False, True] == [first, second]


def _wait_for_text(house):
    until = time.monotonic() + 20
    while not house.sent:
        assert time.monotonic() < until
        time.sleep(0.01)
