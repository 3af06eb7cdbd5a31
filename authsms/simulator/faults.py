"""What can go wrong on demand: kinds of faults, and the book of those that are set.

A fault belongs to a provider, or to one number at a provider. The one for the number wins. A submission meets at most
one fault of its answer and one of its receipts.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from authsms.foundation.errors import InvalidInputError


class FaultKind(StrEnum):
    """Kinds of faults, by the word used in the JSON interface."""

    # The answer is an error.
    FAIL = "fail"  # `code` and `status` say which; nothing is taken
    THROTTLE = "throttle"  # 429, with Retry-After when `seconds` are given
    # The answer is right, the line is not. The message is taken unless `taken` is false.
    SLOW = "slow"  # the answer comes after `seconds`
    HANG = "hang"  # no answer within `seconds` (an hour), then the connection closes
    DROP = "drop"  # the connection closes instead of an answer
    RESET = "reset"  # the connection is reset instead of an answer
    CUT = "cut"  # the connection closes in the middle of the answer's body
    DRIP = "drip"  # the body comes byte by byte, `seconds` apart (0.2)
    DRIP_HEAD = "drip_head"  # so does the whole answer, status line included
    # The answer is nonsense. The message is taken unless `taken` is false.
    GARBAGE = "garbage"  # a body nobody can parse
    EMPTY = "empty"  # no body
    HUGE = "huge"  # a body of `size` bytes (64 MiB) of unknown length
    REDIRECT = "redirect"  # 302 to `location`
    LIE = "lie"  # a perfect success, but nothing arrives and nothing is reported
    # The answer is right, the receipts are not.
    UNDELIVERED = "undelivered"  # the message fails later, with `code`
    MUTE = "mute"  # no receipts
    LATE = "late"  # receipts wait for `seconds`
    SHUFFLE = "shuffle"  # receipts come in the wrong order
    REPEAT = "repeat"  # each receipt comes twice
    UNSIGNED = "unsigned"  # receipts carry no signature
    FORGE = "forge"  # receipts carry a wrong signature


RECEIPT_KINDS = frozenset(
    {
        FaultKind.UNDELIVERED,
        FaultKind.MUTE,
        FaultKind.LATE,
        FaultKind.SHUFFLE,
        FaultKind.REPEAT,
        FaultKind.UNSIGNED,
        FaultKind.FORGE,
    }
)
_NEVER_TAKEN = frozenset({FaultKind.FAIL, FaultKind.THROTTLE, FaultKind.LIE})
_DEFAULT_SECONDS = {FaultKind.SLOW: 2.0, FaultKind.HANG: 3600.0, FaultKind.DRIP: 0.2, FaultKind.DRIP_HEAD: 0.2}
_LARGEST_SIZE = 1 << 30
_FORBIDDEN_PLACE = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        seconds: How long, as the kind says.
        status: HTTP status of an error, or None for the provider's own.
        code: The provider's error code, or empty for its usual one.
        phone: The E.164 number concerned, or empty for all.
        times: How often it happens before it is over, or None for ever.
        taken: Whether the message arrives all the same.
        size: Bytes of a huge answer.
        location: Where a redirect leads.
    """

    kind: FaultKind
    seconds: float = 0.0
    status: int | None = None
    code: str = ""
    phone: str = ""
    times: int | None = None
    taken: bool = True
    size: int = 64 << 20
    location: str = _FORBIDDEN_PLACE

    @property
    def spoils_receipts(self) -> bool:
        """Whether it spoils what comes after the answer, rather than the answer."""
        return self.kind in RECEIPT_KINDS

    @property
    def swallows(self) -> bool:
        """Whether the message goes nowhere."""
        return self.kind in _NEVER_TAKEN or not self.taken


def parse_fault(data: object) -> Fault:
    """Return the fault a JSON object describes.

    Raises:
        InvalidInputError: The object has an unknown or unusable member; the message names it.
    """
    if not isinstance(data, dict):
        raise InvalidInputError('A fault is an object such as {"kind": "slow", "seconds": 2}.')
    unknown = sorted(data.keys() - Fault.__dataclass_fields__.keys())
    if unknown:
        raise InvalidInputError(f"A fault has no {unknown[0]!r}.", field=str(unknown[0]))
    try:
        kind = FaultKind(data["kind"])
    except (KeyError, ValueError) as error:
        words = ", ".join(FaultKind)
        raise InvalidInputError(f"The kind of a fault is one of: {words}.", field="kind") from error
    return Fault(
        kind=kind,
        seconds=_number(data, "seconds", _DEFAULT_SECONDS.get(kind, 0.0), 86_400),
        status=_whole(data, "status", 100, 599),
        code=_word(data, "code"),
        phone=_word(data, "phone"),
        times=_whole(data, "times", 1, 1_000_000),
        taken=_taken(data, kind),
        size=_whole(data, "size", 1, _LARGEST_SIZE) or 64 << 20,
        location=_word(data, "location") or _FORBIDDEN_PLACE,
    )


def _number(data: Mapping[str, object], name: str, default: float, largest: float) -> float:
    value = data.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= largest:
        raise InvalidInputError(f"{name!r} is a number from 0 to {largest:g}.", field=name)
    return float(value)


def _whole(data: Mapping[str, object], name: str, smallest: int, largest: int) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= largest:
        raise InvalidInputError(f"{name!r} is a whole number from {smallest} to {largest}.", field=name)
    return value


def _word(data: Mapping[str, object], name: str) -> str:
    value = data.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInputError(f"{name!r} is a text.", field=name)
    return str(value)


def _taken(data: Mapping[str, object], kind: FaultKind) -> bool:
    value = data.get("taken", kind not in _NEVER_TAKEN)
    if not isinstance(value, bool) or (value and kind in _NEVER_TAKEN):
        raise InvalidInputError(f"'taken' is true or false, and never true for {kind}.", field="taken")
    return value


class FaultBook:
    """The faults that are set, by provider; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, list[Fault]] = {}

    def put(self, provider: str, faults: list[Fault]) -> None:
        """Set *faults*, replacing what was set for the same number, or for all numbers, at this provider."""
        phones = {fault.phone for fault in faults}
        with self._lock:
            kept = [fault for fault in self._faults.get(provider, []) if fault.phone not in phones]
            self._faults[provider] = kept + faults

    def clear(self, provider: str | None = None, phone: str | None = None) -> None:
        """Forget the faults of a provider, of one number there, or all of them."""
        with self._lock:
            if provider is None:
                self._faults.clear()
            elif phone is None:
                self._faults.pop(provider, None)
            else:
                self._faults[provider] = [fault for fault in self._faults.get(provider, []) if fault.phone != phone]

    def of(self, provider: str) -> tuple[Fault, ...]:
        """Return what is set for *provider*."""
        with self._lock:
            return tuple(self._faults.get(provider, ()))

    def take(self, provider: str, phone: str) -> tuple[Fault | None, Fault | None]:
        """Return the fault of the answer and the fault of the receipts of one submission, and count them."""
        with self._lock:
            return self._draw(provider, phone, receipts=False), self._draw(provider, phone, receipts=True)

    def _draw(self, provider: str, phone: str, *, receipts: bool) -> Fault | None:
        faults = self._faults.get(provider, [])
        fitting = [fault for fault in faults if fault.phone in {phone, ""} and fault.spoils_receipts is receipts]
        if not fitting:
            return None
        fault = max(fitting, key=lambda each: bool(each.phone))
        if fault.times is not None:
            place = faults.index(fault)
            left = fault.times - 1
            faults[place : place + 1] = [replace(fault, times=left)] if left else []
        return fault
