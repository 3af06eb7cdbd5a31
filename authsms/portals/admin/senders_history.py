"""The pages of the history of the sender policy, and of the policy as a file."""

from hashlib import sha256

from flask import make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import FileStorage
from wtforms import StringField

from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.portals.admin.frame import AdminForm, actor, check_form, done, page, told
from authsms.portals.admin.senders import blueprint, seen_version, services

_CHANGED = lazy_gettext(
    "Somebody else has changed the sender policy meanwhile. This is what would change now; look at it again."
)


class FileForm(AdminForm):
    """A file, pasted as text."""

    text = StringField()
    act = StringField()
    looked_at = StringField()


@blueprint.get("/senders/history")
def history() -> ResponseReturnValue:
    """Show what was changed, by whom."""
    chapters = services().sender_history.chapters(actor())
    return page("senders_history.html", chapters=chapters, may_edit=actor().may(Right.SENDERS_EDIT))


@blueprint.get("/senders/history/<int:number>")
def plan_return(number: int) -> ResponseReturnValue:
    """Show what going back would change."""
    actor().require(Right.SENDERS_EDIT)
    return _show_return(number)


@blueprint.post("/senders/history/<int:number>")
def go_back(number: int) -> ResponseReturnValue:
    """Make the policy what it was."""
    check_form(AdminForm())
    try:
        services().sender_history.go_back(actor(), number, expected_version=seen_version())
    except ConflictError:
        return _show_return(number, _CHANGED), 409
    return done(url_for(".listing"))


@blueprint.get("/senders/export")
def export() -> ResponseReturnValue:
    """Hand out the policy as a file without secrets."""
    response = make_response(services().sender_history.export(actor()))
    response.headers["Content-Type"] = "application/toml; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="sender-policy.toml"'
    return response


@blueprint.get("/senders/import")
def file() -> ResponseReturnValue:
    """Ask for a file."""
    actor().require(Right.SENDERS_EDIT)
    return page("senders_import.html", text="", plan=None, problem="")


@blueprint.post("/senders/import")
def take_in() -> ResponseReturnValue:
    """Show what a file would change; with the second button, change it."""
    form = FileForm()
    check_form(form)
    text = str(form["text"].data or "")
    try:
        chosen = request.files.get("file")
        if chosen:
            return _show_file(_read(chosen))
        if form["act"].data == "apply" and form["looked_at"].data == _digest(text):
            services().sender_history.take_in(actor(), text, expected_version=seen_version())
            return done(url_for(".listing"))
        return _show_file(text)
    except InvalidInputError as error:
        return page("senders_import.html", text=text, plan=None, problem=told(error)), 400
    except ConflictError:
        return _show_file(text, _CHANGED), 409


def _read(upload: FileStorage) -> str:
    try:
        return str(upload.read(), "utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(gettext("This is no text file.")) from None


def _show_file(text: str, problem: object = "") -> str:
    plan = services().sender_history.plan_import(actor(), text)
    return page("senders_import.html", text=text, plan=plan, problem=problem, digest=_digest(text))


def _digest(text: str) -> str:
    """Return what tells whether a text is the one whose changes were looked at."""
    return sha256(text.replace("\r\n", "\n").strip().encode()).hexdigest()


def _show_return(number: int, problem: object = "") -> str:
    try:
        plan = services().sender_history.plan_return(actor(), number)
    except InvalidInputError as error:
        return page("senders_return.html", number=number, plan=None, problem=told(error))
    return page("senders_return.html", number=number, plan=plan, problem=problem)
