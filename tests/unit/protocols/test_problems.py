"""Errors as programs read them."""

from datetime import timedelta

import pytest
from flask import Blueprint, Flask, abort
from flask.testing import FlaskClient

from authsms.foundation import errors
from authsms.protocols import problems

SECRET = "hunter2 at ldap.internal"


@pytest.fixture
def client() -> FlaskClient:
    """A door in which every address fails in its own way."""
    door = Blueprint("door", __name__)
    problems.register(door)

    @door.get("/<name>")
    def fail(name: str) -> str:
        if name == "TooManyRequestsError":
            raise errors.TooManyRequestsError(SECRET, retry_after=timedelta(seconds=7.4))
        if name == "RuntimeError":
            raise RuntimeError(SECRET)
        if name.isdigit():
            abort(int(name), SECRET)
        raise getattr(errors, name)(SECRET)

    app = Flask(__name__)
    app.register_blueprint(door)
    return app.test_client()


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("InvalidInputError", 400, "invalid-input"),
        ("ForgeryError", 403, "forgery"),
        ("NotFoundError", 404, "not-found"),
        ("ConflictError", 409, "conflict"),
        ("TooManyRequestsError", 429, "too-many-requests"),
        ("DirectoryUnavailableError", 503, "unavailable"),
        ("OverloadedError", 503, "unavailable"),
        ("SealBrokenError", 500, "internal"),
        ("ConfigurationError", 500, "internal"),
        ("RuntimeError", 500, "internal"),
    ],
)
def test_every_error_has_its_status_and_keeps_its_secrets(
    client: FlaskClient, name: str, status: int, kind: str
) -> None:
    """Only the text of an input error is written for the caller."""
    response = client.get(f"/{name}")

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.get_json()["type"] == f"urn:authsms:problem:{kind}"
    assert response.get_json()["status"] == status
    assert (SECRET in response.text) is (name == "InvalidInputError")


@pytest.mark.parametrize(("name", "seconds"), [("TooManyRequestsError", "7"), ("UnavailableError", "30")])
def test_who_may_try_again_is_told_when(client: FlaskClient, name: str, seconds: str) -> None:
    """Retry-After."""
    assert client.get(f"/{name}").headers["Retry-After"] == seconds


@pytest.mark.parametrize(("status", "shown"), [(413, 413), (415, 415), (502, 500)])
def test_http_errors_are_problems_too(client: FlaskClient, status: int, shown: int) -> None:
    """Without what was said when they were raised."""
    response = client.get(f"/{status}")

    assert (shown, "application/problem+json") == (response.status_code, response.content_type)
    assert SECRET not in response.text
