"""The pages on which one sender service is made and changed."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from authsms.administration.rights import Right
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.portals.admin.frame import AdminForm, actor, check_form, done, page, told
from authsms.portals.admin.senders import blueprint, seen_version, services
from authsms.portals.admin.senders_form import preset_values, read_draft, service_form, shown_settings
from authsms.senders.contract import SenderService
from authsms.senders.definitions import SavedService, ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.rules import write_senders
from authsms.senders.submission import Purpose


@blueprint.get("/senders/new")
def new() -> ResponseReturnValue:
    """Choose a provider, then fill in its form."""
    actor().require(Right.SENDERS_EDIT)
    kinds = services().sender_desk.kinds(actor())
    wanted = request.args.get("kind", "")
    if wanted not in kinds:
        return page("senders_kinds.html", kinds=kinds.values())
    values, advice = preset_values(kinds[wanted], request.args.get("preset", ""))
    shown = shown_settings(kinds[wanted], values, {})
    return _form(kinds[wanted], shown=shown, name="", version=0, advice=advice)


@blueprint.post("/senders/new/<kind>")
def create(kind: str) -> ResponseReturnValue:
    """Store a new service."""
    require_edit_form()
    provider = kind_of(kind)
    form = service_form(provider)
    draft = read_draft(form, provider, str(form["name"].data or "").strip()[:80])
    try:
        services().sender_desk.save(actor(), draft, expected_version=0, beside=_beside(form))
    except (InvalidInputError, ConflictError) as error:
        words = told(error) if isinstance(error, InvalidInputError) else ""
        field = error.field if isinstance(error, InvalidInputError) else "name"
        problem = (field, words or gettext("A service of this name is there already; choose another name."))
        shown = shown_settings(provider, draft.settings, {})
        return _form(provider, shown=shown, name=draft.rule.name, version=0, draft=draft, problem=problem), 400
    return done(url_for(".trial", name=draft.rule.name))


@blueprint.get("/senders/services/<name>")
def edit(name: str) -> ResponseReturnValue:
    """Show the form of a service."""
    actor().require(Right.SENDERS_EDIT)
    saved = services().sender_desk.service(actor(), name)
    return show_saved(saved)


@blueprint.post("/senders/services/<name>")
def save(name: str) -> ResponseReturnValue:
    """Store what was typed."""
    require_edit_form()
    saved = services().sender_desk.service(actor(), name)
    provider = kind_of(saved.kind)
    form = service_form(provider)
    draft = read_draft(form, provider, name)
    try:
        services().sender_desk.save(actor(), draft, expected_version=seen_version(), beside=_beside(form))
    except InvalidInputError as error:
        return show_saved(saved, draft, problem=(error.field, told(error)), version=seen_version()), 400
    except ConflictError:
        return show_saved(services().sender_desk.service(actor(), name), draft, is_late=True), 409
    return done(url_for(".listing"))


def require_edit_form() -> None:
    """Check right and token before anything is looked up.

    Raises:
        ForbiddenError: He may not change services.
        ForgeryError: The form was made for another session or browser.
    """
    check_form(AdminForm())
    actor().require(Right.SENDERS_EDIT)


def kind_of(key: str) -> type[SenderService]:
    """Return the provider *key*.

    Raises:
        NotFoundError: Its plugin is not loaded.
    """
    try:
        return services().sender_desk.kinds(actor())[key]
    except KeyError:
        raise NotFoundError("The plugin of this provider is not loaded.") from None


def show_saved(
    saved: SavedService,
    draft: ServiceDraft | None = None,
    *,
    problem: tuple[str, str] = ("", ""),
    version: int | None = None,
    is_late: bool = False,
) -> str:
    """Return the form of a stored service, with what was typed into it.

    Args:
        saved: What is stored.
        draft: What was typed, or None.
        problem: Name of the setting at fault, and what is wrong.
        version: The version he has seen; the stored one when left out.
        is_late: Somebody else was faster; shows where the two differ.
    """
    provider = kind_of(saved.kind)
    values = draft.settings if draft else saved.settings
    shown = shown_settings(provider, values, saved.secrets, saved if is_late else None)
    seen = saved.version if version is None else version
    callback = services().sender_desk.callback_url(actor(), saved.rule.name)
    facts = {"saved": saved, "draft": draft, "problem": problem, "is_late": is_late, "callback_url": callback}
    return _form(provider, shown=shown, name=saved.rule.name, version=seen, **facts)


def _form(provider: type[SenderService], **facts: Any) -> str:
    draft, saved = facts.get("draft"), facts.get("saved")
    rule = draft.rule if draft else saved.rule if saved else ServiceRule("")
    others = [line.saved.rule for line in services().sender_desk.services(actor())]
    others = [one for one in others if one.name != facts["name"]]
    near = next((one.name for one in others if saved and one.position == saved.rule.position), "")
    guards = [one.label for one in provider.all_settings() if one.guards_secrets]
    defaults = {"saved": None, "problem": ("", ""), "is_late": False, "callback_url": "", "advice": ""}
    return page(
        "senders_service.html",
        kind=provider,
        rule=rule,
        senders=write_senders(rule.senders),
        others=others,
        beside=str(request.form.get("beside", near)),
        purposes=list(Purpose),
        guards=guards,
        **defaults | facts,
    )


def _beside(form: AdminForm) -> str:
    return str(form["beside"].data or "")
