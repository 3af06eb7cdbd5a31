"""Structured logs: one JSON object a line, with the request's id, and with secrets taken out.

The rule is that codes, tokens, passwords, message texts and whole phone numbers never enter a log call. The redacting
processor is the second lock: it blanks fields whose name says that they are secret, values registered as secrets, and
whatever looks like a phone number.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from authsms.foundation.absence import without

with without("rich"):  # structlog would load it for frames around errors, which it is never asked to draw
    import structlog

REDACTED = "***"
_LONGEST_VALUE = 2000
_SECRET_NAME = re.compile(
    r"passw|secret|token|authorization|cookie|credential|private|otp|^code$|^text$|^body$|^key$", re.IGNORECASE
)
_PHONE = re.compile(r"\+[1-9]\d{5,14}\b")
_SHORTEST_SECRET = 4
_secrets: set[str] = set()
_secrets_lock = threading.Lock()
_NO_REQUEST: Mapping[str, str] = MappingProxyType({})
_request = ContextVar("request", default=_NO_REQUEST)


def register_secret(value: str) -> None:
    """Make every later log line show ``***`` in place of *value* (a credential from the configuration)."""
    if len(value) >= _SHORTEST_SECRET:
        with _secrets_lock:
            _secrets.add(value)


def redact(text: str) -> str:
    """Return *text* without registered secrets and without whole phone numbers."""
    for value in tuple(_secrets):
        if value in text:
            text = text.replace(value, REDACTED)
    text = _PHONE.sub(lambda found: f"{REDACTED}{found.group()[-2:]}", text)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _clean(name: str, value: object) -> object:
    if _SECRET_NAME.search(name) and value is not None and not isinstance(value, bool | int | float):
        return REDACTED
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, inner) for inner in value]
    return value if isinstance(value, bool | int | float | None) else redact(str(value))


def _redacting(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: _clean(name, value) for name, value in event.items()}


def configure_logging(level: str = "INFO", *, as_json: bool = True) -> None:
    """Send every log line, also those of libraries, to standard error, redacted.

    Args:
        level: Least severe level that is written: ``DEBUG``, ``INFO``, ``WARNING`` or ``ERROR``.
        as_json: One JSON object a line; otherwise lines for people.
    """
    shared: list[structlog.typing.Processor] = [
        _add_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _redacting, renderer],
        )
    )
    logging.raiseExceptions = False  # the report of a failed write would show the line before it was redacted
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Authlib writes the tokens it issues into its debug log; the others are merely loud.
    for noisy in ("authlib", "urllib3", "ldap3", "werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; the event is a short constant, facts are fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def bind_request(**fields: str) -> None:
    """Add *fields* (request id, client address) to every log line of this thread until `clear_request`."""
    _request.set(fields)


def clear_request() -> None:
    """Forget what `bind_request` added."""
    _request.set(_NO_REQUEST)


def _add_request(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in _request.get().items():
        event.setdefault(name, value)
    return event
