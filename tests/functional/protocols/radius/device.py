"""The RADIUS door over the real engine and a real socket; only the people are scripted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from authsms.foundation.metrics import RADIUS
from authsms.foundation.sections import RadiusSettings
from authsms.logon.radius_clients import RadiusClients
from authsms.logon.radius_profile import RadiusProfile
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.radius.door import RadiusDoor
from authsms.protocols.radius.server import RadiusServer
from tests.integration.logon.house import PASSWORD, House
from tests.parts.processes import HOST
from tests.parts.radclient import Heard, Radclient

SECRET = "a-secret-of-enough-characters"


@dataclass
class Gateway:
    """A device in front of the door, and the house behind it."""

    house: House
    server: RadiusServer
    clients: RadiusClients
    radclient: Radclient

    def log_in(self, user: str = "alice", password: str = PASSWORD, **attributes: str) -> Heard:
        """Send name and password."""
        return self.radclient.send({"User_Name": user, "User_Password": password, **attributes})

    def answer(self, challenge: Heard, answer: str, user: str = "alice", **attributes: str) -> Heard:
        """Send what the person answered to a challenge."""
        return self.radclient.send(
            {"User_Name": user, "User_Password": answer, "State": challenge.get("State")[0], **attributes}
        )


def count(outcome: str) -> float:
    """Return how many requests have ended like this in this process."""
    value: float = RADIUS.labels(outcome)._value.get()
    return value


def wait_for_another(outcome: str, before: float) -> None:
    """Return when more requests than *before* have ended like this: silence alone does not tell."""
    until = time.monotonic() + 30
    while count(outcome) <= before:
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def open_gateway(
    house: House, profile: RadiusProfile | None = None, *, host: str = HOST, signs: bool = True
) -> Iterator[Gateway]:
    """Run the door for one client."""
    clients = RadiusClients(house.database, house.vault, house.clock, house.audit)
    clients.add("Gateway", host, event="web", profile=profile or RadiusProfile(), secret=SECRET)
    door = RadiusDoor(house.logon, house.sessions, house.catalog, Challenges(house.database, house.vault, house.clock))
    server = RadiusServer(door, clients.known, RadiusSettings.model_construct(host=host, port=0, threads=4))
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield Gateway(house, server, clients, Radclient(server.port, SECRET, host, signs))
    finally:
        stop.set()
        thread.join(20)
