"""The tables of the README, made from the code so that they are never stale."""

from collections.abc import Iterable

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from authsms.audit import AuditTag
from authsms.foundation.settings import Settings
from authsms.foundation.settings_sources import PREFIX


def settings_table() -> str:
    """Return every setting: key in ``config.toml``, environment variable, default, meaning."""
    rows = [
        (f"`{name}`", f"`{PREFIX}{name.upper().replace('.', '__')}`", _default(field), field.description or "")
        for name, field in _fields(Settings)
        if not field.exclude
    ]
    return _table(("key", "environment variable", "default", "meaning"), rows)


def commands_table(root: click.Group) -> str:
    """Return every command with its first line of help."""
    rows = [(f"`{name}`", command.get_short_help_str(100)) for name, command in _commands(root, "authsms")]
    return _table(("command", "what it does"), rows)


def audit_table() -> str:
    """Return the vocabulary of the audit trail, one line an area."""
    areas: dict[str, list[str]] = {}
    for tag in AuditTag:
        area, _, verb = tag.partition(".")
        areas.setdefault(area, []).append(f"`{verb}`")
    return _table(("area", "records"), [(f"`{area}`", ", ".join(verbs)) for area, verbs in areas.items()])


def _fields(model: type[BaseModel], prefix: str = "") -> Iterable[tuple[str, FieldInfo]]:
    sections = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            sections.append((f"{prefix}{name}.", field.annotation))
        else:
            yield f"{prefix}{name}", field
    for path, section in sections:
        yield from _fields(section, path)


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, tuple):
        value = ", ".join(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _commands(group: click.Group, path: str) -> Iterable[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
