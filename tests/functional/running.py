"""Whole installations for tests from outside: `authsms serve` in processes of its own, and a simulated provider.

Tests talk HTTP and read codes from the virtual phones. People are put into the database directly, because there is no
page for that; every secret of an installation is remembered, so that logs, pages and dumps can be searched for it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
from tests.functional.nodes import Node, make_node
from tests.functional.provided import Provider, add_twilio
from tests.functional.visitor import Answer, Browser
from tests.parts.processes import HOST
from tests.parts.tables import copy_sqlite_template

_numbers = count(1000 + os.getpid() % 7 * 1000)
_names = count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in."""

    login: str
    password: str
    phone: str


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
    is_forked: bool = True,
) -> Iterator[Installation]:
    """Make an installation below *folder* and run it.

    Args:
        folder: An empty folder.
        provider: Where its texts go.
        settings: Further settings, named like the variables of the environment without their prefix.
        nodes: How many servers share the database; more than one needs ``DATABASE__URL``.
        is_started: Whether to start the servers.
        is_forked: Whether they begin with everything loaded.
    """
    made = [make_node(folder / f"node-{number}", is_forked=is_forked) for number in range(nodes)]
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
    if "DATABASE__URL" not in settings:
        copy_sqlite_template(made[0].folder / "authsms.db")
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
