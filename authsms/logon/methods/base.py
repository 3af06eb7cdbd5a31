"""The contract of a method: it is begun, it is answered, and what it wants written it hands back as work.

Slow things (a directory, hashing) happen in `Method.begin` and `Method.answer`; what they return runs inside the logon
service's one transaction, together with the process, the audit record and whatever else the step writes. An attempt
that must be paid for before it is checked is charged by the method in a transaction of its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, TypeAlias

from sqlalchemy.orm import Session

from authsms.logon.machine import Asks, Result
from authsms.logon.overdue import OverdueRule
from authsms.logon.steps import Client
from authsms.logon.subject import Subject

Begin: TypeAlias = Callable[[Session], Asks]
"""Writes what a method needs to begin, and returns its question."""

Work: TypeAlias = Callable[[Session], Result]
"""Writes what an answer brings about, and returns the result. Only work may return `Passed`."""

Answer: TypeAlias = Work | Result


@dataclass(frozen=True, slots=True)
class LogonView:
    """What a method sees of a logon process.

    Attributes:
        process_id: Its public id.
        event: Name of the event.
        event_title: Its title, for people.
        endpoint: Name of the calling endpoint, empty for a direct visit.
        subject: Whom it is about.
        proven: An earlier method has passed, so delivery details may be shown.
        has_knowledge: One that has passed asked for something only the person knows.
        asks: The method's own open question; None when it begins.
        client: Who calls.
        is_new: Nothing was asked in this process before what is asked now, except what has passed.
        label: The event's, for the sender policy.
        overdue: What the event does about a right password that has to be changed.
        is_unlocked: The chain is a short one, which is only open because of an earlier sign-in.
    """

    process_id: str
    event: str
    event_title: str
    endpoint: str
    subject: Subject
    proven: bool
    has_knowledge: bool
    asks: Asks | None
    client: Client
    is_new: bool
    label: str = ""
    overdue: OverdueRule = OverdueRule.DENY
    is_unlocked: bool = False


class Method(ABC):
    """One factor of a chain; safe to share between threads.

    Attributes:
        name: Wire name, ``SMS_OTP:1``.
        amr: What it proves, in the words of RFC 8176.
        refusal_takes: Least time from the beginning of a call to the refusal of its answer, when looking somebody up
            would show in it otherwise.
        needs_enrollment: Only people who have set it up can use it.
        needs_page: It can only be asked for on our own pages; no other door offers a chain with it.
        is_relief: The help desk hands it out to one person for a while; a chain with it stays open where people do not
            choose among chains.
    """

    name: str
    amr: ClassVar[tuple[str, ...]]
    refusal_takes: ClassVar[timedelta] = timedelta()
    needs_enrollment: ClassVar[bool] = False
    needs_page: ClassVar[bool] = False
    is_relief: ClassVar[bool] = False

    @abstractmethod
    def begin(self, logon: LogonView) -> Begin:
        """Prepare the method's question.

        Raises:
            UnavailableError: A dependency is away; the process stays where it is.
        """

    @abstractmethod
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        """Judge a response to ``logon.asks``: a result when all is decided, work when it has to be written first.

        Raises:
            TooManyRequestsError: A limit is reached; nothing was checked.
            UnavailableError: A dependency is away; nothing is decided.
        """

    def opening(self) -> Asks | None:
        """Return the method's question when it is always the same and asking it writes nothing.

        Such a question may be answered in the very call that begins the process. By default there is none.
        """
        return None

    def demand(self) -> Asks | None:
        """Return the question at the end of the chain for what the method has let pass although it is overdue."""
        return None

    def resend(self, logon: LogonView) -> Answer:
        """Send again what the open question waits for; never passes. By default there is nothing to send."""
        if logon.asks is None:
            raise ValueError("nothing was asked")
        return logon.asks

    def suits(self, repository: str) -> bool:  # noqa: ARG002 - most methods suit every repository
        """Return whether people of this repository can use the method at all."""
        return True


def typed_answer(response: Mapping[str, str], name: str) -> str:
    """Return what was typed: the field *name*, or ``answer`` from doors that know only one field."""
    return response.get(name, response.get("answer", ""))
