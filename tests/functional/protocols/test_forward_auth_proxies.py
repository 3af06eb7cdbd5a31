"""The configurations of the manual in real proxies, in front of a real site, over https."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import delete

from authsms.logon.kinds import EndpointKind
from authsms.logon.models import EndpointRow
from tests.functional.protocols.house import ALICE, Browser, House
from tests.functional.protocols.sites import run_echo
from tests.parts.certificates import Authority
from tests.parts.manual import section
from tests.parts.processes import HOST, free_port
from tests.parts.reverse_proxies import run_caddy, run_nginx

SECTION = section("Sites that know nothing of logins")
RUN: dict[str, Callable[[str, int], AbstractContextManager[None]]] = {"nginx": run_nginx, "caddy": run_caddy}


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

    def sign_in(self) -> None:
        """Give the browser a login session at authsms itself."""
        browser = Browser(self.house)
        browser.sign_in()
        self.http.cookies.update(browser.http.cookies)


@pytest.fixture(params=["nginx", "caddy"])
def guarded(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> Iterator[Guarded]:
    """The site behind the proxy of the manual, with nothing changed but names, ports and files."""
    authority, port = Authority(tmp_path), free_port()
    files = authority.issue("site", HOST)
    origin = f"https://{HOST}:{port}"
    endpoint, _ = house.endpoints.create("Wiki", event="web", redirect_uris=(origin,), kind=EndpointKind.FORWARD_AUTH)
    (text,) = re.findall(rf"^```{request.param}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    with run_echo() as site:
        here = {
            "127.0.0.1:8080": house.settings.public_url.removeprefix("http://"),
            "127.0.0.1:3000": f"{HOST}:{site}",
            "login.example.com": house.settings.public_url.removeprefix("http://"),
            "ENDPOINT": endpoint.id,
            "listen 443 ssl http2": f"listen {HOST}:{port} ssl http2",
            "wiki.example.com {\n": f"{origin} {{\n\ttls {files.certificate} {files.key}\n",
            "/etc/ssl/wiki.example.com.pem": str(files.certificate),
            "/etc/ssl/private/wiki.example.com.key": str(files.key),
        }
        for old, new in here.items():
            text = text.replace(old, new)
        with RUN[request.param](text, port):
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
    page = guarded.open("/deep/page?a=1&b=%2F&to=x")
    guarded.sign_in()
    entered = guarded.open("/deep/page?a=1&b=%2F&to=x")
    again = guarded.open("/other")
    guarded.house.sessions.end_all(ALICE.key)
    signed_out = guarded.http.get(f"{guarded.origin}/other", allow_redirects=False, timeout=20)

    assert page.url.startswith(f"{guarded.house.settings.public_url}/login/web?c=")
    assert entered.url == f"{guarded.origin}/deep/page?a=1&b=%2F&to=x"
    assert entered.json()["path"] == "/deep/page?a=1&b=%2F&to=x"
    assert told(entered) == told(again)
    assert told(again) == {
        "Remote-User": "alice",
        "Remote-Name": "Alice Example",
        "Remote-Email": "alice@example.test",
        "Remote-Groups": "admins,staff",
    }
    assert (302, f"{guarded.origin}/.authsms/start?to=%2Fother") == (
        signed_out.status_code,
        signed_out.headers["Location"],
    )


def test_nobody_says_himself_who_he_is(guarded):
    """Neither before a login nor after it, nor in another spelling."""
    claims = {"Remote__User": "root", "Remote__Groups": "admins", "REMOTE_USER": "root", "Remote_Groups": "admins"}
    before = guarded.open("/", **claims)
    guarded.sign_in()
    after = guarded.open("/", **claims)

    assert before.url.startswith(guarded.house.settings.public_url)
    assert told(after)["Remote-User"] == "alice"
    assert not set(told(after).values()) & {"root", "admins"}
    assert len(told(after)) == 4


def test_a_site_without_authsms_is_closed(guarded):
    """Whatever goes wrong at the check, nobody comes in."""
    guarded.sign_in()
    assert guarded.open("/").status_code == 200
    with guarded.house.database.write() as session:
        session.execute(delete(EndpointRow))

    assert guarded.open("/").status_code in {404, 500}
