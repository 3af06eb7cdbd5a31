"""The page on which somebody sees what happened to his account, and reads what to do when it was not him."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from authsms.logon.own_history import Incident
from authsms.portals.own import holder_of, prepare, present_session
from authsms.portals.services import services

_HAPPENED: Final[Mapping[str, tuple[str, LazyString]]] = {
    "logon.finished": ("good", lazy_gettext("Signed in to %(place)s.")),
    "logon.suspicious": ("bad", lazy_gettext("The password was right, what was typed next was wrong.")),
    "logon.method-failed:password": ("bad", lazy_gettext("A password was refused.")),
    "logon.method-failed:code": ("bad", lazy_gettext("A code was refused.")),
    "logon.method-failed:passkey": ("bad", lazy_gettext("A passkey was refused.")),
    "logon.limited": ("bad", lazy_gettext("Too many passwords were tried.")),
    "method.held": ("bad", lazy_gettext("After several wrong codes, the next try had to wait.")),
    "method.disabled": ("bad", lazy_gettext("Codes were switched off after too many wrong ones.")),
    "method.unlocked": ("good", lazy_gettext("Your help desk let codes be tried again at once.")),
    "method.re-bound": ("good", lazy_gettext("Your help desk switched codes on again.")),
    "method.set-up": ("good", lazy_gettext("An authenticator app was set up.")),
    "method.removed": ("bad", lazy_gettext("The authenticator app or token was removed.")),
    "method.assigned": ("good", lazy_gettext("A token was assigned to you.")),
    "method.synchronised": ("good", lazy_gettext("Your token was brought into step again.")),
    "method.tried": ("good", lazy_gettext("A code of the authenticator app was tried on its page.")),
    "recovery-codes.made": ("good", lazy_gettext("New recovery codes were made.")),
    "recovery-codes.removed": ("bad", lazy_gettext("Your help desk made the recovery codes void.")),
    "passkey.added": ("good", lazy_gettext("A passkey was added.")),
    "passkey.renamed": ("good", lazy_gettext("A passkey was renamed.")),
    "passkey.removed": ("bad", lazy_gettext("A passkey was removed.")),
    "passkey.copied": ("bad", lazy_gettext("A passkey was refused: another device seems to have a copy of it.")),
    "password.changed": ("good", lazy_gettext("Your password was changed.")),
    "password.refused": ("bad", lazy_gettext("A new password was refused.")),
    "password.change-demanded": ("good", lazy_gettext("Your help desk has asked you to change your password.")),
    "number.changed": ("bad", lazy_gettext("Your phone number in the directory was changed.")),
    "number.released": ("good", lazy_gettext("Your help desk released your new phone number.")),
    "number.given": ("good", lazy_gettext("A number of your own was confirmed for codes.")),
    "number.removed": ("bad", lazy_gettext("The number of your own was removed.")),
    "sessions.ended": ("bad", lazy_gettext("Your help desk signed you out everywhere.")),
    "people.blocked": ("bad", lazy_gettext("Your help desk blocked your account.")),
    "people.unblocked": ("good", lazy_gettext("Your help desk let you in again.")),
}
_PROOFS: Final[Mapping[str, LazyString]] = {
    "LDAP_PASSWORD:1": lazy_gettext("Password"),
    "PASSWORD:1": lazy_gettext("Password"),
    "SMS_OTP:1": lazy_gettext("Text message"),
    "TOTP:1": lazy_gettext("Authenticator app"),
    "HOTP:1": lazy_gettext("Token"),
    "RECOVERY_CODE:1": lazy_gettext("Recovery code"),
    "FIDO2:1": lazy_gettext("Passkey"),
}

blueprint = Blueprint("own_activity", __name__)
prepare(blueprint)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, in words.

    Attributes:
        kind: ``good`` or ``bad``.
        device: Browser and system, or empty.
        proofs: What was proven, or empty.
    """

    at: datetime
    kind: str
    sentence: str
    device: str
    address: str
    proofs: str


@blueprint.get("/activity")
def show() -> ResponseReturnValue:
    """Show what happened in the last 30 days."""
    present = present_session()
    lines = [_line(one) for one in services().own_history.newest(holder_of(present))]
    return render_template("portals/activity.html", present=present, lines=lines)


def _line(incident: Incident) -> Line:
    kind, sentence = _HAPPENED[incident.word]
    device = incident.browser or incident.system
    if incident.browser and incident.system:
        device = gettext("%(browser)s on %(system)s", browser=incident.browser, system=incident.system)
    proofs = dict.fromkeys(str(_PROOFS.get(name, name)) for name in incident.methods)
    told = str(sentence) % {"place": incident.place}
    return Line(incident.at, kind, told, device, incident.address, " + ".join(proofs))
