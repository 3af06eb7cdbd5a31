"""The form of a sender service, made from the settings its provider names; nothing else is read from a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import BooleanField, SelectMultipleField, StringField

from authsms.portals.admin.frame import AdminForm
from authsms.senders.contract import SenderService
from authsms.senders.definitions import SavedService, SecretMark, ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.rules import read_senders
from authsms.senders.settings import Setting, SettingKind, SettingValue
from authsms.senders.submission import Purpose

_LONGEST = 64_000


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A setting as the form shows it; a secret never has a value, only the names of pairs are shown.

    Attributes:
        stored: What is stored at present, when somebody else has changed it meanwhile; else None.
    """

    setting: Setting
    value: str
    is_on: bool
    mark: SecretMark | None
    stored: str | None = None

    @property
    def field(self) -> str:
        """Name of the field."""
        return f"setting-{self.setting.name}"


def service_form(kind: type[SenderService]) -> AdminForm:
    """Return the form of a service of *kind*: its own settings, where it is used, and which secrets to remove."""
    rule = ("countries", "prefixes", "groups", "labels", "weight", "senders", "beside")
    fields: dict[str, Any] = {
        "name": StringField(),
        **{name: StringField() for name in rule},
        "purposes": SelectMultipleField(
            choices=[one.value for one in Purpose],  # type: ignore[misc]  # the stubs know pairs only
            validate_choice=False,
        ),
    }
    for setting in kind.all_settings():
        is_flag = setting.kind is SettingKind.FLAG
        fields[f"setting-{setting.name}"] = BooleanField() if is_flag else StringField()
        if setting.is_secret:
            fields[f"clear-{setting.name}"] = BooleanField()
    made: AdminForm = type("ServiceForm", (AdminForm,), fields)()
    return made


def read_draft(form: AdminForm, kind: type[SenderService], name: str) -> ServiceDraft:
    """Return what was typed."""
    settings: dict[str, object] = {}
    cleared = set()
    for setting in kind.all_settings():
        data = form[f"setting-{setting.name}"].data
        settings[setting.name] = data if setting.kind is SettingKind.FLAG else _text(data)
        if setting.is_secret and form[f"clear-{setting.name}"].data:
            cleared.add(setting.name)
    return ServiceDraft(_rule(form, name), kind.key, settings, frozenset(cleared))


def shown_settings(
    kind: type[SenderService],
    values: Mapping[str, object],
    secrets: Mapping[str, SecretMark],
    stored: SavedService | None = None,
) -> Sequence[ShownSetting]:
    """Return the settings of *kind* with *values*, typed or stored.

    Args:
        kind: The provider.
        values: By name of the setting; those of secrets are not looked at.
        secrets: Which secrets are set.
        stored: What is stored, when it shall be shown where it differs.
    """
    shown = []
    for setting in kind.all_settings():
        mark = secrets.get(setting.name)
        if setting.is_secret:
            value = _names_only(mark, values.get(setting.name)) if setting.has_pairs else ""
            shown.append(ShownSetting(setting, value, False, mark))
            continue
        typed = values.get(setting.name, setting.default)
        now = stored.settings.get(setting.name, setting.default) if stored else None
        differs = stored is not None and _words(now) != _words(typed)
        shown.append(ShownSetting(setting, _words(typed), typed is True, mark, _words(now) if differs else None))
    return shown


def _rule(form: AdminForm, name: str) -> ServiceRule:
    """Return where a service is used, as it was typed; its place and whether it is on stand elsewhere."""
    words = {field: _text(form[field].data).replace(",", " ") for field in ("countries", "prefixes", "labels")}
    weight = _text(form["weight"].data).strip() or "1"
    return ServiceRule(
        name,
        purposes=frozenset(Purpose(word) for word in form["purposes"].data or () if word in set(Purpose)),
        countries=frozenset(words["countries"].upper().split()),
        prefixes=frozenset(words["prefixes"].split()),
        groups=frozenset(filter(None, map(str.strip, _text(form["groups"].data).splitlines()))),
        labels=frozenset(words["labels"].lower().split()),
        weight=int(weight) if weight.isascii() and weight.isdigit() and len(weight) < 4 else 0,  # noqa: PLR2004 - digits
        senders=read_senders(_text(form["senders"].data)),
    )


def preset_values(kind: type[SenderService], name: str) -> tuple[Mapping[str, SettingValue], str]:
    """Return values and advice of a preset, or nothing when there is none of that name."""
    for preset in kind.presets:
        if preset.name == name:
            return preset.values, preset.help
    return {}, ""


def _names_only(mark: SecretMark | None, preset: object) -> str:
    """Return the names of secret pairs, stored or of a preset, with nothing behind them; never what was typed."""
    names = mark.names if mark else [name for name, _ in preset] if isinstance(preset, tuple) else ()
    return "\n".join(f"{name}=" for name in names)


def _words(value: object) -> str:
    if isinstance(value, tuple | list):
        return "\n".join(f"{name}={text}" for name, text in value)
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value).replace("\r\n", "\n")


def _text(data: object) -> str:
    return str(data or "")[:_LONGEST].replace("\r\n", "\n")
