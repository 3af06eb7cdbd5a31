"""The manual's configurations of reverse proxies, with nothing changed but names, ports and files."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.parts.certificates import ServerFiles
from tests.parts.manual import section
from tests.parts.processes import HOST
from tests.parts.reverse_proxies import run_caddy, run_nginx

PROXIES = ("nginx", "caddy")
_RUN: dict[str, Callable[[str, int], AbstractContextManager[None]]] = {"nginx": run_nginx, "caddy": run_caddy}


@dataclass(frozen=True, slots=True)
class Guard:
    """A site and who guards it.

    Attributes:
        origin: Where browsers find it; all sites of a proxy share a port.
        endpoint_id: What authsms knows it as.
        port: Where the site itself listens.
        authsms: Host and port of the server.
    """

    origin: str
    endpoint_id: str
    port: int
    authsms: str

    @property
    def address(self) -> str:
        """Host and port for browsers."""
        return self.origin.removeprefix("https://")


@contextmanager
def run_guards(proxy: str, guards: Sequence[Guard], files: ServerFiles) -> Iterator[None]:
    """Run *proxy* in front of all sites; one certificate is for all of their names."""
    (text,) = re.findall(
        rf"^```{proxy}\n(.*?)^```$", section("Sites that know nothing of logins"), re.MULTILINE | re.DOTALL
    )
    port = int(guards[0].address.rpartition(":")[2])
    with _RUN[proxy]("\n".join(_fill_in(text, guard, files) for guard in guards), port):
        yield


def _fill_in(text: str, guard: Guard, files: ServerFiles) -> str:
    host, _, port = guard.address.partition(":")
    here = {
        "127.0.0.1:8080": guard.authsms,
        "127.0.0.1:3000": f"{HOST}:{guard.port}",
        "login.example.com": guard.authsms,
        "ENDPOINT": guard.endpoint_id,
        "listen 443 ssl http2": f"listen {HOST}:{port} ssl http2",
        "wiki.example.com {\n": f"{guard.origin} {{\n\ttls {files.certificate} {files.key}\n",
        "/etc/ssl/wiki.example.com.pem": str(files.certificate),
        "/etc/ssl/private/wiki.example.com.key": str(files.key),
        "wiki.example.com": host,
    }
    for example, real in here.items():
        text = text.replace(example, real)
    return text
