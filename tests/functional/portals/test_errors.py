"""Error pages: the right status, friendly words, nothing of the inside."""

from datetime import timedelta

import pytest
from flask import g

from authsms.foundation.errors import (
    ConfigurationError,
    ConflictError,
    DatabaseUnavailableError,
    DirectoryUnavailableError,
    ForgeryError,
    InvalidInputError,
    NotFoundError,
    OverloadedError,
    SealBrokenError,
    TooManyRequestsError,
)
from tests.functional.portals.conftest import Visitor
from tests.functional.portals.twin import PASSWORD, ScriptedLogon

SECRET = "db-host.internal password=hunter2"
ERRORS = [
    (ForgeryError(SECRET), 403, "out of date"),
    (NotFoundError(SECRET), 404, "nothing here any more"),
    (ConflictError(SECRET), 409, "faster"),
    (TooManyRequestsError(SECRET, retry_after=timedelta(seconds=17)), 429, "in 17 seconds"),
    (DirectoryUnavailableError(SECRET), 503, "temporarily unavailable"),
    (DatabaseUnavailableError(SECRET), 503, "temporarily unavailable"),
    (OverloadedError(SECRET), 503, "temporarily unavailable"),
    (ConfigurationError(SECRET), 500, "our fault"),
    (SealBrokenError(SECRET), 500, "our fault"),
    (RuntimeError(SECRET), 500, "our fault"),
]


@pytest.mark.parametrize(("error", "status", "words"), ERRORS, ids=[type(error[0]).__name__ for error in ERRORS])
def test_each_error_has_its_status_and_says_nothing_of_the_inside(visitor, logon, error, status, words):
    """What an error knows is for the log."""
    logon.failure = error
    answer = visitor.begin()

    assert answer.status_code == status
    assert words in answer.text
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "Start again" in answer.text


def test_what_a_browser_sends_by_mistake_is_told_without_the_reason(visitor: Visitor, logon: ScriptedLogon):
    """In the midst of a login; of the first page's name and password it is only said that they are not right."""
    path = visitor.reach_code()
    token = visitor.token(path)
    logon.failure = InvalidInputError(SECRET)
    answer = visitor.post(path, {"csrf_token": token, "code": "123456"})

    assert answer.status_code == 400
    assert "That did not work" in answer.text
    assert "hunter2" not in answer.text
    assert "Start again" in answer.text


def test_a_limit_and_an_outage_say_when_to_come_back(visitor: Visitor, logon: ScriptedLogon):
    """Programs read the header."""
    logon.failure = TooManyRequestsError("", retry_after=timedelta(seconds=17))
    assert visitor.begin().headers["Retry-After"] == "17"
    logon.failure = OverloadedError("")
    assert visitor.begin().headers["Retry-After"] == "30"


@pytest.mark.parametrize(
    "address", ["/nothing", "/login/unknown", "/login/web?c=unknown", "/logon/xyz", "/logon/" + "0" * 32]
)
def test_an_unknown_address_is_not_found(visitor: Visitor, address: str):
    """Processes of others, ended ones and invented ones are all the same."""
    answer = visitor.get(address)

    assert answer.status_code == 404
    assert "There is nothing here any more" in answer.text
    assert "unknown" not in answer.text


def test_a_body_that_is_too_large_is_refused(visitor: Visitor, app, logon: ScriptedLogon):
    """Before any work is done."""
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = visitor.post("/login/web", {"user_name": "a" * 2000, "password": PASSWORD})

    assert answer.status_code == 413
    assert logon.clients == []


def test_a_name_or_password_of_absurd_length_reaches_no_service(visitor: Visitor, logon: ScriptedLogon):
    """Hashing and directories take their time with them."""
    for name, password in (("a" * 257, "x"), ("alice", "x" * 1025)):
        visitor.begin(name, password)

    assert logon.clients == []


def test_the_number_of_the_request_is_on_the_page(visitor: Visitor, app):
    """So that the help desk finds it in the log."""
    app.before_request(_name_request)
    answer = visitor.get("/nothing")

    assert "<code>0123abcd</code>" in answer.text


def _name_request() -> None:
    g.request_id = "0123abcd"
