"""What is said in a device's window, and in the text that comes meanwhile."""

from authsms.identity.preferences import Preferences
from authsms.senders.text import BUILT_IN
from tests.integration.logon.house import ALICE

GERMAN = BUILT_IN["plain"]["de"].partition("{")[0]


def test_the_text_speaks_the_kept_language_and_the_device_its_own(gateway, house):
    """A device that changed its language with the name would tell which names there are."""
    before = gateway.log_in(password="wrong").message, gateway.log_in().message
    Preferences(house.database, house.clock).keep_language(ALICE.key, "de")
    house.wait(60)
    after = gateway.log_in(password="wrong").message, gateway.log_in().message

    assert before == after
    assert [False, True] == [draft.text.startswith(GERMAN) for draft in house.sent]
