"""Alive, ready, counted."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests
from flask import Flask

from authsms.foundation.errors import DatabaseUnavailableError
from authsms.protocols import operations
from authsms.protocols.client_address import ClientAddress
from authsms.protocols.readiness import OK, Check, Readiness
from tests.functional.protocols.house import House, on_each_database

COUNT = """
import sys
from authsms.foundation import metrics
metrics.LOGONS.labels("ok", "web").inc(int(sys.argv[1]))
metrics.observe_request(method="BREW", route=None, status=418, seconds=0.1)
print(metrics.exposition().decode())
"""


def test_it_is_alive_without_asking_anybody(house: House) -> None:
    """No dependency: a database outage must not get every process restarted."""
    house.readiness.append(Check("database", lambda: "away", required=True))

    assert requests.get(f"{house.settings.public_url}/healthz", timeout=10).json() == {"status": "alive"}


def test_ready_degraded_and_not_ready_are_told_apart(house: House) -> None:
    """Status for load balancers, words for people, no secrets."""
    house.readiness.append(Check("repository LDAP", lambda: "away"))
    degraded = requests.get(f"{house.settings.public_url}/readyz", timeout=10)

    assert (200, {"status": "degraded", "checks": {"repository LDAP": "away"}}) == (
        degraded.status_code,
        degraded.json(),
    )


@on_each_database
def test_a_missing_database_is_not_ready(house: House) -> None:
    """503."""

    def away() -> str:
        raise DatabaseUnavailableError("postgresql://user:hunter2@db")

    house.readiness.append(Check("database", away, required=True))
    response = requests.get(f"{house.settings.public_url}/readyz", timeout=10)

    assert (503, "not ready") == (response.status_code, response.json()["status"])
    assert "hunter2" not in response.text


def test_requests_are_timed_by_route_and_by_nothing_else(house: House) -> None:
    """A path in a label would be a person in a label."""
    requests.get(f"{house.settings.public_url}/oauth2/resume/alice", timeout=10)
    requests.get(f"{house.settings.public_url}/nowhere/alice", timeout=10)
    text = requests.get(f"{house.settings.public_url}/metrics", timeout=10).text

    assert 'route="/oauth2/resume/<continuation_id>",status="404"' in text
    assert 'route="none",status="404"' in text
    assert "alice" not in text


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "192.0.2.1", {}, 403),
        ("", "", {}, 403),
        ("", "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("", "127.0.0.1", {"Forwarded": "for=192.0.2.1"}, 403),
        ("t0ken", "127.0.0.1", {}, 403),
        ("t0ken", "127.0.0.1", {"Authorization": "Bearer wrong"}, 403),
        ("t0ken", "192.0.2.1", {"Authorization": "Bearer t0ken"}, 200),
        ("t0ken", "192.0.2.1", {"Authorization": "t0ken"}, 403),
        ("t0ken", "192.0.2.1", {"Authorization": "Bearer \u00e9"}, 403),
    ],
)
def test_metrics_are_for_this_machine_or_for_the_token(
    token: str, address: str, headers: dict[str, str], status: int
) -> None:
    """Behind a proxy on this machine everybody would look local."""
    app = Flask(__name__)
    app.wsgi_app = ClientAddress(app.wsgi_app, [])  # type: ignore[method-assign]
    app.register_blueprint(operations.create_blueprint(Readiness(lambda: [Check("x", lambda: OK)]), list, token))
    response = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert status == response.status_code


def test_processes_count_together(tmp_path: Path) -> None:
    """Whichever of them is asked."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", COUNT, number],
            env={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in ("2", "3")
    ]

    assert 'authsms_logons_total{event="web",result="ok"} 5.0' in runs[1]
    assert 'authsms_request_seconds_count{method="OTHER",route="none",status="418"} 2.0' in runs[1]
