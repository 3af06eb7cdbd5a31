"""Whole installations for tests from outside: `authsms serve` in processes of its own, and a simulated provider.

Tests talk HTTP and read codes from the virtual phones. People are put into the database directly, because there is no
page for that; every secret of an installation is remembered, so that logs, pages and dumps can be searched for it.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import MappingProxyType

from authsms.audit import AuditView
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import load_settings
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.wiring import Services, build
from tests.functional.provided import Provider, add_twilio
from tests.functional.visitor import Answer, Browser
from tests.parts.processes import HOST, Process

_START_SECONDS = 60.0
_STOP_SECONDS = 45.0
_PORTS = (20_000, 32_000)  # below those that the kernel gives to connections, or a restart might find its port taken
_numbers = count(1000 + os.getpid() % 7 * 1000)
_names = count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in."""

    login: str
    password: str
    phone: str


@dataclass
class Node:
    """One `authsms serve` of an installation."""

    port: int
    folder: Path
    environment: dict[str, str]
    process: Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it has written."""
        return self.folder.with_suffix(".log")

    def start(self) -> float:
        """Start it; return the seconds until the first answer."""
        began = time.monotonic()
        self.launch()
        assert self.process is not None
        self.process.wait_until_ready(lambda: self.answers("/healthz"), _START_SECONDS)
        return time.monotonic() - began

    def launch(self) -> None:
        """Start it without waiting for anything."""
        self.process = Process([sys.executable, "-m", "authsms", "serve"], log=self.log, environment=self.environment)

    def answers(self, path: str) -> bool:
        """Tell whether it answers with 200."""
        with suppress(OSError):
            return Browser(self.url, self.environment["AUTHSMS_PUBLIC_URL"], HOST).get(path).status == 200
        return False

    def wait_until_ready(self) -> None:
        """Return when everything works, delivery included."""
        until = time.monotonic() + _START_SECONDS
        while not self.answers("/readyz"):
            if time.monotonic() > until:
                raise AssertionError(f"never ready: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def family(self) -> dict[int, str]:
        """Return the processes by their numbers: ``main``, ``web``, ``worker`` (delivery) or ``radius``."""
        if self.process is None:
            return {}
        commands = {pid: _read(f"/proc/{pid}/cmdline") for pid in _children(self.process.pid)}
        parted = {pid: command.partition("\0--parent") for pid, command in commands.items()}
        kinds = {pid: head.rpartition("\0")[2] if parent else "web" for pid, (head, parent, _) in parted.items()}
        return {self.process.pid: "main"} | kinds

    def stop(self) -> float:
        """Ask it to end; return the seconds that took."""
        began, members = time.monotonic(), self.family()
        if self.process is not None:
            self.process.resume()
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process._popen.wait(_STOP_SECONDS)
        elapsed = time.monotonic() - began
        self.kill(members)
        return elapsed

    def kill(self, members: Mapping[int, str] | None = None) -> None:
        """End every one of its processes at once, as a power cut would."""
        for pid in self.family() if members is None else members:
            if "authsms" in _read(f"/proc/{pid}/cmdline"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.kill()
            self.process = None


@dataclass
class Installation:
    """A running installation, of one server or of several that share a database and keys.

    Attributes:
        nodes: Its servers.
        provider: Where its texts go.
        services: The same installation seen from inside, to put people into it and to read the audit trail.
        secrets: What must not show up in logs, pages and dumps.
    """

    nodes: list[Node]
    provider: Provider
    services: Services
    secrets: set[str] = field(default_factory=set)
    browsers: list[Browser] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the first server listens."""
        return self.nodes[0].url

    @property
    def public_url(self) -> str:
        """The address of its pages."""
        return self.services.settings.public_url

    def person(self, *, phone: bool = True, enabled: bool = True, login: str = "", number: str = "") -> Person:
        """Make somebody nobody has seen before, with a phone of their own unless *number* says otherwise."""
        name, number = next(_names), number or f"+1202555{next(_numbers):04d}"
        made = Person(login or f"person{name}", f"MARK-PW-{os.urandom(6).hex()}", number)
        phones = (PhoneNumber(made.phone),) if phone else ()
        draft = PersonDraft(made.login, f"Person {name}", phones, password=made.password, enabled=enabled)
        LocalPeople(self.services.database, self.services.vault, self.services.clock).create(draft)
        self.secrets |= {made.password, made.phone}
        return made

    def browser(self, node: int = 0, **facts: object) -> Browser:
        """Return a browser without cookies, at an address of its own."""
        made = Browser(self.nodes[node].url, self.public_url, **facts)  # type: ignore[arg-type]
        self.browsers.append(made)
        return made

    def sign_in(self, person: Person, browser: Browser, *, path: str = "/login/web", password: str = "") -> Answer:
        """Give name and password; return the page that follows."""
        page = browser.get(path)
        return browser.submit(page, "password", user_name=person.login, password=password or person.password)

    def code(self, person: Person, number: int = 1) -> str:
        """Return the code in the *number*-th text on the person's phone."""
        code = self.provider.wait_for_code(person.phone, number)
        self.secrets.add(code)
        return code

    def metric(self, name: str, **labels: str) -> float:
        """Return a counter, added up over all servers."""
        total = 0.0
        for node in self.nodes:
            for line in Browser(node.url, self.public_url, HOST).get("/metrics").text.splitlines():
                key, _, value = line.rpartition(" ")
                if key.partition("{")[0] == name and all(f'{word}="{text}"' in key for word, text in labels.items()):
                    total += float(value)
        return total

    def comparisons(self) -> float:
        """Return how many codes have been compared with a hash so far."""
        return sum(self.metric("authsms_codes_total", outcome=word) for word in ("right", "wrong"))

    def audit(self, person: Person) -> list[AuditView]:
        """Return what the audit trail says about a person, newest first."""
        return self.services.audit.search(user=person.login, limit=1000)

    def audit_tags(self, person: Person) -> list[str]:
        """Return the tags of a person's audit records, newest first."""
        return [record.entry.tag.value for record in self.audit(person)]

    def logs(self) -> str:
        """Return everything the servers have written."""
        return "".join(node.log.read_text(errors="replace") for node in self.nodes if node.log.exists())

    def start(self) -> None:
        """Start all servers."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_until_ready()

    def stop(self) -> None:
        """Stop all servers."""
        for node in self.nodes:
            node.stop()


def is_signed_in(browser: Browser) -> bool:
    """Tell whether a browser holds a session that the server knows."""
    return browser.get("/sessions").status == 200


def another(code: str, step: int = 1) -> str:
    """Return a code that is wrong."""
    return f"{(int(code) + step) % 10 ** len(code):0{len(code)}d}"


@contextmanager
def run_installation(
    folder: Path,
    provider: Provider,
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    nodes: int = 1,
    is_started: bool = True,
) -> Iterator[Installation]:
    """Make an installation below *folder* and run it.

    Args:
        folder: An empty folder.
        provider: Where its texts go.
        settings: Further settings, named like the variables of the environment without their prefix.
        nodes: How many servers share the database; more than one needs ``DATABASE__URL``.
        is_started: Whether to start the servers.
    """
    made = [_node(folder / f"node-{number}") for number in range(nodes)]
    usual = {
        "ENVIRONMENT": "development",
        "PUBLIC_URL": made[0].url,
        "SERVER__WORKERS": "2" if nodes == 1 else "1",
        "NETWORK__ALLOWED": f"{HOST}:{provider.server.port}",
        "SMS__DEFAULT_REGION": "US",
        "OTP__PROFILE": "light",
        "LOGGING__LEVEL": "DEBUG",
    }
    for node in made:
        values = usual | dict(settings) | {"INSTANCE": str(node.folder), "SERVER__PORT": str(node.port)}
        node.environment = {f"AUTHSMS_{name}": value for name, value in values.items()}
    with ExitStack() as stack:
        services = build(load_settings(made[0].folder, made[0].environment))
        stack.callback(services.close)
        require_schema(services.database)
        services.prepare()
        for node in made[1:]:
            shutil.copy(made[0].folder / "keys.json", node.folder / "keys.json")
        installation = Installation(made, provider, services, {provider.twilio.token, provider.gateway.password})
        add_twilio(services, provider)
        stack.callback(installation.stop)
        if is_started:
            installation.start()
        yield installation


def _node(folder: Path) -> Node:
    folder.mkdir(mode=0o700, parents=True)
    return Node(_quiet_port(), folder, {})


def _quiet_port() -> int:
    while True:
        port = _PORTS[0] + secrets.randbelow(_PORTS[1] - _PORTS[0])
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    direct = [int(child) for task in tasks for child in _read(str(task)).split()]
    return [*direct, *(one for child in direct for one in _children(child))]


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError:
        return ""
