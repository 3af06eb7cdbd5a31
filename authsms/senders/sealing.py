"""Secrets of sender services: write-only, sealed, and bound to the address they are sent to.

Somebody who may edit a service but does not know its password must not learn it: he could point the address at a
server of his own and press "Test". So a change of a setting that `Setting.guards_secrets` removes every stored
secret, and a secret pair is kept only under the very name it was stored under.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from authsms.foundation.errors import InvalidInputError, SealBrokenError
from authsms.foundation.vault import Vault
from authsms.senders.definitions import SecretMark
from authsms.senders.settings import Setting, SettingKind, SettingValue, origin

Secret: TypeAlias = "str | tuple[tuple[str, str], ...]"  # noqa: S105 - a type


def seal(vault: Vault, service_id: str, secrets: Mapping[str, Secret]) -> bytes | None:
    """Return *secrets* sealed for one service, or None when there are none."""
    if not secrets:
        return None
    return vault.seal(json.dumps(secrets).encode(), context=f"sender_service.secrets:{service_id}")


def unseal(vault: Vault, service_id: str, sealed: bytes | None) -> dict[str, Secret]:
    """Return the secrets of a service.

    Raises:
        SealBrokenError: They were altered or moved, or their key is gone; the administrator has to type them again.
    """
    if sealed is None:
        return {}
    try:
        stored = json.loads(vault.unseal(sealed, context=f"sender_service.secrets:{service_id}"))
    except ValueError as error:
        raise SealBrokenError("The secrets of this sender service cannot be read.") from error
    return {
        name: value if isinstance(value, str) else tuple((str(key), str(secret)) for key, secret in value)
        for name, value in stored.items()
    }


def changed_guard(
    settings: Sequence[Setting], before: Mapping[str, SettingValue], after: Mapping[str, object]
) -> Setting | None:
    """Return the first setting whose change decides anew who gets the secrets, or None."""
    for setting in settings:
        if not setting.guards_secrets:
            continue
        old, new = setting.read(before.get(setting.name)), setting.read(after.get(setting.name))
        if setting.kind is SettingKind.URL and isinstance(old, str) and isinstance(new, str) and old and new:
            old, new = repr(origin(old)), repr(origin(new))
        if old != new:
            return setting
    return None


def merge(
    settings: Sequence[Setting],
    typed: Mapping[str, object],
    stored: Mapping[str, Secret],
    cleared: frozenset[str],
) -> dict[str, Secret]:
    """Return the secrets to keep: what was typed, else what is stored, without what is to be cleared.

    Raises:
        InvalidInputError: A secret pair has neither a typed nor a stored value.
    """
    kept: dict[str, Secret] = {}
    for setting in settings:
        if not setting.is_secret or setting.name in cleared:
            continue
        raw = typed.get(setting.name)
        if setting.kind is SettingKind.SECRET_PAIRS and raw is not None:
            value: Secret = _pairs(setting, raw, stored.get(setting.name, ()))
        else:
            given = setting.read(raw) if raw else ""
            value = given if isinstance(given, str) and given else stored.get(setting.name, "")
        if value:
            kept[setting.name] = value
    return kept


def _pairs(setting: Setting, raw: object, stored: Secret) -> tuple[tuple[str, str], ...]:
    known = dict(stored) if isinstance(stored, tuple) else {}
    typed = setting.read(raw)
    pairs = []
    for name, value in typed if isinstance(typed, tuple) else ():
        if not value and name not in known:
            raise InvalidInputError(
                "%(label)s: %(name)s needs a value.", label=setting.label, name=name, field=setting.name
            )
        pairs.append((name, value or known[name]))
    return tuple(pairs)


def marks(
    before: Mapping[str, Secret], after: Mapping[str, Secret], old: Mapping[str, list[str]], at: datetime, by: str
) -> dict[str, list[str]]:
    """Return who set which secret when: as before for those that did not change."""
    return {
        name: old[name] if name in old and before.get(name) == value else [at.isoformat(), by, *_names(value)]
        for name, value in after.items()
    }


def read_marks(stored: Mapping[str, list[str]]) -> dict[str, SecretMark]:
    """Return stored marks as values."""
    return {name: SecretMark(datetime.fromisoformat(at), by, tuple(names)) for name, (at, by, *names) in stored.items()}


def _names(value: Secret) -> list[str]:
    return [] if isinstance(value, str) else [name for name, _ in value]
