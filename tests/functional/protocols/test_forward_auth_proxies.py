"""The configurations of the manual in real proxies, in front of a real site, over https."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import delete

from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.logon.kinds import EndpointKind
from authsms.logon.models import EndpointRow
from tests.functional.protocols.guards import PROXIES, Guard, run_guards
from tests.functional.protocols.house import ALICE, Browser, House
from tests.functional.protocols.sites import run_echo
from tests.parts.certificates import Authority
from tests.parts.processes import HOST, free_port

DEEP = "/deep/page?a=1&b=%2F&to=x&answer=401"
"""Its parameters are the site's own, whatever they mean to authsms."""


@dataclass
class Guarded:
    """A site behind a real proxy, and a browser that follows redirects."""

    house: House
    origin: str
    http: requests.Session = field(default_factory=requests.Session)

    def open(self, path: str = "/", **headers: str) -> requests.Response:
        """Open a page and follow wherever it leads."""
        sent = {name.replace("__", "-"): value for name, value in headers.items()}
        return self.http.get(self.origin + path, headers=sent, timeout=20)

    def forget(self) -> None:
        """Lose what the site itself has given."""
        kept = [cookie for cookie in self.http.cookies if cookie.name == cookie_name(SESSION_COOKIE, https=False)]
        self.http.cookies.clear()
        for cookie in kept:
            self.http.cookies.set_cookie(cookie)

    def sign_in(self, **details: Any) -> None:
        """Give the browser a login session at authsms itself."""
        browser = Browser(self.house)
        browser.sign_in(**details)
        self.http.cookies.update(browser.http.cookies)


@pytest.fixture(params=PROXIES)
def guarded(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> Iterator[Guarded]:
    """The site behind the proxy of the manual."""
    authority, origin = Authority(tmp_path), f"https://{HOST}:{free_port()}"
    files = authority.issue("site", HOST)
    endpoint, _ = house.endpoints.create("Wiki", event="web", redirect_uris=(origin,), kind=EndpointKind.FORWARD_AUTH)
    with run_echo() as site:
        guard = Guard(origin, endpoint.id, site, house.settings.public_url.removeprefix("http://"))
        with run_guards(request.param, [guard], files):
            made = Guarded(house, origin)
            made.http.trust_env = False
            made.http.verify = str(authority.file)
            yield made
            made.http.close()


def told(answer: requests.Response) -> dict[str, str]:
    """Return the headers about a person that reached the site."""
    return {name: value for name, value in answer.json()["headers"] if name.lower().startswith("remote")}


def test_the_site_is_guarded(guarded):
    """A stranger sees the login page; after it he is where he wanted to be, and the site knows who he is."""
    page = guarded.open(DEEP)
    guarded.sign_in()
    entered = guarded.open(DEEP)
    again = guarded.open("/other")
    guarded.house.sessions.end_all(ALICE.key)
    signed_out = guarded.http.get(f"{guarded.origin}/other", allow_redirects=False, timeout=20)

    assert page.url.startswith(f"{guarded.house.settings.public_url}/login/web?c=")
    assert entered.url == f"{guarded.origin}{DEEP}"
    assert entered.json()["path"] == DEEP
    assert told(entered) == told(again)
    assert told(again) == {
        "Remote-User": "alice",
        "Remote-Name": "Alice Example",
        "Remote-Email": "alice@example.test",
        "Remote-Groups": "admins,staff",
    }
    assert (302, f"{guarded.origin}/.authsms/start?to=/other") == (
        signed_out.status_code,
        signed_out.headers["Location"],
    )


def test_nobody_says_himself_who_he_is(guarded):
    """Neither before a login nor after it, nor in a spelling that PHP and others read as the right one."""
    claims = dict.fromkeys(("Remote__User", "Remote__Groups", *(f"REMOTE{sign}USER" for sign in "_.!~+")), "root")
    before = guarded.open("/", **claims)
    guarded.sign_in()
    after = guarded.open("/", **claims)

    assert before.url.startswith(guarded.house.settings.public_url)
    assert told(after)["Remote-User"] == "alice"
    assert "root" not in told(after).values()
    assert len(told(after)) == 4


def test_a_websocket_is_asked_about_like_a_page(guarded):
    """Nor does a visitor become nobody by naming our headers in ``Connection``: a proxy drops what stands there."""
    wish = {"Connection": "Upgrade, remote-User, Remote-Groups", "Upgrade": "websocket"}
    refused = guarded.http.get(f"{guarded.origin}/live", headers=wish, allow_redirects=False, timeout=20)
    guarded.sign_in()
    guarded.open("/")
    answer = guarded.open("/live", **wish)

    assert refused.status_code == 302
    assert told(answer)["Remote-User"] == "alice"
    assert told(answer)["Remote-Groups"] == "admins,staff"


def test_long_answers_come_through(guarded):
    """All headers of one must fit into the 4 KiB that nginx keeps for them, or there is an error page instead.

    Addresses stand in them encoded and sealed; one that is too long for that leads to the first page.
    """
    groups = frozenset(f"group-{number:04d}" for number in range(2000))
    guarded.sign_in(person=replace(ALICE, display_name="\u5f20" * 100, groups=groups))
    wanted = ["/" + "x" * 1799, "/?" + "&a=%20" * 250, "/" + "x" * 3500, "/?" + "&" * 1500]
    opened = []
    for path in wanted:
        opened.append(guarded.open(path))
        guarded.forget()

    assert [(200, guarded.origin + path) for path in (*wanted[:2], "/", "/")] == [
        (answer.status_code, answer.url) for answer in opened
    ]
    assert len(told(opened[0])["Remote-Groups"]) > 1000


def test_a_site_without_authsms_is_closed(guarded):
    """Whatever goes wrong at the check, nobody comes in."""
    guarded.sign_in()
    assert guarded.open("/").status_code == 200
    with guarded.house.database.write() as session:
        session.execute(delete(EndpointRow))

    assert guarded.open("/").status_code in {404, 500}
