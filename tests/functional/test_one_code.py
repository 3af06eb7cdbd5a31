"""One code at several doors at the same moment; each of them has begun a logon of its own with the password."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pyotp
import pytest
from pyrad.packet import AuthPacket
from typing_extensions import override

from authsms.audit import AuditTag
from authsms.foundation.clock import Clock, DatabaseClock
from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.db import Database
from authsms.logon.catalog import Chain, Wanted
from authsms.logon.endpoint_sessions import proof
from authsms.logon.kinds import EndpointKind
from authsms.logon.methods.totp import TOTP
from authsms.logon.radius_clients import RadiusClients
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.radius.door import RadiusDoor
from authsms.protocols.radius.packets import Ask, Request, Say
from authsms.simulator.walk import Page
from tests.functional.portals.admin.office import PASSWORD, Office, open_office
from tests.functional.protocols.rest.roster import API
from tests.integration.otp.racing import at_once

HOME = "http://127.0.0.1:5000"
SALT = "a salt of enough"

Answer: TypeAlias = Callable[[str], bool]
"""Hands in a code where the password is right already; returns whether that let somebody in."""


def at_web(office: Office, login: str) -> Answer:
    """Come as far as the page that asks for the code."""
    visitor = office.visitor()
    fields = {"user_name": login, "password": PASSWORD}
    address = visitor.post("/login/web", fields, token=visitor.token("/login/web")).location
    form = Page(HOME + address, visitor.get(address).text).form_with("code")
    session = f"{cookie_name(SESSION_COOKIE, https=False)}="

    def answer(code: str) -> bool:
        said = visitor.post(
            form.action.removeprefix(HOME), {**form.fields, "code": code}, token=form.fields["csrf_token"]
        )
        return any(cookie.startswith(session) for cookie in said.headers.getlist("Set-Cookie"))

    return answer


def at_rest(office: Office, login: str) -> Answer:
    """Come as far as a program that shows a field for the code."""
    services = office.services
    program, secret = services.endpoints.create(f"Program of {login}", event="web", kind=EndpointKind.REST)
    opened = services.endpoint_sessions.open(program.id, SALT, proof(program.id, secret, SALT), "")
    client, headers = office.app.test_client(), {"Authorization": f"Bearer {opened.token}"}

    def send(path: str, **body: object) -> dict[str, str]:
        said: dict[str, str] = client.post(f"{API}/logon{path}", base_url=HOME, json=body, headers=headers).get_json()
        return said

    begun = send("", user_name=login)["logon_process_id"]
    send(f"/{begun}/do_logon", response={"answer": PASSWORD})
    return lambda code: send(f"/{begun}/do_logon", response={"answer": code}).get("status") == "OK"


def at_radius(office: Office, login: str) -> Answer:
    """Come as far as a device that shows the challenge."""
    services = office.services
    parts = (services.database, services.vault, services.clock)
    clients = RadiusClients(*parts, services.audit)
    address = f"192.0.2.{1 + len(clients.known())}"
    device, _ = clients.add(f"Gateway of {login}", address, event="web")
    door = RadiusDoor(services.logon, services.sessions, services.catalog, Challenges(*parts))

    def send(password: str, state: bytes = b"") -> tuple[Say, bytes]:
        request = Request(Ask.ACCESS, 1, b"", login, password, state, "", AuthPacket())
        reply = door.answer(request, device, address)
        return reply.say, reply.state

    _, state = send(PASSWORD)
    return lambda code: send(code, state)[0] is Say.ACCEPT


class Meeting(Clock):
    """Tells the time when everybody has asked for it: then each door has read which code was the last one used."""

    def __init__(self, clock: Clock, doors: int) -> None:
        self._clock = clock
        self._barrier = threading.Barrier(doors, timeout=60)

    @override
    def now(self) -> datetime:
        self._barrier.wait()
        return self._clock.now()


DOORS = (at_web, at_rest, at_radius)


@pytest.fixture
def office(instance: Path, database: Database) -> Iterator[Office]:
    """An installation where everybody needs an authenticator app, on the clock of its database: races take time."""
    with open_office(instance, database, DatabaseClock(database), home=HOME) as made:
        chain = Chain("app", "Password and app", ("PASSWORD:1", "TOTP:1"))
        made.services.catalog.save_all([chain], [Wanted("web", "Web", (chain.name,))])
        yield made


def set_up_app(office: Office, login: str) -> pyotp.TOTP:
    """Make somebody who has an app; return it."""
    person, services = office.person(login), office.services
    with services.database.write() as session:
        services.enrollments.draw(session, person.key, TOTP, login)
    pending = services.enrollments.find(person.key, TOTP)
    assert pending is not None
    with services.database.write() as session:
        assert services.enrollments.confirm(session, pending, -1)
    return pyotp.TOTP(pending.seed)


def test_of_one_right_code_at_every_door_at_once_one_is_taken(office: Office):
    """ATK-05: whatever the door, what a code is good for once is kept in one place.

    The oracle: each door takes a code of its own; of one at all of them, one takes it, one logon is finished, and it
    opens no door afterwards.
    """
    alone = []
    for door, login in zip(DOORS, ("bob", "cora", "dora"), strict=True):
        app, answer = set_up_app(office, login), door(office, login)
        alone.append(answer(app.at(office.services.clock.now())))
    app = set_up_app(office, "alice")
    doors = [door(office, "alice") for door in DOORS]
    late = at_web(office, "alice")
    code = app.at(office.services.clock.now())
    answers, enrollments = iter(doors), office.services.enrollments
    enrollments._clock = Meeting(office.services.clock, len(doors))
    results = at_once(len(doors), lambda: next(answers)(code))
    enrollments._clock = office.services.clock

    assert [True, True, True] == alone
    assert [False, False, True] == sorted(results)
    assert not late(code)
    tags = [record.entry.tag for record in office.services.audit.search(user="alice")]
    assert 1 == tags.count(AuditTag.LOGON_FINISHED)
