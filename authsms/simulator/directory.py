"""A private OpenLDAP server with the sample people, for the demonstration; it ends with it."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from authsms.foundation.errors import ConfigurationError

SUFFIX = "dc=example,dc=org"
READER_DN = f"cn=reader,{SUFFIX}"
SAMPLE_LDIF = Path(__file__).with_name("sample.ldif")
_START_SECONDS = 10
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/sbin")
_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
loglevel none
database mdb
suffix "{suffix}"
directory {folder}/data
index objectClass,uid eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""
_TREE = """\
dn: {suffix}
objectClass: domain
dc: example

dn: {reader}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {password}

"""


@dataclass(frozen=True, slots=True)
class SampleDirectory:
    """A running directory: its address, and what a repository needs to read it."""

    url: str
    bind_dn: str
    bind_password: str
    base_dn: str


@contextmanager
def sample_directory(bind_password: str) -> Iterator[SampleDirectory]:
    """Run slapd on a free port of the loopback address, filled with the sample people.

    Raises:
        ConfigurationError: slapd is not installed or does not start.
    """
    slapd, slapadd = _program("slapd"), _program("slapadd")
    with tempfile.TemporaryDirectory(prefix="authsms-slapd-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        configuration = folder / "slapd.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, suffix=SUFFIX, reader=READER_DN), "utf-8")
        tree = _TREE.format(suffix=SUFFIX, reader=READER_DN, password=bind_password)
        people = SAMPLE_LDIF.read_text("utf-8").partition("version: 1\n")[2]
        loaded = subprocess.run(  # noqa: S603 - a program found on the system's own paths
            [slapadd, "-q", "-f", str(configuration)], input=tree + people, text=True, capture_output=True, check=False
        )
        if loaded.returncode != 0:
            raise ConfigurationError(f"slapadd does not take the sample people: {loaded.stderr.strip()[-300:]}")
        port = _free_port()
        server = subprocess.Popen(  # noqa: S603 - as above
            [slapd, "-f", str(configuration), "-h", f"ldap://127.0.0.1:{port}/", "-d", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for(port, server)
            yield SampleDirectory(f"ldap://127.0.0.1:{port}", READER_DN, bind_password, f"ou=people,{SUFFIX}")
        finally:
            server.terminate()
            server.wait()


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=":".join(_SYSTEM_FOLDERS))
    if found is None:
        raise ConfigurationError(f"{name} is not installed. On Debian: apt-get install slapd")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ConfigurationError("slapd does not start.")
