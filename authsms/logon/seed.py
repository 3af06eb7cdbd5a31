"""What a new installation begins with: the default event and those of the portal, and their chains."""

from authsms.logon.catalog import Catalog, Chain, Wanted

DIRECTORY_CHAIN = Chain("directory-sms", "Directory password + SMS code", ("LDAP_PASSWORD:1", "SMS_OTP:1"))
LOCAL_CHAIN = Chain("local-sms", "Local password + SMS code", ("PASSWORD:1", "SMS_OTP:1"))
DIRECTORY_APP_CHAIN = Chain("directory-totp", "Directory password + authenticator app", ("LDAP_PASSWORD:1", "TOTP:1"))
LOCAL_APP_CHAIN = Chain("local-totp", "Local password + authenticator app", ("PASSWORD:1", "TOTP:1"))
DIRECTORY_TOKEN_CHAIN = Chain("directory-hotp", "Directory password + token", ("LDAP_PASSWORD:1", "HOTP:1"))
LOCAL_TOKEN_CHAIN = Chain("local-hotp", "Local password + token", ("PASSWORD:1", "HOTP:1"))
DIRECTORY_PASSKEY_CHAIN = Chain("directory-passkey", "Directory password + passkey", ("LDAP_PASSWORD:1", "FIDO2:1"))
LOCAL_PASSKEY_CHAIN = Chain("local-passkey", "Local password + passkey", ("PASSWORD:1", "FIDO2:1"))
DIRECTORY_EMERGENCY_CHAIN = Chain(
    "directory-emergency", "Directory password + emergency password", ("LDAP_PASSWORD:1", "EMERG_PASSWORD:1")
)
LOCAL_EMERGENCY_CHAIN = Chain(
    "local-emergency", "Local password + emergency password", ("PASSWORD:1", "EMERG_PASSWORD:1")
)
DIRECTORY_RECOVERY_CHAIN = Chain(
    "directory-recovery", "Directory password + recovery code", ("LDAP_PASSWORD:1", "RECOVERY_CODE:1")
)
LOCAL_RECOVERY_CHAIN = Chain("local-recovery", "Local password + recovery code", ("PASSWORD:1", "RECOVERY_CODE:1"))
DIRECTORY_PASSWORD_CHAIN = Chain("setup-directory", "Directory password", ("LDAP_PASSWORD:1",))
LOCAL_PASSWORD_CHAIN = Chain("setup-local", "Local password", ("PASSWORD:1",))
WEB_EVENT = "web"
WEB_TITLE = "Web login"
ADMIN_EVENT = "admin"
ADMIN_TITLE = "Administration"
SETUP_EVENT = "admin-setup"
SETUP_TITLE = "First set-up"


def seed(catalog: Catalog) -> None:
    """Store the events that are missing, and their chains; what an administrator made or changed stays."""
    events = catalog.events()
    present = {event.name for event in events}
    stored = {chain.name for event in events for chain in event.chains}
    two_factors = (
        *(DIRECTORY_CHAIN, LOCAL_CHAIN, DIRECTORY_APP_CHAIN, LOCAL_APP_CHAIN),
        *(DIRECTORY_TOKEN_CHAIN, LOCAL_TOKEN_CHAIN, DIRECTORY_PASSKEY_CHAIN, LOCAL_PASSKEY_CHAIN),
        *(DIRECTORY_EMERGENCY_CHAIN, LOCAL_EMERGENCY_CHAIN),
        *(DIRECTORY_RECOVERY_CHAIN, LOCAL_RECOVERY_CHAIN),
    )
    passwords = (LOCAL_PASSWORD_CHAIN, DIRECTORY_PASSWORD_CHAIN)
    wanted = [(ADMIN_EVENT, ADMIN_TITLE, two_factors), (SETUP_EVENT, SETUP_TITLE, passwords)]
    if not present:
        wanted.insert(0, (WEB_EVENT, WEB_TITLE, two_factors))
    missing = [one for one in wanted if one[0] not in present]
    if missing:
        new = {chain.name: chain for _, _, chains in missing for chain in chains if chain.name not in stored}
        lacking = [Wanted(name, title, tuple(chain.name for chain in chains)) for name, title, chains in missing]
        catalog.save_all(list(new.values()), lacking)
