"""What a text asks for, over a corpus of replies, and whom a block concerns."""

from pathlib import Path

import pytest

from authsms.contacts.answers import answer
from authsms.contacts.consent import WORDS, Block, Keyword, Way, comparable_sender, covers, lifts, read
from authsms.senders.text import Alphabet, measure


def _corpus() -> list[tuple[str, Keyword]]:
    """Return the replies in the file beside this one: what each means, then its words between bars."""
    lines = (Path(__file__).parent / "replies.txt").read_text(encoding="utf-8").splitlines()
    cells = [line.split("|") for line in lines]
    return [(text.replace("\\n", "\n").replace("\\t", "\t"), Keyword(keyword)) for keyword, text, _ in cells]


CORPUS = _corpus()


def test_the_corpus_is_worth_its_name():
    """A table that lost its lines would pass, too."""
    assert len(CORPUS) >= 200
    assert set(Keyword) == {keyword for _, keyword in CORPUS}


def test_every_text_of_the_corpus_is_understood():
    """M-03, and no text that merely holds the word."""
    misread = [(text, keyword, read(text).keyword) for text, keyword in CORPUS if read(text).keyword is not keyword]

    assert [] == misread


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_is_in_the_corpus(word):
    """What is in the list is also tried."""
    assert word in {read(text).word for text, _ in CORPUS}


@pytest.mark.parametrize("text", ["STOP" * 1000, "stop" + " " * 10_000, "\u0301" * 5000, ""])
def test_a_letter_is_no_keyword(text):
    """And costs nothing to look at."""
    assert Keyword.OTHER is read(text).keyword


@pytest.mark.parametrize(
    ("text", "told", "keyword"),
    [
        ("basta", "STOP", Keyword.STOP),
        ("STOP", "HELP", Keyword.HELP),
        ("weiter", "start", Keyword.START),
        ("STOP", "", Keyword.STOP),
        ("STOP", "MAYBE", Keyword.STOP),
        ("hello", "MAYBE", Keyword.OTHER),
    ],
)
def test_what_the_provider_has_understood_goes_before_our_reading(text, told, keyword):
    """It has acted on it: its list and ours must agree."""
    assert keyword is read(text, told).keyword


@pytest.mark.parametrize(
    ("text", "locale", "is_common"),
    [
        ("STOP", "en", True),
        ("yes", "en", True),
        ("STOPP", "de", False),
        ("Hilfe", "de", False),
        ("arrêt", "fr", False),
    ],
)
def test_a_word_knows_its_language_and_whether_everybody_obeys_it(text, locale, is_common):
    """The answer is in that language; carriers answer only the words they know."""
    assert (locale, is_common) == (read(text).locale, read(text).is_common)


@pytest.mark.parametrize(
    ("sender", "comparable"),
    [
        ("+49 171 5550100", "491715550100"),
        ("491715550100", "491715550100"),
        (r"49\1715550100", "491715550100"),
        ("72727", "72727"),
        ("Example Co", "exampleco"),
        ("MG0123", "mg0123"),
        ("", ""),
        ("x" * 100, "x" * 40),
    ],
)
def test_senders_are_compared_whatever_their_spelling(sender, comparable):
    """Providers write numbers with and without a plus."""
    assert comparable == comparable_sender(sender)


@pytest.mark.parametrize(
    ("block", "way", "is_covered"),
    [
        (Block("a", "491715550100"), Way("a", "+491715550100"), True),
        (Block("a", "491715550100"), Way("b", "+49 171 5550100"), True),
        (Block("a", "491715550100"), Way("a", "+491715550199"), False),
        (Block("a", "491715550100"), Way("b", ""), False),
        (Block("a", "491715550100"), Way("a", ""), True),
        (Block("a", "491715550100"), Way("a", "MG0123"), True),
        (Block("a", ""), Way("a", "+491715550199"), True),
        (Block("a", ""), Way("a", ""), True),
        (Block("a", ""), Way("b", ""), False),
        (Block("a", ""), Way("b", "+491715550100"), False),
    ],
)
def test_a_block_covers_its_sender_and_no_other(block, way, is_covered):
    """A STOP to offers costs nobody his codes, as long as they come from somebody else."""
    assert is_covered == covers(block, way)


@pytest.mark.parametrize(
    ("block", "way", "is_lifted"),
    [
        (Block("a", "491715550100"), Way("a", "491715550100"), True),
        (Block("a", "491715550100"), Way("b", "+491715550100"), True),
        (Block("a", "491715550100"), Way("a", "491715550199"), False),
        (Block("a", "491715550100"), Way("a", ""), True),
        (Block("a", "491715550100"), Way("b", ""), False),
        (Block("a", ""), Way("a", "491715550199"), True),
        (Block("a", ""), Way("b", "491715550199"), False),
    ],
)
def test_a_start_lifts_what_was_blocked_on_its_way(block, way, is_lifted):
    """What a provider has told us of is lifted by a START to any number of that service."""
    assert is_lifted == lifts(block, way)


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
@pytest.mark.parametrize("keyword", [Keyword.STOP, Keyword.START, Keyword.HELP])
def test_an_answer_names_who_sends_it_and_is_one_text(locale, keyword):
    """M-02; and nobody pays for two."""
    words = answer(keyword, locale, "login.example.com")
    size = measure(words)

    assert words.startswith("login.example.com: ")
    assert (Alphabet.GSM7, 1) == (size.alphabet, size.segments)
