"""The pages of repositories: the list, the form of a directory, and what a test of it found out."""

from collections.abc import Callable
from typing import Protocol, cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from authsms.administration.repositories import RepositoryDesk, Trial
from authsms.administration.rights import Right
from authsms.foundation.errors import (
    AuthsmsError,
    ConflictError,
    InvalidInputError,
    OverloadedError,
    TooManyRequestsError,
)
from authsms.identity.definitions import RepositoryView
from authsms.identity.ldap.settings import PRESETS
from authsms.portals.admin.frame import AdminForm, act_with, actor, check_form, done, page, told
from authsms.portals.admin.frame import services as all_services
from authsms.portals.admin.repositories_form import RepositoryForm, differences, read_draft, shown_values
from authsms.portals.admin.repositories_words import FINDINGS, GROUP_SOURCES, PRESET_WORDS, STEPS, WORDS

blueprint = Blueprint("admin_repositories", __name__)
_LONGEST_LOGIN = 256
_LONGEST_VERSION = 9


class _Services(Protocol):
    repository_desk: RepositoryDesk


@blueprint.get("/repositories")
def listing() -> ResponseReturnValue:
    """List the repositories."""
    return _list()


@blueprint.get("/repositories/new")
def new() -> ResponseReturnValue:
    """Show an empty form, filled from a preset."""
    actor().require(Right.REPOSITORIES_EDIT)
    wanted = request.args.get("preset", "openldap")
    values = shown_values({"preset": wanted if wanted in PRESETS else "openldap"})
    return _form(values)


@blueprint.post("/repositories/new")
def create() -> ResponseReturnValue:
    """Store a new directory."""
    form = _checked_form()
    draft = read_draft(form, {}, 0)
    try:
        saved = _desk().save(actor(), draft)
    except (InvalidInputError, ConflictError) as error:
        return _form(form.typed(), problem=error), 400
    return done(url_for(".trial", name=saved.name))


@blueprint.get("/repositories/of/<name>")
def edit(name: str) -> ResponseReturnValue:
    """Show the form of a directory."""
    actor().require(Right.REPOSITORIES_EDIT)
    view = _desk().get(actor(), name)
    return _form({**shown_values(view.settings), "is_default": view.is_default, "name": view.name}, view)


@blueprint.post("/repositories/of/<name>")
def save(name: str) -> ResponseReturnValue:
    """Store what was typed."""
    form = _checked_form()
    view = _desk().get(actor(), name)
    draft = read_draft(form, view.settings, _seen_version(), view.name)
    try:
        saved = _desk().save(actor(), draft)
    except InvalidInputError as error:
        return _form(form.typed(), view, problem=error, version=_seen_version()), 400
    except ConflictError:
        return _form(form.typed(), view, changed=differences(view.settings, draft.settings), version=view.version), 409
    return done(url_for(".trial", name=saved.name))


@blueprint.post("/repositories/try")
def try_typed() -> ResponseReturnValue:
    """Try a directory as it is typed; nothing is stored."""
    form = _checked_form()
    known = [view for view in _desk().list(actor()) if view.name == form.known.data]
    view = known[0] if known else None
    draft = read_draft(form, view.settings if view else {}, 0, view.name if view else None)
    try:
        trial = _desk().test_typed(actor(), draft, str(form.sample.data or "")[:_LONGEST_LOGIN].strip())
    except (InvalidInputError, TooManyRequestsError, OverloadedError) as error:
        return _form(form.typed(), view, problem=error, version=_seen_version()), 400
    return _form(form.typed(), view, trial=trial, version=_seen_version())


@blueprint.get("/repositories/of/<name>/test")
def trial(name: str) -> ResponseReturnValue:
    """Offer a test of what is stored."""
    actor().require(Right.REPOSITORIES_EDIT)
    return _trial_page(_desk().get(actor(), name))


@blueprint.post("/repositories/of/<name>/test")
def try_saved(name: str) -> ResponseReturnValue:
    """Try a directory as it is stored and tell each step."""
    check_form(AdminForm())
    login = request.form.get("sample", "").strip()[:_LONGEST_LOGIN]
    try:
        found = _desk().test_saved(actor(), name, login)
    except (InvalidInputError, TooManyRequestsError, OverloadedError) as error:
        return _trial_page(_desk().get(actor(), name), login=login, problem=told(error)), 400
    return _trial_page(_desk().get(actor(), name), login=login, trial=found)


@blueprint.post("/repositories/of/<name>/default")
def make_default(name: str) -> ResponseReturnValue:
    """Make a repository the one for names without a prefix."""
    return _act(lambda: _desk().make_default(actor(), name, _seen_version()))


@blueprint.post("/repositories/of/<name>/remove")
def remove(name: str) -> ResponseReturnValue:
    """Remove a directory."""
    return _act(lambda: _desk().remove(actor(), name, _seen_version()), "removed")


def _desk() -> RepositoryDesk:
    return cast("_Services", all_services()).repository_desk


def _checked_form() -> RepositoryForm:
    actor().require(Right.REPOSITORIES_EDIT)
    form = RepositoryForm()
    check_form(form)
    return form


def _seen_version() -> int:
    seen = request.form.get("version", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= _LONGEST_VERSION else -1


def _act(work: Callable[[], object], key: str = "saved") -> ResponseReturnValue:
    try:
        return act_with(work, url_for(".listing"), key)
    except (InvalidInputError, ConflictError) as error:
        return _list(told(error)), 409


def _list(problem: str = "") -> str:
    return page("repositories.html", repositories=_desk().list(actor()), problem=problem)


def _trial_page(view: RepositoryView, *, login: str = "", trial: Trial | None = None, problem: str = "") -> str:
    return page(
        "repositories_test.html",
        view=view,
        login=login,
        trial=trial,
        problem=problem,
        findings=FINDINGS,
        steps=STEPS,
        words=WORDS,
    )


def _form(
    values: dict[str, object],
    view: RepositoryView | None = None,
    *,
    version: int | None = None,
    problem: AuthsmsError | None = None,
    changed: list[tuple[str, str]] | None = None,
    trial: Trial | None = None,
) -> str:
    seen = version if version is not None else (view.version if view else 0)
    return page(
        "repositories_form.html",
        values=values,
        view=view,
        version=seen,
        problem=told(problem) if problem else "",
        changed=changed,
        trial=trial,
        presets=PRESET_WORDS,
        group_sources=GROUP_SOURCES,
        findings=FINDINGS,
        steps=STEPS,
        words=WORDS,
    )
