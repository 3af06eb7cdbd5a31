"""What the pages of the sender policy call purposes, and reasons to pass a service over."""

from collections.abc import Mapping
from typing import Final

from flask_babel import lazy_gettext

from authsms.senders.routes import Obstacle
from authsms.senders.submission import Purpose

PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.AUTHENTICATION: lazy_gettext("Codes at the sign-in"),
    Purpose.VERIFICATION: lazy_gettext("Checking a phone number"),
    Purpose.NOTICE: lazy_gettext("Notices"),
    Purpose.OFFER: lazy_gettext("Offers"),
}

OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.OFF: lazy_gettext("it is off"),
    Obstacle.PURPOSE: lazy_gettext("it is meant for other purposes"),
    Obstacle.DESTINATION: lazy_gettext("it is meant for other numbers"),
    Obstacle.GROUP: lazy_gettext("it is meant for other groups"),
    Obstacle.LABEL: lazy_gettext("it is meant for events with another label"),
}
