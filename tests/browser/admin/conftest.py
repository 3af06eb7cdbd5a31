"""The administrators' portal in a real browser."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from authsms.administration.rights import Role
from authsms.foundation.clock import SystemClock
from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.db import Database
from tests.functional.portals.admin.office import Office, open_office
from tests.parts.browser import PATIENCE, accessibility_findings

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
    "zoomed": {"color_scheme": "light", "viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}
"""Ways to look at a page; 200 % of a small laptop is half of its width."""

_CHECKED = ("light", "phone")
"""Both colours and both widths, each once; the width at 200 % is looked at besides."""


@dataclass
class Desk:
    """An installation on a socket, and what browsers complained of."""

    office: Office
    url: str
    browser: Browser
    complaints: list[str]

    def open(self, *roles: Role, look: str = "light", **options: Any) -> Page:
        """Return a page in a fresh profile in which an administrator with these roles is signed in."""
        context = self.browser.new_context(locale="en-GB", **{**LOOKS[look], **options})
        context.set_default_timeout(PATIENCE)
        clerk = self.office.clerk(*roles)
        name = cookie_name(SESSION_COOKIE, https=False)
        held = next(cookie for cookie in (clerk.client._cookies or {}).values() if cookie.key == name)
        context.add_cookies([{"name": name, "value": held.value, "url": self.url}])
        page = context.new_page()
        page.add_init_script(
            "window.violations = []; document.addEventListener('securitypolicyviolation',"
            " (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));"
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note_stranger(request.url))
        return page

    def _note_stranger(self, url: str) -> None:
        if not url.startswith((self.url, "data:")):
            self.complaints.append(f"request to {url}")


@pytest.fixture
def desk(browser: Browser, instance: Path, sqlite_database_url: str) -> Iterator[Desk]:
    """A running installation whose delivery process does not run."""
    with open_desk(browser, instance, sqlite_database_url) as opened:
        yield opened


@contextmanager
def open_desk(browser: Browser, instance: Path, database_url: str, *, host: str = "127.0.0.1") -> Iterator[Desk]:
    """Run an installation that is reached as *host*."""
    database = Database(database_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}"
        with open_office(instance, database, SystemClock(), home=url) as office:
            server = make_server("127.0.0.1", 0, office.app, threaded=True, fd=listener.fileno())
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            desk = Desk(office, url, browser, [])
            yield desk
            for context in list(browser.contexts):
                context.close()
            server.shutdown()
            thread.join()
            server.server_close()
    database.dispose()
    assert desk.complaints == []


def _excess(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture
def looks_good(desk: Desk) -> Callable[..., None]:
    """Check a page in every look: no finding of axe, no violation of the policy, nothing wider than the screen."""

    def check(address: str, *roles: Role, ready: str = "main") -> None:
        page = desk.open(*roles, reduced_motion="reduce")
        page.goto(desk.url + address)
        page.wait_for_selector(ready)
        for look in _CHECKED:
            page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
            page.set_viewport_size(LOOKS[look]["viewport"])

            assert accessibility_findings(page) == [], f"{address} {look}"
            assert page.evaluate("window.violations") == [], f"{address} {look}"
            assert _excess(page) <= 0, f"{address} {look} is too wide"
        page.set_viewport_size(LOOKS["zoomed"]["viewport"])
        assert _excess(page) <= 0, f"{address} is too wide at 200 %"
        page.context.close()

    return check
