"""The portals over a scripted logon service, as a browser meets them over https."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.fakes import ManualClock
from tests.functional.portals.twin import CODE, PASSWORD, ScriptedLogon, open_twin

PUBLIC_URL = "https://login.example.test"


@dataclass
class Visitor:
    """A person with a browser of their own, JavaScript off."""

    client: FlaskClient

    def get(self, address: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(address, base_url=PUBLIC_URL, headers=headers, buffered=True)

    def post(self, address: str, fields: dict[str, str] | None = None, **headers: str) -> TestResponse:
        """Send a form as browsers do from our own page."""
        sent = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin", **headers}
        return self.client.post(address, base_url=PUBLIC_URL, data=fields or {}, headers=sent)

    def token(self, address: str, action: str = "") -> str:
        """Return the token in the form of a page; the first one, or that of the form with *action*."""
        page = self.get(address).text
        part = page[page.index(f'action="{action}"') :] if action else page
        return str(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', part)[0])

    def cookies(self) -> dict[str, str]:
        """Return the cookies this browser holds, without the prefix of their names."""
        held = (self.client._cookies or {}).values()
        return {cookie.key.removeprefix("__Host-authsms-"): cookie.value for cookie in held}

    def begin(self, name: str = "alice", password: str = PASSWORD, address: str = "/login/web") -> TestResponse:
        """Send user name and password."""
        return self.post(address, {"csrf_token": self.token(address), "user_name": name, "password": password})

    def reach_code(self, name: str = "alice", address: str = "/login/web") -> str:
        """Go as far as the code page and return its path."""
        return self.begin(name, address=address).location

    def sign_in(self, name: str = "alice", address: str = "/login/web") -> TestResponse:
        """Walk the whole way and return the answer to the last form."""
        path = self.reach_code(name, address)
        return self.post(path, {"csrf_token": self.token(path), "code": CODE})


@pytest.fixture
def app(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Flask]:
    """The portals over the twin."""
    with open_twin(instance, sqlite_database_url, clock, public_url=PUBLIC_URL) as opened:
        yield opened


@pytest.fixture
def logon(app: Flask) -> ScriptedLogon:
    """The twin."""
    twin: ScriptedLogon = app.extensions["authsms"].logon
    return twin


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody in front of a browser."""
    return Visitor(app.test_client())


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody else, elsewhere."""
    return Visitor(app.test_client())
