"""Events whose chains people may choose among, are asked about, or may not."""

from dataclasses import replace
from datetime import timedelta

from authsms.logon.catalog import Chain, Wanted
from authsms.logon.selection import Selection
from authsms.logon.steps import Client, Step
from tests.integration.logon.house import ALICE, HERE, PASSWORD, House

ASKED = replace(HERE, can_choose=True)
BOSSES = Chain("bosses-sms", "For bosses", ("LDAP_PASSWORD:1", "SMS_OTP:1"), groups=frozenset({"Bosses"}))
STAFF = replace(BOSSES, name="staff-sms", title="For staff", groups=frozenset({"Staff"}))
BADGE = Chain("only-sms", "Text message alone", ("SMS_OTP:1",))
THREE = Chain("sms-emergency", "All", ("LDAP_PASSWORD:1", "SMS_OTP:1", "EMERG_PASSWORD:1"))
ONE_MORE = Chain("sms-recovery", "Also all", ("LDAP_PASSWORD:1", "SMS_OTP:1", "RECOVERY_CODE:1"))


def arrange(house: House, selection: Selection, *names: str, new: tuple[Chain, ...] = ()) -> None:
    """Let the event have these chains, best first."""
    names = names or ("directory-sms", "directory-emergency", "local-sms")
    house.catalog.save_all(new, [Wanted("web", "Web login", names, selection=selection)])


def ready(house: House) -> str:
    """Give alice an emergency password."""
    new = house.emergency.draw()
    with house.database.write() as session:
        end = house.clock.now() + timedelta(hours=1)
        house.emergency.store(session, new, ALICE.key, uses=5, expires_at=end, by="help")
    return new.shown


def passed(house: House, login: str = "alice", client: Client = ASKED) -> Step:
    """Begin, with the right password in the same call."""
    return house.logon.begin("web", login, client, response={"password": PASSWORD})


def names(step: Step) -> list[str]:
    return [choice.name for choice in step.chains]


def seen(step: Step) -> tuple[object, ...]:
    """What a person can see of a step."""
    return step.status, step.message_key, step.asks and replace(step.asks, expires_at=None), names(step), step.completed
