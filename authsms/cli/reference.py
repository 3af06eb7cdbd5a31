"""The tables of the manual, made from the code so that they are never stale."""

import inspect
import re
from collections.abc import Iterable, Iterator

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from authsms.audit import AuditTag
from authsms.foundation.settings import Settings
from authsms.foundation.settings_sources import PREFIX
from authsms.identity.ldap.settings import PRESETS, LdapSettings
from authsms.plugins import load_plugins
from authsms.senders.contract import SenderService
from authsms.senders.settings import Setting

_ATTRIBUTE = re.compile(r"(\w+): (.+)")


def settings_table() -> str:
    """Return every setting: key in ``config.toml``, environment variable, default, meaning."""
    rows = [
        (f"`{name}`", f"`{PREFIX}{name.upper().replace('.', '__')}`", _default(field), _meaning(field))
        for name, field in _fields(Settings)
        if not field.exclude
    ]
    return table(("key", "environment variable", "default", "meaning"), rows)


def commands_table(root: click.Group) -> str:
    """Return every command with its first line of help."""
    rows = [(f"`{name}`", command.get_short_help_str(100)) for name, command in _commands(root, "authsms")]
    return table(("command", "what it does"), rows)


def directory_table() -> str:
    """Return the keys of an LDAP repository."""
    meanings = dict(_attributes(LdapSettings))
    rows = [
        (f"`{name}`", "required" if field.is_required() else _directory_default(name, field), meanings[name])
        for name, field in LdapSettings.model_fields.items()
    ]
    return table(("key", "default", "meaning"), rows)


def preset_table() -> str:
    """Return what the presets of an LDAP repository stand for."""
    names = list(next(iter(PRESETS.values())))
    rows = [(f"`{name}`", *(f"`{preset[name]}`" for preset in PRESETS.values())) for name in names]
    return table(("key", *(f"`{name}`" for name in PRESETS)), rows)


def sender_tables() -> str:
    """Return one table of settings for each kind of sender service that comes along."""
    kinds: list[type[SenderService]] = load_plugins(Settings.model_fields["plugins"].default)
    return "\n\n".join(
        f'**{kind.title}** (`kind = "{kind.key}"`)\n\n'
        + table(("key", "type", "default", "meaning"), map(_sender_row, kind.all_settings()))
        for kind in kinds
    )


def audit_table() -> str:
    """Return the vocabulary of the audit trail, one line an area."""
    areas: dict[str, list[str]] = {}
    for tag in AuditTag:
        area, _, verb = tag.partition(".")
        areas.setdefault(area, []).append(f"`{verb}`")
    return table(("area", "records"), [(f"`{area}`", ", ".join(verbs)) for area, verbs in areas.items()])


def _fields(model: type[BaseModel], prefix: str = "") -> Iterable[tuple[str, FieldInfo]]:
    sections = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            sections.append((f"{prefix}{name}.", field.annotation))
        else:
            yield f"{prefix}{name}", field
    for path, section in sections:
        yield from _fields(section, path)


def _meaning(field: FieldInfo) -> str:
    bounds = [getattr(mark, "ge", getattr(mark, "le", None)) for mark in field.metadata]
    span = " to ".join(str(bound) for bound in bounds if bound is not None) if len(bounds) > 1 else ""
    return f"{field.description or ''}{f' ({span})' if span else ''}"


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, tuple):
        value = ", ".join(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _attributes(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield name and meaning of the attributes that the docstring of *model* describes."""
    _, _, section = (inspect.getdoc(model) or "").partition("Attributes:\n")
    for line in re.sub(r"\n {8,}", " ", section).splitlines():
        if found := _ATTRIBUTE.fullmatch(line.strip()):
            yield found[1], re.sub(r"\*(\w+)\*", r"`\1`", found[2].replace("``", "`"))


def _directory_default(name: str, field: FieldInfo) -> str:
    return "by preset" if any(name in preset for preset in PRESETS.values()) else _default(field)


def _sender_row(setting: Setting) -> tuple[str, ...]:
    words = setting.kind.value.replace("_", " ")
    if setting.choices:
        words = ", ".join(f"`{value}`" for value, _ in setting.choices if value)
    default = "required" if setting.required else f"`{setting.default}`" if setting.default else ""
    return f"`{setting.name}`", words, default, f"{setting.label}: {setting.help}"


def _commands(group: click.Group, path: str) -> Iterable[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield f"{path} {name}", command
            yield from _commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
