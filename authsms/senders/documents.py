"""The whole policy as a document without secrets: compared, carried to another server, brought back from the history.

As a file it is TOML. It is read with the same strictness as a form: unknown names are refused, so that a slip of the
pen does not silently mean "leave it out".
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from authsms.foundation.errors import InvalidInputError
from authsms.senders.policy import Policy, ServiceRule
from authsms.senders.rules import FIRST, RULE_NAMES, read_rule, typed

LONGEST_FILE: Final = 200_000
_POLICY_NAMES: Final = ("masks_recipients", "wording", "templates", "segment_price", "currency")
_SERVICE_NAMES: Final = frozenset({"name", "kind", "settings", *RULE_NAMES})
_ALWAYS_WRITTEN: Final = frozenset({"position", "is_enabled", "purposes", "countries"})
_OF_HISTORY: Final = frozenset({"secrets_set", "secrets_at"})


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service of a document."""

    rule: ServiceRule
    kind: str
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy and its services, without secrets."""

    policy: Policy
    services: tuple[ServiceEntry, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a comparison.

    Attributes:
        place: Name of the service, or empty for the policy itself.
        what: Name of the setting, or empty when the whole service came or went.
        old: What it was, in short; empty when there was nothing. Of secrets nothing is ever told.
        new: What it is now.
        is_secret: The words are not values but what became of a secret.
    """

    place: str
    what: str
    old: str
    new: str
    is_secret: bool = False


def read_document(raw: Mapping[str, object]) -> PolicyDocument:
    """Return *raw*, a document of the history or a file, as values.

    Raises:
        InvalidInputError: It is no such document; the text says where.
    """
    _refuse_unknown(raw, {*_POLICY_NAMES, "services"}, "the policy")
    first = Policy()
    policy = Policy(
        typed(raw.get("masks_recipients", first.masks_recipients), bool, "masks_recipients"),
        typed(raw.get("wording", first.wording), str, "wording"),
        _texts(raw.get("templates", {}), "templates"),
        read_price(raw.get("segment_price")),
        read_currency(raw.get("currency", first.currency)),
    )
    entries = tuple(_entry(one) for one in typed(raw.get("services", []), list, "services"))
    if len({entry.rule.name for entry in entries}) != len(entries):
        raise InvalidInputError("A service is named twice.", field="services")
    return PolicyDocument(policy, entries)


def read_price(raw: object) -> Decimal | None:
    """Return what a segment costs, or None for an empty text.

    Raises:
        InvalidInputError: It is no price from 0 to 1000 with at most six decimals.
    """
    if raw is None or raw == "":
        return None
    try:
        price = Decimal(str(raw).strip().replace(",", "."))
        is_sound = price.is_finite() and 0 <= price <= 1000 and price == round(price, 6)  # noqa: PLR2004 - see above
    except InvalidOperation:
        is_sound = False
    if not is_sound:
        raise InvalidInputError("The price must be a number such as 0.075.", field="segment_price")
    return price.normalize() if price else Decimal(0)


def read_currency(raw: object) -> str:
    """Return the code of a currency.

    Raises:
        InvalidInputError: It is no three capital letters.
    """
    text = typed(raw, str, "currency").strip().upper()
    if not (len(text) == 3 and text.isascii() and text.isalpha()):  # noqa: PLR2004 - ISO 4217
        raise InvalidInputError("Write the currency as three letters, e.g. EUR.", field="currency")
    return text


def read_toml(text: str) -> PolicyDocument:
    """Return the document in a file.

    Raises:
        InvalidInputError: It cannot be read.
    """
    if len(text) > LONGEST_FILE:
        raise InvalidInputError("The file is too long for a sender policy.", field="text")
    try:
        raw = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInputError("This is no TOML: %(error)s", error=error, field="text") from error
    return read_document(raw)


def write_toml(document: Mapping[str, object]) -> str:
    """Return a document of the history as a file."""
    lines = [
        f"{name} = {_toml(document[name])}" for name in _POLICY_NAMES if name != "templates" and _has(document, name)
    ]
    templates = cast("Mapping[str, str]", document["templates"])
    lines += ["", "[templates]", *(f"{_toml(name)} = {_toml(text)}" for name, text in sorted(templates.items()))]
    for service in _services(document).values():
        rule = {name: service.get(name, FIRST[name]) for name in RULE_NAMES}
        told = [name for name, value in rule.items() if name in _ALWAYS_WRITTEN or value != FIRST[name]]
        lines += ["", "[[services]]", *(f"{name} = {_toml(service[name])}" for name in ("name", "kind", *told))]
        settings = cast("Mapping[str, object]", service["settings"])
        lines += ["[services.settings]", *(f"{name} = {_toml(value)}" for name, value in sorted(settings.items()))]
    return "\n".join(lines) + "\n"


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> Sequence[Difference]:
    """Return what changed from one document to another, in the order of the document."""
    return tuple(_compared(before, after))


def _compared(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Difference]:
    yield from _lines("", _flat_policy(before), _flat_policy(after))
    old, new = _services(before), _services(after)
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Difference(name, "", str(old[name]["kind"]), "")
            continue
        if name not in old:
            yield Difference(name, "", "", str(new[name]["kind"]))
        yield from _lines(name, _flat_service(old.get(name)), _flat_service(new[name]))
        yield from _secret_lines(name, old.get(name, {}), new[name])


def _lines(place: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Difference]:
    for what in dict.fromkeys([*old, *new]):
        before, after = shown(old.get(what)), shown(new.get(what))
        if before != after:
            yield Difference(place, what, before, after)


def _secret_lines(name: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Difference]:
    before, after = _secrets(old), _secrets(new)
    for what in sorted({*before, *after}):
        if before.get(what) != after.get(what):
            word = "removed" if what not in after else "changed" if what in before else "set"
            yield Difference(name, what, "", word, is_secret=True)


def _secrets(service: Mapping[str, object]) -> Mapping[str, str]:
    moments = cast("Mapping[str, str]", service.get("secrets_at", {}))
    return {name: moments.get(name, "") for name in cast("Sequence[str]", service.get("secrets_set", ()))}


def shown(value: object) -> str:
    """Return *value* as one line for people."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        parts = ["=".join(map(str, one)) if isinstance(one, list | tuple) else str(one) for one in value]
        return ", ".join(parts)
    return "" if value is None else str(value)


def _flat_policy(document: Mapping[str, object]) -> dict[str, object]:
    flat = {name: document.get(name) for name in _POLICY_NAMES if name != "templates"}
    templates = cast("Mapping[str, str]", document.get("templates", {}))
    return flat | {f"template {locale}": text for locale, text in sorted(templates.items())}


def _flat_service(service: Mapping[str, object] | None) -> dict[str, object]:
    if service is None:
        return {}
    settings = cast("Mapping[str, object]", service["settings"])
    return {"kind": service["kind"]} | {name: service.get(name, FIRST[name]) for name in RULE_NAMES} | dict(settings)


def _services(document: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    services = cast("Sequence[Mapping[str, object]]", document.get("services", ()))
    return {str(service["name"]): service for service in services}


def _entry(raw: object) -> ServiceEntry:
    entry = typed(raw, dict, "services")
    _refuse_unknown(entry, _SERVICE_NAMES | _OF_HISTORY, "a service")
    rule = read_rule(typed(entry.get("name"), str, "name"), entry)
    return ServiceEntry(rule, typed(entry.get("kind"), str, "kind"), typed(entry.get("settings", {}), dict, "settings"))


def _texts(raw: object, name: str) -> dict[str, str]:
    return {str(key): typed(value, str, name) for key, value in typed(raw, dict, name).items()}


def _refuse_unknown(raw: Mapping[str, object], known: set[str] | frozenset[str], place: str) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise InvalidInputError(
            "There is no %(unknown)r in %(place)s.", unknown=unknown[0][:40], place=place, field="text"
        )


def _has(document: Mapping[str, object], name: str) -> bool:
    return document.get(name) not in {None, ""}


def _toml(value: object) -> str:
    """Return *value* in TOML; its basic strings are JSON's, but for one character."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(str(name))} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
