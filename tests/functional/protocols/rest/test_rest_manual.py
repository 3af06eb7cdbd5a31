"""What the manual tells developers, done as it stands there against a server on a socket."""

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.functional.protocols.rest.program import Program, open_program, serve
from tests.integration.delivery.waiting import wait_until
from tests.integration.logon.house import PASSWORD
from tests.parts.manual import section

CHAPTER = section("Logging in by REST")


@pytest.fixture
def address(house) -> Iterator[tuple[str, Program]]:
    """A server, and a program that is registered there."""
    program = open_program(house)
    with serve(program) as found:
        yield found, program


def test_the_walk_with_curl_works(address, house):
    """A developer copies it line by line."""
    url, program = address
    (script,) = re.findall(r"```bash\n(.*?)```", CHAPTER, re.DOTALL)
    given = {"SERVER": url, "ENDPOINT": program.endpoint.id, "SECRET": program.secret, "LOGIN": "alice"}
    walk = subprocess.Popen(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        env={"PATH": os.environ["PATH"], "PASSWORD": PASSWORD, "LANG": "C.UTF-8", **given},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: house.sent or walk.poll() is not None)
    out, err = walk.communicate(f"{house.code()}\n", timeout=20)

    assert (0, "") == (walk.returncode, err)
    status, details, name = out.splitlines()
    assert ("NEXT", "Alice Example") == (status, name)
    assert "'recipient': '•••••••42'" in details
    assert "session.ended" == house.tags()[-1]
