"""Which chain a process begins with, and for whom a chain is."""

from collections.abc import Mapping
from dataclasses import replace

from authsms.foundation.errors import BrowserNeededError, NotFoundError
from authsms.logon.catalog import NO_CHAIN, Chain, Event
from authsms.logon.methods.base import Method
from authsms.logon.selection import Selection
from authsms.logon.subject import Subject


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
        raise NotFoundError(NO_CHAIN)
    return replace(event, chains=chains)


def reachable(event: Event, methods: Mapping[str, Method], *, has_page: bool) -> Event:
    """Return *event* with only those of its chains that can be walked where there is, or is no, page of our own.

    Raises:
        BrowserNeededError: None of them can.
    """
    if has_page:
        return event
    chains = tuple(chain for chain in event.chains if not needs_page(chain, methods))
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
    suitable = _suitable(event, subject, methods)
    for chain in suitable:
        if not chain.groups or is_member(chain, subject):
            return chain
    subject.disown()
    return (suitable or list(event.chains))[0]


def asked_chain(event: Event, found: Event, subject: Subject, methods: Mapping[str, Method]) -> Chain:
    """Return the chain a process begins with, of those in *found* that were asked for, or of all of an event.

    Where people do not choose among the chains, those are asked for in vain that come first for nobody. One that comes
    first for members of a group only is walked in vain by others, as anywhere, so that nobody learns who they are.

    Raises:
        NotFoundError: None of them may be asked for.
    """
    if event.selection is not Selection.OFF or found.chains == event.chains:
        return first_chain(found, subject, methods)
    leading = _leading(event, subject, methods)
    relief = tuple(chain for chain in found.chains if is_relief(chain, methods))
    wanted = relief + tuple(chain for chain in found.chains if chain in leading)
    if not wanted:
        raise NotFoundError(NO_CHAIN)
    first = first_chain(event, subject, methods)
    if first in wanted:
        return first
    if not relief:
        subject.disown()
    return first_chain(replace(event, chains=relief or wanted), subject, methods)


def openings(event: Event, subject: Subject, methods: Mapping[str, Method]) -> tuple[Chain, ...]:
    """Return the chains a process may begin with: that of `first_chain`, then the others that are for everybody."""
    first = first_chain(event, subject, methods)
    if event.selection is Selection.OFF:
        return (first,)
    usual = (chain for chain in event.chains if not chain.required)
    others = (chain for chain in usual if not chain.groups and suits(chain, subject, methods))
    return first, *(one for one in others if one.name != first.name and not needs_enrollment(one, methods))


def strangers_chain(event: Event, subject: Subject, methods: Mapping[str, Method]) -> Chain | None:
    """Return the chain that somebody of the subject's repository begins with whom nobody knows; if there is any."""
    return next((chain for chain in _suitable(event, subject, methods) if not chain.groups), None)


def opens_by_password(event: Event, methods: Mapping[str, Method]) -> bool:
    """Return whether a page may ask for the password before anybody has chosen a chain."""
    usual = [chain for chain in event.chains if not chain.required and chain.methods[0] in methods]
    return event.selection is not Selection.ON or all(methods[one.methods[0]].opening() is not None for one in usual)


def suits(chain: Chain, subject: Subject, methods: Mapping[str, Method]) -> bool:
    """Return whether people of the subject's repository can walk a chain at all."""
    repository = subject.repository
    return all(name in methods and methods[name].suits(repository) for name in chain.methods)


def needs_enrollment(chain: Chain, methods: Mapping[str, Method]) -> bool:
    """Return whether a chain is only for people who have set something up."""
    return any(name in methods and methods[name].needs_enrollment for name in chain.methods)


def needs_page(chain: Chain, methods: Mapping[str, Method]) -> bool:
    """Return whether a chain can only be walked on our own pages."""
    return any(name in methods and methods[name].needs_page for name in chain.methods)


def is_relief(chain: Chain, methods: Mapping[str, Method]) -> bool:
    """Return whether a chain asks for what the help desk has handed out."""
    return any(name in methods and methods[name].is_relief for name in chain.methods)


def is_member(chain: Chain, subject: Subject) -> bool:
    """Return whether the subject is in one of the groups of a chain; looked up if need be."""
    if subject.is_phantom or subject.known is None:
        return False
    wanted = {group.casefold() for group in chain.groups}
    return any(group.casefold() in wanted for group in subject.known.groups)


def _suitable(event: Event, subject: Subject, methods: Mapping[str, Method]) -> list[Chain]:
    """Return the chains for people of the subject's repository; those with something to be set up come last."""
    suitable = [chain for chain in event.chains if not chain.required and suits(chain, subject, methods)]
    return sorted(suitable, key=lambda chain: needs_enrollment(chain, methods))


def _leading(event: Event, subject: Subject, methods: Mapping[str, Method]) -> list[Chain]:
    """Return the chains that come first for somebody of the subject's repository: up to one that is for everybody."""
    leading: list[Chain] = []
    for chain in _suitable(event, subject, methods):
        leading.append(chain)
        if not chain.groups:
            break
    return leading
