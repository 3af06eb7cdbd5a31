"""Chromium through Playwright, and axe on the pages it shows."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
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
    "--in-process-gpu",
    "--js-flags=--no-opt --no-maglev --single-threaded",
)
"""Pages are open for a moment: a process that paints and threads that make scripts faster cost more than they save."""

_RUN = "options => axe.run(document, options).then((result) => result.violations)"
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    "preload": False,
}
"""Nothing is worked out about what is in order; style sheets are fetched again only for rules that do not run here."""

_AXE_PATH = "/axe.min.js"
_FETCH = """path => new Promise((resolve, reject) => {
  const script = Object.assign(document.createElement('script'), { src: path, onload: resolve, onerror: reject });
  document.head.append(script);
  script.remove();
})"""

_AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """Run the machine's own Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_find_chromium(), args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _find_chromium() -> str:
    """Return the path of the shell, which has no windows to paint, or else of the browser, which has more to do.

    Raises:
        PartError: There is neither.
    """
    for name in ("chromium-headless-shell", "chromium"):
        with suppress(PartError):
            return find_program(name)
    raise PartError(
        "neither chromium-headless-shell nor chromium is installed; `make test` brings one (or run .ci/setup-debian.sh)"
    )


def accessibility_findings(page: Page) -> list[str]:
    """Return what axe holds against the page under WCAG 2.2 A and AA, one line each.

    The script is evaluated, not added as a tag: the page's Content-Security-Policy stays in force and would block it.
    That is dear, so it is done once for a page that is looked at several times, or left to `fetch_axe`.
    """
    if not _has_axe(page):
        page.evaluate(_axe_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN, _RULES)
    return [f"{one['id']}: {one['help']} ({node['html']})" for one in found for node in one["nodes"]]


def serve_axe(app: Flask) -> None:
    """Make an application serve axe besides its own pages, which `fetch_axe` then takes from it."""
    inner = app.wsgi_app

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _AXE_PATH:
            return inner(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/javascript"), ("Cache-Control", "max-age=3600")])
        return [_axe_source().encode()]

    app.wsgi_app = serve  # type: ignore[method-assign]


def fetch_axe(page: Page) -> None:
    """Let a page of an application that serves axe load it from there, as its policy allows for its own scripts.

    The browser then reads and compiles the script once for all pages of the application.
    """
    page.wait_for_load_state("domcontentloaded")  # or there may be nothing yet to put a script in
    if not _has_axe(page):
        page.evaluate(_FETCH, _AXE_PATH)


def _has_axe(page: Page) -> bool:
    return bool(page.evaluate("typeof axe !== 'undefined'"))


@cache
def _axe_source() -> str:
    if not _AXE.exists():
        raise PartError("axe-core is not there; run `make setup`")
    return _AXE.read_text("utf-8")
