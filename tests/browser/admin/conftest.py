"""The administrators' portal in a real browser."""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from authsms.administration.rights import Role
from authsms.foundation.clock import SystemClock
from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.db import Database
from tests.browser.profiles import LAPTOP, Profile, Profiles
from tests.functional.portals.admin.office import Clerk, Office, open_office
from tests.parts.browser import accessibility_findings, fetch_axe, serve_axe

LOOKS: dict[str, dict[str, Any]] = {
    "light": LAPTOP,
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
    "zoomed": {"color_scheme": "light", "viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}
"""Ways to look at a page; 200 % of a small laptop is half of its width."""

_CHECKED = ("light", "phone")
"""Both colours and both widths, each once; the width at 200 % is looked at besides."""


_PAGES = (200, 400)
"""Statuses of a page that is meant to be looked at; 400 is that of a form with something wrong in it."""

_NEXT_PICTURE = "new Promise(requestAnimationFrame)"
"""Until then a script of the page may not have heard of the other colours."""


@dataclass
class Desk:
    """An installation on a socket, and what browsers complained of."""

    office: Office
    url: str
    profiles: Profiles
    complaints: list[str] = field(default_factory=list)
    lent: list[Profile] = field(default_factory=list)

    def open(self, *roles: Role, look: str = "light", **options: Any) -> Page:
        """Return a page in an empty profile in which an administrator with these roles is signed in."""
        return self.seat(self.office.clerk(*roles), **{**LOOKS[look], **options})

    def seat(self, clerk: Clerk, **options: Any) -> Page:
        """Return a page in an empty profile in which somebody goes on who has signed in elsewhere."""
        profile = self.profiles.lend(self.complaints, self.url, **{**LAPTOP, **options})
        self.lent.append(profile)
        name = cookie_name(SESSION_COOKIE, https=False)
        held = next(cookie for cookie in (clerk.client._cookies or {}).values() if cookie.key == name)
        profile.page.context.add_cookies([{"name": name, "value": held.value, "url": self.url}])
        return profile.page

    def close(self, page: Page) -> None:
        """Give the profile of a page back."""
        (profile,) = (one for one in self.lent if one.page is page)
        self.lent.remove(profile)
        self.profiles.take_back(profile)


@pytest.fixture
def desk(profiles: Profiles, instance: Path, sqlite_database_url: str) -> Iterator[Desk]:
    """A running installation whose delivery process does not run."""
    with open_desk(profiles, instance, sqlite_database_url) as opened:
        yield opened


@contextmanager
def open_desk(profiles: Profiles, instance: Path, database_url: str, *, host: str = "127.0.0.1") -> Iterator[Desk]:
    """Run an installation that is reached as *host*."""
    database = Database(database_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}"
        with open_office(instance, database, SystemClock(), home=url) as office:
            serve_axe(office.app)
            server = make_server("127.0.0.1", 0, office.app, threaded=True, fd=listener.fileno())
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            desk = Desk(office, url, profiles)
            yield desk
            for profile in list(desk.lent):
                desk.close(profile.page)
            server.shutdown()
            thread.join()
            server.server_close()
    database.dispose()
    assert desk.complaints == []


def _excess(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _keep(page: Page, name: str) -> None:
    """Store a picture of the page where somebody wants to look at it himself."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png", full_page=True)


def _questions_outside(page: Page) -> list[str]:
    """Return the buttons whose question, when it opens, is not wholly between the edges of the screen."""
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll('details.confirm')].filter((asking) => {
        const was_open = asking.open;
        asking.open = true;
        const box = asking.querySelector('.confirm-box').getBoundingClientRect();
        asking.open = was_open;
        return box.width && (box.left < 0 || box.right > document.documentElement.clientWidth);
    }).map((asking) => asking.innerText)""")
    return found


def findings(page: Page, name: str) -> list[str]:
    """Return what is wrong with an open page in any look, by its name: nothing for axe, the policy, or the width."""
    found = []
    fetch_axe(page)
    for look in _CHECKED:
        _turn(page, look)
        page.evaluate(_NEXT_PICTURE)
        _keep(page, f"{name} {look}")
        found += [f"{name} {look}: {one}" for one in accessibility_findings(page)]
        found += [f"{name} {look}: {one!r} asks outside the screen" for one in _questions_outside(page)]
        found += _too_wide(page, f"{name} {look}")
    _turn(page, "zoomed")
    found += _too_wide(page, f"{name} at 200 %")
    _turn(page, "light")
    return found + [f"{name}: the policy stopped {one}" for one in page.evaluate("window.violations")]


def look_everywhere(page: Page, name: str) -> None:
    """Demand that nothing is wrong with an open page in any look."""
    assert findings(page, name) == []


def _turn(page: Page, look: str) -> None:
    page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
    page.set_viewport_size(LOOKS[look]["viewport"])


def _too_wide(page: Page, name: str) -> list[str]:
    excess = _excess(page)
    return [f"{name}: {excess} pixels too wide"] if excess > 0 else []


@pytest.fixture
def looks_good(desk: Desk) -> Callable[..., None]:
    """Open pages, one after the other, as somebody with these roles, and look at each in every way.

    Those that something is wrong with are all named together.
    """

    def check(*addresses: str, roles: tuple[Role, ...] = ()) -> None:
        page = desk.open(*roles, reduced_motion="reduce")
        found = []
        for address in addresses:
            answer = page.goto(desk.url + address)
            if answer is None or answer.status not in _PAGES:
                found.append(f"{address}: this is another page")
            found += findings(page, address)
        desk.close(page)
        assert found == []

    return check
