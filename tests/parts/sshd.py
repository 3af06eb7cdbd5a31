"""OpenSSH's server, which logs people in by PAM, and its client.

It gives up root's rights before it starts, so that it asks for nothing of this machine: neither a folder in /run nor
an account. Whoever logs in does so as the account it runs under.
"""

import getpass
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts.manual import recipe
from tests.parts.pam import Heard, Pam
from tests.parts.processes import (
    HOST,
    ME,
    Process,
    User,
    find_program,
    listens,
    start_on_free_ports,
)

ACCOUNT = "daemon" if os.geteuid() == 0 else getpass.getuser()
_PAUSE_SECONDS = 0.01
_SECONDS = 20
_USER = User(ACCOUNT) if os.geteuid() == 0 else ME
_CONFIGURATION = """\
ListenAddress {host}
Port {port}
HostKey {folder}/host-key
PidFile none
Subsystem sftp internal-sftp
"""
# Each question brings one call with the question as its argument; the second one waits for what the test will write.
_ASKED = """\
#!/bin/sh
printf '%s\\n' "$1" >>{folder}/asked
cat {folder}/answers
"""


@dataclass(frozen=True, slots=True)
class Sshd:
    """A running server."""

    port: int
    folder: Path

    def log_in(self) -> "Login":
        """Begin to log in."""
        return Login(self)


class Login:
    """Somebody who is asked by ssh; a folder is all they want to see."""

    def __init__(self, server: Sshd) -> None:
        self._asked = server.folder / "asked"
        self._answers = server.folder / "answers"
        self._popen = subprocess.Popen(
            [
                find_program("sftp"),
                # The first word about it counts, and -b would say that there is nobody to ask.
                *_options("BatchMode=no", "StrictHostKeyChecking=no", f"UserKnownHostsFile={server.folder}/known"),
                *_options("PreferredAuthentications=keyboard-interactive", "NumberOfPasswordPrompts=1"),
                *("-F", "none", "-b", "-", "-P", str(server.port)),
                f"{ACCOUNT}@{HOST}",
            ],
            env={**os.environ, "SSH_ASKPASS": str(server.folder / "ask"), "SSH_ASKPASS_REQUIRE": "force"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, text: str) -> None:
        """Answer the next question, as soon as it is asked."""
        until = time.monotonic() + _SECONDS
        while self._popen.poll() is None and time.monotonic() < until:
            with suppress(OSError):  # nobody has opened it to read
                answers = os.open(self._answers, os.O_WRONLY | os.O_NONBLOCK)
                os.write(answers, f"{text}\n".encode())
                os.close(answers)
                return
            time.sleep(_PAUSE_SECONDS)

    def finish(self) -> Heard:
        """Return how it ended, and what was asked."""
        self._popen.communicate("pwd\n", timeout=60)
        return Heard(self._popen.returncode == 0, self._asked.read_text("utf-8"))


def _options(*options: str) -> list[str]:
    return [word for option in options for word in ("-o", option)]


@contextmanager
def run_sshd(folder: Path, pam: Pam) -> Iterator[Sshd]:
    """Run a server that logs people in by the PAM service ``sshd``, until the block ends."""
    key = folder / "host-key"
    keygen = [find_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(keygen, check=True)
    os.mkfifo(folder / "answers")
    ask = folder / "ask"
    ask.write_text(_ASKED.format(folder=folder), "utf-8")
    ask.chmod(0o755)
    _USER.give(folder)
    server = start_on_free_ports(1, partial(_start, folder, pam))
    try:
        yield server[0]
    finally:
        server[1].stop()


def _start(folder: Path, pam: Pam, port: int) -> tuple[Sshd, Process]:
    file = folder / "sshd_config"
    told = recipe("/etc/ssh/sshd_config.d/authsms.conf", {})
    file.write_text(_CONFIGURATION.format(folder=folder, host=HOST, port=port) + told, "utf-8")
    command = [find_program("sshd"), "-D", "-e", "-f", str(file)]
    process = Process(command, log=folder / "sshd.log", user=_USER, environment=pam.environment)
    process.wait_until_ready(lambda: listens(port))
    return Sshd(port, folder), process
