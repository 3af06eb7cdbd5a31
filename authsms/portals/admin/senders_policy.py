"""The page of what concerns no single service: masks, templates, and what a segment costs."""

from dataclasses import replace

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField

from authsms.administration.rights import Right
from authsms.administration.senders import Preview
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.portals.admin.frame import AdminForm, actor, check_form, done, page, told
from authsms.portals.admin.senders import blueprint, seen_version, services
from authsms.senders.documents import read_currency, read_price
from authsms.senders.policy import Policy
from authsms.senders.text import BUILT_IN

_USUAL = ("en", "de")
_LONGEST = 2000


class PolicyForm(AdminForm):
    """The policy; templates are fields named after their language."""

    masks_recipients = BooleanField()
    wording = StringField()
    segment_price = StringField()
    currency = StringField()
    new_language = StringField()
    new_template = StringField()
    act = StringField()


@blueprint.get("/senders/policy")
def policy() -> ResponseReturnValue:
    """Show the policy with a preview of every template."""
    present = services().sender_desk.policy(actor())
    return _show(present)


@blueprint.post("/senders/policy")
def save_policy() -> ResponseReturnValue:
    """Store the policy, or only preview what was typed."""
    actor().require(Right.SENDERS_EDIT)
    stored = services().sender_desk.policy(actor())
    form = _form(stored)
    check_form(form)
    typed = _typed(form, stored)
    price = str(form["segment_price"].data or "").strip()
    try:
        typed = replace(typed, segment_price=read_price(price), currency=read_currency(form["currency"].data or ""))
        if form["act"].data == "preview":
            return _show(typed)
        services().sender_desk.save_policy(actor(), typed)
    except InvalidInputError as error:
        return _show(typed, (error.field, told(error)), price=price), 400
    except ConflictError:
        return _show(replace(typed, version=stored.version), other=stored), 409
    return done(url_for(".policy"))


def _form(stored: Policy) -> AdminForm:
    fields = {f"template-{language}": StringField() for language in _languages(stored)}
    made: AdminForm = type("FullPolicyForm", (PolicyForm,), fields)()
    return made


def _typed(form: AdminForm, stored: Policy) -> Policy:
    templates = {one: _text(form[f"template-{one}"].data) for one in _languages(stored)}
    templates[str(form["new_language"].data or "").strip()[:10]] = _text(form["new_template"].data)
    return replace(
        stored,
        masks_recipients=bool(form["masks_recipients"].data),
        wording=str(form["wording"].data or "")[:40],
        templates={language: text for language, text in templates.items() if text},
        version=seen_version(),
    )


def _show(
    policy: Policy, problem: tuple[str, str] = ("", ""), *, other: Policy | None = None, price: str | None = None
) -> str:
    return page(
        "senders_policy.html",
        policy=policy,
        problem=problem,
        other=other,
        price=price if price is not None else policy.segment_price,
        languages=_languages(policy),
        previews={language: _preview(policy, language) for language in _languages(policy)},
        wordings=[(name, texts["en"]) for name, texts in BUILT_IN.items()],
        may_edit=actor().may(Right.SENDERS_EDIT),
    )


def _preview(policy: Policy, language: str) -> Preview | str:
    """Return what a template comes to, or why it cannot be used."""
    known = policy if policy.wording in BUILT_IN else replace(policy, wording=Policy().wording)
    try:
        return services().sender_desk.preview(actor(), known.source(language), policy.segment_price)
    except InvalidInputError as error:
        return told(error)


def _languages(policy: Policy) -> list[str]:
    return list(dict.fromkeys([*_USUAL, *sorted(policy.templates)]))


def _text(data: object) -> str:
    return str(data or "")[:_LONGEST].replace("\r\n", "\n").strip()
