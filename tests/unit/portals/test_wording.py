"""Every word the inside may say has words for people."""

import pytest

from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.logon.machine import MessageKey
from authsms.logon.steps import DeliveryStatus
from authsms.logon.whereabouts import HELD
from authsms.portals.notes import Note
from authsms.portals.wording import QUIET, announce, progress, proofs


@pytest.mark.parametrize("key", [key for key in MessageKey if key not in QUIET])
def test_every_message_key_has_words_of_its_own(key: MessageKey):
    """Falling back on the vaguest words is for keys of a future version."""
    told = announce(Note("/", key))
    vaguest = announce(Note("/", "unheard of"))

    assert told is not None
    assert vaguest is not None
    assert "%" not in told.text
    assert key is MessageKey.FAILED or told.text != vaguest.text


@pytest.mark.parametrize("key", sorted(QUIET))
def test_what_a_page_says_itself_is_not_announced(key: MessageKey):
    """Nothing is told twice."""
    assert announce(Note("/", key)) is None
    assert announce(None) is None


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize("detail", ["", "30007", *Failure, *Withheld, HELD])
def test_every_state_and_reason_has_words(state: MessageState, detail: str):
    """And a stage that the page can draw."""
    shown = progress(DeliveryStatus(state, detail, final=False))

    assert shown.text
    assert shown.stage in {"sending", "sent", "delivered", "doubtful", "failed"}
    assert shown.offers is (shown.stage == "failed")


@pytest.mark.parametrize(
    ("state", "stage"), [("queued", "late"), ("attempting", "late"), ("unknown", "doubtful"), ("failed", "failed")]
)
def test_a_late_text_brings_up_another_way(state: str, stage: str):
    """Whether it may still come, or nobody knows whether it went."""
    shown = progress(DeliveryStatus(state, "", final=False, late=True))

    assert (stage, True) == (shown.stage, shown.offers)


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        ("+31612345678", "Text START to +31612345678,"),
        ("31612345678", "Text START to +31612345678,"),
        ("80808", "Text START to 80808,"),
        ("Example Ltd", "Texts from Example Ltd cannot be answered"),
        ("", "Text START to the number they came from"),
        (r"49\1715550100", "Text START to the number they came from"),
        ("MG" + "0" * 32, "Text START to the number they came from"),
    ],
)
def test_who_has_opted_out_is_told_where_to_undo_it(sender: str, words: str):
    """By name where it is known; nobody can answer a name."""
    assert words in progress(DeliveryStatus("failed", Failure.OPTED_OUT, sender=sender)).text


def test_who_may_not_be_told_reads_the_same_whatever_happens():
    """An unknown person's page must not differ from a known one's."""
    assert progress(DeliveryStatus()).stage == "quiet"


def test_a_text_message_is_not_also_called_a_one_time_code():
    """The amr words list both (RFC 8176)."""
    assert proofs(("pwd", "otp", "sms", "mfa")) == ["Password", "Text message"]
    assert proofs(("pwd", "otp", "mfa")) == ["Password", "One-time code"]
