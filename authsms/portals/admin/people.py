"""The pages of people: find somebody, read why a login ended as it did, and help."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, gettext

from authsms.administration.actors import Actor
from authsms.administration.callers import CALLER, CallerUnprovenError
from authsms.administration.people import PersonFile
from authsms.administration.people_story import Fact
from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.portals.admin import helpdesk, people_words
from authsms.portals.admin.contacts_words import ACTS
from authsms.portals.admin.frame import NOTICES, AdminForm, actor, check_form, done, page, services
from authsms.portals.contacts_words import KINDS, STATES
from authsms.portals.language import NAMES, language
from authsms.portals.notes import take_note
from authsms.portals.once import answer_once

blueprint = Blueprint("admin_people", __name__)
NOTICES.update(people_words.NOTICES)
_DAYS: Final = (1, 7, 30, 90)
_LONGEST: Final = 300


@blueprint.get("/people")
def search() -> ResponseReturnValue:
    """Find people by login, name, mail address or number."""
    typed = request.args.get("q", "").strip()[:_LONGEST]
    actor().require(Right.PEOPLE_SEE)
    try:
        found = services().people_desk.search(actor(), typed) if typed else None
    except InvalidInputError:
        return page("people.html", typed=typed, found=None, problem=gettext("Type at least two characters."))
    return page("people.html", typed=typed, found=found, problem="")


@blueprint.get("/people/name")
def by_name() -> ResponseReturnValue:
    """Tell the story of a name; if it is somebody's, his."""
    typed = request.args.get("name", "").strip()[:_LONGEST]
    file = services().people_desk.file_of_name(actor(), typed, days=_days())
    if file.key:
        return redirect(url_for(".show", person_key=file.key, days=_days()), code=303)
    return _story(file)


@blueprint.get("/people/<path:person_key>")
def show(person_key: str) -> ResponseReturnValue:
    """Tell the story of one person."""
    return _story(services().people_desk.file(actor(), person_key, days=_days()))


@blueprint.post("/people/unlock")
def unlock() -> ResponseReturnValue:
    """Forgive wrong codes."""
    method = request.form.get("method", "")[:64]
    return _act(lambda who, key: services().people_desk.actions.unlock(who, key, method), "person.unlocked")


@blueprint.post("/people/rebind")
def rebind() -> ResponseReturnValue:
    """Switch a method on again."""
    method = request.form.get("method", "")[:64]
    actions = services().people_desk.actions
    return _act(
        lambda who, key: actions.rebind(who, key, method, language()), "person.re-bound", right=Right.METHODS_RESET
    )


@blueprint.post("/people/sign-out")
def sign_out() -> ResponseReturnValue:
    """End every session of one person."""
    return _act(services().people_desk.actions.end_sessions, "person.signed-out")


@blueprint.post("/people/block")
def block() -> ResponseReturnValue:
    """Keep one person out."""
    reason = request.form.get("reason", "")[: _LONGEST + 1]
    return _act(lambda who, key: services().people_desk.actions.block(who, key, reason), "person.blocked")


@blueprint.post("/people/unblock")
def unblock() -> ResponseReturnValue:
    """Let one person in again."""
    return _act(services().people_desk.actions.unblock, "person.unblocked")


def _act(work: Callable[[Actor, str], object], key: str, *, right: Right = Right.PEOPLE_ACT) -> Response:
    """Do *work* once for the person in the form, and lead back to the page about him."""
    check_form(AdminForm())
    actor().require(right)
    person_key = request.form.get("person_key", "")[:_LONGEST]
    if not person_key:
        raise NotFoundError("There is no such person.")
    onward = url_for(".show", person_key=person_key)

    def act() -> Response:
        try:
            work(actor(), person_key)
        except CallerUnprovenError:
            return done(onward, "person.unproven")
        except ConflictError:
            return done(onward, "person.too-late")
        except InvalidInputError:
            return done(onward, "person.no-reason")
        return done(onward, key)

    return answer_once(act)


def _story(file: PersonFile) -> str:
    note = take_note()
    kind, sentence, step = people_words.CONCLUSIONS.get(file.conclusion.word, people_words.UNTOLD)
    contacts = None
    if file.key and actor().may(Right.CONTACTS_SEE):
        contacts = services().contact_desk.file(actor(), file.key)
    return page(
        "person.html",
        file=file,
        contacts=contacts,
        kinds=KINDS,
        states=STATES,
        acts=ACTS,
        days=_days(),
        periods=_DAYS,
        problem=people_words.PROBLEMS.get(note.key, "") if note else "",
        conclusion={"kind": kind, "words": _filled(str(sentence), file.conclusion.facts), "step": step},
        told=_told,
        methods=people_words.METHODS,
        languages=NAMES,
        CALLER=CALLER,
        **helpdesk.shown_of(file.key),
    )


def _told(word: str, facts: Mapping[str, Fact], event: str) -> tuple[str, str, str]:
    """Return kind, sentence and next step of something that happened; an unknown word stands for itself."""
    kind, sentence, step = people_words.HAPPENINGS.get(word, ("off", word.replace("%", "%%"), ""))
    return kind, _filled(str(sentence), {**facts, "event": event}), str(step)


class _Facts(dict[str, str]):
    """Facts for a sentence; one that is missing leaves a question mark."""

    def __missing__(self, _name: str) -> str:
        return "?"


def _filled(sentence: str, facts: Mapping[str, Fact]) -> str:
    """Return *sentence* with its facts; they are foreign words and are never looked through for places."""
    shown = {name: _shown(value) for name, value in facts.items()}
    if isinstance(tries := facts.get("tries"), int):
        shown["times"] = gettext("once") if tries == 1 else gettext("%(number)s times", number=tries)
    return (sentence % _Facts(shown)).strip()


def _shown(fact: Fact) -> str:
    if isinstance(fact, datetime):
        return f"{format_datetime(fact, 'short')} UTC"
    return "" if fact is None else str(fact)


def _days() -> int:
    asked = request.args.get("days", "")
    return next((days for days in _DAYS if str(days) == asked), 7)
