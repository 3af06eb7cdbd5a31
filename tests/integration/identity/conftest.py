"""Directories with people in them, and repositories over them."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from authsms.identity.ldap import LdapRepository, LdapSettings
from tests.fakes import ManualClock
from tests.parts.processes import HOST
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd, run_slapd

MakeRepository = Callable[..., LdapRepository]


def dn_of(login: str) -> str:
    """Return where a person of these tests is."""
    return f"uid={login},ou=people,{SUFFIX}"


def person_ldif(login: str, password: str = "", **more: str | list[str]) -> str:
    """Return a person as LDIF."""
    values: dict[str, str | list[str]] = {"cn": login, "sn": login, **more}
    lines = [f"dn: {dn_of(login)}", "objectClass: inetOrgPerson", f"uid: {login}"]
    if password:
        lines.append(f"userPassword: {password}")
    for name, value in values.items():
        lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
    return "\n".join(lines) + "\n\n"


def group_ldif(name: str, *logins: str) -> str:
    """Return a group as LDIF."""
    members = "".join(f"member: {dn_of(login)}\n" for login in logins)
    return f"dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n"


@pytest.fixture
def repository_for() -> Iterator[MakeRepository]:
    """Makes repositories over servers and closes them at the end; settings may be overridden by name."""
    with ExitStack() as stack:

        def make(*servers: Slapd | str, password: str = READER_PASSWORD, **settings: object) -> LdapRepository:
            real = [server for server in servers if isinstance(server, Slapd)]
            given = {
                "servers": [server.tls_url if isinstance(server, Slapd) else server for server in servers],
                "base": SUFFIX,
                "bind_dn": READER_DN,
                "ca_file": str(real[0].ca_file) if real else "",
                "default_region": "DE",
                "connect_timeout_seconds": 20,
                "receive_timeout_seconds": 20,
                "patience_seconds": 20,
                **settings,
            }
            made = LdapRepository("LDAP", LdapSettings.read(given), password=password, clock=ManualClock())
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def second_slapd(slapd: Slapd) -> Iterator[Slapd]:
    """Another server of the same directory, as far as these tests can tell: same CA file, own data."""
    with run_slapd() as server:
        both = slapd.folder / "both.pem"
        both.write_bytes(slapd.authority.file.read_bytes() + server.authority.file.read_bytes())
        yield server


@contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that takes no connection and refuses none: the queue of its socket is full."""
    with ExitStack() as stack:
        hole = stack.enter_context(closing(socket.socket()))
        hole.bind((HOST, 0))
        hole.listen(0)
        port: int = hole.getsockname()[1]
        for _ in range(3):
            filler = stack.enter_context(closing(socket.socket()))
            filler.setblocking(False)
            filler.connect_ex((HOST, port))
        yield port
