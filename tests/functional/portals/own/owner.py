"""Somebody who looks after his own account, over real services."""

import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from itertools import count

import pyotp
from werkzeug.test import TestResponse

from authsms.audit import AuditTag
from authsms.foundation.clock import Clock
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person
from authsms.logon.holder import Holder
from authsms.logon.machine import Status
from authsms.logon.steps import Client
from tests.functional.portals.admin.office import PASSWORD, TWO_FACTORS, Clerk, Office

HOME = "http://127.0.0.1:8080"
METHODS = "/account/methods"
APP = "/account/methods/app"
CODES = "/account/methods/codes"
HERE = Client(address="192.0.2.7")
STALE = timedelta(minutes=6)
_numbers = count(1)


@dataclass
class Owner:
    """A person, his browser, and what he sees."""

    office: Office
    clock: Clock
    person: Person
    browser: Clerk

    def get(self, address: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.browser.get(address, **headers)

    def post(self, address: str, page: str = "/sessions", **fields: str) -> TestResponse:
        """Send a form that stands on a page."""
        return self.browser.post(address, fields, token=self.browser.token(page))

    def told(self, page: str = METHODS) -> str:
        """Return the notice at the top of a page."""
        found = re.search(r'id="announcement">.*?<span>(.*?)</span>', self.get(page).text, re.DOTALL)
        return unescape(found[1]) if found else ""

    def draw(self) -> pyotp.TOTP:
        """Go as far as the picture; return the app that has scanned it."""
        self.post(APP, APP)
        address = re.search(r'href="(otpauth://[^"]+)"', self.get(APP).text)
        assert address is not None
        return pyotp.parse_uri(unescape(address[1]))  # type: ignore[return-value]

    def set_up(self) -> pyotp.TOTP:
        """Set up an app."""
        app = self.draw()
        self.confirm(self.code(app))
        return app

    def confirm(self, code: str) -> TestResponse:
        """Type the first code."""
        return self.post(f"{APP}/confirm", APP, code=code)

    def code(self, app: pyotp.TOTP, later: timedelta = timedelta()) -> str:
        """Return what the app shows."""
        return app.at(self.clock.now() + later)

    def wrong(self, app: pyotp.TOTP) -> str:
        """Return a code that the app will show much later."""
        return self.code(app, timedelta(minutes=20))

    def return_later(self) -> None:
        """Sign in again, in a browser without history."""
        self.browser = self.office.visitor(self.office.session_token(self.person, event="web"))

    def try_sign_in(self, chain: str, code: str) -> Status:
        """Walk a login by password and another method; return how it ended."""
        logon = self.office.services.logon
        step = logon.begin("web", f"LOCAL\\{self.person.login}", HERE, response={"password": PASSWORD})
        step = logon.choose(step.ticket, chain, HERE)
        return logon.answer(step.ticket, {"code": code}, HERE).status

    def failures(self, method: str) -> int:
        """Return how many codes in a row were wrong."""
        services = self.office.services
        with services.database.read() as session:
            return services.challenges.failures.standing(session, self.person.key, method).failures

    def holder(self) -> Holder:
        """Return him as the services know him."""
        return Holder(self.person.key, self.person.login, "web", "", timedelta(0), is_two_factors=True)

    def tags(self) -> list[AuditTag]:
        """Return what the audit trail says of him, oldest first."""
        return [one.entry.tag for one in reversed(self.office.services.audit.search(user=self.person.key))]


def owner(
    office: Office,
    clock: Clock,
    *,
    phones: tuple[PhoneNumber, ...] = (PhoneNumber("+12025550142"),),
    methods: tuple[str, ...] = TWO_FACTORS,
    event: str = "web",
) -> Owner:
    """Return somebody new who has just signed in."""
    services = office.services
    people = LocalPeople(services.database, services.vault, services.clock)
    login = f"owner{next(_numbers)}"
    person = people.create(PersonDraft(login, login.title(), phones, password=PASSWORD))
    browser = office.visitor(office.session_token(person, event=event, methods=methods))
    return Owner(office, clock, person, browser)
