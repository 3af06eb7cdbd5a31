"""How tests fill in the forms of the sender policy, and the providers behind them."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.test import TestResponse

from authsms.senders.definitions import SavedService
from tests.functional.portals.admin.office import Clerk, Office
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer

SECRET = "pl4nted-s3cret"
ACCOUNT = "AC" + "0" * 32
TYPED = {
    "name": "main",
    "setting-account_sid": ACCOUNT,
    "setting-auth_token": SECRET,
    "setting-sender_phone": "+14155550100",
}
MAIN = "/admin/senders/services/main"


def make(admin: Clerk, **changes: str) -> TestResponse:
    """Fill in the form of a new service and send it."""
    return admin.post("/admin/senders/new/twilio", TYPED | changes)


def version_in(page: str) -> str:
    """Return the version a form carries."""
    return str(re.findall(r'name="version" value="(\d+)"', page)[0])


def stored(office: Office, name: str = "main") -> SavedService:
    """Return a stored service."""
    return next(one for one in office.services.senders.services() if one.rule.name == name)


@contextmanager
def provider(status: int, document: object, after: threading.Event | None = None) -> Iterator[HostileServer]:
    """Run a provider that answers, and not before something else has happened when that is asked for."""

    def behave(connection):
        if after is not None:
            after.wait(20)
        hostile.answer(status, json.dumps(document).encode())(connection)

    with HostileServer(behave) as server:
        yield server


def wait_for(admin: Clerk, address: str) -> str:
    """Reload a page of a test until the provider has answered."""
    for _ in range(1000):
        page = admin.get(address).text
        if "waiting for the provider" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the test does not end")
