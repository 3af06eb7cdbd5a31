"""One login over the pages, JavaScript off."""

import re
from datetime import timedelta

import pytest

from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.errors import InvalidInputError
from authsms.logon.steps import DeliveryStatus
from authsms.logon.whereabouts import HELD
from tests.fakes import ManualClock
from tests.functional.portals.conftest import Visitor
from tests.functional.portals.twin import CODE, CONTINUATION, PASSWORD, ScriptedLogon

_CHANGING = re.compile(r'name="csrf_token" type="hidden" value="[^"]*"|/logon/[0-9a-f]{32}')


def _constant(page: str) -> str:
    return _CHANGING.sub("", page)


def test_the_first_page_says_where_one_is_and_for_whom(visitor: Visitor):
    """People should know what they sign in to before they type a password."""
    page = visitor.get(f"/login/web?c={CONTINUATION}").text

    assert "Web login" in page
    assert "to continue to Sample application" in page


def test_a_login_ends_in_a_session(visitor: Visitor):
    """The whole way, with a redirect after every form."""
    first = visitor.begin()
    second = visitor.post(first.location, {"csrf_token": visitor.token(first.location), "code": CODE})

    assert [first.status_code, second.status_code] == [303, 303]
    assert second.location == "/signed-in"
    assert "Welcome, Alice Example" in visitor.get("/signed-in").text


def test_a_code_may_hold_spaces(visitor: Visitor, logon: ScriptedLogon):
    """Messages show it in groups, and people paste what they see."""
    path = visitor.reach_code()

    assert visitor.post(path, {"csrf_token": visitor.token(path), "code": " 123 456 "}).location == "/signed-in"


def test_a_wrong_password_is_told_once_and_asked_again(visitor: Visitor):
    """The name is kept, and the words go with the next page."""
    path = visitor.begin(password="wrong").location

    page = visitor.get(path).text
    assert "User name or password is not right" in page
    assert 'value="alice"' in page
    assert "User name or password is not right" not in visitor.get(path).text


@pytest.mark.parametrize("typed", ["al\u200bice", "ali\u034fce", "al\x07ice", "   ", "a" * 257])
def test_a_name_that_cannot_be_one_is_told_like_a_wrong_password(visitor: Visitor, logon: ScriptedLogon, typed: str):
    """Text pasted from a mail holds marks nobody sees; no error page, and the next try is with the plain name."""
    logon.failure = InvalidInputError("That is not a user name.")
    answer = visitor.begin(typed)
    page = visitor.get(answer.location)

    assert (303, 200) == (answer.status_code, page.status_code)
    assert "User name or password is not right" in page.text
    assert "\u200b" not in page.text
    if typed.startswith("al") and typed.endswith("ice"):
        assert 'value="alice"' in page.text


def test_a_wrong_code_is_told_on_the_same_page(visitor: Visitor):
    """With what to do next."""
    path = visitor.reach_code()
    answer = visitor.post(path, {"csrf_token": visitor.token(path), "code": "000000"})

    assert answer.location == path
    assert "That code is not right" in visitor.get(path).text


def test_a_slip_of_the_keyboard_is_told_with_the_right_length(visitor: Visitor):
    """Nobody should wonder what was wrong with five digits."""
    path = visitor.reach_code()
    visitor.post(path, {"csrf_token": visitor.token(path), "code": "12a45"})

    assert "A code has 6 digits" in visitor.get(path).text


def test_empty_fields_reach_no_service(visitor: Visitor, logon: ScriptedLogon):
    """An empty password in particular: directories take it for an anonymous bind."""
    for fields in ({"user_name": "", "password": "x"}, {"user_name": "alice", "password": ""}, {}):
        answer = visitor.post("/login/web", {"csrf_token": visitor.token("/login/web"), **fields})
        assert "Please fill in every field" in visitor.get(answer.location).text
    assert logon.clients == []


def test_an_unknown_a_known_and_a_locked_person_see_the_same_bytes(visitor: Visitor, app):
    """Requirement: nobody learns from a page, a status or a header who exists."""
    seen = []
    for name in ("alice", "nobody", "locke"):
        somebody = Visitor(app.test_client())
        answer = somebody.begin(name, password="wrong")
        page = somebody.get(answer.location)
        names = [line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")]
        seen.append(
            (
                answer.status_code,
                _constant(answer.location),
                [re.sub("[0-9a-f]{32}", "", name) for name in names],
                page.status_code,
                _constant(page.text).replace(name, "NAME"),
            )
        )

    assert seen[0] == seen[1] == seen[2]


def test_the_mask_is_all_that_is_shown_of_a_number(visitor: Visitor):
    """Also for people who cannot see the dots."""
    page = visitor.get(visitor.reach_code()).text

    assert "•••••••42" in page
    assert "a number ending in 42" in page


def test_the_code_field_fits_autofill_and_paste(visitor: Visitor):
    """One field, as browsers and phones expect it; room for a pasted "123 456"."""
    page = visitor.get(visitor.reach_code()).text
    field = next(part for part in page.split("<input") if 'id="code"' in part)

    for attribute in ('type="text"', 'inputmode="numeric"', 'autocomplete="one-time-code"', "required", "autofocus"):
        assert attribute in field
    pattern = re.findall(r'pattern="([^"]*)"', field)[0]
    assert re.fullmatch(pattern, " 123 456 ")
    assert not re.fullmatch(pattern, "12345")
    assert page.count('autocomplete="one-time-code"') == 1


@pytest.mark.parametrize(
    ("status", "stage", "words"),
    [
        (DeliveryStatus(MessageState.QUEUED, "", final=False), "sending", "We are sending"),
        (DeliveryStatus(MessageState.ATTEMPTING, "", final=False), "sending", "We are sending"),
        (DeliveryStatus(MessageState.ACCEPTED, "", final=False), "sent", "on its way"),
        (DeliveryStatus(MessageState.DELIVERED, "", final=True), "delivered", "has arrived"),
        (DeliveryStatus(MessageState.UNKNOWN, Failure.IN_DOUBT, final=False), "doubtful", "not sure"),
        (DeliveryStatus(MessageState.FAILED, Failure.UNDELIVERED, final=True), "failed", "carrier"),
        (DeliveryStatus(MessageState.FAILED, Failure.OPTED_OUT, final=True), "failed", "Text START"),
        (DeliveryStatus(MessageState.FAILED, "30007", final=True), "failed", "could not be delivered"),
        (DeliveryStatus(MessageState.WITHHELD, Withheld.OPTED_OUT, final=True), "failed", "Text START"),
        (
            DeliveryStatus(MessageState.WITHHELD, Withheld.NUMBER_LIMIT, final=True),
            "failed",
            "too many in a short time",
        ),
        (DeliveryStatus(MessageState.WITHHELD, Withheld.METHOD_UNUSABLE, final=True), "failed", "switched off for you"),
        (DeliveryStatus(MessageState.WITHHELD, HELD, final=True), "failed", "too many wrong codes"),
        (DeliveryStatus(MessageState.WITHHELD, Withheld.BUDGET, final=True), "failed", "cannot be sent at the moment"),
        (DeliveryStatus(MessageState.ATTEMPTING, "", final=False, late=True), "late", "longer than usual"),
        (DeliveryStatus(), "quiet", "within a minute"),
    ],
)
def test_the_page_and_its_status_tell_how_far_the_text_is(visitor, logon, status, stage, words):
    """The page as it comes (no JavaScript) and what its script asks for agree."""
    path = visitor.reach_code()
    logon.delivery = status

    told = visitor.get(f"{path}/status").json
    assert told["stage"] == stage
    assert words in told["text"]
    assert told["final"] is status.final
    page = visitor.get(path).text
    assert f'data-stage="{stage}"' in page
    assert words in page


@pytest.mark.parametrize("reason", [Withheld.NUMBER_LIMIT, Withheld.METHOD_UNUSABLE, Withheld.OPTED_OUT, HELD])
def test_nobody_waits_for_a_code_that_was_not_sent(visitor, logon, reason):
    """The page says so from its first sentence on, and promises neither a text nor that a code is valid."""
    path = visitor.reach_code()
    logon.delivery = DeliveryStatus(MessageState.WITHHELD, reason, final=True)
    page = visitor.get(path).text
    german = visitor.get(path, **{"Accept-Language": "de"}).text

    assert "No code has been sent to" in page
    assert "An " in german
    assert "wurde kein Code gesendet" in german
    for words in ("We are texting", "Valid for another", "No message?", 'class="track"'):
        assert words not in page
    assert "Send a new code" in page


def test_a_new_code_that_was_not_sent_is_not_announced(visitor, logon, clock):
    """The sentence above the field and the one below it must not contradict each other."""
    path = visitor.reach_code()
    clock.advance(timedelta(seconds=31))
    logon.delivery = DeliveryStatus(MessageState.WITHHELD, Withheld.OPTED_OUT, final=True)
    visitor.post(f"{path}/resend", {"csrf_token": visitor.token(path)})

    assert "A new code is on its way" not in visitor.get(path).text


def test_a_new_code_can_be_had_only_after_the_wait(visitor: Visitor, logon: ScriptedLogon, clock: ManualClock):
    """The button is disabled until then, and the server would refuse anyway."""
    path = visitor.reach_code()
    assert re.search(r"data-resend disabled", visitor.get(path).text)

    early = visitor.post(f"{path}/resend", {"csrf_token": visitor.token(path)})
    assert early.location == path
    assert "Try again in 30 seconds" in visitor.get(path).text
    clock.advance(timedelta(seconds=31))
    assert not re.search(r"data-resend disabled", visitor.get(path).text)
    visitor.post(f"{path}/resend", {"csrf_token": visitor.token(path)})
    assert "A new code is on its way" in visitor.get(path).text
    assert len(logon.sent) == 2


def test_an_expired_code_is_told(visitor: Visitor, clock: ManualClock):
    """Without JavaScript too."""
    path = visitor.reach_code()
    clock.advance(timedelta(seconds=121))

    assert "This code has expired" in visitor.get(path).text.partition("<template")[0]


def test_another_way_can_be_taken(visitor: Visitor):
    """When the phone is at home."""
    path = visitor.reach_code()
    assert "Password and authenticator app" in visitor.get(path).text
    visitor.post(f"{path}/another-way", {"csrf_token": visitor.token(path), "chain": "totp"})

    page = visitor.get(path).text
    assert "Open your authenticator app" in page
    assert "data-resend" not in page


def test_cancelling_ends_the_process(visitor: Visitor, logon: ScriptedLogon):
    """And says how to begin again where one was."""
    path = visitor.reach_code(address=f"/login/web?c={CONTINUATION}")
    answer = visitor.post(f"{path}/cancel", {"csrf_token": visitor.token(path)})
    page = visitor.get(answer.location).text

    assert logon.walks == {}
    assert "Sign-in cancelled" in page
    assert f'href="/login/web?c={CONTINUATION}"' in page
    assert f'href="/oauth2/resume/{CONTINUATION}/give-up">Back to Sample application<' in page
    assert visitor.get(path).status_code == 404


def test_a_process_that_has_ended_leads_back_to_its_beginning(visitor: Visitor, logon: ScriptedLogon):
    """Somebody looked for the phone for too long."""
    path = visitor.reach_code(address=f"/login/web?c={CONTINUATION}")
    logon.walks.clear()
    page = visitor.get(path)

    assert page.status_code == 404
    assert f'href="/login/web?c={CONTINUATION}"' in page.text


def test_help_for_somebody_who_texted_stop_is_on_the_page(visitor: Visitor):
    """Carriers then hold back every further code, and nobody would guess why."""
    page = visitor.get(visitor.reach_code()).text

    assert "STOP" in page
    assert "START" in page


def test_the_service_learns_who_asks_and_in_which_language(visitor: Visitor, logon: ScriptedLogon):
    """The text message is written in the language of the page."""
    fields = {"csrf_token": visitor.token("/login/web"), "user_name": "alice", "password": PASSWORD}
    visitor.post("/login/web", fields, **{"Accept-Language": "de-AT,en;q=0.5", "User-Agent": "Browser/1" + "x" * 999})

    assert logon.clients[0].locale == "de"
    assert logon.clients[0].address == "127.0.0.1"
    assert logon.clients[0].user_agent.startswith("Browser/1x")
    assert len(logon.clients[0].user_agent) <= 300
