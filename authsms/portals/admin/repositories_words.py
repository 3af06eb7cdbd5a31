"""What the pages of repositories call things, and what each finding of a test means."""

from collections.abc import Mapping

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from authsms.identity.ldap.findings import Finding, StepName

PRESET_WORDS: Mapping[str, str] = {"openldap": "OpenLDAP", "active_directory": "Active Directory"}
GROUP_SOURCES: tuple[tuple[str, LazyString], ...] = (
    ("search", lazy_gettext("Search for groups that name the person")),
    ("member-of", lazy_gettext("The person's attribute memberOf")),
    ("none", lazy_gettext("No groups")),
)
STEPS: Mapping[StepName, LazyString] = {
    StepName.RESOLVE: lazy_gettext("Look up the name"),
    StepName.CONNECT: lazy_gettext("Connect"),
    StepName.TLS: lazy_gettext("Encrypt"),
    StepName.BIND: lazy_gettext("Sign in as the service account"),
    StepName.SEARCH: lazy_gettext("Search"),
    StepName.PERSON: lazy_gettext("A person as a sample"),
}
FINDINGS: Mapping[Finding, LazyString] = {
    Finding.RESOLVED: lazy_gettext("Found."),
    Finding.NO_SUCH_NAME: lazy_gettext("No address is known for this name. Check the spelling and the name server."),
    Finding.TOO_SLOW: lazy_gettext("No answer in time. A firewall may swallow the connection, or the server is stuck."),
    Finding.CONNECTED: lazy_gettext("Connected."),
    Finding.REFUSED: lazy_gettext("Nothing listens on this port. Check the port, and whether the directory runs."),
    Finding.UNREACHABLE: lazy_gettext("The server cannot be reached from here. Check routes and firewalls."),
    Finding.TLS_ACCEPTED: lazy_gettext("Encrypted; the certificate is trusted."),
    Finding.TLS_EXPIRED: lazy_gettext("The certificate has expired or is not yet valid. Renew it on the server."),
    Finding.TLS_OTHER_NAME: lazy_gettext(
        "The certificate is for other names. Write the server as it is named there, or have another certificate made."
    ),
    Finding.TLS_UNTRUSTED: lazy_gettext(
        "The certificate is from an authority that is not trusted here. Paste the certificate of that authority below."
    ),
    Finding.TLS_FAILED: lazy_gettext("No encryption came about. Check that this port speaks TLS, or StartTLS."),
    Finding.PLAIN: lazy_gettext("Not encrypted: passwords can be read on the way."),
    Finding.BOUND: lazy_gettext("Accepted."),
    Finding.BOUND_NAMELESS: lazy_gettext("Connected without an account. Most directories show little that way."),
    Finding.WRONG_PASSWORD: lazy_gettext("The service account or its password is wrong."),
    Finding.BIND_REFUSED: lazy_gettext("The directory refused the service account."),
    Finding.BASE_FOUND: lazy_gettext("The base is there."),
    Finding.BASE_MISSING: lazy_gettext("The base is not there, or the service account may not read it."),
    Finding.SEARCH_REFUSED: lazy_gettext("The directory refused the search."),
    Finding.PERSON_FOUND: lazy_gettext("Found, with a number for codes."),
    Finding.PERSON_WITHOUT_NUMBER: lazy_gettext(
        "Found, but without a usable number; no code could be sent. Check the phone attributes and the country."
    ),
    Finding.PERSON_NONE: lazy_gettext("Nobody was found. Check base and person filter, or name somebody as a sample."),
    Finding.PERSON_SEVERAL: lazy_gettext("Several people have this user name; none of them could sign in."),
    Finding.PERSON_UNUSABLE: lazy_gettext(
        "Somebody was found, but cannot be used: the id or the groups cannot be read."
    ),
}
WORDS: Mapping[str, LazyString] = {
    "addresses": lazy_gettext("Addresses"),
    "host": lazy_gettext("Name"),
    "port": lazy_gettext("Port"),
    "version": lazy_gettext("Protocol"),
    "names": lazy_gettext("Names in the certificate"),
    "expires": lazy_gettext("Certificate good until"),
    "issuer": lazy_gettext("Issued by"),
    "reason": lazy_gettext("Reason"),
    "dn": lazy_gettext("Account"),
    "base": lazy_gettext("Base"),
    "login": lazy_gettext("User name"),
    "name": lazy_gettext("Name"),
    "groups": lazy_gettext("Groups"),
    "attributes": lazy_gettext("Phone attributes"),
    "phone": lazy_gettext("Number, as it would be used"),
    "preset": lazy_gettext("Kind of directory"),
    "servers": lazy_gettext("Servers"),
    "start_tls": lazy_gettext("StartTLS"),
    "allow_plaintext": lazy_gettext("Unprotected passwords"),
    "allow_password_changes": lazy_gettext("Password changes"),
    "ca_file": lazy_gettext("File of trusted certificates"),
    "certificates": lazy_gettext("Trusted certificates"),
    "bind_dn": lazy_gettext("Service account"),
    "person_filter": lazy_gettext("Person filter"),
    "login_attribute": lazy_gettext("Attribute of the user name"),
    "phone_attributes": lazy_gettext("Attributes with numbers"),
    "group_filter": lazy_gettext("Group filter"),
    "group_base": lazy_gettext("Base of groups"),
    "default_region": lazy_gettext("Country"),
}
