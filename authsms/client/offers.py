"""Asks people something that they answer by reply or by link, by the REST door of an authsms server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class MadeOffer:
    """What came of an offer when it was made.

    Attributes:
        number: What people name it by in their replies.
        people: How many are asked.
        left: How many are not, by the reason.
        unknown: User names that nobody has.
    """

    number: int
    people: int
    left: Mapping[str, int]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferPreview:
    """What an offer would be.

    Attributes:
        segments: Of all texts together, if nobody answers.
        texts: About what people would read, by language.
        warnings: What a carrier or a reader would object to.
    """

    people: int
    left: Mapping[str, int]
    unknown: tuple[str, ...]
    segments: int
    texts: Mapping[str, str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferState:
    """Where an offer stands.

    Attributes:
        state: ``open``, ``choosing``, ``filled``, ``closed``, ``expired`` or ``cancelled``.
        counts: How many people stand where, see `OfferAnswer`.
    """

    name: str
    number: int
    state: str
    places: int
    places_left: int
    people: int
    counts: Mapping[str, int]
    expires: datetime


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """What somebody has said, and what came of it.

    Attributes:
        state: ``won``, ``willing``, ``late``, ``lost`` or ``declined``.
        way: ``text`` or ``link``.
        change: Keep the highest one to ask for what comes after it.
    """

    user_name: str
    state: str
    way: str
    change: int


class Offers:
    """The offers of a program; see `Messenger.offers`.

    Every method but `make`, `preview` and `all` raises `OverError` when there is no offer of that name.

    Args:
        call: Sends a request.
    """

    def __init__(self, call: Callable[..., dict[str, Any]]) -> None:
        self._call = call

    def make(self, name: str, texts: Mapping[str, str], user_names: Sequence[str] = (), **terms: Any) -> MadeOffer:
        """Make an offer; called again as it is, after an error say, it finds the one that was made.

        Args:
            name: Small letters, digits and hyphens, 40 at most.
            texts: By language, ``{"en": "…"}``.
            user_names: At most 200; or leave it out, and name a ``repository``, and a ``group`` of it.
            terms: ``kind``, ``mode`` (``first`` or ``choose``), ``places``, ``attempts``, ``spread_minutes``,
                ``hours`` and ``sign_in``, as the server describes them.

        Raises:
            RefusedError: The name is taken, there is nobody to ask, or something cannot be used.
            TryLaterError: Call again as it is.
        """
        found = self._call("POST", "/offers", json=_order(name, texts, user_names, terms))
        return MadeOffer(found["number"], found["people"], found["left"], tuple(found["unknown"]))

    def preview(
        self, name: str, texts: Mapping[str, str], user_names: Sequence[str] = (), **terms: Any
    ) -> OfferPreview:
        """Return what `make` would do; nobody is asked.

        Raises:
            RefusedError: Something cannot be used.
            TryLaterError: Call again as it is.
        """
        found = self._call("POST", "/offer-previews", json=_order(name, texts, user_names, terms))
        samples = found["samples"]
        return OfferPreview(
            *(found["people"], found["left"], tuple(found["unknown"]), found["segments"]),
            {locale: one["text"] for locale, one in samples.items()},
            tuple(dict.fromkeys(warning for one in samples.values() for warning in one["warnings"])),
        )

    def all(self) -> Iterator[OfferState]:
        """Yield every offer of the program, newest first."""
        after: str | None = ""
        while after is not None:
            found = self._call("GET", "/offers", params={"after": after} if after else {})
            yield from map(_state, found["offers"])
            after = found["next"]

    def state(self, name: str) -> OfferState:
        """Return where an offer stands."""
        return _state(self._call("GET", _path(name)))

    def answers(self, name: str, after: int = 0) -> Iterator[OfferAnswer]:
        """Yield who has answered what, in the order of the changes, those above *after*.

        Somebody about whom something was decided since he answered comes again.
        """
        has_more = True
        while has_more:
            found = self._call("GET", f"{_path(name)}/answers", params={"after": str(after)})
            for one in found["answers"]:
                yield OfferAnswer(one["user_name"], one["state"], one["way"], one["change"])
            after, has_more = int(found["next"]), found["has_more"]

    def choose(self, name: str, user_names: Sequence[str]) -> OfferState:
        """Give places to people who have said yes, and tell them; those who have one keep it.

        Raises:
            RefusedError: One of them has not said yes, or there are fewer places left.
        """
        return _state(self._call("POST", f"{_path(name)}/choose", json={"user_names": list(user_names)}))

    def close(self, name: str) -> OfferState:
        """Take no more answers; who has a place keeps it.

        Raises:
            RefusedError: It has ended before.
        """
        return _state(self._call("POST", f"{_path(name)}/close"))

    def cancel(self, name: str) -> None:
        """Withdraw an offer, also from those who have a place.

        Raises:
            RefusedError: It was withdrawn before.
        """
        self._call("DELETE", _path(name))


def _path(name: str) -> str:
    return f"/offers/{quote(name, safe='')}"


def _order(name: str, texts: Mapping[str, str], user_names: Sequence[str], terms: Mapping[str, Any]) -> dict[str, Any]:
    whom = {"user_names": list(user_names)} if user_names else {}
    return {"name": name, "texts": dict(texts), **whom, **terms}


def _state(found: Mapping[str, Any]) -> OfferState:
    return OfferState(
        *(found["name"], found["number"], found["state"], found["places"], found["places_left"], found["people"]),
        *(found["counts"], datetime.fromisoformat(found["expires"])),
    )
