"""One page of a long list: what was asked for, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is wanted.

    Attributes:
        number: From 1.
        size: Items a page.
        search: What an item must hold; empty for everything.
        sort: Name of a column; each list knows which it can sort by, and sorts in its own way by any other.
    """

    number: int = 1
    size: int = 50
    search: str = ""
    sort: str = ""
    descending: bool = False

    @property
    def offset(self) -> int:
        """How many items come before the page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list.

    Attributes:
        number: From 1.
        has_more: There are items behind it.
        total: How many there are in all, where that is cheap to know.
    """

    items: Sequence[T]
    number: int = 1
    has_more: bool = False
    total: int | None = None
