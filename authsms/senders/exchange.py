"""What goes to a provider and what comes back, as values.

`Reply` is the whole truth a caller may build on: an answer, or the certainty that nothing was sent (`NotSent`), or
silence after the request may have arrived (`Silence`). The last two must never be mixed up: repeating a request
after silence can deliver a text twice.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from authsms.foundation.errors import InvalidInputError

Pairs: TypeAlias = tuple[tuple[str, str], ...]
JsonValue: TypeAlias = "Mapping[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"

_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_NUMBER = 12
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FRAMING = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "expect", "te", "trailer"}
)


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """One HTTP request to a provider.

    Build it with `get`, `form`, `json` or `raw`; each encodes its parts, so that no value can add a parameter, a
    field or a header.

    Attributes:
        basic: User and password of HTTP Basic authentication, or None.
        markers: Further secrets to take out of everything that is shown, e.g. a hash of the password.
    """

    method: Literal["GET", "POST"]
    url: str = field(repr=False)
    headers: Pairs = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    markers: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name, value in self.headers:
            if not _HEADER.fullmatch(name) or name.lower() in _FRAMING:
                raise InvalidInputError("%(name)r cannot be set as a header.", name=name, field="headers")
            if any(mark in value for mark in "\r\n\0") or not value.isprintable() or not _is_latin(value):
                raise InvalidInputError(
                    "The value of header %(name)s holds characters no header may hold.", name=name, field="headers"
                )

    @classmethod
    def get(
        cls, url: str, query: Pairs = (), *, headers: Pairs = (), basic: tuple[str, str] | None = None
    ) -> "ProviderRequest":
        """Return a GET whose *query* is merged into the query *url* already has; a pair replaces one of its name."""
        return cls("GET", merge_query(url, query), headers, None, basic)

    @classmethod
    def form(
        cls, url: str, pairs: Pairs, *, headers: Pairs = (), basic: tuple[str, str] | None = None
    ) -> "ProviderRequest":
        """Return a POST with *pairs* as ``application/x-www-form-urlencoded`` in UTF-8."""
        body = urlencode([(name, _encodable(value)) for name, value in pairs]).encode("ascii")
        return cls("POST", url, (("Content-Type", "application/x-www-form-urlencoded"), *headers), body, basic)

    @classmethod
    def json(
        cls, url: str, value: JsonValue, *, headers: Pairs = (), basic: tuple[str, str] | None = None
    ) -> "ProviderRequest":
        """Return a POST with *value* as JSON; characters beyond ASCII are escaped, so no charset can break them."""
        body = json.dumps(value, ensure_ascii=True, allow_nan=False).encode("ascii")
        return cls("POST", url, (("Content-Type", "application/json"), *headers), body, basic)

    @classmethod
    def raw(
        cls, url: str, body: bytes, content_type: str, *, headers: Pairs = (), basic: tuple[str, str] | None = None
    ) -> "ProviderRequest":
        """Return a POST with a *body* that a serializer of the plugin made (SOAP, XML)."""
        return cls("POST", url, (("Content-Type", content_type), *headers), body, basic)

    def lines(self) -> list[str]:
        """Return the request for people, decoded; secrets are still in it, so redact every line before it is shown."""
        address, _, query = self.url.partition("?")
        shown = [f"{self.method} {address}"]
        shown += [f"  {name}={value}" for name, value in parse_qsl(query, keep_blank_values=True)]
        shown += [f"{name}: {value}" for name, value in self.headers]
        if self.basic is not None:
            shown.append(f"Authorization: Basic ({self.basic[0]} and password)")
        body = (self.body or b"").decode("utf-8", "replace")
        if ("Content-Type", "application/x-www-form-urlencoded") in self.headers:
            return shown + [f"  {name}={value}" for name, value in parse_qsl(body, keep_blank_values=True)]
        return [*shown, f"  {body}"] if body else shown


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a provider answered.

    Attributes:
        headers: Names in lower case.
        body: At most 64 kB; `is_whole` tells whether that was all of it.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_whole: bool = True

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx. That is not success yet: most providers refuse with 200 or 202, too."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of a status code is its hundreds (RFC 9110)

    def text(self, encoding: str = "utf-8") -> str:
        """Return the body as text; what does not decode is replaced."""
        return self.body.decode(encoding, "replace")

    def json_value(self) -> JsonValue:
        """Return the body as JSON, or None when it is none."""
        return read_json(self.body)

    def find(self, *path: str | int) -> str | None:
        """Return the text, number or truth value at *path* of a JSON body as text, or None when it is not there.

        ``answer.find("messages", 0, "id")`` is the id of the first message. True and false come back as ``true``
        and ``false``.
        """
        return text_at(self.json_value(), *path)

    @property
    def retry_after(self) -> timedelta | None:
        """How long the provider asks to wait, at most an hour; None when it does not say (RFC 9110, 10.2.3)."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return _LONGEST_WAIT if len(text) > _LONGEST_NUMBER else min(timedelta(seconds=int(text)), _LONGEST_WAIT)
        try:
            wait = parsedate_to_datetime(text) - parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(wait, timedelta()), _LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly nothing reached the provider.

    Attributes:
        code: ``connect``, ``resolve``, ``tls``, ``busy`` or ``address_refused``.
        is_refused: The guard refused the address; only a change of the configuration helps.
    """

    code: str
    detail: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """The request may have been taken, but no answer to build on came back.

    Attributes:
        code: ``timeout``, ``connection_lost`` or ``malformed_answer``.
    """

    code: str
    detail: str


Reply: TypeAlias = ProviderAnswer | NotSent | Silence


class Transport(Protocol):
    """Sends one request; `authsms.senders.http.HttpClient` is the real one."""

    def send(self, request: ProviderRequest, patience: timedelta | None = None) -> Reply:
        """Send *request* once, and wait no longer than *patience* for the answer."""

    def close(self) -> None:
        """Let go of connections."""


def read_json(body: bytes) -> JsonValue:
    """Return *body* as JSON, or None when it is none."""
    try:
        value: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value


def value_at(value: JsonValue, *path: str | int) -> JsonValue:
    """Return what stands at *path* of a JSON value, or None when nothing does."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text_at(value: JsonValue, *path: str | int) -> str | None:
    """Return the text, number or truth value at *path* of a JSON value as text, or None when there is none."""
    found = value_at(value, *path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else None


def merge_query(url: str, query: Pairs) -> str:
    """Return *url* with *query* added to the query it has; a pair replaces those of the same name."""
    if not query:
        return url
    parts = urlsplit(url)
    names = {name for name, _ in query}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    merged = urlencode([*kept, *((name, _encodable(value)) for name, value in query)], quote_via=quote, safe="")
    return urlunsplit(parts._replace(query=merged))


def _encodable(value: str) -> str:
    """Replace lone surrogates, which no encoding can carry."""
    return value.encode("utf-8", "replace").decode("utf-8")


def _is_latin(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
