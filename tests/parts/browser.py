"""Chromium through Playwright, and axe on the pages it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.parts.processes import PartError, find_program

PATIENCE = 30_000
"""Milliseconds after which a page that does not come is given up: a busy machine may be slow, and is not wrong."""

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """Run the machine's own Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def accessibility_findings(page: Page) -> list[str]:
    """Return what axe holds against the page under WCAG 2.2 A and AA, one line each.

    The script is evaluated, not added as a tag: the page's Content-Security-Policy stays in force and would block it.
    That is more than half of the work, so it is done once for a page that is looked at several times.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_axe_source())
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    result: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {violation['help']} ({node['html']})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


@cache
def _axe_source() -> str:
    if not _AXE.exists():
        raise PartError("axe-core is not there; run `make setup`")
    return _AXE.read_text("utf-8")
