"""What the pages of events and chains call methods, and how they tell what is odd."""

from collections.abc import Mapping

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from authsms.administration.logon_rules import Oddity
from authsms.administration.logon_trial import Verdict
from authsms.logon.overdue import OverdueRule
from authsms.logon.selection import Selection

METHODS: Mapping[str, LazyString] = {
    "LDAP_PASSWORD:1": lazy_gettext("Directory password"),
    "PASSWORD:1": lazy_gettext("Password of the built-in repository"),
    "SMS_OTP:1": lazy_gettext("Code by text message"),
    "TOTP:1": lazy_gettext("Code of an authenticator app"),
    "HOTP:1": lazy_gettext("Code of a token that counts"),
    "EMERG_PASSWORD:1": lazy_gettext("Emergency password of the help desk"),
    "RECOVERY_CODE:1": lazy_gettext("Recovery code"),
    "FIDO2:1": lazy_gettext("Passkey or security key"),
}
NEEDS: Mapping[str, LazyString] = {
    "LDAP_PASSWORD:1": lazy_gettext("Needs a directory under Repositories; for its people."),
    "PASSWORD:1": lazy_gettext("For people of the built-in repository."),
    "SMS_OTP:1": lazy_gettext("Needs a mobile number of the person and a service under Sender policy."),
    "TOTP:1": lazy_gettext("Offered, once the password was right, to people who have set up an app."),
    "HOTP:1": lazy_gettext("Offered, once the password was right, to people who have a token that counts."),
    "EMERG_PASSWORD:1": lazy_gettext("Offered, once the password was right, to people who were issued one."),
    "FIDO2:1": lazy_gettext(
        "Offered, once the password was right, to people who have added a passkey; on web pages only, not by RADIUS, "
        "REST or privacyIDEA plug-ins."
    ),
    "RECOVERY_CODE:1": lazy_gettext("Offered, once the password was right, to people who have recovery codes left."),
}
ODDITIES: Mapping[Oddity, LazyString] = {
    Oddity.ONE_FACTOR: lazy_gettext("Asks for one factor only."),
    Oddity.SMS_ONLY: lazy_gettext("A text message is the only factor: whoever has the phone is in."),
    Oddity.NO_CHAIN: lazy_gettext("Has no chain: nobody can log in."),
    Oddity.GROUPS_ONLY: lazy_gettext("Every chain is limited to groups: nobody else can log in."),
    Oddity.HIDDEN: lazy_gettext("Never comes first: a chain before it asks everybody for the same."),
    Oddity.UNUSED: lazy_gettext("No event uses it."),
    Oddity.UNKNOWN_METHOD: lazy_gettext("Asks for a method that is not there; nobody can pass."),
    Oddity.SHORTENED: lazy_gettext("Lets people in with less, for a while after a stronger sign-in:"),
    Oddity.NEVER_UNLOCKED: lazy_gettext("Is never offered here: the chain that unlocks it is not in this event."),
}
OVERDUE: Mapping[OverdueRule, LazyString] = {
    OverdueRule.DENY: lazy_gettext("Refuse it like a wrong one"),
    OverdueRule.ASK: lazy_gettext("Ask for a new one at the end"),
    OverdueRule.ALLOW: lazy_gettext("Let the person on, with a reminder"),
}
SELECTION: Mapping[Selection, LazyString] = {
    Selection.OPTIONAL: lazy_gettext("Optional: begin the first one, let people change to another"),
    Selection.ON: lazy_gettext("On: ask people which one they want"),
    Selection.OFF: lazy_gettext("Off: only the first one"),
}
VERDICTS: Mapping[Verdict, LazyString] = {
    Verdict.FIRST: lazy_gettext("The login begins with this chain."),
    Verdict.FIRST_WITHOUT_NUMBER: lazy_gettext(
        "The login begins with this chain, but cannot be finished: there is no number a code could be sent to."
    ),
    Verdict.OFFERED: lazy_gettext("Can be chosen instead."),
    Verdict.ASKED: lazy_gettext("Can be chosen when the person is asked which way it shall be."),
    Verdict.NO_CHOICE: lazy_gettext("Not here: this event takes the first chain only."),
    Verdict.OTHER_REPOSITORY: lazy_gettext("Not for people of this repository."),
    Verdict.NOT_A_MEMBER: lazy_gettext("Only for members of other groups."),
    Verdict.NOT_SET_UP: lazy_gettext("Only once this person has set it up, or was given it."),
    Verdict.UNKNOWN_METHOD: lazy_gettext("Asks for a method that is not there."),
    Verdict.UNLOCKED: lazy_gettext(
        "Enough for a while after a stronger sign-in, in the same browser or for the same endpoint and address:"
    ),
    Verdict.SUPPLEMENT: lazy_gettext("Only for applications that have checked the password themselves."),
}
