"""Whether the server can do its work."""

import threading
import time
from collections.abc import Iterator

import pytest

from authsms.foundation.errors import DatabaseUnavailableError, DirectoryUnavailableError
from authsms.protocols.readiness import OK, Check, Readiness
from tests.integration.delivery.waiting import wait_until

PATIENCE_SECONDS = 20


def away() -> str:
    """A probe of something that is away."""
    raise DirectoryUnavailableError("ldap.internal.example:636 with password hunter2")


def broken() -> str:
    """A probe with a mistake in it."""
    raise RuntimeError("secret")


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """Holds probes until the test is over."""
    released = threading.Event()
    yield released
    released.set()


def look(*checks: Check):
    """Return the report on *checks*."""
    readiness = Readiness(lambda: checks, limit_seconds=PATIENCE_SECONDS)
    try:
        return readiness.look()
    finally:
        readiness.close()


def test_all_fine_is_ready() -> None:
    """The word for load balancers."""
    report = look(Check("database", lambda: OK, required=True), Check("senders", lambda: OK))

    assert (True, "ready") == (report.is_ready, report.status)


@pytest.mark.parametrize(("probe", "word"), [(away, "away"), (broken, "broken"), (lambda: "none", "none")])
def test_a_directory_or_provider_that_is_away_only_degrades(probe, word: str) -> None:
    """Others still work; nothing of the error is shown."""
    report = look(Check("database", lambda: OK, required=True), Check("repository X", probe))

    assert (True, "degraded") == (report.is_ready, report.status)
    assert report.words == {"database": "ok", "repository X": word}


def test_without_what_every_login_needs_the_server_is_not_ready() -> None:
    """A load balancer sends people elsewhere."""
    assert look(Check("database", away, required=True)).status == "not ready"


def test_a_check_that_hangs_is_slow_and_is_not_started_again(hanging: threading.Event) -> None:
    """A look is bounded in time and in threads (F-15, F-18)."""
    starts = []

    def probe() -> str:
        starts.append(1)
        hanging.wait()
        return OK

    readiness = Readiness(lambda: [Check("repository X", probe)], limit_seconds=0.05, keep_seconds=0.0)
    began = time.monotonic()
    words = [readiness.look().words["repository X"] for _ in range(3)]

    assert time.monotonic() - began < PATIENCE_SECONDS
    wait_until(lambda: bool(starts))
    assert (["slow"] * 3, 1) == (words, len(starts))
    readiness.close()


def test_a_report_is_kept_for_a_moment() -> None:
    """Probes from ten load balancers are one look."""
    starts = []

    def probe() -> str:
        starts.append(1)
        return OK

    readiness = Readiness(lambda: [Check("database", probe)], limit_seconds=PATIENCE_SECONDS, keep_seconds=60)
    reports = {id(readiness.look()) for _ in range(10)}
    readiness.close()

    assert (1, 1) == (len(reports), len(starts))


def test_when_not_even_the_checks_can_be_listed_the_database_is_away() -> None:
    """Repositories are rows."""

    def checks() -> list[Check]:
        raise DatabaseUnavailableError("away")

    readiness = Readiness(checks)
    report = readiness.look()
    readiness.close()

    assert (False, {"database": "away"}) == (report.is_ready, report.words)
