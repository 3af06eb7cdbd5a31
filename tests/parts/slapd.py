"""OpenLDAP's server with TLS, password policy and memberOf, filled from LDIF.

memberOf is computed for what comes over LDAP only, so everything is loaded with ldapadd.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts.certificates import Authority, ServerFiles
from tests.parts.processes import (
    HOST,
    PartError,
    Process,
    find_program,
    listens,
    private_folder,
    start_on_free_ports,
)

SUFFIX = "dc=example,dc=test"
ROOT_DN = f"cn=admin,{SUFFIX}"
ROOT_PASSWORD = "root-secret"
READER_DN = f"cn=reader,{SUFFIX}"
READER_PASSWORD = "reader-secret"
POLICY_DN = f"cn=policy,{SUFFIX}"

_TREE = f"""\
dn: {SUFFIX}
objectClass: domain
dc: example

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{SUFFIX}
objectClass: organizationalUnit
ou: groups

dn: {READER_DN}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: {POLICY_DN}
objectClass: organizationalRole
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdLockoutDuration: 300
pwdMustChange: TRUE
"""

_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload memberof
pidfile {folder}/slapd.pid
loglevel none
sizelimit 500
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSVerifyClient never
{extra}
database mdb
suffix "{suffix}"
rootdn "{root_dn}"
rootpw {root_password}
directory {folder}/data
maxsize 268435456
dbnosync
index objectClass,uid,mail,entryUUID,member,memberOf eq
access to attrs=userPassword by anonymous auth by self write by * none
access to * by dn.exact="{reader_dn}" read by users read by anonymous auth
overlay ppolicy
ppolicy_default "{policy_dn}"
ppolicy_use_lockout
overlay memberof
memberof-group-oc groupOfNames
"""


@dataclass(slots=True)
class Slapd:
    """A running directory.

    Attributes:
        port: Takes LDAP, with and without StartTLS.
        tls_port: Takes LDAPS.
        authority: The CA that signed its certificate.
    """

    port: int
    tls_port: int
    authority: Authority
    folder: Path
    process: Process
    host: str = HOST

    @property
    def url(self) -> str:
        """Address without TLS."""
        return f"ldap://{HOST}:{self.port}"

    @property
    def tls_url(self) -> str:
        """Address with TLS from the start."""
        return f"ldaps://{HOST}:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """Certificate that clients must trust."""
        return self.authority.file

    def add(self, ldif: str) -> None:
        """Load entries, groups after their members."""
        self._run("ldapadd", ldif)

    def modify(self, ldif: str) -> None:
        """Apply ``changetype`` records."""
        self._run("ldapmodify", ldif)

    def clear_people(self) -> None:
        """Remove all people and groups, so that a test may start from an empty tree."""
        for branch in ("people", "groups"):
            self._delete_below(f"ou={branch},{SUFFIX}")

    def stop(self) -> None:
        """End the server; `start` brings it back with its data on the same ports."""
        self.process.stop()

    def start(self) -> None:
        """Start it again after `stop`."""
        self.process = _launch(self.folder, self.port, self.tls_port)

    def _run(self, program: str, ldif: str) -> None:
        command = [find_program(program), "-x", "-H", self.url, "-D", ROOT_DN, "-w", ROOT_PASSWORD]
        done = subprocess.run(command, input=ldif, text=True, capture_output=True, check=False, timeout=60)
        if done.returncode:
            raise PartError(f"{program}: {done.stderr.strip()}")

    def _delete_below(self, branch: str) -> None:
        options = ["-x", "-H", self.url, "-D", ROOT_DN, "-w", ROOT_PASSWORD]
        search = [find_program("ldapsearch"), *options, "-LLL", "-o", "ldif-wrap=no", "-s", "one", "-b", branch, "1.1"]
        found = subprocess.run(search, text=True, capture_output=True, check=True, timeout=60).stdout
        records = [f"{line}\nchangetype: delete\n" for line in found.splitlines() if line.startswith("dn:")]
        if records:
            self.modify("\n".join(records))


@contextmanager
def run_slapd(*ldif: str, extra: str = "", names: tuple[str, ...] = ()) -> Iterator[Slapd]:
    """Run a directory that holds *ldif* below `SUFFIX`.

    Args:
        ldif: Texts to load, in order.
        extra: Lines for the global part of slapd.conf, e.g. ``security tls=1``.
        names: Names in the server's certificate; 127.0.0.1 and this machine's when left out.
    """
    with private_folder("slapd") as folder:
        authority = Authority(folder)
        _prepare(folder, authority, authority.issue("server", *names), extra)
        directory = start_on_free_ports(2, partial(_start, folder, authority))
        try:
            for text in ldif:
                directory.add(text)
            yield directory
        finally:
            directory.stop()


def _prepare(folder: Path, authority: Authority, files: ServerFiles, extra: str) -> None:
    (folder / "data").mkdir()
    (folder / "slapd.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            authority=authority.file,
            certificate=files.certificate,
            key=files.key,
            extra=extra,
            suffix=SUFFIX,
            root_dn=ROOT_DN,
            root_password=ROOT_PASSWORD,
            reader_dn=READER_DN,
            policy_dn=POLICY_DN,
        )
    )
    tree = folder / "tree.ldif"
    tree.write_text(_TREE)
    command = [find_program("slapadd"), "-q", "-f", str(folder / "slapd.conf"), "-l", str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise PartError(f"slapadd: {done.stderr}")


def _start(folder: Path, authority: Authority, port: int, tls_port: int) -> Slapd:
    return Slapd(port, tls_port, authority, folder, _launch(folder, port, tls_port))


def _launch(folder: Path, port: int, tls_port: int) -> Process:
    addresses = f"ldap://{HOST}:{port} ldaps://{HOST}:{tls_port}"
    process = Process(
        [find_program("slapd"), "-d", "0", "-f", str(folder / "slapd.conf"), "-h", addresses], log=folder / "slapd.log"
    )
    process.wait_until_ready(lambda: listens(port) and listens(tls_port))
    return process
