"""Endpoints are told that a login session was ended: from a row, by the delivery process, until they have heard it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from sqlalchemy import func, select, update

from authsms.audit import AuditTag
from authsms.foundation.errors import InvalidInputError
from authsms.logon.models import EndpointRow
from authsms.logon.oidc_profile import OidcProfile
from authsms.protocols.oidc.identity_tokens import Names
from authsms.protocols.oidc.logout_delivery import LogoutCourier
from authsms.protocols.oidc.logout_notices import WAITS
from authsms.protocols.oidc.models import LogoutNoticeRow
from authsms.senders.http import HttpGuard
from tests.functional.protocols.house import ALICE, CALLBACK, Application, Browser, House, on_each_database

EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Listener:
    """An application's own server; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.heard.append(parse_qs(body)["logout_token"][0])
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.place = f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server that hears logout tokens."""
    opened = Listener()
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


@pytest.fixture
def app(house: House, browser: Browser, listener: Listener) -> Application:
    """An application that wants to know, with a person who has signed in to it."""
    return register(house, browser, "Told", f"http://{listener.place}/bye")


def register(house: House, browser: Browser, name: str, address: str) -> Application:
    """Return an application with an address for logouts, to which a person has signed in."""
    profile = OidcProfile(backchannel_uri=address)
    app = Application(browser, *house.endpoints.create(name, event="web", redirect_uris=(CALLBACK,), oidc=profile))
    browser.sign_in()
    app.redeem(app.code())
    return app


def courier(house: House, *allowed: str) -> LogoutCourier:
    """Return what the periodic task calls."""
    client = HttpGuard(allowed).client()
    names = Names(house.vault, house.settings.public_url)
    return LogoutCourier(house.logout_notices, house.endpoints, house.signing_keys, names, house.clock, client)


def waiting(house: House) -> int:
    """Return how many notices there are."""
    with house.database.read() as session:
        return session.scalar(select(func.count()).select_from(LogoutNoticeRow)) or 0


def _sign_out(house: House) -> None:
    (present,) = house.sessions.list(ALICE.key)
    house.sessions.end(present.id, ALICE.key, endpoint="any")


@on_each_database
@pytest.mark.parametrize("end", [lambda house: house.sessions.end_all(ALICE.key), _sign_out], ids=["all", "sign-out"])
def test_an_endpoint_hears_which_session_has_ended(
    house: House, listener: Listener, app: Application, end: Callable[[House], None]
) -> None:
    """A signed token of its own kind, with the ``sid`` of its ID token and without a nonce; heard once."""
    id_token = app.redeem(app.code()).json()["id_token"]
    end(house)
    work = courier(house, listener.place)
    counts = (work.deliver(), work.deliver())
    keys = house.signing_keys.verification_set()
    (told,) = listener.heard
    logout, login = (jwt.decode(one, keys, algorithms=["ES256"]) for one in (told, id_token))
    now = int(house.clock.now().timestamp())

    assert (counts, waiting(house)) == ((1, 0), 0)
    assert (logout.header["typ"], "kid" in logout.header) == ("logout+jwt", True)
    assert {"iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"} == set(logout.claims)
    assert {name: logout.claims[name] for name in ("iss", "aud", "sub", "sid")} == {
        name: login.claims[name] for name in ("iss", "aud", "sub", "sid")
    }
    assert (logout.claims["events"], logout.claims["iat"], logout.claims["exp"]) == ({EVENT: {}}, now, now + 120)


@on_each_database
def test_nobody_hears_of_what_is_not_his(house: House, browser: Browser, listener: Listener, app, application) -> None:
    """Not an application without an address, nor one the person was never signed in to, nor one of another session."""
    register(house, browser, "Elsewhere", f"http://{listener.place}/else")
    application.redeem(application.code())
    first = house.sessions.list(ALICE.key)[-1]
    house.sessions.end(first.id, ALICE.key)
    courier(house, listener.place).deliver()

    assert [app.endpoint.id] == [
        jwt.decode(one, house.signing_keys.verification_set(), algorithms=["ES256"]).claims["aud"]
        for one in listener.heard
    ]


@on_each_database
def test_one_that_fails_is_tried_again_and_then_given_up(house: House, listener: Listener, app: Application) -> None:
    """Not faster than every half minute, and not for ever; who missed it is written down. No redirect is followed."""
    listener.status = 307
    house.sessions.end_all(ALICE.key)
    work = courier(house, listener.place)
    for pause in WAITS:
        work.deliver()
        work.deliver()
        house.clock.advance(pause)
    work.deliver()

    assert (len(listener.heard), waiting(house)) == (len(WAITS), 0)
    (entry,) = (view.entry for view in house.audit.search() if view.entry.tag is AuditTag.LOGOUT_UNHEARD)
    assert (entry.endpoint, entry.details["reason"]) == (app.endpoint.id, "status 307")


@on_each_database
def test_a_refusal_is_final_and_an_address_that_went_away_is_forgotten(
    house: House, listener: Listener, app: Application
) -> None:
    """400 means that the endpoint does not want this token (section 2.8)."""
    listener.status = 400
    house.sessions.end_all(ALICE.key)
    work = courier(house, listener.place)
    work.deliver()
    after_refusal = waiting(house)
    app.browser.sign_in()
    app.redeem(app.code())
    house.sessions.end_all(ALICE.key)
    with house.database.write() as session:
        session.execute(update(EndpointRow).values(backchannel_uri=""))
    work.deliver()

    assert (after_refusal, waiting(house), len(listener.heard)) == (0, 0, 1)


def test_a_private_address_is_not_called_and_keeps_nobody_waiting(
    house: House, browser: Browser, listener: Listener, app: Application
) -> None:
    """It goes out the guarded way: only what is listed under ``network.allowed``."""
    register(house, browser, "Inside", "http://127.0.0.1:1/metadata")
    house.sessions.end_all(ALICE.key)
    courier(house, listener.place).deliver()
    listed = len(listener.heard)
    courier(house).deliver()

    assert (listed, len(listener.heard), waiting(house)) == (1, 1, 1)


@pytest.mark.parametrize("address", ["http://app.example/", "https://u:p@app.example/", "https://app.example/#x", "x"])
def test_an_address_must_be_fit(house: House, address: str) -> None:
    """Whole, https, and without secrets."""
    with pytest.raises(InvalidInputError):
        house.endpoints.create("Odd", event="web", oidc=OidcProfile(backchannel_uri=address))
