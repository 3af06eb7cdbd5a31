"""The rule of a sender service on the command line: options turned into one, and one told in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from authsms.senders.documents import shown
from authsms.senders.policy import ServiceRule
from authsms.senders.routes import Obstacle
from authsms.senders.rules import FIRST, read_rule, read_senders, write_rule

OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.OFF: "it is off",
    Obstacle.PURPOSE: "meant for other purposes",
    Obstacle.DESTINATION: "meant for other numbers",
    Obstacle.GROUP: "meant for other groups",
    Obstacle.LABEL: "meant for other labels",
}
"""Why a service is passed over, in words."""

_WORDS: Final = ("purposes", "countries", "prefixes", "labels")


def changed_rule(rule: ServiceRule, options: Mapping[str, Any]) -> ServiceRule:
    """Return *rule* with what the options say; those that were not given change nothing.

    Raises:
        InvalidInputError: There is no such purpose.
    """
    given: dict[str, object] = {name: value for name, value in options.items() if value is not None and value != ()}
    given |= {name: str(given[name]).replace(",", " ").split() for name in _WORDS if name in given}
    if "groups" in given:
        given["groups"] = [name for name in options["groups"] if name]
    senders = given.pop("senders", None)
    changed = read_rule(rule.name, write_rule(rule) | given)
    return changed if senders is None else replace(changed, senders=read_senders("\n".join(options["senders"])))


def use_of(rule: ServiceRule) -> Iterator[str]:
    """Return in words when a service is used, one condition a line; nothing for one that carries everything."""
    for name, value in write_rule(rule).items():
        if name not in {"position", "is_enabled"} and value != FIRST[name]:
            yield f"{name}: {shown(value)}"
