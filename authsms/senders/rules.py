"""The rule of a service written down: checked, as a part of a document, and its senders as lines in a form."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from authsms.foundation.errors import InvalidInputError, gettext_noop
from authsms.senders.policy import ServiceRule
from authsms.senders.routes import ELSEWHERE
from authsms.senders.submission import Purpose

RULE_NAMES: Final = (
    *("position", "is_enabled", "purposes", "countries"),
    *("prefixes", "groups", "labels", "weight", "senders"),
)
"""Names of what a document says of a rule, in the order of a file."""

_NAME = re.compile(r"(?=.{1,40}$)-*[a-z0-9][a-z0-9-]*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_HIGHEST_WEIGHT: Final = 100
_MOST_WORDS: Final = 250
_MOST_SENDERS: Final = 20
_LONGEST_GROUP: Final = 200
_LONGEST_SENDER: Final = 40
_T = TypeVar("_T")


def check_rule(rule: ServiceRule) -> None:
    """Check what a rule says.

    Raises:
        InvalidInputError: A part of it cannot be used; `field` names it.
    """
    if not _NAME.fullmatch(rule.name):
        raise InvalidInputError("The name may hold 40 lower-case letters, digits and hyphens.", field="name")
    _check(rule.countries, _COUNTRY.fullmatch, "countries", "Write countries as two capital letters, e.g. DE.")
    _check(rule.prefixes, _PREFIX.fullmatch, "prefixes", "Write prefixes with + and up to 15 digits, e.g. +4930.")
    _check(rule.groups, _is_group, "groups", "A group's name is one line of up to 200 characters.")
    _check(rule.labels, is_label, "labels", LABEL_WORDS)
    if not 1 <= rule.weight <= _HIGHEST_WEIGHT:
        raise InvalidInputError("The weight is a number from 1 to 100.", field="weight")
    places = "Write senders one country a line, e.g. DE = +491715550100; * stands for all others."
    _check(rule.senders, lambda place: place == ELSEWHERE or _COUNTRY.fullmatch(place), "senders", places)
    for senders in rule.senders.values():
        if not 0 < len(senders) <= _MOST_SENDERS or len(set(senders)) != len(senders):
            raise InvalidInputError("A country has 1 to 20 senders, each of them once.", field="senders")
        _check(senders, _is_sender, "senders", "A sender is a number or a name of up to 40 characters, no comma.")


LABEL_WORDS: Final = gettext_noop("A label is up to 40 lower-case letters, digits, dots and dashes.")


def is_label(text: str) -> bool:
    """Return whether *text* can be the label of an event; `LABEL_WORDS` says what can."""
    return _LABEL.fullmatch(text) is not None


def write_rule(rule: ServiceRule) -> dict[str, object]:
    """Return what a document says of *rule*; its name stands beside it."""
    return {
        "position": rule.position,
        "is_enabled": rule.is_enabled,
        "purposes": sorted(purpose.value for purpose in rule.purposes),
        "countries": sorted(rule.countries),
        "prefixes": sorted(rule.prefixes),
        "groups": sorted(rule.groups),
        "labels": sorted(rule.labels),
        "weight": rule.weight,
        "senders": {place: list(senders) for place, senders in sorted(rule.senders.items())},
    }


FIRST: Final[Mapping[str, object]] = write_rule(ServiceRule(""))
"""What holds for a rule of which a document says nothing."""


def read_rule(name: str, raw: Mapping[str, object]) -> ServiceRule:
    """Return the rule of a service from a document; what is left out is as in a new one.

    Raises:
        InvalidInputError: A value is of the wrong type, or there is no such purpose.
    """
    given = {**FIRST, **raw}
    try:
        purposes = frozenset(Purpose(word) for word in _words(given["purposes"], "purposes"))
    except ValueError:
        raise InvalidInputError("%(name)s: there is no such purpose.", name=name, field="purposes") from None
    countries, prefixes, groups, labels = (
        frozenset(_words(given[part], part)) for part in ("countries", "prefixes", "groups", "labels")
    )
    senders = typed(given["senders"], dict, "senders")
    return ServiceRule(
        name,
        typed(given["position"], int, "position"),
        typed(given["is_enabled"], bool, "is_enabled"),
        purposes,
        countries,
        prefixes,
        groups,
        labels,
        typed(given["weight"], int, "weight"),
        {str(place): tuple(_words(some, "senders")) for place, some in senders.items()},
    )


def read_senders(text: str) -> dict[str, tuple[str, ...]]:
    """Return the senders in lines of ``DE = +491715550100, +491715550101``; ``*`` stands for all other countries.

    What is none of this comes out as a country that `check_rule` refuses, so that a form can show it again.
    """
    senders: dict[str, tuple[str, ...]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        place, _, names = line.partition("=")
        known = senders.get(place.strip().upper(), ())
        senders[place.strip().upper()] = (*known, *filter(None, map(str.strip, names.split(","))))
    return senders


def write_senders(senders: Mapping[str, Sequence[str]]) -> str:
    """Return *senders* as lines that `read_senders` reads; the line for all other countries comes last."""
    ordered = sorted(senders.items(), key=lambda one: (one[0] == ELSEWHERE, one[0]))
    return "\n".join(f"{place} = {', '.join(names)}" for place, names in ordered)


def typed(raw: object, kind: type[_T], name: str) -> _T:
    """Return *raw*, which must be of one type; truth values are no numbers.

    Raises:
        InvalidInputError: It is not; `field` is *name*.
    """
    if not isinstance(raw, kind) or (kind is int and isinstance(raw, bool)):
        raise InvalidInputError("%(name)s is missing or of the wrong type.", name=name, field=name)
    return raw


def _words(raw: object, name: str) -> Iterable[str]:
    return [typed(word, str, name) for word in typed(raw, list, name)]


def _check(words: Collection[str], is_sound: Callable[[str], object], field: str, problem: str) -> None:
    if len(words) > _MOST_WORDS:
        raise InvalidInputError("These are too many.", field=field)
    if not all(map(is_sound, words)):
        raise InvalidInputError(problem, field=field)


def _is_group(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_GROUP and name.isprintable() and name == name.strip()


def _is_sender(sender: str) -> bool:
    return 0 < len(sender) <= _LONGEST_SENDER and sender.isprintable() and "," not in sender
