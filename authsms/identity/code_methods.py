"""The contract of a method that a plugin brings: a code of digits that somebody has from elsewhere.

The plugin only says who has such a code and whether one is right. That attempts are counted before they are checked,
held and in the end refused, that nobody learns who exists, and what is recorded is for the server: a plugin can
neither forget it nor leave it out.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from authsms.identity.repository import Person


class CodeMethod(ABC):
    """A factor of a plugin; made once and without arguments at start, and safe to share between threads.

    Attributes:
        name: Its wire name, such as ``BADGE:1``; chains and the audit trail know it by this, so it never changes.
        amr: What it proves, in the words of RFC 8176, such as ``("otp",)``.
        digits: How many digits a code has, 6 to 10.
        titles: What administrators call it, by language; ``en`` is needed.
        questions: What people are asked, by language, as one sentence; ``en`` is needed.
    """

    name: ClassVar[str]
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    digits: ClassVar[int] = 6
    titles: ClassVar[Mapping[str, str]]
    questions: ClassVar[Mapping[str, str]]

    @abstractmethod
    def has(self, person: Person) -> bool:
        """Return whether a person has something to make codes with.

        Raises:
            UnavailableError: That cannot be told now; see `use`.
        """

    @abstractmethod
    def use(self, person: Person, code: str) -> bool:
        """Return whether a code is right and was not used before, and see to it that it is not right again.

        It may be called by several threads and processes at once with one and the same code; only one of them may get
        True. The attempt has been charged already, and is taken back when `UnavailableError` says that nothing came
        of it: about a code that was found wrong, never raise that, or guessing would be free. Any other error leaves
        it charged. Where nothing was proven before, both are refused like a wrong code, or they would tell who exists;
        for the same reason, answer within a second.

        Args:
            person: Whom `has` holds for.
            code: Exactly `digits` ASCII digits.

        Raises:
            UnavailableError: That cannot be told now; the person is told to try again.
        """
