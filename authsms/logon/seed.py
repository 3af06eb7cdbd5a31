"""What a new installation begins with: one event, and a chain for each kind of repository."""

from authsms.logon.catalog import Catalog, Chain

DIRECTORY_CHAIN = Chain("directory-sms", "Directory password + SMS code", ("LDAP_PASSWORD:1", "SMS_OTP:1"))
LOCAL_CHAIN = Chain("local-sms", "Local password + SMS code", ("PASSWORD:1", "SMS_OTP:1"))
WEB_EVENT = "web"
WEB_TITLE = "Web login"


def seed(catalog: Catalog) -> None:
    """Store the default event and its chains, unless there are events already; what an administrator made stays."""
    if catalog.events():
        return
    for chain in (DIRECTORY_CHAIN, LOCAL_CHAIN):
        catalog.save_chain(chain)
    catalog.save_event(WEB_EVENT, WEB_TITLE, [DIRECTORY_CHAIN.name, LOCAL_CHAIN.name])
