"""What all pages of the portal share: who acts, the navigation, forms, lists, and how an error is told.

A page of the portal is one blueprint; `prepare` ties it in. Whoever has no session of the portal is led to its sign-in
and back; whoever lacks a right gets a page that says so; whoever has to prove again who he is goes through the chain
once more and comes back to where he was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response as BaseResponse

from authsms.administration.actors import Actor
from authsms.administration.contacts import ContactDesk
from authsms.administration.listing import LARGEST_PAGE, PageRequest
from authsms.administration.messages import MessageDesk
from authsms.administration.monitoring import Monitoring
from authsms.administration.notices import NoticeDesk
from authsms.administration.notices_orders import NoticeOrderDesk
from authsms.administration.offers import OfferDesk
from authsms.administration.opt_outs import OptOutDesk
from authsms.administration.people import PeopleDesk
from authsms.administration.rights import Right
from authsms.foundation.errors import AuthsmsError, ForbiddenError, ProofNeededError
from authsms.identity.service import PeopleService
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT
from authsms.portals.admin.bound_form import BoundForm
from authsms.portals.forms import require_own_form, session_scope
from authsms.portals.notes import drop_note, take_note
from authsms.portals.onward import back, see
from authsms.portals.services import PortalServices
from authsms.portals.session import current_session, keep_browser, meet_reader
from authsms.portals.wanted import keep_wanted
from authsms.senders.service import SenderPolicyService

_LONGEST_SEARCH = 200
_HIGHEST_PAGE = 100_000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
"""As everywhere, and pictures within style sheets: Bootstrap draws its arrows and ticks with them."""


class AdminServices(PortalServices, Protocol):
    """The services the pages of the portal may call."""

    people: PeopleService
    senders: SenderPolicyService

    @property
    def message_desk(self) -> MessageDesk:
        """What administrators do with messages."""

    @property
    def contact_desk(self) -> ContactDesk:
        """What administrators see of contacts and consents."""

    @property
    def monitoring(self) -> Monitoring:
        """What watches over everything."""

    @property
    def notice_desk(self) -> NoticeDesk:
        """What administrators do with notices that were sent."""

    @property
    def notice_orders_desk(self) -> NoticeOrderDesk:
        """How administrators write notices."""

    @property
    def offer_desk(self) -> OfferDesk:
        """How administrators make offers, follow them and end them."""

    @property
    def opt_out_desk(self) -> OptOutDesk:
        """What administrators do with opt-outs."""

    @property
    def people_desk(self) -> PeopleDesk:
        """What administrators do for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation.

    Attributes:
        endpoint: Name of the page it leads to.
        right: Who lacks it does not see the line.
        icon: Name of a picture in ``_icons.html``.
    """

    endpoint: str
    label: LazyString
    right: Right | None
    icon: str


NAVIGATION = (
    Entry("admin_start.home", lazy_gettext("Start"), None, "home"),
    Entry("admin_dashboard.show", lazy_gettext("Dashboard"), Right.DASHBOARD_SEE, "chart"),
    Entry("admin_queue.show", lazy_gettext("Queue"), Right.DASHBOARD_SEE, "queue"),
    Entry("admin_messages.listing", lazy_gettext("Messages"), Right.MESSAGES_SEE, "message"),
    Entry("admin_notices.listing", lazy_gettext("Notices"), Right.NOTICES_SEE, "horn"),
    Entry("admin_offers.listing", lazy_gettext("Offers"), Right.NOTICES_SEE, "ask"),
    Entry("admin_people.search", lazy_gettext("People"), Right.PEOPLE_SEE, "people"),
    Entry("admin_senders.listing", lazy_gettext("Sender policy"), Right.SENDERS_SEE, "send"),
    Entry("admin_repositories.listing", lazy_gettext("Repositories"), Right.REPOSITORIES_SEE, "folder"),
    Entry("admin_logon.events", lazy_gettext("Events and chains"), Right.LOGON_SEE, "chain"),
    Entry("admin_endpoints.listing", lazy_gettext("Endpoints"), Right.LOGON_SEE, "plug"),
    Entry("admin_radius.listing", lazy_gettext("RADIUS clients"), Right.LOGON_SEE, "door"),
    Entry("admin_audit.listing", lazy_gettext("Audit"), Right.AUDIT_SEE, "list"),
    Entry("admin_administrators.listing", lazy_gettext("Administrators"), Right.ADMINISTRATORS_SEE, "key"),
)
"""Every area; those whose pages are not there do not show."""

NOTICES = {
    "saved": lazy_gettext("Saved."),
    "removed": lazy_gettext("Removed."),
    "done": lazy_gettext("Done."),
    "proof": lazy_gettext("You have proven who you are. Please send the form once more."),
}
"""What a page can tell after a redirect; areas add theirs."""


class SignInNeededError(AuthsmsError):
    """Nobody with a role is signed in here."""


class AdminForm(BoundForm):
    """A form of the portal, bound to the present login session."""

    def __init__(self, **values: Any) -> None:
        super().__init__(session_scope(), **values)


def services() -> AdminServices:
    """Return the services of the application that handles this request."""
    return cast("AdminServices", current_app.extensions["authsms"])


def actor() -> Actor:
    """Return who acts.

    Raises:
        SignInNeededError: Nobody is signed in to the portal in this browser.
        ForbiddenError: Somebody is, without any role.
    """
    if "actor" not in g:
        session = current_session()
        if session is None or not session.event.startswith(ADMIN_EVENT):
            raise SignInNeededError
        found = services().administrators.actor_for(session)
        if found is None:
            raise ForbiddenError("This account has no role in the portal.")
        g.actor = found
    present: Actor = g.actor
    return present


def sign_in_address() -> str:
    """Return where an administrator signs in: with two factors, or as he did while the first set-up goes on."""
    session = current_session()
    if session is not None and session.event == SETUP_EVENT:
        return url_for("login.sign_in", event=SETUP_EVENT)
    is_alone = services().administrators.is_setting_up() and not services().senders.can_send()
    return url_for("login.sign_in", event=SETUP_EVENT if is_alone else ADMIN_EVENT)


def prepare(blueprint: Blueprint) -> None:
    """Tie the pages of an area in: who may come, what errors look like, and the headers."""
    blueprint.before_request(require_own_form)
    blueprint.before_request(meet_reader)
    blueprint.before_request(_require_actor)
    blueprint.after_request(keep_browser)
    blueprint.after_request(drop_note)
    blueprint.after_request(_allow_drawn_marks)
    blueprint.register_error_handler(SignInNeededError, _lead_to_sign_in)
    blueprint.register_error_handler(ProofNeededError, _lead_to_sign_in)


def page(template: str, *, area: str | None = None, **values: Any) -> str:
    """Return a page of the portal; ``template`` is below ``portals/admin``, *area* a blueprint to show as present."""
    note = take_note()
    present = actor()
    shown = [entry for entry in NAVIGATION if _is_there(entry) and _is_for(entry, present)]
    is_whole = "HX-Request" not in request.headers
    return render_template(
        f"portals/admin/{template}",
        actor=present,
        navigation=shown,
        area=area or request.blueprint,
        trouble=len(services().monitoring.alarms.standing(present)) if is_whole and _sees_alarms(present) else 0,
        notice=NOTICES.get(note.key) if note else None,
        notice_values=note.values if note else {},
        button=AdminForm(),
        may=present.may,
        Right=Right,
        **values,
    )


def done(address: str, key: str = "saved", **values: str) -> Response:
    """Return the redirect after a form that was taken; the next page tells *key*."""
    return back(address, key, **values)


def check_form(form: AdminForm) -> bool:
    """Return whether a form that was sent is complete and its own.

    Raises:
        ForgeryError: It was made for another session or browser.
    """
    return bool(form.validate())


def act_with(work: Callable[[], object], onward: str, key: str = "saved") -> BaseResponse:
    """Do *work* for a form that holds nothing but its token, and lead on.

    Raises:
        ForgeryError: It was made for another session or browser.
    """
    AdminForm().validate()
    work()
    return done(onward, key)


def told(error: AuthsmsError) -> str:
    """Return what an error says, in the language of the page."""
    facts = {name: told(fact) if isinstance(fact, AuthsmsError) else fact for name, fact in error.facts.items()}
    return str(gettext(error.sentence, **facts))


def listing_request(*, size: int = 50, sort: str = "", descending: bool = False) -> PageRequest:
    """Return which part of a list the query asks for, within bounds."""
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1  # noqa: PLR2004 - digits
    order = request.args.get("sort", "")[:40]
    return PageRequest(
        number=min(max(number, 1), _HIGHEST_PAGE),
        size=min(size, LARGEST_PAGE),
        search=request.args.get("q", "").strip()[:_LONGEST_SEARCH],
        sort=order.removeprefix("-") or sort,
        descending=order.startswith("-") if order else descending,
    )


def _is_there(entry: Entry) -> bool:
    return entry.endpoint in current_app.view_functions


def _is_for(entry: Entry, present: Actor) -> bool:
    """Tell whether a line shows; the start page of whoever has a dashboard is the dashboard."""
    if entry.right is None:
        return not _sees_alarms(present)
    return present.may(entry.right)


def _sees_alarms(present: Actor) -> bool:
    return present.may(Right.DASHBOARD_SEE)


def _require_actor() -> None:
    actor()


def _lead_to_sign_in(error: AuthsmsError) -> ResponseReturnValue:
    """Lead to the portal's sign-in, and afterwards to the page that was wanted or that held the form."""
    is_page = request.method in {"GET", "HEAD"}
    if request.headers.get("HX-Request"):
        response = make_response("", 401)
        response.headers["HX-Refresh"] = "true"
        return response
    if isinstance(error, ProofNeededError) or not is_page:
        response = make_response(redirect(url_for("admin_start.prove"), code=303))
        keep_wanted(response, request.full_path.rstrip("?") if is_page else _page_of_form())
        return response
    response = see(sign_in_address())
    keep_wanted(response, request.full_path.rstrip("?"))
    return response


def _page_of_form() -> str:
    """Return the path of the page a form stood on, as the browser tells; the start page when it does not."""
    base = services().settings.public_url
    referrer = request.headers.get("Referer", "")
    return referrer.removeprefix(base) if referrer.startswith(f"{base}/admin") else url_for("admin_start.home")


def _allow_drawn_marks(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    return response
