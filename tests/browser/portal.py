"""The portals over the scripted logon service on a real socket, and an application elsewhere that awaits people."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from authsms.foundation.clock import SystemClock
from tests.browser.profiles import WATCH
from tests.functional.portals.twin import CONTINUATION, PASSWORD, ScriptedLogon, TwinServices, open_twin
from tests.parts.browser import serve_axe
from tests.parts.certificates import ServerFiles


@dataclass
class Portal:
    """A running server and what browsers were seen to do."""

    url: str
    application: str
    services: TwinServices
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def logon(self) -> ScriptedLogon:
        """The twin."""
        return self.services.logon

    def watch(self, page: Page) -> Page:
        """Note every request of a page, and what the browser has to complain of."""
        page.add_init_script(WATCH)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))
        return page

    def begin(self, page: Page, *, continued: bool = False) -> None:
        """Send user name and password."""
        page.goto(f"{self.url}/login/web" + (f"?c={CONTINUATION}" if continued else ""))
        page.fill("#user_name", "alice")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")

    def open_code_page(self, page: Page, *, continued: bool = False) -> None:
        """Sign in as far as the code, and until the script of its page runs."""
        self.begin(page, continued=continued)
        page.wait_for_selector("#code")
        page.wait_for_load_state()

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            self.complaints.append(text)


@contextmanager
def run_portal(folder: Path, database_url: str, tls: ServerFiles | None = None) -> Iterator[Portal]:
    """Run the portals; over https when *tls* is given."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        app = stack.enter_context(open_twin(folder, database_url, SystemClock(), public_url=url))
        application = stack.enter_context(_serve(_application()))
        app.config["APPLICATION"] = f"{application}/callback?code=x"
        serve_axe(app)
        stack.enter_context(_serve(app, listener, tls))
        yield Portal(url, application, app.extensions["authsms"])


@contextmanager
def _serve(app: Flask, listener: socket.socket | None = None, tls: ServerFiles | None = None) -> Iterator[str]:
    context = (str(tls.certificate), str(tls.key)) if tls else None
    descriptor = listener.fileno() if listener else None
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context, fd=descriptor)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _application() -> Flask:
    app = Flask("application")
    app.add_url_rule("/callback", view_func=lambda: "<title>Application</title><h1>Welcome back</h1>")
    return app
