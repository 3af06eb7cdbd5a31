"""A process at work within one call, and which chains it may take."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from authsms.foundation.errors import BrowserNeededError, NotFoundError
from authsms.logon.catalog import Chain, Event
from authsms.logon.enrollment import Enrollments
from authsms.logon.factors import has_knowledge
from authsms.logon.graces import Graces
from authsms.logon.machine import Asks, Passed, Progress, Prompt
from authsms.logon.methods.base import LogonView, Method
from authsms.logon.overdue import OverdueRule
from authsms.logon.processes import Process
from authsms.logon.steps import ChainChoice, Client
from authsms.logon.subject import Subject


@dataclass(frozen=True, slots=True)
class Walk:
    """A process, what it is about, and who calls.

    Attributes:
        ready: Methods that the person has set up for himself, as far as that was looked up.
        unlocked: Names of the chains that a stronger sign-in has unlocked here, as far as that was looked up.
    """

    process: Process
    event: Event
    subject: Subject
    client: Client
    ready: frozenset[str] = frozenset()
    unlocked: frozenset[str] = frozenset()

    @property
    def chain(self) -> Chain | None:
        """The chain it is on; None when the event does not have it any more."""
        return next((chain for chain in self.event.chains if chain.name == self.process.chain), None)

    @property
    def shortcut(self) -> Chain | None:
        """An unlocked chain of which only the open question is left, while the present one asks for more; if any."""
        completed, progress = set(self.process.progress.completed), self.process.progress
        if len(set(progress.methods) - completed) <= 1:
            return None
        for chain in self.event.chains:
            is_left = set(chain.methods) - completed == {progress.current}
            if is_left and chain.name in self.unlocked and (not chain.groups or _is_member(chain, self.subject)):
                return chain
        return None

    @property
    def may_owe(self) -> bool:
        """Whether the answer to the open question may leave a password to be changed at the end."""
        asks = self.process.progress.asks
        return self.event.overdue is OverdueRule.ASK and asks is not None and asks.prompt is Prompt.PASSWORD

    def shortened(self, result: Passed) -> "Walk":
        """Return the walk on its shortcut, if there is one; to be called once the open question is answered.

        Whoever is to change his password has no shortcut, now or later: he proves all that the chain asks for.
        """
        if result.is_overdue and self.event.overdue is OverdueRule.ASK:
            return replace(self, process=replace(self.process, is_strict=True), unlocked=frozenset())
        chain = self.shortcut
        if chain is None:
            return self
        return self.at(replace(self.process.progress, methods=chain.methods), chain=chain.name)

    def unlocking(self, graces: Graces) -> "Walk":
        """Return the walk with the chains that are unlocked, looked up only where the event has any such chain."""
        if self.process.is_strict or not any(chain.required for chain in self.event.chains):
            return self
        # Only a browser that shows a grace has a say before anybody has looked who this is.
        is_nobody = self.client.grace and self.subject.is_phantom
        known = self.subject.known
        if known is None or is_nobody:
            return self
        return replace(self, unlocked=graces.unlocked(self.event, known.key, self.client))

    def at(self, progress: Progress, *, chain: str | None = None) -> "Walk":
        """Return the walk at *progress*, with all that is known of its subject by now."""
        process = replace(self.process.about(self.subject), progress=progress, chain=chain or self.process.chain)
        return replace(self, process=process)

    def asking(self, asks: Asks) -> "Walk":
        """Return the walk with another open question."""
        return replace(self, process=replace(self.process, progress=replace(self.process.progress, asks=asks)))

    def knowing(self, enrollments: Enrollments, methods: Mapping[str, Method]) -> "Walk":
        """Return the walk with what the person has set up, looked up only where a chain of the event asks for it."""
        asks = any(_needs_enrollment(chain, methods) for chain in self.event.chains)
        return replace(self, ready=enrollments.ready(self.subject.key)) if asks and enrollments.are_used() else self

    def view(self, methods: Mapping[str, Method], progress: Progress, asks: Asks | None = None) -> LogonView:
        """Return what a method sees when the process stands at *progress*."""
        straight_on = progress.methods == self.process.progress.methods and self.process.serial == len(
            self.process.progress.completed
        )
        return LogonView(
            process_id=self.process.id,
            event=self.event.name,
            event_title=self.event.title,
            endpoint=self.process.endpoint,
            subject=self.subject,
            proven=bool(progress.completed),
            has_knowledge=has_knowledge(proofs(progress, methods)),
            asks=asks,
            client=self.client,
            is_new=asks is None and straight_on,
            label=self.event.label,
            overdue=self.event.overdue,
            is_unlocked=bool(self.chain and self.chain.required),
        )


def proofs(progress: Progress, methods: Mapping[str, Method]) -> tuple[str, ...]:
    """Return the amr words of all that has passed, on whichever chain, each once, then what was proven this time."""
    always = [word for name in progress.completed for word in methods[name].amr]
    return tuple(dict.fromkeys([*always, *progress.proofs]))


def narrowed(event: Event, word: str) -> Event:
    """Return *event* with only those of its chains that answer to *word*; with an empty one, all of them.

    A chain answers to its name and to what stands behind a dash in it: ``sms`` means ``local-sms`` as well as
    ``directory-sms``, whichever suits the person. It also answers to the wire name of the method it begins with.
    One that has to be unlocked answers to nothing: whether it is, nobody is told before something is proven.

    Raises:
        NotFoundError: None of them does.
    """
    if not word:
        return event
    wanted = f"-{word}".casefold()
    usual = (chain for chain in event.chains if not chain.required)
    chains = tuple(
        chain for chain in usual if f"-{chain.name}".casefold().endswith(wanted) or chain.methods[:1] == (word,)
    )
    if not chains:
        raise NotFoundError("There is no such way to log in.")
    return replace(event, chains=chains)


def reachable(event: Event, methods: Mapping[str, Method], *, has_page: bool) -> Event:
    """Return *event* with only those of its chains that can be walked where there is, or is no, page of our own.

    Raises:
        BrowserNeededError: None of them can.
    """
    if has_page:
        return event
    chains = tuple(chain for chain in event.chains if not _needs_page(chain, methods))
    if all(chain.required for chain in chains):
        raise BrowserNeededError("Every way to log in here needs a browser. Sign in on the login page.")
    return replace(event, chains=chains)


def first_chain(event: Event, subject: Subject, methods: Mapping[str, Method]) -> Chain:
    """Return the chain a process begins with: the first one that the subject may use.

    The person is only looked up when a chain is limited to groups. Somebody who may use none of the chains takes the
    first one like anybody, as a phantom: nothing he answers will be right. Who has set up what plays no part, or a
    stranger could see it; chains that need it come last here. Nor does what is unlocked; such a chain is taken once
    something is proven (`Walk.shortcut`), or chosen.
    """
    suitable = [chain for chain in event.chains if not chain.required and _suits(chain, subject, methods)]
    suitable.sort(key=lambda chain: _needs_enrollment(chain, methods))
    for chain in suitable:
        if not chain.groups or _is_member(chain, subject):
            return chain
    subject.disown()
    return (suitable or list(event.chains))[0]


def openings(event: Event, subject: Subject, methods: Mapping[str, Method]) -> tuple[Chain, ...]:
    """Return the chains a process may begin with: that of `first_chain`, then the others that are for everybody."""
    first = first_chain(event, subject, methods)
    usual = (chain for chain in event.chains if not chain.required)
    others = (chain for chain in usual if not chain.groups and _suits(chain, subject, methods))
    return first, *(one for one in others if one.name != first.name and not _needs_enrollment(one, methods))


def choices(walk: Walk, methods: Mapping[str, Method]) -> tuple[ChainChoice, ...]:
    """Return the other chains that may be taken now; before anything is proven only those that are for everybody.

    A chain with a method that has to be set up is only offered to people who have done so, and one that has to be
    unlocked only where it is: before anything is proven only to a browser that shows a grace.
    """
    asks, completed = walk.process.progress.asks, walk.process.progress.completed
    if asks is not None and asks.method in completed:
        return ()  # all is proven; what is owed is owed on every chain
    return tuple(
        ChainChoice(chain.name, chain.title, chain.methods)
        for chain in walk.event.chains
        if chain.name != walk.process.chain
        and (walk.client.has_page or not _needs_page(chain, methods))
        and _suits(chain, walk.subject, methods)
        and any(method not in completed for method in chain.methods)
        and (not chain.groups or (completed and _is_member(chain, walk.subject)))
        and (not chain.required or (chain.name in walk.unlocked and (completed or walk.client.has_page)))
        and (not _needs_enrollment(chain, methods) or (completed and _is_ready(chain, walk, methods)))
    )


def _suits(chain: Chain, subject: Subject, methods: Mapping[str, Method]) -> bool:
    return all(name in methods and methods[name].suits(subject.repository) for name in chain.methods)


def _needs_enrollment(chain: Chain, methods: Mapping[str, Method]) -> bool:
    return any(name in methods and methods[name].needs_enrollment for name in chain.methods)


def _needs_page(chain: Chain, methods: Mapping[str, Method]) -> bool:
    return any(name in methods and methods[name].needs_page for name in chain.methods)


def _is_ready(chain: Chain, walk: Walk, methods: Mapping[str, Method]) -> bool:
    return all(name in walk.ready for name in chain.methods if methods[name].needs_enrollment)


def _is_member(chain: Chain, subject: Subject) -> bool:
    if subject.is_phantom or subject.known is None:
        return False
    wanted = {group.casefold() for group in chain.groups}
    return any(group.casefold() in wanted for group in subject.known.groups)
