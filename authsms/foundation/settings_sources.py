"""Where settings are written: a TOML file, environment variables, and files that hold one secret each.

pydantic-settings passes over unknown variables of the environment; a misspelt one must be refused by its name, so the
reading is done here and pydantic judges the result.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from authsms.foundation.errors import ConfigurationError

PREFIX = "AUTHSMS_"
_SEPARATOR = "__"
_FILE_SUFFIX = "_FILE"
_NOT_SETTINGS = frozenset({"AUTHSMS_INSTANCE"})


def read_toml(file: Path) -> dict[str, Any]:
    """Return what *file* holds; nothing when it is missing.

    Raises:
        ConfigurationError: It is not valid TOML.
    """
    if not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error


def read_environment(variables: Mapping[str, str], settings: type[BaseModel]) -> dict[str, Any]:
    """Return what the variables say, nested like *settings*.

    Args:
        variables: All variables of the process; those without the prefix are passed over.
        settings: Decides where a name ends in ``_FILE``, and which settings take several values, written with commas.

    Raises:
        ConfigurationError: A variable names a file that cannot be read.
    """
    values: dict[str, Any] = {}
    for name, raw in sorted(variables.items()):
        if not name.startswith(PREFIX) or name in _NOT_SETTINGS:
            continue
        path = name.removeprefix(PREFIX).lower().split(_SEPARATOR)
        value = raw
        if name.endswith(_FILE_SUFFIX) and not _is_field(settings, path):
            path[-1] = path[-1].removesuffix(_FILE_SUFFIX.lower())
            value = _read_secret(name, Path(raw))
        section = values
        for part in path[:-1]:
            section = section.setdefault(part, {})
        section[path[-1]] = _split(settings, path, value)
    return values


def _is_field(settings: type[BaseModel], path: list[str]) -> bool:
    model: Any = settings
    for part in path:
        if part not in getattr(model, "model_fields", {}):
            return False
        model = model.model_fields[part].annotation
    return True


def _split(settings: type[BaseModel], path: list[str], value: str) -> object:
    """Return a list for a setting that takes several values (written with commas), else the text as it is."""
    model: Any = settings
    for part in path:
        found = getattr(model, "model_fields", {}).get(part)
        if found is None:
            return value
        model = found.annotation
    if str(model).startswith("tuple"):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _read_secret(name: str, file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{name} names a file that cannot be read: {file}") from error


def merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    """Return *low* with *high* over it, section by section."""
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
