"""The settings of a sender service, as data.

A provider names what it needs to know in a tuple of `Setting`; the form, the checks, the sealing of secrets and the
table in the manual are made from it. Values reach the provider checked and typed as `SettingValues`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import urlsplit

from authsms.foundation.errors import InvalidInputError

SettingValue: TypeAlias = "str | int | bool | tuple[tuple[str, str], ...]"
"""Text, number, truth value, or ordered pairs of name and value."""

_LONGEST_TEXT = 2000
_LONGEST_CERTIFICATES = 64_000
_MOST_PAIRS = 50


class SettingKind(StrEnum):
    """How a setting is typed in, checked and kept."""

    TEXT = "text"
    MULTILINE = "multiline"
    SECRET = "secret"  # noqa: S105 - a word of the vocabulary
    URL = "url"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    PAIRS = "pairs"
    SECRET_PAIRS = "secret_pairs"  # noqa: S105 - as above


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a provider needs to know.

    Attributes:
        name: Key in the stored settings; lower case with underscores.
        label: The provider's own word for it.
        help: One or two sentences for somebody who has never read the manual.
        default: Value of an empty field; text for every kind but NUMBER (int), FLAG (bool) and pairs (tuple).
        choices: Pairs of value and label, for CHOICE.
        pattern: Regular expression a TEXT or SECRET must match as a whole; the help must say it in words.
        lowest: Smallest NUMBER.
        highest: Largest NUMBER.
        guards_secrets: A change of this setting decides where secrets go, so it clears the stored ones. For a URL
            only scheme, host and port count.
    """

    name: str
    label: str
    help: str
    kind: SettingKind = SettingKind.TEXT
    required: bool = False
    default: SettingValue = ""
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    lowest: int = 0
    highest: int = 1_000_000
    guards_secrets: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether values of this setting are sealed and never shown."""
        return self.kind in {SettingKind.SECRET, SettingKind.SECRET_PAIRS}

    @property
    def has_pairs(self) -> bool:
        """Whether the value is a list of names and values."""
        return self.kind in {SettingKind.PAIRS, SettingKind.SECRET_PAIRS}

    def read(self, raw: object) -> SettingValue:
        """Return *raw*, from a form, a file or the database, checked and typed.

        Raises:
            InvalidInputError: It does not fit; `field` is the name of the setting, the text does not repeat the value.
        """
        value = self._typed(raw)
        if self.required and value in {"", ()}:
            raise self._problem("%(label)s is needed.")
        return value

    def _typed(self, raw: object) -> SettingValue:
        if raw is None or raw == "":
            return () if self.has_pairs and not self.default else self.default
        if self.has_pairs:
            return self._pairs(raw)
        if self.kind is SettingKind.FLAG:
            return self._flag(raw)
        if self.kind is SettingKind.NUMBER:
            return self._number(raw)
        return self._text(raw)

    def _text(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise self._problem("%(label)s must be text.")
        text = raw.strip()
        is_multiline = self.kind is SettingKind.MULTILINE
        if len(text) > (_LONGEST_CERTIFICATES if is_multiline else _LONGEST_TEXT):
            raise self._problem("%(label)s is too long.")
        if not is_multiline and not text.isprintable():
            raise self._problem("%(label)s holds characters that cannot be seen.")
        if self.kind is SettingKind.CHOICE and text not in dict(self.choices):
            raise self._problem("%(label)s is none of the choices.")
        if self.kind is SettingKind.URL:
            self._check_url(text)
        if self.pattern and text and not re.fullmatch(self.pattern, text):
            raise self._problem("%(label)s has another form: %(help)s", help=self.help)
        return text

    def _check_url(self, text: str) -> None:
        try:
            parts = urlsplit(text)
            is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_usable = False
        if not is_usable or any(mark.isspace() or mark == "\\" for mark in text):
            raise self._problem("%(label)s must be an address that starts with https://.")
        if "@" in parts.netloc or parts.fragment:
            raise self._problem("%(label)s must hold neither a user name nor a #.")

    def _number(self, raw: object) -> int:
        try:
            number = int(str(raw))
        except ValueError:
            raise self._problem("%(label)s must be a whole number.") from None
        if isinstance(raw, bool) or not self.lowest <= number <= self.highest:
            raise self._problem(
                "%(label)s must lie between %(lowest)s and %(highest)s.", lowest=self.lowest, highest=self.highest
            )
        return number

    def _flag(self, raw: object) -> bool:
        words: Mapping[object, bool] = {
            True: True,
            False: False,
            "true": True,
            "false": False,
            "on": True,
            "off": False,
        }
        if not isinstance(raw, bool | str) or raw not in words:
            raise self._problem("%(label)s must be on or off.")
        return words[raw]

    def _pairs(self, raw: object) -> tuple[tuple[str, str], ...]:
        """Read pairs: a list of two-element lists, a mapping, or lines of ``name=value``."""
        entries: list[object]
        if isinstance(raw, str):
            entries = [line.split("=", 1) for line in raw.splitlines() if line.strip()]
        elif isinstance(raw, Mapping):
            entries = list(raw.items())
        elif isinstance(raw, Sequence):
            entries = list(raw)
        else:
            raise self._problem("%(label)s must be lines of name=value.")
        pairs = tuple(self._pair(entry) for entry in entries)
        if len(pairs) > _MOST_PAIRS or sum(len(name) + len(value) for name, value in pairs) > _LONGEST_TEXT * 4:
            raise self._problem("%(label)s is too long.")
        if self.kind is SettingKind.SECRET_PAIRS and len(dict(pairs)) != len(pairs):
            raise self._problem("%(label)s names something twice.")
        return pairs

    def _pair(self, entry: object) -> tuple[str, str]:
        if not isinstance(entry, Sequence) or isinstance(entry, str) or len(entry) != 2:  # noqa: PLR2004 - a pair
            raise self._problem("%(label)s must be lines of name=value.")
        name, value = entry
        if not isinstance(name, str) or not isinstance(value, str) or not name.strip():
            raise self._problem("%(label)s must be lines of name=value.")
        if not name.isprintable() or not value.isprintable():
            raise self._problem("%(label)s holds characters that cannot be seen.")
        return name.strip(), value.strip()

    def _problem(self, sentence: str, **facts: object) -> InvalidInputError:
        return InvalidInputError(sentence, field=self.name, label=self.label, **facts)


@dataclass(frozen=True, slots=True)
class SettingValues:
    """Checked values of one service, by name of the setting; never shown as a whole."""

    values: Mapping[str, SettingValue] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, settings: Sequence[Setting], raw: Mapping[str, object]) -> "SettingValues":
        """Check *raw* against *settings*.

        Raises:
            InvalidInputError: A value does not fit, a needed one is missing, or a name is unknown.
        """
        unknown = sorted(set(raw) - {setting.name for setting in settings})
        if unknown:
            raise InvalidInputError("There is no setting called %(unknown)r.", unknown=unknown[0], field=unknown[0])
        values = {setting.name: setting.read(raw.get(setting.name)) for setting in settings}
        return cls(values, tuple(_secret_texts(settings, values)))

    def text(self, name: str) -> str:
        """Return a text, secret, address or choice."""
        value = self.values[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text")
        return value

    def number(self, name: str) -> int:
        """Return a number."""
        value = self.values[name]
        if not isinstance(value, int):
            raise TypeError(f"{name} is no number")
        return value

    def flag(self, name: str) -> bool:
        """Return whether something is on."""
        return self.values[name] is True

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return ordered names and values."""
        value = self.values[name]
        if not isinstance(value, tuple):
            raise TypeError(f"{name} is no list of pairs")
        return value


def _secret_texts(settings: Iterable[Setting], values: Mapping[str, SettingValue]) -> Iterable[str]:
    for setting in settings:
        value = values[setting.name]
        if setting.kind is SettingKind.SECRET and isinstance(value, str) and value:
            yield value
        elif setting.kind is SettingKind.SECRET_PAIRS and isinstance(value, tuple):
            yield from (secret for _, secret in value if secret)


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of *url*: what decides who gets a secret sent there."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
