"""The page of a webhook in a real browser."""

from sqlalchemy import update

from authsms.audit.vocabulary import Author
from authsms.logon.oidc_profile import OidcOption, OidcProfile
from authsms.messaging.hook_models import HOOK_EVENT
from authsms.messaging.hooks import HookKind
from tests.browser.admin.conftest import Desk


def test_the_page_of_a_webhook_is_fit_for_everybody(desk: Desk, looks_good):
    """With something that was given up."""
    services = desk.office.services
    oidc = OidcProfile(options=frozenset({OidcOption.CLIENT_CREDENTIALS, OidcOption.SEND_MESSAGES}))
    made, _ = services.endpoints.create("Roster", event="web", redirect_uris=("https://r.example/",), oidc=oidc)
    services.hooks.save(Author("anna"), made.id, "https://roster.example/hook", [HookKind.RECIPIENT])
    services.hooks.try_out(made.id)
    with services.database.write() as session:
        session.execute(update(HOOK_EVENT).values(due_at=None, failure="status 500"))
    looks_good(f"/admin/endpoints/of/{made.id}/webhook")
