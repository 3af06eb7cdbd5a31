"""Methods of plugins, as the logon sees them: counted, held and recorded like our own."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError, UnavailableError
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
        person = subject.person
        return self.length if person is not None and person.enabled and self._method.has(person) else 0

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        code = canonical_code(typed_answer(response, "code"), question(logon).length)
        if code is None:
            return Failed(MessageKey.CODE_MALFORMED, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        # Before the attempt is charged: it is not to be paid for when this cannot be told.
        is_usable = person is not None and person.enabled and self._method.has(person)
        standing = self._charge(key)
        if standing is None:
            return lambda session: self._unseen(session, logon)
        if person is None or not is_usable or not self._used(person, code, standing):
            return lambda session: self._miss(session, logon, standing)
        return lambda session: self._pass(session, key)

    def _used(self, person: Person, code: str, standing: Standing) -> bool:
        """Return whether a code is right; an attempt about which that cannot be told is taken back."""
        try:
            return self._method.use(person, code)
        except UnavailableError:
            with self._database.write() as session:
                self._failures.take_back(session, person.key, self.name, standing)
            raise

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
