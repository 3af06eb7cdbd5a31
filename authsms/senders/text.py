"""Texts: templates, segments, and the last line that ties a code to a website.

Templates are parsed by hand. ``str.format`` walks attributes and allocates what it is told to, and an
administrator's text must be able to do neither. The only thing between braces is a known name; a value put in its
place is bounded, kept to one line, and never looked at again.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from authsms.foundation.errors import InvalidInputError, gettext_noop

NAMES: Final = frozenset({"otp", "user", "event", "endpoint", "minutes"})
"""What a template of a message may name."""

LONGEST_TEMPLATE: Final = 700
LONGEST_TEXT: Final = 4000
"""So much fits one message once its names are filled in."""
LONGEST_VALUE: Final = 64
_HTTPS_PORT = 443
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff")


class TemplateError(InvalidInputError):
    """A template cannot be used.

    Attributes:
        position: Index of the character at fault.
    """

    def __init__(self, problem: str, *, position: int, **facts: object) -> None:
        what = InvalidInputError(problem, field="template", **facts)
        super().__init__(
            gettext_noop("%(problem)s (at character %(place)s)"), field="template", problem=what, place=position + 1
        )
        self.position = position


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value."""

    name: str


Part: TypeAlias = str | Slot


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template."""

    source: str
    parts: tuple[Part, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names it uses."""
        return frozenset(part.name for part in self.parts if isinstance(part, Slot))

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with *values* put in as they are, in one pass."""
        return "".join(values[part.name] if isinstance(part, Slot) else part for part in self.parts)


def parse_template(
    source: str,
    *,
    names: Collection[str] = NAMES,
    required: Collection[str] = ("otp",),
    longest: int = LONGEST_TEMPLATE,
) -> Template:
    """Return *source* parsed; ``{{`` and ``}}`` stand for single braces.

    Raises:
        TemplateError: A name is unknown, a required one is missing, or a brace stands alone; with the position.
    """
    if len(source) > longest:
        raise TemplateError("The text is longer than %(longest)s characters", longest=longest, position=longest)
    for position, mark in enumerate(source):
        if mark != "\n" and unicodedata.category(mark) in _UNSEEN:
            raise TemplateError("The text holds a character that cannot be seen", position=position)
    parts: list[Part] = []
    end = 0
    for found in _TOKEN.finditer(source):
        parts += [source[end : found.start()], _part(found, names)]
        end = found.end()
    template = Template(source, _joined([*parts, source[end:]]))
    for name in required:
        if name not in template.names:
            raise TemplateError("The text needs {%(name)s}", name=name, position=len(source))
    return template


@lru_cache(maxsize=16)  # an administrator's words, the same for every code
def code_template(source: str) -> Template:
    """Return the template of a text with a code; see `parse_template`."""
    return parse_template(source)


def _part(found: re.Match[str], names: Collection[str]) -> Part:
    token, name = found.group(), found.group(1)
    if token in {"{{", "}}"}:
        return token[0]
    if name is None:
        raise TemplateError(
            "A single %(token)s means nothing; write %(token_2)s to show one",
            token=token,
            token_2=token * 2,
            position=found.start(),
        )
    if name not in names:
        known = ", ".join(f"{{{word}}}" for word in sorted(names))
        raise TemplateError(
            "{%(name)s} is unknown; there are %(known)s", name=name[:20], known=known, position=found.start()
        )
    return Slot(name)


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part:
            joined.append(part)
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class TextValues:
    """What a message may say.

    Attributes:
        otp: The code, digits only.
        minutes: How long the code is good, rounded up.
    """

    otp: str = ""
    user: str = ""
    event: str = ""
    endpoint: str = ""
    minutes: int = 0


def render(template: Template, values: TextValues, *, host: str | None = None) -> str:
    """Return the text of a message.

    Args:
        template: What to say.
        values: What to put in; each is bounded and kept to one line.
        host: Website the code is for; adds the line that lets browsers fill it in, see `origin_host`.
    """
    words = {
        "otp": values.otp,
        "user": one_line(values.user),
        "event": one_line(values.event),
        "endpoint": one_line(values.endpoint),
        "minutes": str(values.minutes),
    }
    text = template.fill(words).strip()
    return f"{text}\n@{host} #{values.otp}" if host and values.otp else text


def one_line(value: str) -> str:
    """Return *value* as a bounded part of one line.

    A leading ``@`` is dropped: at the start of the last line it would tie the code to somebody else's website.
    """
    shown = value[: LONGEST_VALUE * 4]
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(
            " " if unicodedata.category(mark) in _UNSEEN else "" if mark in _BIDI else mark for mark in shown
        )
    return " ".join(shown.split()).lstrip("@ ")[:LONGEST_VALUE].rstrip()


def origin_host(public_url: str) -> str | None:
    """Return the host codes may be bound to, or None where browsers would not accept it.

    A bound code is good for https on the standard port only (WICG, Origin-bound one-time codes).
    """
    try:
        parts = urlsplit(public_url)
        host, port = parts.hostname or "", parts.port
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return None
    is_name = _HOST.fullmatch(ascii_host) is not None and not ascii_host.replace(".", "").isdigit()
    return ascii_host if parts.scheme == "https" and port in {None, _HTTPS_PORT} and is_name else None


class Alphabet(StrEnum):
    """How a text is encoded on the air (3GPP TS 23.038)."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text costs.

    Attributes:
        units: Septets in GSM-7, 16-bit units in UCS-2.
        segments: Messages it is sent in; 0 for an empty text.
        capacity: Units that fit into that many segments.
        costly: Characters that force UCS-2, each once, in order.
    """

    alphabet: Alphabet
    units: int
    segments: int
    capacity: int
    costly: str = ""


_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
_LIMITS: Final = {Alphabet.GSM7: (160, 153), Alphabet.UCS2: (70, 67)}
_BMP_END: Final = 0xFFFF


def measure(text: str) -> Measure:
    """Return alphabet and segments of *text*; neither an escape pair nor a surrogate pair is split."""
    costly = "".join(dict.fromkeys(mark for mark in text if mark not in _BASIC and mark not in _EXTENSION))
    alphabet = Alphabet.UCS2 if costly else Alphabet.GSM7
    single, part = _LIMITS[alphabet]
    widths = [_width(mark, alphabet) for mark in text]
    units = sum(widths)
    if units <= single:
        return Measure(alphabet, units, 1 if text else 0, single, costly)
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return Measure(alphabet, units, segments, segments * part, costly)


def _width(mark: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.GSM7:
        return 2 if mark in _EXTENSION else 1
    return 2 if ord(mark) > _BMP_END else 1


PLAIN: Final = "plain"
STANDARD: Final = "standard"
BUILT_IN: Final[Mapping[str, Mapping[str, str]]] = {
    PLAIN: {
        "en": "Your one-time password is: {otp}",
        "de": "Ihr Einmalpasswort lautet: {otp}",
    },
    STANDARD: {
        "en": "{otp} is your code for {event}, good for {minutes} min. Nobody will ever ask you for it.",
        "de": "{otp} ist Ihr Code für {event}, {minutes} Min. gültig. Niemand wird Sie je danach fragen.",
    },
}
"""Built-in templates, by name and language."""

HELP_DESK: Final[Mapping[str, str]] = {
    "en": "{otp}: tell this code to the help desk of {endpoint}, and only if you called them yourself. "
    "It is not for signing in. Good for {minutes} min.",
    "de": "{otp}: Nennen Sie diesen Code dem Helpdesk von {endpoint}, und nur, wenn Sie selbst dort angerufen haben. "
    "Er dient nicht zur Anmeldung. {minutes} Min. gültig.",
}
"""What takes a code to somebody who is on the phone, by language.

It is the one code that is meant to be read out, so nobody can change its words into those of another.
"""
