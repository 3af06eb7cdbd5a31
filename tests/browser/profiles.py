"""Browser profiles that are lent from test to test: a page that has shown others before needs a third of the work."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Dialog, Page

from tests.parts.browser import PATIENCE

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
"""Makes a page remember what its policy had to stop."""

LAPTOP: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}}
"""A small laptop by day."""

_EXPECTED = ("Failed to load resource", "does not conform to the required format")
"""What browsers say of pages that are refused, and of moments that are shown again because nobody could read them."""


@dataclass
class Profile:
    """One page in a profile of its own.

    Attributes:
        homes: Where the pages come from; nobody else may be asked for anything.
        complaints: What the browser had to complain of since it was lent.
    """

    page: Page
    options: dict[str, Any]
    homes: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors of scripts, what the policy stops, dialogues, and requests to strangers."""
        self.page.add_init_script(WATCH)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._note_error(message.type, message.text))
        self.page.on("request", lambda request: self._note_stranger(request.url))
        self.page.on("dialog", self._note_dialog)

    def empty(self) -> None:
        """Leave the page, and forget who was signed in; pages keep nothing but cookies.

        The page leaves by itself: an empty page that is asked for from outside comes with a process of its own.
        """
        self.page.evaluate("location.replace('about:blank')")
        self.page.wait_for_url("about:blank")
        self.page.context.clear_cookies()
        self.page.emulate_media(media="null", color_scheme=self.options.get("color_scheme", "light"))
        self.page.set_viewport_size(self.options["viewport"])

    def _note_error(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(words in text for words in _EXPECTED):
            self.complaints.append(text)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def _note_stranger(self, url: str) -> None:
        if not url.startswith((*self.homes, "data:", "about:")):
            self.complaints.append(f"request to {url}")


class Profiles:
    """Lends profiles, empties what comes back, and lends it again to whoever wants the same options."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[Profile]] = {}

    def lend(self, complaints: list[str], *homes: str, **options: Any) -> Profile:
        """Return an empty profile of an English browser for pages of *homes*; what goes wrong goes to *complaints*."""
        free = self._free.setdefault(_key(options), [])
        profile = free.pop() if free else self._make(options)
        profile.homes, profile.complaints = homes, complaints
        return profile

    def take_back(self, profile: Profile) -> None:
        """Keep a profile for the next test."""
        profile.empty()
        self._free[_key(profile.options)].append(profile)

    @contextmanager
    def lent(self, complaints: list[str], *homes: str, **options: Any) -> Iterator[Page]:
        """Yield the page of an empty profile, and keep the profile for the next test."""
        profile = self.lend(complaints, *homes, **{**LAPTOP, **options})
        yield profile.page
        self.take_back(profile)

    def _make(self, options: dict[str, Any]) -> Profile:
        context = self._browser.new_context(locale="en-GB", **options)
        context.set_default_timeout(PATIENCE)
        profile = Profile(context.new_page(), options)
        profile.watch()
        return profile


def _key(options: dict[str, Any]) -> str:
    return json.dumps(options, sort_keys=True)
