"""A program that calls the REST door over the real engine; only the people are scripted."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from authsms.foundation.clock import Clock
from authsms.logon.blocks import AdmittedPeople
from authsms.logon.endpoint_sessions import EndpointSessions, proof
from authsms.logon.endpoints import Endpoint
from authsms.logon.kinds import EndpointKind
from authsms.logon.own_app import OwnApp, OwnAppTools
from authsms.logon.own_codes import OwnCodes, OwnCodesTools
from authsms.logon.ways import Ways
from authsms.protocols.oidc.families import Families
from authsms.protocols.oidc.tokens import TokenStore
from authsms.protocols.rest.bearer import Bearers
from authsms.protocols.rest.door import RestDoor
from authsms.protocols.rest.message_door import MessageDoor
from authsms.protocols.rest.routes import create_blueprint
from authsms.protocols.rest.tickets import Tickets
from tests.integration.logon.house import PASSWORD, House
from tests.parts.processes import HOST

API = "/api/v1"
NO_MESSAGES = cast("MessageDoor", None)
"""These programs only log people in."""


@dataclass(frozen=True)
class Parts:
    """What the door calls, out of the house of the engine's tests."""

    house: House

    @property
    def logon(self):
        """The engine."""
        return self.house.logon

    @property
    def sessions(self):
        """Login sessions."""
        return self.house.sessions

    @property
    def ways(self) -> Ways:
        """What somebody may begin with."""
        house = self.house
        people = AdmittedPeople(house.people, house.blocks)
        return Ways(people, house.vault, house.catalog, list(house.logon._methods.values()))

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.house.clock

    @property
    def own_app(self) -> OwnApp:
        """What people do with their app."""
        house = self.house
        tools = (house.limits, house.enrollments, house.challenges.failures, house.reports, "login.example.com")
        return OwnApp(OwnAppTools(house.database, house.clock, house.audit, *tools))

    @property
    def own_codes(self) -> OwnCodes:
        """What people do with their recovery codes."""
        house = self.house
        tools = (house.recovery, house.enrollments, house.challenges.failures, house.reports)
        return OwnCodes(OwnCodesTools(house.database, house.limits, *tools))

    @property
    def endpoint_sessions(self) -> EndpointSessions:
        """Endpoint sessions."""
        house = self.house
        return EndpointSessions(house.database, house.vault, house.clock, house.audit, house.limits)


@dataclass
class Program:
    """An endpoint, its secret, and the session it has opened."""

    house: House
    http: FlaskClient
    endpoint: Endpoint
    secret: str
    token: str = ""

    def prove(self, salt: str, *, secret: str = "", endpoint_id: str = "") -> TestResponse:
        """Ask for an endpoint session."""
        name = endpoint_id or self.endpoint.id
        shown = proof(name, secret or self.secret, salt)
        body = {"salt": salt, "endpoint_secret_hash": shown}
        return self.http.post(f"{API}/endpoints/{name}/sessions", json=body)

    def open(self, salt: str = "a-salt-of-its-own") -> "Program":
        """Open an endpoint session and show it from now on."""
        answer = self.prove(salt)
        assert 201 == answer.status_code, answer.text
        self.token = answer.get_json()["endpoint_session_id"]
        return self

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None, **options: Any):
        """Send a request and return the answer."""
        shown = self.token if token is None else token
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        if method in {"POST", "PUT"}:
            options = {"json": body or {}} | options
            options = {name: value for name, value in options.items() if value is not None}
        return self.http.open(
            f"{API}{path}", method=method, headers={**headers, **options.pop("headers", {})}, **options
        )

    def begin(self, user_name: str = "alice", **facts: Any) -> dict[str, Any]:
        """Begin a logon and return where it stands."""
        answer = self.call("POST", "/logon", {"user_name": user_name, **facts})
        assert 201 == answer.status_code, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def do(self, state: dict[str, Any], typed: str | None = None) -> dict[str, Any]:
        """Answer the present method, or ask for its code."""
        answer = self.call("POST", f"/logon/{state['logon_process_id']}/do_logon", _response(typed))
        assert 200 == answer.status_code, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def at_code(self, user_name: str = "alice") -> dict[str, Any]:
        """Begin a logon and pass the password."""
        return self.do(self.begin(user_name), PASSWORD)

    def log_in(self) -> dict[str, Any]:
        """Walk a whole logon."""
        return self.do(self.at_code(), self.house.code())


def _response(typed: str | None) -> dict[str, Any]:
    return {} if typed is None else {"response": {"answer": typed}}


def open_program(house: House, name: str = "Kiosk", event: str = "web") -> Program:
    """Register an endpoint and return a program that knows its secret; each has a server of its own."""
    app = Flask("rest")
    Babel(app)
    door = RestDoor(
        Parts(house), Tickets(house.database, house.vault, house.clock), Bearers(tokens_of(house), house.endpoints)
    )
    app.register_blueprint(create_blueprint(door, NO_MESSAGES, house.public_url))
    return Program(house, app.test_client(), *house.endpoints.create(name, event=event, kind=EndpointKind.REST))


def tokens_of(house: House) -> TokenStore:
    """Return where access tokens are kept."""
    families = Families(house.vault, house.clock, house.audit, timedelta(days=1))
    return TokenStore(house.database, house.vault, house.clock, families, house.sessions)


@contextmanager
def serve(program: Program) -> Iterator[str]:
    """Serve a program's door and yield the address."""
    server = make_server(HOST, 0, program.http.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://{HOST}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
