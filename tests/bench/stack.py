"""The servers a benchmark measures: slapd, PostgreSQL, the provider simulator and `authsms serve`."""

import compileall
import http.client
import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import authsms
from authsms.cli.demo_setup import Plan, add_device, add_directory, add_sender
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import load_settings
from authsms.simulator import SimulatorConfig, TwilioAccount, create_simulator, serve
from authsms.simulator.directory import SampleDirectory
from authsms.wiring import build
from tests.bench.load import Visitor
from tests.parts.postgresql import run_postgresql
from tests.parts.processes import Process, free_port, private_folder
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX, run_slapd

PASSWORD = "correct horse"
_PERSON = """\
dn: uid=user{number},ou=people,{suffix}
objectClass: inetOrgPerson
uid: user{number}
cn: User {number}
sn: {number}
mobile: {phone}
userPassword: {password}

"""
_FIRST_PHONE = 4915112000000
_ADDITIONS = 100_000
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Stack:
    """Running servers and where they are."""

    server: str
    simulator: str
    process: Process
    visitors: list[Visitor]
    start_seconds: float
    radius_secret: str

    def processor_seconds(self) -> float:
        """Return the processor time that the server's processes have used, delivery included."""
        return sum(processor_seconds_of(pid) for pid in family(self.process.pid))

    def delivery_seconds(self) -> float:
        """Return the part of `processor_seconds` that the delivery process has used."""
        children = [pid for pid in family(self.process.pid) if "worker" in _read(f"/proc/{pid}/cmdline").split("\0")]
        return sum(map(processor_seconds_of, children))

    def memory_bytes(self) -> int:
        """Return the resident memory of the server's processes."""
        return sum(map(memory_of, family(self.process.pid)))

    def hashing_seconds(self) -> float:
        """Return the processor time the server itself says it spent on hashing."""
        connection = http.client.HTTPConnection(self.server.removeprefix("http://"), timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.search(r"^authsms_hashing_cpu_seconds_total ([\d.e+-]+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def set_fault(self, **fault: object) -> None:
        """Make the provider misbehave in one way; without arguments it is well again."""
        connection = http.client.HTTPConnection(self.simulator.removeprefix("http://"), timeout=10)
        connection.request("DELETE", "/faults/twilio")
        connection.getresponse().read()
        if fault:
            connection.request("PUT", "/faults/twilio", json.dumps(fault), {"Content-Type": "application/json"})
            connection.getresponse().read()
        connection.close()


@contextmanager
def run_stack(people: int, profile: str, *, radius_port: int = 0) -> Iterator[Stack]:
    """Start everything with so many people in the directory; a durable PostgreSQL, two web processes.

    Args:
        people: How many people there are, each with a phone.
        profile: Cost of hashing, ``owasp`` or ``light``.
        radius_port: Where to answer RADIUS, for devices on this machine; nowhere when left out.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder("bench"))
        visitors = [Visitor(f"user{number}", PASSWORD, f"+{_FIRST_PHONE + number}") for number in range(people)]
        slapd = stack.enter_context(run_slapd(*_people(visitors)))
        postgresql = stack.enter_context(run_postgresql(durable=True))
        database = postgresql.url(postgresql.create_database())
        plan = Plan(
            folder,
            server_port=free_port(),
            application_port=0,
            simulator_port=free_port(),
            lifetime=600,
            ldap=True,
            account=TwilioAccount(),
            radius_port=radius_port,
        )
        stack.enter_context(_simulator(plan))
        environment = {**plan.environment, "AUTHSMS_DATABASE__URL": database, "AUTHSMS_OTP__PROFILE": profile}
        directory = SampleDirectory(slapd.url, READER_DN, READER_PASSWORD, f"ou=people,{SUFFIX}")
        secret = _prepare(plan, environment, directory)
        _compile()
        begun = time.monotonic()
        command, log = [sys.executable, "-m", "authsms", "serve"], folder / "server.log"
        process = Process(command, log=log, environment=environment)
        stack.callback(process.stop)
        process.wait_until_ready(lambda: _answers(plan.server_port))
        elapsed = time.monotonic() - begun
        yield Stack(plan.issuer, f"http://127.0.0.1:{plan.simulator_port}", process, visitors, elapsed, secret)


def _compile() -> None:
    """Compile the product as its installation does, or the first start after a change would be timed compiling."""
    for package in (authsms.__path__[0], str(Path(authsms.__path__[0]).parent / "plugins")):
        compileall.compile_dir(package, quiet=1)


def _people(visitors: list[Visitor]) -> Iterator[str]:
    for start in range(0, len(visitors), 500):
        yield "".join(
            _PERSON.format(number=who.login.removeprefix("user"), suffix=SUFFIX, phone=who.phone, password=who.password)
            for who in visitors[start : start + 500]
        )


def _prepare(plan: Plan, environment: Mapping[str, str], directory: SampleDirectory) -> str:
    """Fill the database, and return the secret of devices that ask by RADIUS."""
    services = build(load_settings(plan.folder, environment))
    try:
        require_schema(services.database)
        services.prepare()
        add_directory(services, directory)
        add_sender(services, plan, f"http://127.0.0.1:{plan.simulator_port}")
        return add_device(services)
    finally:
        services.close()


@contextmanager
def _simulator(plan: Plan) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve_simulator, args=(plan.account, plan.simulator_port), daemon=True)
    process.start()
    try:
        while not _answers(plan.simulator_port):
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.join()


def _serve_simulator(account: TwilioAccount, port: int) -> None:
    serve(create_simulator(SimulatorConfig(accounts=(account,))), "127.0.0.1", port)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    children = [child for task in Path(f"/proc/{pid}/task").glob("*/children") for child in _read(str(task)).split()]
    return [pid, *(one for child in children for one in family(int(child)))]


def plain_python_seconds() -> float:
    """Return the processor time this machine needs at present for a million additions in Python, from a few."""
    begun, total = time.thread_time(), 0
    for number in range(_ADDITIONS):
        total += number
    return (time.thread_time() - begun) * 1_000_000 / _ADDITIONS


def processor_seconds_of(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_of(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    return int(_read(f"/proc/{pid}/statm").split()[1]) * _PAGE


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError:
        return ""
