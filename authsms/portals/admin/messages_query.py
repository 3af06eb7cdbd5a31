"""Reads which messages an address asks for, and writes such addresses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from flask_babel import gettext

from authsms.administration.messages_filter import MessageFilter
from authsms.delivery.activity import Place
from authsms.delivery.states import LIVE, MessageState
from authsms.senders.submission import Purpose

GROUPS: Final[Mapping[str, frozenset[MessageState]]] = {
    "open": frozenset(LIVE),
    "trouble": frozenset({MessageState.FAILED, MessageState.UNKNOWN, MessageState.STALE, MessageState.WITHHELD}),
    **{state.value: frozenset({state}) for state in MessageState},
}
"""What may be chosen as a state."""

_NAMES: Final = ("state", "service", "purpose", "person", "number", "provider_id", "since", "until")
_LONGEST: Final = 300
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for.

    Attributes:
        typed: The parts of the filter as they stand in the address; empty ones are left out.
        problems: What is wrong with a part, by its name.
    """

    wanted: MessageFilter
    typed: Mapping[str, str]
    after: Place | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def read(arguments: Mapping[str, str]) -> Asked:
    """Return what *arguments* of an address ask for; what makes no sense is left out and told."""
    typed = {name: arguments.get(name, "").strip()[:_LONGEST] for name in _NAMES}
    problems: dict[str, str] = {}
    wanted = MessageFilter(
        states=GROUPS.get(typed["state"], frozenset()),
        service=typed["service"],
        purpose=_word(Purpose, typed["purpose"]),
        since=_moment("since", typed["since"], problems),
        until=_moment("until", typed["until"], problems),
        person=typed["person"],
        number=typed["number"] if _NUMBER.fullmatch(typed["number"]) else "",
        provider_id=typed["provider_id"],
    )
    filled = {name: value for name, value in typed.items() if value}
    return Asked(wanted, filled, read_place(arguments.get("after", "")), problems)


def read_place(text: str) -> Place | None:
    """Return the place that `write_place` has written, or None."""
    moment, _, message_id = text.partition("_")
    if not _ID.fullmatch(message_id):
        return None
    try:
        created_at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return Place(created_at, message_id) if created_at.tzinfo else None


def write_place(place: Place | None) -> str:
    """Return *place* as it may stand in an address."""
    return "" if place is None else f"{place.created_at.astimezone(UTC).isoformat()}_{place.id}"


def _word(kind: type[_Word], text: str) -> _Word | None:
    return kind(text) if text in set(kind) else None


def _moment(name: str, text: str, problems: dict[str, str]) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        problems[name] = gettext("Write date and time, for example 2026-11-20T08:00.")
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
