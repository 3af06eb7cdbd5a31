"""Between rows and values: how a sender service and the policy are written down and read back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from authsms.foundation.errors import ConfigurationError, InvalidInputError, SealBrokenError
from authsms.foundation.logs import register_secret
from authsms.foundation.vault import Vault
from authsms.senders import sealing
from authsms.senders.contract import SenderService
from authsms.senders.definitions import SavedService, ServiceDraft
from authsms.senders.documents import ServiceEntry
from authsms.senders.models import SenderPolicyRecord, SenderServiceRecord
from authsms.senders.policy import Policy, ServiceRule
from authsms.senders.rules import write_rule
from authsms.senders.settings import SettingValue, SettingValues
from authsms.senders.submission import Purpose


def policy_of(row: SenderPolicyRecord | None) -> Policy:
    """Return the policy in *row*, or the one that holds before the first change."""
    if row is None:
        return Policy()
    price = Decimal(row.segment_price) if row.segment_price else None
    return Policy(row.masks_recipients, row.wording, dict(row.templates), price, row.currency, row.version)


def write_policy(row: SenderPolicyRecord, policy: Policy) -> None:
    """Write *policy* into its row; the version is counted elsewhere."""
    row.masks_recipients, row.wording, row.templates = policy.masks_recipients, policy.wording, dict(policy.templates)
    row.segment_price = "" if policy.segment_price is None else str(policy.segment_price)
    row.currency = policy.currency


def rule_of(row: SenderServiceRecord) -> ServiceRule:
    """Return when the service in *row* is used."""
    return ServiceRule(
        row.name,
        row.position,
        row.is_enabled,
        frozenset(Purpose(word) for word in row.purposes),
        frozenset(row.countries),
        frozenset(row.prefixes),
        frozenset(row.groups),
        frozenset(row.labels),
        row.weight,
        {country: tuple(senders) for country, senders in row.senders.items()},
    )


def raw_settings(vault: Vault, row: SenderServiceRecord) -> dict[str, object]:
    """Return everything a service needs to know, secrets included.

    Raises:
        SealBrokenError: The secrets cannot be opened.
    """
    secrets = sealing.unseal(vault, row.id, row.secrets)
    for secret in secrets.values():
        for text in [secret] if isinstance(secret, str) else [value for _, value in secret]:
            register_secret(text)
    return {**row.settings, **secrets}


def problem_of(vault: Vault, row: SenderServiceRecord, kind: type[SenderService] | None) -> str:
    """Return why the service in *row* cannot be used, or an empty text."""
    if kind is None:
        return f"The plugin that brings {row.kind} is not loaded; name it under plugins in the configuration."
    try:
        kind.read_settings(raw_settings(vault, row))
    except (InvalidInputError, ConfigurationError) as error:
        return str(error)
    except SealBrokenError:
        return "The stored secrets cannot be opened with the keys of this server; type them again."
    return ""


def saved(vault: Vault, row: SenderServiceRecord, kind: type[SenderService] | None) -> SavedService:
    """Return the service in *row* as it may be shown."""
    return SavedService(
        rule_of(row),
        row.kind,
        kind.title if kind else row.kind,
        {name: _value(value) for name, value in row.settings.items()},
        sealing.read_marks(row.secret_marks),
        row.version,
        row.updated_at,
        row.updated_by,
        problem_of(vault, row, kind),
    )


def write(
    vault: Vault,
    row: SenderServiceRecord | None,
    kind: type[SenderService],
    draft: ServiceDraft,
    *,
    at: datetime,
    by: str,
) -> SenderServiceRecord:
    """Return *row*, or a new one, with *draft* written into it.

    Raises:
        InvalidInputError: A value does not fit; `field` names it.
    """
    settings = kind.all_settings()
    stored, guard = ({}, None) if row is None else _reusable(vault, row, kind, draft)
    kept = sealing.merge(settings, draft.settings, stored, draft.cleared)
    try:
        values = kind.read_settings({**draft.settings, **{one.name: "" for one in settings if one.is_secret}, **kept})
    except InvalidInputError as error:
        if guard is None:
            raise
        raise InvalidInputError(
            "%(guard)s was changed, so type the secrets again. %(error)s", guard=guard, error=error, field=error.field
        ) from error
    if row is None:
        row = SenderServiceRecord(id=vault.new_id(), secret_marks={}, version=0)
    _check_senders(kind, values, draft.rule)
    before = _opened(vault, row)
    _fill(row, draft.rule, kind, values.values)
    row.secret_marks = sealing.marks(before, kept, row.secret_marks, at, by)
    row.secrets = sealing.seal(vault, row.id, kept)
    row.version, row.updated_at, row.updated_by = row.version + 1, at, by
    return row


def restore(
    vault: Vault,
    row: SenderServiceRecord | None,
    kind: type[SenderService],
    entry: ServiceEntry,
    *,
    at: datetime,
    by: str,
) -> SenderServiceRecord:
    """Return *row*, or a new one, with what a document says of it written into it.

    Secrets stay when they may; where some are missing afterwards, the service is saved all the same, but off.

    Raises:
        InvalidInputError: A value does not fit; the text names the service.
    """
    if row is not None and _is_like(row, kind, entry):  # nothing to do: its connections stay open, too
        return row
    values = _plain_values(kind, entry)
    try:
        _check_senders(kind, SettingValues(values), entry.rule)
    except InvalidInputError as error:
        raise InvalidInputError("%(name)s: %(error)s", name=entry.rule.name, error=error, field=error.field) from error
    draft = ServiceDraft(entry.rule, kind.key, values)
    kept = {} if row is None else _reusable(vault, row, kind, draft)[0]
    is_new = row is None
    if row is None:
        row = SenderServiceRecord(id=vault.new_id(), secret_marks={}, version=0)
    _fill(row, entry.rule, kind, values)
    row.secret_marks = {name: mark for name, mark in row.secret_marks.items() if name in kept}
    row.secrets = sealing.seal(vault, row.id, kept)
    row.is_enabled = entry.rule.is_enabled and not is_new and not problem_of(vault, row, kind)
    row.version, row.updated_at, row.updated_by = row.version + 1, at, by
    return row


def document(policy: SenderPolicyRecord, rows: list[SenderServiceRecord]) -> dict[str, object]:
    """Return policy and services for the history: everything but secrets."""
    return {
        "masks_recipients": policy.masks_recipients,
        "wording": policy.wording,
        "templates": dict(policy.templates),
        "segment_price": policy.segment_price,
        "currency": policy.currency,
        "services": [
            {
                "name": row.name,
                "kind": row.kind,
                **write_rule(rule_of(row)),
                "settings": row.settings,
                "secrets_set": sorted(row.secret_marks),
                "secrets_at": {name: mark[0] for name, mark in sorted(row.secret_marks.items())},
            }
            for row in sorted(rows, key=lambda row: (row.position, row.name))
        ],
    }


def _fill(
    row: SenderServiceRecord, rule: ServiceRule, kind: type[SenderService], values: Mapping[str, SettingValue]
) -> None:
    """Write everything but secrets into *row*."""
    row.name, row.kind = rule.name, kind.key
    row.position, row.is_enabled = rule.position, rule.is_enabled
    row.purposes, row.countries = sorted(rule.purposes), sorted(rule.countries)
    row.prefixes, row.groups, row.labels = sorted(rule.prefixes), sorted(rule.groups), sorted(rule.labels)
    row.weight = rule.weight
    row.senders = {country: list(senders) for country, senders in sorted(rule.senders.items())}
    row.settings = {one.name: values[one.name] for one in kind.all_settings() if not one.is_secret}


def _check_senders(kind: type[SenderService], values: SettingValues, rule: ServiceRule) -> None:
    for sender in (one for pool in rule.senders.values() for one in pool):
        try:
            kind.check_sender(values, sender)
        except InvalidInputError as error:
            raise InvalidInputError("%(sender)s: %(error)s", sender=sender, error=error, field="senders") from error


def _plain_values(kind: type[SenderService], entry: ServiceEntry) -> Mapping[str, SettingValue]:
    plain = [one for one in kind.all_settings() if not one.is_secret]
    try:
        return SettingValues.read(plain, entry.settings).values
    except InvalidInputError as error:
        raise InvalidInputError("%(name)s: %(error)s", name=entry.rule.name, error=error, field=error.field) from error


def _is_like(row: SenderServiceRecord, kind: type[SenderService], entry: ServiceEntry) -> bool:
    """Return whether a document says of a service what holds already."""
    before = {name: _value(value) for name, value in row.settings.items()}
    return (row.kind, rule_of(row), before) == (kind.key, entry.rule, _plain_values(kind, entry))


def _reusable(
    vault: Vault, row: SenderServiceRecord, kind: type[SenderService], draft: ServiceDraft
) -> tuple[Mapping[str, sealing.Secret], str | None]:
    """Return the stored secrets that may be kept, and the label of the setting whose change forbids it."""
    if row.kind != kind.key:
        return {}, "The provider"
    guard = sealing.changed_guard(kind.all_settings(), row.settings, draft.settings)
    return ({}, guard.label) if guard else (_opened(vault, row), None)


def _opened(vault: Vault, row: SenderServiceRecord) -> Mapping[str, sealing.Secret]:
    """Return the stored secrets, or none when they cannot be opened any more."""
    try:
        return sealing.unseal(vault, row.id, row.secrets)
    except SealBrokenError:
        return {}


def _value(stored: object) -> SettingValue:
    """Return a value as it was before JSON turned its pairs into lists."""
    if isinstance(stored, list | tuple):
        return tuple((str(name), str(value)) for name, value in stored)
    return stored if isinstance(stored, str | int | bool) else ""


def refuse_rivals(rows: Sequence[SenderServiceRecord], kinds: Mapping[str, type[SenderService]]) -> None:
    """Raise `InvalidInputError` when two services that are on use one account in ways that exclude each other.

    Its field is one of the service that was saved last.
    """
    newest = sorted(rows, key=lambda row: row.updated_at, reverse=True)
    active = [(row, kinds[row.kind]) for row in newest if row.is_enabled and row.kind in kinds]
    for row, kind in active:
        account = row.settings.get(kind.account_setting)
        for other, its_kind in active:
            is_same = bool(account) and account == other.settings.get(its_kind.account_setting)
            if is_same and other is not row and its_kind.key in kind.rivals:
                raise InvalidInputError(
                    "%(name)s (%(title)s) and %(other)s (%(its_title)s) use the same account, which serves only one "
                    "of them. Switch the other one off first.",
                    name=row.name,
                    title=kind.title,
                    other=other.name,
                    its_title=its_kind.title,
                    field=kind.account_setting,
                )
