"""What people write when they are asked: everything here was thought of as somebody's honest try."""

import pytest

from authsms.messaging.replies import Answer, Reply, read_reply

YES = """
Y|y|Y.|y!|Y!!!| Y |(Y)|"Y"|«y»|*Y*|yes|Yes|YES|YES!|yes.|Yes :)|Yes 😀|yes please|Yes, please!|yes thanks|Yes thank you
YES YES|yep|Yeah|yeah!|yup|ok|OK|Ok.|okay|Okay!|okey|k|K|sure|Sure!|accept|Accepted|I accept|i can|I can!|I will
I'll do it|I’ll take it|works for me|hi yes|Hello, yes please|yes sorry|yesss|yessss!!|yeahhh|ｙｅｓ|ＹＥＳ
👍|👍🏽|👍👍|Yes 👍|✅|✔️|👌|🆗|ja|Ja|JA|ja!|Ja.|Ja!!!|jaaa|Jaaaaa 😀|j|J|J.|jo|jawohl|Jawohl!|klar|Klar!
ja klar|ja, klar|gern|gerne|Ja gerne
ja, sehr gerne|ja bitte|Ja, danke|ja vielen Dank|Hallo, ja|Moin, ja gerne|ok danke|passt|Zusage|zusage!|angenommen
einverstanden|mach ich|ich kann|Ich komme|Ich nehme an|bin dabei|ich bin dabei!|geht klar|alles klar|auf jeden Fall
natürlich|NATÜRLICH|ja 👍|oui|Oui !|sí|SÍ|graag|sicher|yea|absolutely|agreed|Merci, oui
"""  # noqa: RUF001 - people write such quotation marks and letters
NO = """
N|n|N.|n!|no|No|NO!|No.|no thanks|No, thank you|no sorry|Sorry, no|nope|Nope!|nah|decline|Declined|cannot|I cannot
I can't|I can’t|can't|cant|no no|nooo|NOOOO|not available|I'm not available|not possible|no way|👎|👎🏿|❌|🚫|No 👎
nein|Nein|NEIN|nein!|Nein.|nein danke|Nein, danke|nein leider|Leider nein|nein, sorry|nee|Nee!|nö|NÖ|ne|leider nicht
Leider nicht.|geht nicht|geht leider nicht|passt nicht|kann nicht|ich kann nicht|Ich kann leider nicht|keine Zeit
ich habe keine Zeit|Absage|absage|Abgesagt|ablehnen|ich lehne ab|heute nicht|auf keinen Fall|non|Non merci
"""  # noqa: RUF001 - as above
UNCLEAR = """
maybe|vielleicht|?|??|!|...|-|😀|🤔|hm|hmm|who is this|Wer ist da?|wrong number|falsche Nummer|yes no|ja nein|Y/N
y n|J/N|yes but only until noon|Ja, aber erst ab 10|yes if Bob comes too|only if paid double|ja oder nein
no problem|kein Problem|nicht ja|not yes|yes at 8
Y 14:00|ja um 14:30|call me|Ruf mich an|I am driving. This is an automatic reply.
later|später|in a meeting|danke|thanks|bitte|please|hello|Hallo|sorry|leider|309|#309|offer|angebot 309
lol|asdf|0|12345678901234|👍👎|✅❌|yesterday|yes yesterday
jaguar|Japan|nobody|noon|nonsense|okra|ynot|neinja|<script>alert(1)</script>
' OR 1=1 --|{otp}|%s%s
"""
NUMBERED = (
    *(("309 Y", "yes"), ("309 y", "yes"), ("309Y", "yes"), ("309y", "yes"), ("309-Y", "yes"), ("309: Y", "yes")),
    *(("309, ja", "yes"), ("#309 Y", "yes"), ("# 309 ja", "yes"), ("Y 309", "yes"), ("Y309", "yes"), ("y,309", "yes")),
    *(("ja 309", "yes"), ("JA 309!", "yes"), ("ja, 309", "yes"), ("ja zu 309", "yes"), ("yes to 309", "yes")),
    *(("Nr. 309 ja", "yes"), ("Angebot 309: ja", "yes"), ("offer 309 yes please", "yes"), ("0309 Y", "yes")),
    *(("309 👍", "yes"), ("👍 309", "yes"), ("309 309 Y", "yes"), ("309\nY", "yes"), ("309 ok", "yes")),
    *(("３０９ Ｙ", "yes"), ("٣٠٩ y", "yes"), ("ja gerne 309", "yes"), ("309 ich nehme an", "yes")),  # noqa: RUF001
    *(("309 N", "no"), ("309n", "no"), ("N309", "no"), ("no 309", "no"), ("No. 309", "no"), ("309 nein", "no")),
    *(("Nein zu 309", "no"), ("309 nein danke", "no"), ("309 👎", "no"), ("309 leider nicht", "no")),
    *(("309", None), ("309 maybe", None), ("309 yes no", None), ("309 ja aber später", None), ("No. 309 yes", None)),
)


SIGNED = ("Y\n\nSent from my iPhone", "Ja\nLG", "Ja\n\nVon meinem iPhone gesendet", "yes\n-- \nErika", "\n ja \n")


def texts(block: str) -> list[str]:
    """Return the texts of a block: one between two bars or ends of a line."""
    return [text for text in block.strip("\n").replace("\n", "|").split("|") if text]


def test_the_corpus_is_large():
    """So that a change of the rules is seen in what people write."""
    assert len(texts(YES)) + len(texts(NO)) + len(texts(UNCLEAR)) + len(NUMBERED) >= 250


def test_who_says_yes_is_understood():
    """In any case, with punctuation, pictures and thanks around it."""
    assert [] == [text for text in (*texts(YES), *SIGNED) if read_reply(text).answer is not Answer.YES]


def test_who_says_no_is_understood():
    """A refusal is as good an answer."""
    assert [] == [text for text in texts(NO) if read_reply(text).answer is not Answer.NO]


def test_whoever_may_mean_something_else_is_not_held_to_it():
    """A condition, both, neither, or a machine; it is asked back."""
    odd = (*texts(UNCLEAR), "", " ", "\n", "y" * 1000, "ja " * 60)

    assert [] == [text for text in odd if read_reply(text).answer is not None]


def test_the_number_may_stand_on_either_side():
    """However it is written."""
    found = [(text, read_reply(text)) for text, _ in NUMBERED]

    assert {309} == {reply.number for _, reply in found}
    assert list(NUMBERED) == [(text, reply.answer and reply.answer.value) for text, reply in found]


@pytest.mark.parametrize("text", ["309 310 Y", "Y 309 N 310", "ja 309 und 310", "Y " + "3" * 12])
def test_several_numbers_name_no_offer(text):
    """Which of them was meant is asked."""
    assert Reply(None) == read_reply(text)


def test_the_language_of_the_words_is_told():
    """An answer to an answer is written in it."""
    assert ["de", "en", "", ""] == [read_reply(text).locale for text in ("ja", "309 yep", "Y", "oui ja")]
