"""The form of a directory; only these fields are read, and the password never comes back."""

from collections.abc import Mapping
from typing import Any, Final

from wtforms import BooleanField, PasswordField, StringField

from authsms.administration.repositories import RepositoryDraft
from authsms.identity.ldap.settings import PRESETS
from authsms.portals.admin.frame import AdminForm

_LONGEST: Final = 2000
_LONGEST_CERTIFICATES: Final = 100_000
_LONGEST_SECRET: Final = 1024
_TEXTS: Final = (
    "preset",
    "ca_file",
    "certificates",
    "bind_dn",
    "base",
    "person_filter",
    "login_attribute",
    "groups",
    "group_filter",
    "group_base",
    "default_region",
)
_LISTS: Final = ("servers", "phone_attributes")
_FLAGS: Final = ("start_tls", "allow_plaintext", "allow_password_changes")
_FROM_PRESET: Final = ("person_filter", "login_attribute", "groups", "group_filter")


class RepositoryForm(AdminForm):
    """Everything that can be typed about a directory."""

    known = StringField()
    name = StringField()
    preset = StringField()
    servers = StringField()
    start_tls = BooleanField()
    allow_plaintext = BooleanField()
    allow_password_changes = BooleanField()
    ca_file = StringField()
    certificates = StringField()
    bind_dn = StringField()
    secret = PasswordField()
    base = StringField()
    person_filter = StringField()
    login_attribute = StringField()
    phone_attributes = StringField()
    groups = StringField()
    group_filter = StringField()
    group_base = StringField()
    default_region = StringField()
    is_default = BooleanField()
    sample = StringField()

    def text(self, name: str) -> str:
        """Return what was typed into a field."""
        longest = _LONGEST_CERTIFICATES if name == "certificates" else _LONGEST
        return str(self[name].data or "").strip().replace("\r\n", "\n")[:longest]

    def typed(self) -> dict[str, object]:
        """Return what was typed, to show it again; no password."""
        values: dict[str, object] = {name: self.text(name) for name in ("name", "sample", *_TEXTS, *_LISTS)}
        return {**values, **{name: bool(self[name].data) for name in (*_FLAGS, "is_default")}}


def read_draft(
    form: RepositoryForm, stored: Mapping[str, Any], version: int, name: str | None = None
) -> RepositoryDraft:
    """Return what was typed, over those of the stored settings that the form does not show."""
    shown = {*_TEXTS, *_LISTS, *_FLAGS}
    settings: dict[str, Any] = {key: value for key, value in stored.items() if key not in shown}
    settings.update({key: text for key in _TEXTS if (text := form.text(key))})
    settings["base"] = form.text("base")
    settings["servers"] = form.text("servers").replace(",", " ").split()
    if names := form.text("phone_attributes").replace(",", " ").split():
        settings["phone_attributes"] = names
    settings.update({key: True for key in _FLAGS if form[key].data})
    return RepositoryDraft(
        name if name is not None else form.text("name"),
        settings,
        str(form.secret.data or "")[:_LONGEST_SECRET] or None,
        bool(form.is_default.data),
        version,
    )


def shown_values(settings: Mapping[str, Any]) -> dict[str, object]:
    """Return stored settings as the form shows them; what is left out comes from the preset."""
    preset = PRESETS.get(str(settings.get("preset", "openldap")), {})
    values: dict[str, object] = {key: str(settings.get(key, "")) for key in _TEXTS}
    values.update({key: str(settings.get(key) or preset[key]) for key in _FROM_PRESET if key in preset})
    values["servers"] = "\n".join(settings.get("servers", ()))
    values["phone_attributes"] = ", ".join(settings.get("phone_attributes", ("mobile",)))
    return {**values, **{key: bool(settings.get(key)) for key in _FLAGS}}


def differences(stored: Mapping[str, Any], typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return which settings are stored otherwise than they were typed, with what is stored."""
    theirs, mine = shown_values(stored), shown_values(typed)
    return [(key, str(theirs[key])) for key in theirs if theirs[key] != mine[key]]
