"""A preset of a sender service as a TOML file to fill in."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from authsms.foundation.errors import NotFoundError
from authsms.senders.contract import SenderService
from authsms.senders.presets import Preset
from authsms.senders.settings import Setting, SettingValue

_WIDTH = 100
_FILL_IN = "    # fill in"


def find_preset(kinds: Mapping[str, type[SenderService]], name: str) -> tuple[type[SenderService], Preset]:
    """Return the preset called *name* and the kind of service it is for.

    Raises:
        NotFoundError: There is none; the text names those there are.
    """
    known = {preset.name: (kind, preset) for kind in kinds.values() for preset in kind.presets}
    if name not in known:
        raise NotFoundError(f"There is no preset called {name!r}; there are: {', '.join(known) or 'none'}.")
    return known[name]


def as_toml(kind: type[SenderService], preset: Preset) -> str:
    """Return settings and, as comments, the secrets that belong into a second file."""
    chosen = [(one, preset.values[one.name]) for one in kind.settings if one.name in preset.values]
    shown = [(one, value) for one, value in chosen if not one.is_secret]
    secret = [(one, value) for one, value in chosen if one.is_secret]
    lines = [*textwrap.wrap(f"{preset.title}. {preset.help}", _WIDTH, initial_indent="# ", subsequent_indent="# ")]
    lines += [f'kind = "{kind.key}"', *_lines(shown)]
    if secret:
        lines += ["", "# Into a second file, for --secrets:", *(f"# {line}".rstrip() for line in _lines(secret))]
    return "\n".join(lines)


def _lines(chosen: Sequence[tuple[Setting, SettingValue]]) -> Iterator[str]:
    """Yield plain settings first: what follows a table in TOML would belong to it."""
    for setting, value in chosen:
        if not setting.has_pairs:
            yield _line(setting.name, value)
    for setting, value in chosen:
        if isinstance(value, tuple):
            yield from ("", f"[{setting.name}]", *(_line(name, text) for name, text in value))


def _line(name: str, value: SettingValue) -> str:
    key = name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)
    return f"{key} = {json.dumps(value)}{_FILL_IN if value == '' else ''}"
