"""The pages of events and chains: the overview, and the forms in which both are put into order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from authsms.administration.logon import GUARDED_EVENTS, LogonDesk, Overview
from authsms.administration.logon_trial import LogonTrial, LogonTrials
from authsms.administration.rights import Right
from authsms.foundation.errors import (
    AuthsmsError,
    ConflictError,
    DirectoryUnavailableError,
    InvalidInputError,
    NotFoundError,
)
from authsms.logon.arrangement import fingerprint
from authsms.logon.catalog import Chain, Event, Wanted
from authsms.logon.service import LogonService
from authsms.portals.admin.frame import AdminForm, act_with, actor, check_form, done, page, told
from authsms.portals.admin.frame import services as all_services
from authsms.portals.admin.logon_form import ArrangeForm
from authsms.portals.admin.logon_words import METHODS, NEEDS, ODDITIES, OVERDUE, SELECTION, VERDICTS
from authsms.portals.language import language

blueprint = Blueprint("admin_logon", __name__)
_LONGEST = 200
_LONGEST_GROUPS = 12_000
_MOST = 90


class _Services(Protocol):
    logon_desk: LogonDesk
    logon_trials: LogonTrials
    logon: LogonService


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    """Show events, chains and methods with what is odd about them."""
    return _overview()


@blueprint.get("/events/new")
def new_event() -> ResponseReturnValue:
    """Show the form of a new event."""
    actor().require(Right.LOGON_EDIT)
    return _event_page(Event("", "", ()), "")


@blueprint.get("/events/of/<name>")
def event(name: str) -> ResponseReturnValue:
    """Show the form of an event."""
    actor().require(Right.LOGON_EDIT)
    found = _desk().event(actor(), name)
    return _event_page(found, fingerprint(found))


@blueprint.post("/events/new")
def create_event() -> ResponseReturnValue:
    """Store a new event, or move a line of its form."""
    return _store_event("")


@blueprint.post("/events/of/<name>")
def save_event(name: str) -> ResponseReturnValue:
    """Store an event, or move a line of its form."""
    return _store_event(name)


@blueprint.post("/events/of/<name>/remove")
def remove_event(name: str) -> ResponseReturnValue:
    """Remove an event."""
    return _remove(lambda: _desk().remove_event(actor(), name))


@blueprint.get("/chains/new")
def new_chain() -> ResponseReturnValue:
    """Show the form of a new chain."""
    actor().require(Right.LOGON_EDIT)
    return _chain_page(Chain("", "", ()), "")


@blueprint.get("/chains/of/<name>")
def chain(name: str) -> ResponseReturnValue:
    """Show the form of a chain."""
    actor().require(Right.LOGON_EDIT)
    found = _desk().chain(actor(), name)
    return _chain_page(found, fingerprint(found))


@blueprint.post("/chains/new")
def create_chain() -> ResponseReturnValue:
    """Store a new chain, or move a line of its form."""
    return _store_chain("")


@blueprint.post("/chains/of/<name>")
def save_chain(name: str) -> ResponseReturnValue:
    """Store a chain, or move a line of its form."""
    return _store_chain(name)


@blueprint.post("/chains/of/<name>/remove")
def remove_chain(name: str) -> ResponseReturnValue:
    """Remove a chain."""
    return _remove(lambda: _desk().remove_chain(actor(), name))


@blueprint.get("/events/try")
def ask_try() -> ResponseReturnValue:
    """Ask for whom and for what a login shall be tried on paper."""
    actor().require(Right.LOGON_EDIT)
    return _try_page(request.args.get("event", "")[:_LONGEST], "")


@blueprint.post("/events/try")
def try_as() -> ResponseReturnValue:
    """Show what somebody would be offered, and why."""
    check_form(AdminForm())
    event = request.form.get("event", "")[:_LONGEST]
    login = request.form.get("user", "").strip()[:_LONGEST]
    try:
        trial = cast("_Services", all_services()).logon_trials.try_as(actor(), login, event)
    except (NotFoundError, DirectoryUnavailableError) as error:
        return _try_page(event, login, problem=told(error)), 400
    return _try_page(event, login, trial)


def _try_page(event: str, login: str, trial: LogonTrial | None = None, problem: str = "") -> str:
    found = _desk().overview(actor()).arranged.events.values()
    choices = sorted((one.name, one.title) for one in found)
    return page(
        "logon_try.html",
        event=event,
        login=login,
        trial=trial,
        problem=problem,
        events=choices,
        verdicts=VERDICTS,
        methods=_words(),
    )


def _store_event(name: str) -> ResponseReturnValue:
    form = _checked_form()
    wanted = Wanted(
        name or form.text("name"),
        form.text("title"),
        form.picked(),
        tuple(form.endpoint.data or ())[:_MOST],
        form.text("label").lower(),
        form.overdue_rule(),
        form.chosen_selection(),
    )
    known = _desk().overview(actor()).arranged.chains
    typed = Event(
        wanted.name,
        wanted.title,
        tuple(known[one] for one in wanted.chains if one in known),
        frozenset(wanted.endpoints),
        wanted.label,
        wanted.overdue,
        wanted.selection,
    )
    if form.move.data:
        return _event_page(typed, form.text("seen"), form=form)
    try:
        _desk().save_event(actor(), wanted, form.text("seen"))
    except (InvalidInputError, NotFoundError) as error:
        return _event_page(typed, form.text("seen"), form=form, problem=error), 400
    except ConflictError as error:
        found = _desk().overview(actor()).arranged.events.get(wanted.name)
        seen = fingerprint(found) if found and name else ""
        return _event_page(typed, seen, form=form, problem=error, stored=found if name else None), 409
    return done(url_for(".events"))


def _store_chain(name: str) -> ResponseReturnValue:
    form = _checked_form()
    groups = frozenset(filter(None, map(str.strip, form.text("groups", _LONGEST_GROUPS).splitlines())))
    required = form.text("required")
    typed = Chain(
        *(name or form.text("name"), form.text("title"), form.picked(), groups),
        is_supplement=bool(form.supplement.data),
        required=required,
        grace_minutes=form.minutes() if required else 0,
    )
    if form.move.data:
        return _chain_page(typed, form.text("seen"), form=form)
    try:
        _desk().save_chain(actor(), typed, form.text("seen"))
    except InvalidInputError as error:
        return _chain_page(typed, form.text("seen"), form=form, problem=error), 400
    except ConflictError as error:
        found = _desk().overview(actor()).arranged.chains.get(typed.name)
        seen = fingerprint(found) if found and name else ""
        return _chain_page(typed, seen, form=form, problem=error, stored=found if name else None), 409
    return done(url_for(".events"))


def _words() -> Mapping[str, str | LazyString]:
    """Return what methods are called: ours, and those of plugins in their own words."""
    plugged = cast("_Services", all_services()).logon.plugged
    return {**METHODS, **{one.name: one.titles.get(language()) or one.titles["en"] for one in plugged}}


def _desk() -> LogonDesk:
    return cast("_Services", all_services()).logon_desk


def _checked_form() -> ArrangeForm:
    actor().require(Right.LOGON_EDIT)
    form = ArrangeForm()
    check_form(form)
    return form


def _remove(work: Callable[[], object]) -> ResponseReturnValue:
    try:
        return act_with(work, url_for(".events"), "removed")
    except InvalidInputError as error:
        return _overview(told(error)), 409


def _overview(problem: str = "") -> str:
    found: Overview = _desk().overview(actor())
    return page(
        "logon.html",
        overview=found,
        problem=problem,
        oddities=ODDITIES,
        methods=_words(),
        needs=NEEDS,
        guarded=GUARDED_EVENTS,
    )


def _lines(form: ArrangeForm | None, picked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the lines of a form: as they were sent, or those that count first; new ones behind."""
    first = form.lines() if form else list(picked)
    return [*(one for one in first if one in known), *(one for one in known if one not in first)]


def _event_page(
    shown: Event,
    seen: str,
    *,
    form: ArrangeForm | None = None,
    problem: AuthsmsError | None = None,
    stored: Event | None = None,
) -> str:
    arranged = _desk().overview(actor()).arranged
    picked = [one.name for one in shown.chains]
    return page(
        "logon_event.html",
        shown=shown,
        is_new=request.endpoint in {"admin_logon.new_event", "admin_logon.create_event"},
        seen=seen,
        lines=[(one, arranged.chains[one].title) for one in _lines(form, picked, sorted(arranged.chains))],
        picked=picked,
        endpoints=sorted(arranged.endpoints.values(), key=lambda one: one.name),
        moved=form.text("move") if form else "",
        problem=told(problem) if problem else "",
        stored=stored,
        overdue=OVERDUE,
        selection=SELECTION,
    )


def _chain_page(
    shown: Chain,
    seen: str,
    *,
    form: ArrangeForm | None = None,
    problem: AuthsmsError | None = None,
    stored: Chain | None = None,
) -> str:
    overview, words = _desk().overview(actor()), _words()
    known = [method.name for method in overview.methods]
    others = [one for one in overview.arranged.chains.values() if one.name != shown.name and not one.required]
    return page(
        "logon_chain.html",
        shown=shown,
        is_new=request.endpoint in {"admin_logon.new_chain", "admin_logon.create_chain"},
        seen=seen,
        unlocking=sorted(((one.name, one.title) for one in others), key=lambda one: one[1]),
        lines=[(one, words.get(one, one)) for one in _lines(form, shown.methods, known)],
        picked=shown.methods,
        moved=form.text("move") if form else "",
        problem=told(problem) if problem else "",
        stored=stored,
        methods=_words(),
    )
