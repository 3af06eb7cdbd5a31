"""Refresh tokens: rotated at every use, dead for good after a second one, and never better than the sign-in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from sqlalchemy import delete, select, update

from authsms.audit import AuditTag
from authsms.foundation.errors import DirectoryUnavailableError
from authsms.logon.models import EndpointRow, EventRow
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.protocols.oidc.families import UNUSED_LIFETIME
from authsms.protocols.oidc.models import RefreshTokenRow, TokenFamilyRow
from tests.functional.protocols.house import ALICE, CALLBACK, Application, Browser, House, KnownPeople, on_each_database
from tests.functional.protocols.patience import patiently

pytestmark = on_each_database
OFFLINE = "openid profile groups offline_access"
REFRESHING = OidcProfile(options=frozenset({OidcOption.REFRESH_TOKENS}))


def register(house: House, browser: Browser, name: str, profile: OidcProfile = REFRESHING) -> Application:
    """Return an application that may have refresh tokens."""
    return Application(browser, *house.endpoints.create(name, event="web", redirect_uris=(CALLBACK,), oidc=profile))


@pytest.fixture
def app(house: House, browser: Browser) -> Application:
    """An application that may have refresh tokens, and a browser that is signed in."""
    browser.sign_in()
    return register(house, browser, "Refreshing")


def begin(app: Application, **changes: str) -> dict:
    """Return the tokens of a sign-in with ``offline_access``."""
    return dict(app.redeem(app.code(scope=OFFLINE), **changes).json())


def refresh(app: Application, token: str, **changes: str | None) -> requests.Response:
    """Ask for new tokens."""
    fields = {"grant_type": "refresh_token", "refresh_token": token, "code_verifier": None, "redirect_uri": None}
    return app.redeem("", **{**fields, "code": None, **changes})


def test_a_refresh_token_gives_new_tokens_and_itself_anew(app: Application) -> None:
    """The old access token lives on until it expires; the old refresh token is used up."""
    first = begin(app)
    response = refresh(app, first["refresh_token"])
    second = response.json()

    assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"])
    assert {"access_token", "token_type", "expires_in", "refresh_token", "scope"} == set(second)
    assert second["scope"] == OFFLINE
    assert len({first["access_token"], first["refresh_token"], second["access_token"], second["refresh_token"]}) == 4
    assert app.userinfo(second["access_token"]).json() == app.userinfo(first["access_token"]).json()
    assert refresh(app, second["refresh_token"]).status_code == 200


def test_authlibs_client_refreshes(app: Application) -> None:
    """The library most applications here will use."""
    client = OAuth2Session(app.endpoint.id, app.secret)
    client.trust_env = False
    again = client.refresh_token(f"{app.browser.base}/oauth2/token", refresh_token=begin(app)["refresh_token"])
    known = client.introspect_token(f"{app.browser.base}/oauth2/introspect", token=again["refresh_token"]).json()

    assert (True, OFFLINE) == (known["active"], known["scope"])
    assert "token_type" not in known


def test_there_is_none_without_scope_and_permission(application: Application, app: Application) -> None:
    """Off by default, and only for who asks; unknown scopes are neither told back nor stored."""
    not_asked = app.redeem(app.code(scope="openid profile" + " x" * 500)).json()
    not_allowed = application.redeem(application.code(scope=OFFLINE)).json()

    assert "openid profile" == not_asked["scope"]
    assert "refresh_token" not in not_asked
    assert "refresh_token" not in not_allowed
    assert "offline_access" not in not_allowed["scope"]


def test_a_second_use_ends_everything_from_that_sign_in(house: House, app: Application) -> None:
    """One of the two was a thief (RFC 9700 section 4.14.2), also when it is the newest token that is shown next."""
    first = begin(app)
    second = refresh(app, first["refresh_token"]).json()
    other = begin(app)
    replay = refresh(app, first["refresh_token"])

    assert (400, "invalid_grant") == (replay.status_code, replay.json()["error"])
    assert refresh(app, second["refresh_token"]).json()["error"] == "invalid_grant"
    assert [401, 401] == [app.userinfo(one["access_token"]).status_code for one in (first, second)]
    assert refresh(app, other["refresh_token"]).status_code == 200
    assert AuditTag.TOKEN_REVOKED in {view.entry.tag for view in house.audit.search()}


def test_of_many_at_once_one_succeeds_and_the_line_ends(app: Application) -> None:
    """ATK-61 and Keycloak's CVE-2026-1035: no race gives two lines, and there is no grace."""
    token = begin(app)["refresh_token"]
    with ThreadPoolExecutor(12) as pool:
        responses = list(pool.map(lambda _: patiently(lambda: refresh(app, token)), range(12)))
    given = [response.json() for response in responses if response.status_code == 200]

    assert len(given) == 1
    assert {"invalid_grant"} == {one.json()["error"] for one in responses if one.status_code != 200}
    assert refresh(app, given[0]["refresh_token"]).status_code == 400
    assert app.userinfo(given[0]["access_token"]).status_code == 401


def test_a_code_shown_again_ends_the_line_too(app: Application) -> None:
    """It began with that code."""
    code = app.code(scope=OFFLINE)
    token = app.redeem(code).json()["refresh_token"]
    app.redeem(code)

    assert refresh(app, token).status_code == 400


def test_another_endpoint_cannot_use_it(house: House, browser: Browser, app: Application) -> None:
    """And that does no harm to its owner."""
    token = begin(app)["refresh_token"]
    other = register(house, browser, "Other")

    assert refresh(other, token).json()["error"] == "invalid_grant"
    assert refresh(app, "made-up").json()["error"] == "invalid_grant"
    assert refresh(app, token, client_id=app.endpoint.id, client_secret="wrong").status_code == 401
    assert refresh(app, token).status_code == 200


def test_scopes_can_shrink_but_not_grow(app: Application) -> None:
    """RFC 6749 section 6."""
    token = begin(app)["refresh_token"]

    assert refresh(app, token, scope="openid email").json()["error"] == "invalid_scope"
    smaller = refresh(app, token, scope="openid").json()
    assert set(app.userinfo(smaller["access_token"]).json()) == {"sub"}
    assert refresh(app, smaller["refresh_token"]).json()["scope"] == OFFLINE


def test_it_outlives_the_session_but_not_its_own_end(house: House, browser: Browser, app: Application) -> None:
    """The line ends thirty days after the sign-in, however much it is used."""
    tokens = begin(app)
    house.clock.advance(timedelta(hours=13))
    assert app.userinfo(tokens["access_token"]).status_code == 401
    for _ in range(3):
        answered = refresh(app, tokens["refresh_token"])
        assert answered.status_code == 200
        tokens = answered.json()
        assert app.userinfo(tokens["access_token"]).status_code == 200
        house.clock.advance(timedelta(days=9))
    house.clock.advance(timedelta(days=2, hours=10, minutes=30))
    last = refresh(app, tokens["refresh_token"]).json()
    assert last["expires_in"] == 1800
    house.clock.advance(timedelta(minutes=31))

    assert refresh(app, last["refresh_token"]).status_code == 400
    assert app.userinfo(last["access_token"]).status_code == 401


def test_one_that_nobody_used_for_two_weeks_is_dead(house: House, app: Application) -> None:
    """RFC 9700 section 4.14.2."""
    tokens = begin(app)
    house.clock.advance(UNUSED_LIFETIME)

    assert refresh(app, tokens["refresh_token"]).status_code == 400


def _end_all(house: House) -> None:
    house.sessions.end_all(ALICE.key)


def _end_that_one(house: House) -> None:
    house.sessions.end(house.sessions.list(ALICE.key)[0].id, ALICE.key)


def _end_others(house: House) -> None:
    house.sessions.end_others(ALICE.key, keep="another")


@pytest.mark.parametrize("end", [_end_all, _end_that_one, _end_others])
def test_ending_the_session_from_elsewhere_ends_it(
    house: House, app: Application, end: Callable[[House], None]
) -> None:
    """An administrator, or the person in the list of sessions."""
    first = begin(app)
    second = refresh(app, first["refresh_token"]).json()
    end(house)

    assert refresh(app, second["refresh_token"]).status_code == 400
    assert app.userinfo(second["access_token"]).status_code == 401


def test_ending_all_sessions_also_ends_what_outlived_its_own(house: House, app: Application) -> None:
    """The session has run out, and been forgotten, long before somebody is signed out everywhere."""
    tokens = begin(app)
    house.clock.advance(timedelta(days=3))
    house.sessions.purge()
    house.sessions.end_all(ALICE.key)

    assert refresh(app, tokens["refresh_token"]).status_code == 400


def test_signing_out_in_the_browser_leaves_it(browser: Browser, house: House, app: Application) -> None:
    """That is what ``offline_access`` is for; somebody else's end does not matter either."""
    tokens = begin(app)
    house.sessions.end_all("LOCAL:somebody-else")
    browser.get("/oauth2/logout?id_token_hint=" + tokens["id_token"])

    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert refresh(app, tokens["refresh_token"]).status_code == 200


def _block(house: House) -> None:
    with house.database.write() as session:
        house.blocks.add(session, ALICE.key, "alice", reason="lost phone", by="admin")


def _disable(house: House) -> None:
    house.people._people[ALICE.key] = replace(ALICE, enabled=False)


def _remove(house: House) -> None:
    house.people._people = KnownPeople()._people


def _forbid(house: House) -> None:
    with house.database.write() as session:
        session.execute(update(EndpointRow).values(options=[]))


def _close_event(house: House) -> None:
    with house.database.write() as session:
        session.execute(update(EventRow).values(endpoints=["0" * 32]))


def _remove_endpoint(house: House) -> None:
    with house.database.write() as session:
        session.execute(delete(EndpointRow))


@pytest.mark.parametrize("change", [_block, _disable, _remove, _forbid, _close_event, _remove_endpoint])
def test_what_an_administrator_takes_away_counts_at_once(
    house: House, app: Application, change: Callable[[House], None]
) -> None:
    """A blocked, disabled or removed person; an endpoint that may not any more."""
    token = begin(app)["refresh_token"]
    change(house)

    assert refresh(app, token).status_code in {400, 401}


def test_a_directory_that_is_away_uses_nothing_up(house: House, app: Application) -> None:
    """The application tries again later."""
    token = begin(app)["refresh_token"]
    house.people.trouble = DirectoryUnavailableError("away")
    away = refresh(app, token)
    house.people.trouble = None

    assert away.status_code == 503
    assert refresh(app, token).status_code == 200


def test_a_public_application_may_have_them(house: House, browser: Browser) -> None:
    """Rotation binds them (RFC 9700 section 2.2.2)."""
    browser.sign_in()
    app = register(house, browser, "Phone", replace(REFRESHING, is_public=True))
    tokens = begin(app, client_id=app.endpoint.id)
    second = refresh(app, tokens["refresh_token"], client_id=app.endpoint.id).json()

    assert refresh(app, tokens["refresh_token"], client_id=app.endpoint.id).status_code == 400
    assert refresh(app, second["refresh_token"], client_id=app.endpoint.id).status_code == 400


def test_revoking_one_ends_its_line(app: Application) -> None:
    """RFC 7009 section 2.1."""
    first = begin(app)
    second = refresh(app, first["refresh_token"]).json()
    login = {"client_id": app.endpoint.id, "client_secret": app.secret}
    app.browser.post("/oauth2/revoke", {"token": second["refresh_token"], **login})

    assert refresh(app, second["refresh_token"]).status_code == 400
    assert app.userinfo(second["access_token"]).status_code == 401


def test_only_hashes_are_kept_and_only_as_long_as_needed(house: House, app: Application) -> None:
    """Used ones stay as long as their line, so that a second use is noticed."""
    first = begin(app)
    second = refresh(app, first["refresh_token"]).json()
    with house.database.read() as session:
        rows = [*session.scalars(select(RefreshTokenRow)), *session.scalars(select(TokenFamilyRow))]
        kept = " ".join(str(vars(row)) for row in rows)
    early = house.refresh_tokens.purge()
    house.clock.advance(timedelta(days=32))

    assert first["refresh_token"] not in kept
    assert second["refresh_token"] not in kept
    assert (0, 2, 0) == (early, house.refresh_tokens.purge(), house.refresh_tokens.purge())
