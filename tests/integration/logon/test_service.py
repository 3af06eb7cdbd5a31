"""A login from the first page to the session, and every way in which it must not go."""

from authsms.logon.machine import MessageKey, Status
from tests.integration.logon.house import HERE, PASSWORD


def test_password_and_code_yield_a_session(house):
    """The main job."""
    first = house.begin()
    second = house.logon.answer(first.ticket, {"password": PASSWORD}, HERE)
    third = house.logon.answer(second.ticket, {"code": house.code()}, HERE)

    assert Status.MORE_DATA is first.status
    assert (Status.NEXT, MessageKey.CODE_SENT, "•••••••42") == (second.status, second.message_key, second.asks.masked)
    assert Status.OK is third.status
    session = house.sessions.find(third.session_token)
    assert ("corp:id-alice", ("pwd", "otp", "sms"), "web") == (session.person_key, session.methods, session.event)
