"""PAM with pam_radius in a folder of its own: nothing of this machine's PAM is touched, libpam_wrapper sees to that."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.parts.manual import recipe
from tests.parts.processes import HOST, PartError, find_program

_REST = """\
account required pam_permit.so
session required pam_permit.so
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person at a terminal has seen, and whether they are in."""

    is_in: bool
    text: str


@dataclass(frozen=True, slots=True)
class Pam:
    """Services that ask a RADIUS server.

    Attributes:
        folder: Holds them; programs that use them must be able to read it.
    """

    folder: Path

    @classmethod
    def asking(cls, folder: Path, port: int, secret: str, *services: str) -> "Pam":
        """Write the configuration of pam_radius and of PAM *services* that use it."""
        servers = folder / "pam_radius.conf"
        told = {"127.0.0.1:1812": f"{HOST}:{port}", "SECRET": secret}
        servers.write_text(recipe("/etc/pam_radius_auth.conf", told), "utf-8")
        servers.chmod(0o600)
        asks = recipe("/etc/pam.d/sshd", {"pam_radius_auth.so": f"pam_radius_auth.so conf={servers}"})
        own = folder / "pam.d"
        own.mkdir()
        for service in services:
            (own / service).write_text(f"{asks}{_REST}", "utf-8")
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to use these services instead of the machine's own."""
        return {
            "LD_PRELOAD": str(_wrapper()),
            "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": str(self.folder / "pam.d"),
        }

    def log_in(self, service: str, user: str) -> "Terminal":
        """Begin to log somebody in."""
        return Terminal([find_program("pamtester"), service, user, "authenticate", "acct_mgmt"], self.environment)


class Terminal:
    """A program that asks questions, one after the other."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._popen = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, text: str) -> None:
        """Answer a question."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{text}\n")
        self._popen.stdin.flush()

    def finish(self) -> Heard:
        """Return how it ended."""
        text, _ = self._popen.communicate(timeout=60)
        return Heard(self._popen.returncode == 0, text)


def _wrapper() -> Path:
    """Return the library that leads programs to other services."""
    for found in Path("/usr/lib").glob("*/libpam_wrapper.so"):
        return found
    raise PartError("libpam_wrapper is not installed; `make test` brings it (or run .ci/setup-debian.sh)")
