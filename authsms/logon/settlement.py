"""Writes down what a result means for the process: progress, secret, session and audit record, in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.foundation.db import after_commit
from authsms.foundation.errors import NotFoundError
from authsms.foundation.metrics import LOGONS
from authsms.logon.devices import browser_of, system_of
from authsms.logon.graces import Feat, Graces
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Progress, Result, Status, advance, indebted
from authsms.logon.methods.base import Answer, Begin, Method
from authsms.logon.overdue import OverdueRule
from authsms.logon.processes import OVER, Processes
from authsms.logon.sessions import LoginSessions, SessionDraft
from authsms.logon.steps import Step
from authsms.logon.walk import Walk, choices, proofs

_NOWHERE: Final = "nowhere"


class Settlement:
    """Turns results into steps."""

    def __init__(
        self,
        processes: Processes,
        sessions: LoginSessions,
        graces: Graces,
        audit: AuditTrail,
        methods: Mapping[str, Method],
    ) -> None:
        self._processes = processes
        self._sessions = sessions
        self._graces = graces
        self._audit = audit
        self._methods = methods

    def settle(self, session: Session, walk: Walk, secret: str, result: Result, following: Begin | None = None) -> Step:
        """Write what *result* brings about and return the step.

        Args:
            session: The transaction; undo it when this raises.
            walk: The process as it was loaded.
            secret: What the browser holds.
            result: What the present method said.
            following: Begins the next method, if the chain has one.

        Raises:
            NotFoundError: The process went on or ended while the method was at work, or its chain is locked again.
        """
        match result:
            case Passed():
                return self._pass(session, walk, result, following)
            case Failed():
                return self._fail(session, walk, secret, result)
            case Asks():
                walk = walk.at(advance(walk.process.progress, result))
                self._processes.update(session, walk.process)
                return self.step(walk, secret, result.message_key)

    def step(self, walk: Walk, secret: str, message_key: MessageKey) -> Step:
        """Return the step of a process that waits for an answer or has failed."""
        process = walk.process
        is_open = process.progress.is_open
        return Step(
            process_id=process.id,
            secret=secret if is_open else "",
            status=process.progress.status,
            message_key=message_key,
            asks=process.progress.asks,
            completed=process.progress.completed,
            chains=choices(walk, self._methods) if is_open else (),
            session_token=None,
            return_to=None,
            event=walk.event.name,
            event_title=walk.event.title,
            login=process.login,
        )

    def record(self, session: Session, walk: Walk, tag: AuditTag, **details: Detail) -> None:
        """Add an audit record about the process."""
        entry = AuditEntry(
            tag,
            person_key=walk.subject.audit_key,
            login=walk.process.login,
            process_id=walk.process.id,
            event=walk.event.name,
            endpoint=walk.process.endpoint,
            address=walk.client.address,
            details=details,
        )
        self._audit.record(session, entry)

    def _pass(self, session: Session, walk: Walk, result: Passed, following: Begin | None) -> Step:
        loaded, walk = walk, walk.shortened(result)
        before = walk.process.progress
        progress = advance(before, result)
        secret, secret_hash = self._processes.new_secret(walk.process.id)
        process = replace(walk.process.about(walk.subject), secret_hash=secret_hash, progress=progress)
        if progress.status is Status.OK:
            if not progress.is_overdue or walk.event.overdue is OverdueRule.ALLOW:
                return self._finish(session, replace(walk, process=process))
            asks = self._demand(walk, progress)
            if asks is None:
                refused = Failed(MessageKey.PASSWORD_ELSEWHERE, reason="not-asked", final=True)
                return self._fail(session, loaded, "", refused)
            self.record(session, walk, AuditTag.LOGON_METHOD_PASSED, method=before.current)
            progress = indebted(progress, asks)
        elif following is None:
            raise ValueError("the next method was not made ready")
        else:
            self.record(session, walk, AuditTag.LOGON_METHOD_PASSED, method=before.current)
            progress = advance(progress, asks := following(session))
        process = replace(process, progress=progress)
        self._processes.update(session, process)
        step = self.step(replace(walk, process=process), secret, asks.message_key)
        return replace(step, status=Status.NEXT)

    def _demand(self, walk: Walk, progress: Progress) -> Asks | None:
        """Return the question for what is overdue; None where it must not, or cannot, be asked."""
        is_short = walk.chain is None or walk.chain.required
        if walk.event.overdue is not OverdueRule.ASK or not walk.client.takes_new_password or is_short:
            return None
        asked = (self._methods[name].demand() for name in progress.completed)
        return next((asks for asks in asked if asks is not None), None)

    def _finish(self, session: Session, walk: Walk) -> Step:
        process = walk.process
        if process.known is None:
            raise ValueError("nobody can be signed in whom nobody has found")
        unlocked_by = self._unlocked_by(session, walk, process.known.key)
        completed = process.progress.completed
        grace = self._graces.leave(session, Feat(walk.event, process.chain, process.known.key, completed, walk.client))
        token = self._sessions.begin(
            session,
            SessionDraft(
                person_key=process.known.key,
                login=process.known.login,
                display_name=process.known.display_name,
                mail=process.known.mail,
                repository=process.known.repository,
                groups=process.known.groups,
                methods=proofs(process.progress, self._methods),
                chain=process.chain,
                event=process.event,
                address=walk.client.address,
                user_agent=walk.client.user_agent,
                only_at=(process.return_to or _NOWHERE) if process.is_supplement else "",
            ),
        )
        self._processes.update(session, process)
        details = {"chain": process.chain, "methods": " ".join(completed), **unlocked_by, **_device(walk)}
        self.record(session, walk, AuditTag.LOGON_FINISHED, **details)
        after_commit(session, lambda: LOGONS.labels("ok", process.event).inc())
        told = MessageKey.FINISHED_OVERDUE if process.progress.is_overdue else MessageKey.FINISHED
        step = self.step(walk, "", told)
        step = replace(step, session_token=token, grace=grace, return_to=process.return_to)
        return replace(step, is_supplement=process.is_supplement)

    def _unlocked_by(self, session: Session, walk: Walk, person_key: str) -> Mapping[str, Detail]:
        """Return what unlocked the chain that is finished, as a detail of a record; nothing for one that needs nothing.

        Raises:
            NotFoundError: It is locked again.
        """
        chain = walk.chain
        if chain is None:
            raise NotFoundError(OVER)
        if not chain.required:
            return {}
        is_open = chain.name in self._graces.unlocked_in(session, walk.event, person_key, walk.client)
        if walk.process.is_strict or not is_open:
            raise NotFoundError(OVER)
        return {"unlocked_by": chain.required}

    def _fail(self, session: Session, walk: Walk, secret: str, failure: Failed) -> Step:
        before = walk.process.progress
        walk = replace(walk, process=replace(walk.process, progress=advance(before, failure)))
        # One factor right and the next one wrong is what a stolen password looks like.
        tag = AuditTag.LOGON_SUSPICIOUS if before.completed else AuditTag.LOGON_METHOD_FAILED
        self.record(session, walk, tag, method=before.current, reason=failure.reason, **_device(walk))
        self._processes.note_failure(session, walk.process, counted=failure.counted)
        if walk.process.progress.is_open:
            return self.step(walk, secret, failure.message_key)
        after_commit(session, lambda: LOGONS.labels("failed", walk.event.name).inc())
        return self.step(walk, "", failure.message_key if failure.final else MessageKey.FAILED)


def _device(walk: Walk) -> dict[str, Detail]:
    """Return browser and system as a detail of a record, where they can be told, so that people recognise theirs."""
    agent = walk.client.user_agent
    told = f"{browser_of(agent)}/{system_of(agent)}"
    return {} if told == "/" else {"device": told}


def result_of(given: Answer, session: Session) -> Result:
    """Do the work of an answer, if there is any, and return its result."""
    if isinstance(given, Passed):
        raise TypeError("only work may pass: what it passed on has to be written")
    return given(session) if callable(given) else given
