"""A character that no database takes, through every door: it is refused there, in words, and nothing breaks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from pyrad.packet import AccessRequest, AuthPacket
from werkzeug.test import TestResponse

from authsms.foundation.db import Database
from authsms.logon.endpoint_sessions import proof
from authsms.logon.endpoints import Endpoint
from authsms.logon.kinds import EndpointKind
from authsms.protocols.radius.packets import Request, read_request
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Office, open_office
from tests.functional.protocols.rest.roster import API, NOTICE, Roster, open_roster
from tests.parts.postgresql import PostgreSQL

HOME = "http://127.0.0.1:5000"
NUL, HALF = "a\0b", "a\ud800b"
CALLBACK = "https://roster.example/"
SALT = "a salt of enough"


@dataclass
class Doors:
    """An installation, and an endpoint of each kind."""

    office: Office
    roster: Roster
    plug_in: tuple[Endpoint, str]
    site: Endpoint
    session: str

    def send(self, path: str, method: str = "POST", **options: Any) -> TestResponse:
        """Send a request."""
        return self.office.app.test_client().open(path, base_url=HOME, method=method, **options)

    def get(self, path: str, **query: str) -> TestResponse:
        """Open an address."""
        return self.send(path, "GET", query_string=query)

    def form(self, path: str, page: str, **fields: str) -> TestResponse:
        """Send the form of a page, as an administrator."""
        clerk = self.office.clerk()
        return clerk.post(path, fields, token=clerk.token(page))

    def rest(self, path: str, **body: object) -> TestResponse:
        """Ask to log somebody in."""
        return self.send(API + path, json=body, headers={"Authorization": f"Bearer {self.session}"})

    def oauth(self, path: str, **fields: str) -> TestResponse:
        """Post as an application that shows its secret."""
        return self.send(f"/oauth2/{path}", data=fields, auth=(self.roster.endpoint.id, self.roster.secret))

    def authorize(self, **changes: str) -> TestResponse:
        """Open the address where an application asks who somebody is."""
        right = {"client_id": self.roster.endpoint.id, "redirect_uri": CALLBACK, "response_type": "code"}
        proof_key = {"scope": "openid", "code_challenge": "a" * 43, "code_challenge_method": "S256"}
        return self.get("/oauth2/authorize", **{**right, **proof_key, **changes})

    def validate(self, agent: str = "", **fields: str) -> TestResponse:
        """Ask as a plug-in does."""
        endpoint, secret = self.plug_in
        headers = {"PI-Authorization": secret, "User-Agent": agent}
        body = {"user": "alice", "pass": "x", **fields}
        return self.send(f"/privacyidea/{endpoint.id}/validate/check", headers=headers, json=body)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL, _postgresql_tables: str) -> Iterator[Doors]:
    """One installation on PostgreSQL, which is the database that takes no zero."""
    postgresql.empty(_postgresql_tables)
    database = Database(postgresql.url(_postgresql_tables))
    with open_office(tmp_path_factory.mktemp("zero"), database, ManualClock(), home=HOME) as office:
        services = office.services
        office.person("alice")
        plug_in = services.endpoints.create("Gateway", event="web", kind=EndpointKind.VALIDATE)
        site, _ = services.endpoints.create(
            "Wiki", event="web", redirect_uris=("https://wiki.example",), kind=EndpointKind.FORWARD_AUTH
        )
        program, secret = services.endpoints.create("Program", event="web", kind=EndpointKind.REST)
        session = services.endpoint_sessions.open(program.id, SALT, proof(program.id, secret, SALT), "")
        yield Doors(office, open_roster(office), plug_in, site, session.token)
    database.dispose()


Door: TypeAlias = Callable[[Doors], TestResponse]
DOORS: dict[str, tuple[int, Door]] = {
    # A sign-in tells of an odd name or password what it tells of a wrong one.
    "login, address": (404, lambda doors: doors.get("/login/web", c=NUL)),
    "login, form": (303, lambda doors: doors.form("/login/web", "/login/web", user_name=NUL, password="x")),
    "login, password": (303, lambda doors: doors.form("/login/web", "/login/web", user_name="alice", password=NUL)),
    "admin, form": (400, lambda doors: doors.form("/admin/endpoints/new", "/admin/", name=NUL)),
    "rest, id": (404, lambda doors: doors.rest("/logon/a%00b/do_logon")),
    "rest, name": (400, lambda doors: doors.rest("/logon", user_name=NUL)),
    "rest, half a character": (400, lambda doors: doors.rest("/logon", user_name=HALF)),
    "rest, chain": (400, lambda doors: doors.rest("/logon", user_name="alice", chain=NUL)),
    "rest, event": (400, lambda doors: doors.rest("/logon", user_name="alice", event=NUL)),
    "rest, answer": (400, lambda doors: doors.rest(f"/logon/{'0' * 32}/do_logon", response={"answer": NUL})),
    "rest, salt": (
        400,
        lambda doors: doors.rest(f"/endpoints/{'0' * 32}/sessions", salt=NUL * 9, endpoint_secret_hash="0" * 64),
    ),
    "rest, query": (400, lambda doors: doors.roster.call("GET", "/contacts?user_name=a%00b")),
    "rest, notice": (404, lambda doors: doors.roster.call("GET", "/notices/a%00b")),
    "rest, recipients": (400, lambda doors: doors.roster.call("POST", "/notices", {**NOTICE, "user_names": [NUL]})),
    "authorize, client": (400, lambda doors: doors.authorize(client_id=NUL)),
    "authorize, state": (400, lambda doors: doors.authorize(state=NUL)),
    "authorize, hint": (400, lambda doors: doors.authorize(login_hint=NUL)),
    "authorize, name": (400, lambda doors: doors.authorize(**{NUL: "x"})),
    "authorize, form": (400, lambda doors: doors.send("/oauth2/authorize", data={"state": NUL})),
    "resume": (404, lambda doors: doors.get("/oauth2/resume/a%00b")),
    "logout": (400, lambda doors: doors.get("/oauth2/logout", state=NUL)),
    "logout, form": (400, lambda doors: doors.send("/oauth2/logout", data={"state": NUL})),
    "logout, confirmed": (400, lambda doors: doors.send("/oauth2/logout/confirm", data={"state": NUL})),
    "token, code": (400, lambda doors: doors.oauth("token", grant_type="authorization_code", code=NUL)),
    "token, client": (400, lambda doors: doors.send("/oauth2/token", data={"client_id": NUL, "client_secret": "x"})),
    "introspect": (400, lambda doors: doors.oauth("introspect", token=NUL)),
    "revoke": (400, lambda doors: doors.oauth("revoke", token=NUL)),
    "push": (400, lambda doors: doors.oauth("par", state=NUL)),
    "validate, name": (400, lambda doors: doors.validate(user=NUL)),
    "validate, half a character": (400, lambda doors: doors.validate(user=HALF)),
    "validate, name encoded twice": (400, lambda doors: doors.validate("FreeRADIUS", user="a%00b")),
    "validate, password": (400, lambda doors: doors.validate(**{"pass": NUL})),
    "validate, transaction": (400, lambda doors: doors.validate(transaction_id=NUL)),
    "validate, id": (401, lambda doors: doors.send("/privacyidea/a%00b/validate/check", data={"user": "x"})),
    "forward-auth, id": (404, lambda doors: doors.get("/forward-auth/a%00b")),
    # What can be no ticket is none, and what can be no path is written with percent signs: both lead on.
    "forward-auth, ticket": (303, lambda doors: doors.get(f"/forward-auth/{doors.site.id}/site/callback", ticket=NUL)),
    "forward-auth, path": (303, lambda doors: doors.get(f"/forward-auth/{doors.site.id}/site/start", to=f"/{NUL}")),
    "webhook, name": (404, lambda doors: doors.get("/webhooks/a%00b/token")),
    "webhook, token": (404, lambda doors: doors.get("/webhooks/a/token%00")),
    "webhook, fixed": (404, lambda doors: doors.get("/response/a%00b")),
}


@pytest.mark.parametrize("door", DOORS)
def test_what_no_database_takes_is_refused(doors: Doors, door: str):
    """Not as a fault of the server, which would wake somebody up."""
    expected, ask = DOORS[door]

    assert ask(doors).status_code == expected


def test_an_application_reads_of_it_what_it_understands(doors: Doors):
    """In the words of OAuth."""
    answer = doors.oauth("token", grant_type="authorization_code", code=NUL)

    assert answer.json is not None
    assert answer.json["error"] == "invalid_request"


def test_a_device_that_sends_it_has_sent_no_name():
    """It is answered like a name that is no text."""
    packet = AuthPacket(AccessRequest, secret=b"secret")
    packet[1] = [NUL.encode()]
    request = read_request(packet.RequestPacket(), b"secret", must_sign=False)

    assert isinstance(request, Request)
    assert request.user_name is None
