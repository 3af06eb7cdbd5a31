"""A whole login by a client that others wrote: Apache with mod_auth_openidc, from discovery to the person's name."""

from collections.abc import Iterator

import pytest
import requests

from authsms.foundation.db import Database
from tests.functional.protocols.house import Browser, House
from tests.parts.apache import run_apache
from tests.parts.processes import HOST, free_port

_DIRECTIVES = """\
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {site}/callback
OIDCCryptoPassphrase for-this-test-only
OIDCScope "openid profile"
OIDCPKCEMethod S256
OIDCRemoteUserClaim preferred_username
<Location />
    AuthType openid-connect
    Require valid-user
    Header set X-User "expr=%{{REMOTE_USER}}"
    Header set X-Class "%{{OIDC_CLAIM_acr}}e"
</Location>
"""


@pytest.fixture
def database(sqlite_database_url: str) -> Iterator[Database]:
    """SQLite; what is stored is tested elsewhere on both."""
    opened = Database(sqlite_database_url)
    yield opened
    opened.dispose()


def test_apache_signs_people_in(house: House, browser: Browser) -> None:
    """It finds everything by itself, and tells the site who came and how."""
    port = free_port()
    site = f"http://{HOST}:{port}"
    made, secret = house.endpoints.create("Apache", event="web", redirect_uris=(f"{site}/callback",))
    directives = _DIRECTIVES.format(issuer=browser.base, client_id=made.id, secret=secret, site=site)
    browser.sign_in()
    with run_apache(directives, port):
        page = browser.http.get(f"{site}/", timeout=20)
        again = requests.get(f"{site}/", allow_redirects=False, timeout=20)

    assert "You are in." in page.text
    assert ("alice", "urn:authsms:acr:two-factors") == (page.headers["X-User"], page.headers["X-Class"])
    assert again.headers["Location"].startswith(f"{browser.base}/oauth2/authorize?")
