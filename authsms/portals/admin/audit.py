"""The pages of the audit trail: search, export, and a check that nobody has changed it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol, cast

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from authsms.administration.actors import Actor
from authsms.administration.audit import AuditDesk
from authsms.audit import AuditTag
from authsms.audit.search import AuditQuery
from authsms.portals.admin.frame import AdminForm, AdminServices, actor, check_form, page
from authsms.portals.admin.frame import services as all_services

blueprint = Blueprint("admin_audit", __name__)
_FIELDS: Final = ("login", "tag", "process_id", "event", "endpoint", "address", "since", "until")
_LONGEST: Final = 200
_LONGEST_NUMBER: Final = 15
_TAGS: Final = {tag.value: tag for tag in AuditTag}
Export = Callable[[Actor, AuditQuery, Mapping[str, str]], Iterator[str]]


class AuditServices(AdminServices, Protocol):
    """The services these pages call."""

    @property
    def audit_desk(self) -> AuditDesk:
        """What administrators do with the trail."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a page asks for.

    Attributes:
        typed: What was typed, by field; empty fields are left out.
        unread: Fields that cannot be read; they do not count.
    """

    query: AuditQuery
    typed: Mapping[str, str]
    unread: frozenset[str]


@blueprint.get("/audit")
def listing() -> ResponseReturnValue:
    """Show the newest records, or those before one of them."""
    asked = _read()
    before = _number(request.args.get("before", ""))
    found = _desk().portion(actor(), asked.query, before=before)
    return page("audit.html", found=found, asked=asked, is_first=before is None, tags=sorted(_TAGS))


@blueprint.get("/audit/export.csv")
def export_csv() -> ResponseReturnValue:
    """Hand the records out as a table."""
    return _export(_desk().as_csv, "text/csv", "csv")


@blueprint.get("/audit/export.json")
def export_json() -> ResponseReturnValue:
    """Hand the records out as JSON."""
    return _export(_desk().as_json, "application/json", "json")


@blueprint.post("/audit/verify")
def verify() -> ResponseReturnValue:
    """Check the next part of the chain."""
    check_form(AdminForm())
    start = _number(request.form.get("start", "")) or 0
    return page("audit_verified.html", result=_desk().verify(actor(), start=start))


def _desk() -> AuditDesk:
    return cast("AuditServices", all_services()).audit_desk


def _export(hand_out: Export, mimetype: str, ending: str) -> Response:
    asked = _read()
    response = Response(hand_out(actor(), asked.query, asked.typed), mimetype=mimetype)
    name = f"audit-{datetime.now(UTC):%Y%m%d-%H%M}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read() -> Asked:
    typed = {name: request.args.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    moments = {name: _moment(typed[name]) for name in ("since", "until")}
    tag = _TAGS.get(typed["tag"])
    unread = {name for name, moment in moments.items() if typed[name] and moment is None}
    names = ("login", "process_id", "event", "endpoint", "address")
    query = AuditQuery(**{name: typed[name] for name in names}, tag=tag, **moments)  # type: ignore[arg-type]
    return Asked(query, {name: value for name, value in typed.items() if value}, frozenset(unread))


def _moment(typed: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(typed)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _number(typed: str) -> int | None:
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_NUMBER
    return int(typed) if is_number else None
