"""Words of the page of limits and spending."""

from collections.abc import Sequence
from typing import Final

from flask_babel import gettext, lazy_gettext

from authsms.delivery.caps import CapScope
from authsms.portals.admin.senders_words import PURPOSES
from authsms.senders.submission import Purpose

PERIODS: Final = {"hour": lazy_gettext("an hour"), "day": lazy_gettext("a day")}


def target(scope: CapScope, name: str) -> str:
    """Return what a cap is on."""
    match scope:
        case CapScope.ALL:
            words: str = gettext("Everything")
        case CapScope.PURPOSE:
            words = gettext("Purpose: %(name)s", name=PURPOSES[Purpose(name)])
        case CapScope.COUNTRY:
            words = gettext("Country: %(name)s", name=name)
        case CapScope.SERVICE:
            words = gettext("Service: %(name)s", name=name)
    return words


def targets(services: Sequence[str]) -> list[tuple[str, str]]:
    """Return what a cap may be on, as a form offers it."""
    return [
        ("all", target(CapScope.ALL, "")),
        *((f"purpose:{one.value}", target(CapScope.PURPOSE, one.value)) for one in Purpose),
        ("country", gettext("One country")),
        *((f"service:{name}", target(CapScope.SERVICE, name)) for name in services),
    ]
