"""The second lock on secrets in logs."""

import io
import json
import logging
import subprocess
import sys

import pytest

from authsms.foundation.logs import bind_request, clear_request, configure_logging, get_logger, register_secret


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield root
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def lines(root_logger, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("DEBUG")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_secret_fields_and_whole_numbers_are_blanked(lines):
    """Whoever logs them by mistake."""
    get_logger("x").info("a", password="MARK-1", code="MARK-2", to="+12025550103", inner={"auth_token": "MARK-3"})

    text = json.dumps(lines())
    assert "MARK" not in text
    assert "+12025550103" not in text
    assert "***03" in text


def test_registered_secrets_are_blanked_everywhere(lines):
    """Also in exception texts and in lines of libraries."""
    register_secret("MARK-TWILIO-TOKEN")
    try:
        raise RuntimeError("login with MARK-TWILIO-TOKEN failed")
    except RuntimeError:
        get_logger("x").exception("failed")
    logging.getLogger("library").warning("token is MARK-TWILIO-TOKEN")

    text = json.dumps(lines())
    assert "MARK-TWILIO-TOKEN" not in text
    assert "RuntimeError" in text


def test_a_line_break_makes_no_second_line(lines):
    """Log injection: one event, one line."""
    get_logger("x").info("a", login='eve\n{"event": "forged"}\u2028\x1b[31m')

    assert len(lines()) == 1


def test_lines_of_a_request_name_it_and_those_after_it_do_not(lines):
    """Also lines of libraries; what a line says itself stands."""
    bind_request(request_id="r-1", address="192.0.2.7")
    get_logger("x").info("a")
    logging.getLogger("library").warning("b")
    get_logger("x").info("c", address="elsewhere")
    clear_request()
    get_logger("x").info("d")

    said = [(line["event"], line.get("request_id"), line.get("address")) for line in lines()]
    assert said == [
        *(("a", "r-1", "192.0.2.7"), ("b", "r-1", "192.0.2.7")),
        *(("c", "r-1", "elsewhere"), ("d", None, None)),
    ]


def test_a_server_does_not_load_what_draws_frames_around_errors():
    """A start would wait for sixty modules and more; commands that draw can load them all the same."""
    program = """
import sys
from authsms.foundation import logs
print("rich" in sys.modules)
import rich.console
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert ("False\n", "") == (done.stdout, done.stderr)
