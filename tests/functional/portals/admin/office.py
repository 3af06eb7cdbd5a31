"""A whole installation seen by its administrators: real services, and a session for each role without a sign-in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from authsms.administration.rights import Role
from authsms.app import create_app
from authsms.foundation.clock import Clock
from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person
from authsms.logon.seed import ADMIN_EVENT
from authsms.logon.sessions import SessionDraft
from authsms.portals.admin.frame import AdminForm
from authsms.wiring import Services, assemble

Fields: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]
PASSWORD = "correct horse"
TWO_FACTORS = ("pwd", "otp", "sms")
"""What a password and a code by text leave in a session."""


@dataclass
class Clerk:
    """Somebody in front of the portal, JavaScript off.

    Attributes:
        client: His browser.
        home: The server's public address.
    """

    client: FlaskClient
    home: str

    def get(self, address: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(address, base_url=self.home, headers=headers, buffered=True)

    def post(self, address: str, fields: Fields = (), *, token: str | None = None, **headers: str) -> TestResponse:
        """Send a form as browsers do from our own page; a new *token* is made for this session when it is left out."""
        given = self._new_token() if token is None else token
        pairs = [*(fields.items() if isinstance(fields, Mapping) else fields or ())]
        data: dict[str, list[str]] = {"csrf_token": [given]}
        for name, value in pairs:
            data.setdefault(name, []).extend(value if isinstance(value, list) else [str(value)])
        sent = {"Origin": self.home, "Sec-Fetch-Site": "same-origin", **headers}
        return self.client.post(address, base_url=self.home, data=data, headers=sent, buffered=True)

    def upload(self, address: str, name: str, content: bytes, fields: Mapping[str, str] | None = None) -> TestResponse:
        """Send a form with a file."""
        data = {"csrf_token": self._new_token(), name: (BytesIO(content), "file"), **(fields or {})}
        headers = {"Origin": self.home, "Sec-Fetch-Site": "same-origin"}
        return self.client.post(address, base_url=self.home, data=data, headers=headers, buffered=True)

    def token(self, address: str = "/admin/") -> str:
        """Return the token in the first form of a page."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(address).text)
        return found[1] if found else ""

    def _new_token(self) -> str:
        """Return a new token such as every page holds for its forms; to ask for a page each time would be dear."""
        held = {one.key: one.value for one in (self.client._cookies or {}).values()}
        if not any(name.endswith("-session") for name in held):
            return self.token()
        cookies = "; ".join(f"{name}={value}" for name, value in held.items())
        with self.client.application.test_request_context(base_url=self.home, headers={"Cookie": cookies}):
            return str(AdminForm()["csrf_token"].current_token)


@dataclass
class Office:
    """An installation and its administrators."""

    app: Flask
    services: Services

    @property
    def home(self) -> str:
        """The server's public address."""
        return self.services.settings.public_url

    def person(self, login: str, phone: str = "+12025550142") -> Person:
        """Return a new person of the built-in repository."""
        people = LocalPeople(self.services.database, self.services.vault, self.services.clock)
        return people.create(PersonDraft(login, login.title(), (phone,), password=PASSWORD))  # type: ignore[arg-type]

    def session_token(
        self,
        person: Person,
        *,
        event: str = ADMIN_EVENT,
        methods: tuple[str, ...] = TWO_FACTORS,
    ) -> str:
        """Open a login session for *person* as a finished chain does, and return its token."""
        draft = SessionDraft(
            person.key, person.login, person.display_name, "", "LOCAL", person.groups, methods, "c", event, "", ""
        )
        with self.services.database.write() as session:
            return self.services.sessions.begin(session, draft)

    def visitor(self, token: str = "") -> Clerk:
        """Return somebody with a browser of his own, signed in when a token is given."""
        client = self.app.test_client()
        if token:
            for word, value in ((SESSION_COOKIE, token), ("browser", self.services.vault.new_token())):
                name = cookie_name(word, https=self.services.settings.is_https)
                client.set_cookie(name, value, domain=self.home.partition("//")[2].partition(":")[0])
        return Clerk(client, self.home)

    def clerk(self, *roles: Role, login: str = "") -> Clerk:
        """Return an administrator with these roles who has just signed in; a full one when none are given."""
        return self.visitor(self.session_token(self.administrator(*roles, login=login)))

    def administrator(self, *roles: Role, login: str = "") -> Person:
        """Return somebody with these roles; all of them when none are given."""
        wanted, administrators = roles or (Role.ADMINISTRATOR,), self.services.administrators
        name = login or "-".join(sorted(wanted))
        person = self.services.people.find(name) or self.person(name)
        if (person.key, frozenset(wanted)) not in {(one.person_key, one.roles) for one in administrators.all()}:
            administrators.grant(person, wanted)
        return person


def found_in(pattern: str, page: str) -> str:
    """Return the first group of *pattern* where it stands in *page*."""
    found = re.search(pattern, page)
    assert found is not None, f"{pattern} is not on the page"
    return found[1]


@contextmanager
def open_office(instance: Path, database: Database, clock: Clock, *, home: str, **settings: object) -> Iterator[Office]:
    """Open an installation on a database that has its tables."""
    values = {"instance": instance, "environment": "development", "public_url": home, **settings}
    values.setdefault("server", {"requests_per_minute": 100_000})
    loaded = Settings.model_validate(values)
    vault = Vault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    services = assemble(loaded, database, vault, clock)
    services.prepare()
    yield Office(create_app(loaded, services), services)
    services.people.close()


OVERDUE = timedelta(minutes=16)
"""Longer than a proof lasts."""
