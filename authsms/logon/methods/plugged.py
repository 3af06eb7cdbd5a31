"""Methods of plugins, as the logon sees them: counted, held and recorded like our own.

That a plugin cannot tell is told to people who have proven something already. Before, it would say who exists, as about
nobody a plugin is asked nothing: there it is refused, and charged, like a wrong code, and the audit trail knows better.
"""

import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Final

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError, UnavailableError
from authsms.foundation.logs import get_logger
from authsms.identity.code_methods import CodeMethod
from authsms.identity.repository import Person
from authsms.logon.factors import is_known
from authsms.logon.machine import Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, LogonView, Method, typed_answer
from authsms.logon.methods.counted import CountedMethod, question
from authsms.logon.subject import Subject
from authsms.otp.engine import canonical_code
from authsms.otp.failures import FailureCounter, Standing

_TAKES: Final = timedelta(seconds=1)
"""A refusal takes at least as long, or the time a plugin needs would tell who exists."""
_log = get_logger(__name__)


class _Verdict(StrEnum):
    """What a plugin says of an attempt; all but the first are reasons in the audit trail."""

    RIGHT = "right"
    WRONG = "wrong-code"
    UNAVAILABLE = "unavailable"
    BROKEN = "broken"


class _BrokenError(UnavailableError):
    """The plugin raised what it must not raise."""


class PluggedMethod(CountedMethod):
    """Asks for the code of a plugin's method."""

    amr: tuple[str, ...]  # type: ignore[misc] # that of the plugin
    needs_enrollment: ClassVar[bool] = False
    refusal_takes: ClassVar[timedelta] = _TAKES
    prompt: ClassVar[Prompt] = Prompt.CODE
    asked: ClassVar[MessageKey] = MessageKey.PLUGGED_ASKED
    missing: ClassVar[MessageKey] = MessageKey.PLUGGED_MISSING
    refused: ClassVar[MessageKey] = MessageKey.PLUGGED_REFUSED

    def __init__(self, method: CodeMethod, database: Database, audit: AuditTrail, failures: FailureCounter) -> None:
        super().__init__(database, audit, failures)
        self._method = method
        self.name, self.amr, self.length = method.name, method.amr, method.digits
        self.titles, self.questions = method.titles, method.questions

    @override
    def _length_of(self, subject: Subject) -> int:
        return self.length if self._has(subject.person) else 0

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        code = canonical_code(typed_answer(response, "code"), question(logon).length)
        if code is None:
            return Failed(MessageKey.CODE_MALFORMED, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        # Before the attempt is charged: it is not to be paid for when this cannot be told.
        verdict = self._usable(logon, person)
        standing = self._charge(key)
        if standing is None:
            return lambda session: self._unseen(session, logon)
        if verdict is _Verdict.RIGHT:
            verdict = self._judge(logon, person, code, standing)
        if verdict is _Verdict.RIGHT:
            return lambda session: self._pass(session, key)
        return lambda session: self._miss(session, logon, standing, verdict.value)

    def _usable(self, logon: LogonView, person: Person | None) -> _Verdict:
        """Return whether the person has something to make codes with.

        Raises:
            UnavailableError: That cannot be told, which only somebody learns who has proven something.
        """
        try:
            return _Verdict.RIGHT if self._has(person) else _Verdict.WRONG
        except UnavailableError as error:
            if logon.proven:
                raise
            return _Verdict.BROKEN if isinstance(error, _BrokenError) else _Verdict.UNAVAILABLE

    def _judge(self, logon: LogonView, person: Person | None, code: str, standing: Standing) -> _Verdict:
        """Return whether a code is right.

        Raises:
            UnavailableError: That cannot be told, which only somebody learns who has proven something. The attempt is
                taken back where the plugin says so; one that ends in a mistake of the plugin stays charged.
        """
        try:
            is_right = person is not None and self._asked(lambda: self._method.use(person, code))
        except _BrokenError:
            if not logon.proven:
                return _Verdict.BROKEN
            with self._database.write() as session:
                self._note_hold(session, logon, standing)
                self._record(session, logon, AuditTag.LOGON_METHOD_FAILED, reason=_Verdict.BROKEN.value)
            raise
        except UnavailableError:
            # To take it back would set people apart from those who do not exist: they are held after some tries.
            if not logon.proven:
                return _Verdict.UNAVAILABLE
            with self._database.write() as session:
                self._failures.take_back(session, logon.subject.key, self.name, standing)
            raise
        return _Verdict.RIGHT if is_right else _Verdict.WRONG

    def _has(self, person: Person | None) -> bool:
        return person is not None and person.enabled and self._asked(lambda: self._method.has(person))

    def _asked(self, ask: Callable[[], bool]) -> bool:
        """Return what the plugin says.

        Raises:
            UnavailableError: It cannot tell, or (`_BrokenError`) it has a mistake.
        """
        try:
            return ask()
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a plugin's mistake is, it is not the person's
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{last.filename}:{last.lineno}"
            # Not what it says: a code may stand in it.
            _log.error("method.broken", method=self.name, kind=type(error).__name__, place=place)
        raise _BrokenError("A method of a plugin does not work.")

    def _pass(self, session: Session, key: str) -> Result:
        self._failures.forget(session, key, self.name)
        return Passed()


def check_names(ours: list[Method], theirs: list[CodeMethod]) -> None:
    """Return when plugins' methods can stand beside ours.

    Raises:
        ConfigurationError: One of them has the name of one of ours, or proves something nobody knows of.
    """
    taken = {method.name for method in ours}
    for method in theirs:
        if method.name in taken:
            raise ConfigurationError(
                f"plugins: {method.name} is a method of this server; a plugin's needs another name."
            )
        if not is_known(method.amr):
            raise ConfigurationError(f"plugins: {method.name} names no factor in amr, such as otp, hwk or pin.")
