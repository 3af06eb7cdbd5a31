"""FreeRADIUS's radclient, a RADIUS client that nobody here has written."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.parts.processes import HOST, find_program

_ANSWER = re.compile(r"^Received (\S+) Id", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^\t([\w-]+) = (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: the kind of answer, empty for silence, and its attributes in their order."""

    kind: str
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> list[str]:
        """Return the values of one attribute."""
        return [value for one, value in self.attributes if one == name]

    @property
    def message(self) -> str:
        """What the person reads."""
        return "".join(self.get("Reply-Message"))


@dataclass(frozen=True, slots=True)
class Radclient:
    """Sends requests to one server."""

    port: int
    secret: str
    host: str = HOST
    signs: bool = True

    def ask(self, kind: str = "auth", seconds: float = 25, *, tries: int = 1, **attributes: str) -> Heard:
        """Send one request, with underscores in names for hyphens, and return what came back."""
        return self.send(attributes, kind, seconds, tries)

    def send(self, attributes: Mapping[str, str], kind: str = "auth", seconds: float = 25, tries: int = 1) -> Heard:
        """Send one request, the same way, with the attributes in a dictionary."""
        pairs = [
            f"{name.replace('_', '-')} = {value if value.startswith('0x') else _quoted(value)}"
            for name, value in attributes.items()
        ]
        if self.signs:
            pairs.append("Message-Authenticator = 0x00")
        ran = subprocess.run(
            [
                find_program("radclient"),
                "-x",
                "-t",
                str(seconds),
                "-r",
                str(tries),
                f"{_host(self.host)}:{self.port}",
                kind,
                self.secret,
            ],
            input=", ".join(pairs),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        _, found, received = ran.stdout.partition("Received ")
        if not found:
            return Heard("")
        answer = _ANSWER.search(found + received)
        assert answer is not None, ran.stdout
        return Heard(answer.group(1), [(name, _plain(value)) for name, value in _ATTRIBUTE.findall(received)])


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(value: str) -> str:
    return value[1:-1] if value.startswith('"') else value
