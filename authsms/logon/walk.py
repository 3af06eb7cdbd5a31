"""A process at work within one call, and which chains it may take."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from authsms.foundation.errors import NotFoundError
from authsms.logon.beginnings import is_member, is_relief, needs_enrollment, needs_page, strangers_chain, suits
from authsms.logon.catalog import Chain, Event
from authsms.logon.enrollment import Enrollments
from authsms.logon.factors import has_knowledge
from authsms.logon.graces import Graces
from authsms.logon.machine import WHICH_CHAIN, Asks, Passed, Progress, Prompt
from authsms.logon.methods.base import LogonView, Method
from authsms.logon.overdue import OverdueRule
from authsms.logon.processes import OVER, Process
from authsms.logon.selection import Selection
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
            if is_left and chain.name in self.unlocked and (not chain.groups or is_member(chain, self.subject)):
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

    def choosing(self, chain: Chain) -> "Walk":
        """Return the walk of somebody who has chosen *chain*, and is not asked again.

        Where all chains are shown to everybody, who may use which is found out now, and for this one alone.
        """
        walk = replace(self, process=replace(self.process, is_chosen=True))
        if self.process.progress.completed or not self.shows_all:
            return walk
        subject = self.subject.anew()
        if chain.groups and not is_member(chain, subject):
            subject.disown()
        return replace(walk, subject=subject)

    @property
    def question(self) -> Asks:
        """The open question.

        Raises:
            NotFoundError: There is none any more.
        """
        asks = self.process.progress.asks
        if asks is None:
            raise NotFoundError(OVER)
        return asks

    @property
    def is_asking(self) -> bool:
        """Whether the open question is which chain it shall be."""
        asks = self.process.progress.asks
        return asks is not None and asks.prompt is Prompt.CHAIN

    @property
    def shows_all(self) -> bool:
        """Whether everybody is shown all chains alike: nothing is proven, and which one it shall be is or was asked."""
        is_asked = self.is_asking or self.process.is_chosen
        return self.event.selection is Selection.ON and is_asked and not self.process.progress.completed

    def asking(self, asks: Asks) -> "Walk":
        """Return the walk with another open question."""
        return replace(self, process=replace(self.process, progress=replace(self.process.progress, asks=asks)))

    def knowing(self, enrollments: Enrollments, methods: Mapping[str, Method]) -> "Walk":
        """Return the walk with what the person has set up, looked up only where a chain of the event asks for it."""
        asks = any(needs_enrollment(chain, methods) for chain in self.event.chains)
        return replace(self, ready=enrollments.ready(self.subject.key)) if asks and enrollments.are_used() else self

    def view(self, methods: Mapping[str, Method], progress: Progress, asks: Asks | None = None) -> LogonView:
        """Return what a method sees when the process stands at *progress*."""
        before, asked = self.process.progress, self.process.progress.asks
        straight_on = progress.methods == before.methods and self.process.serial == len(before.completed)
        is_open = asked is not None and not self.is_asking and asked.method not in progress.completed
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
            is_new=asks is None and straight_on and not is_open,
            label=self.event.label,
            overdue=self.event.overdue,
            is_unlocked=bool(self.chain and self.chain.required),
        )


def proofs(progress: Progress, methods: Mapping[str, Method]) -> tuple[str, ...]:
    """Return the amr words of all that has passed, on whichever chain, each once, then what was proven this time."""
    always = [word for name in progress.completed for word in methods[name].amr]
    return tuple(dict.fromkeys([*always, *progress.proofs]))


def choices(walk: Walk, methods: Mapping[str, Method]) -> tuple[ChainChoice, ...]:
    """Return the other chains that may be taken now; before anything is proven only those that are for everybody.

    A chain with a method that has to be set up is only offered to people who have done so, and one that has to be
    unlocked only where it is: before anything is proven only to a browser that shows a grace. An event that asks which
    chain it shall be offers nothing before that, then all of them, the present one as well, and where it asks before
    anything is proven, to everybody alike. One without a choice offers what the help desk has given somebody in his
    need, and to whom it has just been asking the chain that was begun.
    """
    asks, completed = walk.process.progress.asks, walk.process.progress.completed
    if asks is not None and asks.method in completed:
        return ()  # all is proven; what is owed is owed on every chain
    if walk.event.selection is Selection.ON and not completed and not walk.shows_all:
        return ()
    taken = _taken(walk, methods)
    return tuple(
        ChainChoice(chain.name, chain.title, chain.methods)
        for chain in walk.event.chains
        if chain.name not in taken
        and (walk.event.selection is not Selection.OFF or is_relief(chain, methods) or _is_begun(chain, walk))
        and (walk.client.has_page or not needs_page(chain, methods))
        and suits(chain, walk.subject, methods)
        and any(method not in completed for method in chain.methods)
        and _is_open(chain, walk, methods)
    )


def parts(walk: Walk, methods: Mapping[str, Method]) -> bool:
    """Return whether it has to be asked which chain it shall be before another method begins.

    So it is where the event wants it, nobody has chosen yet, and the chains that may be taken do not all go on with the
    same method.
    """
    if walk.event.selection is not Selection.ON or walk.process.is_chosen or not walk.client.can_choose:
        return False
    asked = walk.asking(WHICH_CHAIN)
    ways = [walk.process.progress.methods, *(choice.methods for choice in choices(asked, methods))]
    completed = walk.process.progress.completed
    return len({next(one for one in way if one not in completed) for way in ways}) > 1


def picked(walk: Walk, typed: str, methods: Mapping[str, Method]) -> str:
    """Return the name of the chain that somebody typed: its place in the list, its name, or the end of that.

    Empty for what is none of them.
    """
    wanted, ways = typed.strip().casefold(), choices(walk, methods)
    for place, choice in enumerate(ways, 1):
        if wanted in {str(place), choice.name.casefold()}:
            return choice.name
    ends = [choice.name for choice in ways if wanted and choice.name.casefold().endswith(f"-{wanted}")]
    return ends[0] if ends else ""


def _taken(walk: Walk, methods: Mapping[str, Method]) -> set[str]:
    """Return the names of the chains that are no others: the present one, unless it is asked which it shall be.

    On a chain for members, and before anything is proven, also the one a stranger would be on: what he is offered and
    what they are must not differ.
    """
    if walk.is_asking:
        return set()
    is_telling = walk.chain is not None and walk.chain.groups and not walk.process.progress.completed
    stranger = strangers_chain(walk.event, walk.subject, methods) if is_telling and not walk.shows_all else None
    return {walk.process.chain} | ({stranger.name} if stranger else set())


def _is_begun(chain: Chain, walk: Walk) -> bool:
    """Return whether it is the chain that was begun, of somebody who was asked before the choice was taken away."""
    return walk.is_asking and chain.name == walk.process.chain


def _is_open(chain: Chain, walk: Walk, methods: Mapping[str, Method]) -> bool:
    completed = walk.process.progress.completed
    if chain.required:
        return chain.name in walk.unlocked and bool(completed or walk.client.has_page) and _is_for(chain, walk, methods)
    return walk.shows_all or _is_for(chain, walk, methods)


def _is_for(chain: Chain, walk: Walk, methods: Mapping[str, Method]) -> bool:
    """Return whether the person is in the groups of a chain and has set up what it needs."""
    completed = walk.process.progress.completed
    return (not chain.groups or (bool(completed) and is_member(chain, walk.subject))) and (
        not needs_enrollment(chain, methods) or (bool(completed) and _is_ready(chain, walk, methods))
    )


def _is_ready(chain: Chain, walk: Walk, methods: Mapping[str, Method]) -> bool:
    return all(name in walk.ready for name in chain.methods if methods[name].needs_enrollment)
