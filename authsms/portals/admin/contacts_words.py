"""What the page of a person tells of contacts and consents."""

from typing import Final

from flask_babel import lazy_gettext

from authsms.contacts.agreement import ConsentAct

HAPPENINGS: Final = {
    "contact.added": ("off", lazy_gettext("Added the contact %(recipient)s."), ""),
    "contact.changed": ("off", lazy_gettext("Changed the contact %(was)s to %(recipient)s."), ""),
    "contact.removed": ("off", lazy_gettext("Removed the contact %(recipient)s."), ""),
    "contact.asked": ("off", lazy_gettext("Asked for a code to confirm the contact %(recipient)s."), ""),
    "contact.refused": ("bad", lazy_gettext("Typed a code for the contact %(recipient)s that was not right."), ""),
    "consent.given": ("good", lazy_gettext("Agreed to be texted at %(recipient)s."), ""),
    "consent.withdrawn": ("off", lazy_gettext("Is no longer texted at %(recipient)s (%(source)s)."), ""),
}
ACTS: Final = {
    ConsentAct.GIVEN: ("good", lazy_gettext("Agreed")),
    ConsentAct.IMPORTED: ("good", lazy_gettext("Agreed, as a file says")),
    ConsentAct.WITHDRAWN: ("off", lazy_gettext("Taken back")),
    ConsentAct.STOPPED: ("bad", lazy_gettext("Ended by STOP")),
}
