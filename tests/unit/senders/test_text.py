"""Templates, segments, and the line that ties a code to a website."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.senders.text import (
    BUILT_IN,
    LONGEST_VALUE,
    NAMES,
    Alphabet,
    TemplateError,
    TextValues,
    measure,
    one_line,
    origin_host,
    parse_template,
    render,
)

VALUES = TextValues(otp="123456", user="anna", event="Web login", endpoint="Mail", minutes=2)
PAYLOADS = [
    "{otp.__class__}",
    "{otp!r}",
    "{otp!r:>1000000000}",
    "{otp:>1000000000}",
    "{0}",
    "{}",
    "{ otp }",
    "{OTP}",
    "{otp[0]}",
    "{user.__init__.__globals__[SECRET]}",
    "{secret}",
    "{message}",
    "{phone}",
    "{otp}}",
    "{",
    "}",
    "{otp} {",
    "} {otp}",
    "{{otp}",
    "{otp\n}",
    "{otp} {event.__class__.__mro__}",
    "{otp} {x}",
    "%(otp)s",
    "${otp.x}",
    "{otp} \x00",
    "{otp} \x1b[2J",
    "{otp} \u2028",
    "{otp} \ud800",
    "{otp}\r\n",
    "no code at all",
    "",
    "x" * 10_000 + "{otp}",
]


@pytest.mark.parametrize("source", PAYLOADS)
def test_a_template_that_is_no_template_is_refused_on_save(source):
    """With the position of what is wrong, so that the form can point at it."""
    with pytest.raises(TemplateError) as caught:
        parse_template(source)

    assert 0 <= caught.value.position <= len(source)
    assert "template" == caught.value.field


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{otp}", "123456"),
        ("{{otp}} {otp}", "{otp} 123456"),
        ("{{{otp}}}", "{123456}"),
        ("{{{otp}", "{123456"),
        ("%s {otp} ${{x}} {{% if %}}", "%s 123456 ${x} {% if %}"),
        ("{user} {event} {endpoint} {minutes} {otp}", "anna Web login Mail 2 123456"),
        ("{otp}\n{otp}", "123456\n123456"),
    ],
)
def test_a_template_is_filled(source, text):
    """Only known names are put in; double braces are single ones."""
    assert text == render(parse_template(source), VALUES)


def test_the_position_points_at_the_unknown_name():
    """Counted from one in the words, from zero in the attribute."""
    with pytest.raises(TemplateError, match=r"character 7") as caught:
        parse_template("Code: {opt} {otp}")

    assert 6 == caught.value.position


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_a_value_is_never_looked_at_again(value):
    """A user called {otp} stays text."""
    template = parse_template("{user}|{otp}")

    shown = render(template, TextValues(otp="999111", user=value + "{otp}{{"))

    assert 1 == shown.count("999111") - value.count("999111")


@given(st.text(max_size=300))
def test_parsing_ends_in_a_template_or_an_error_with_a_position(source):
    """Whatever an administrator pastes."""
    position, names = 0, {"otp"}
    try:
        names = set(parse_template(source).names)
    except TemplateError as error:
        position = error.position

    assert 0 <= position <= len(source)
    assert {"otp"} <= names <= NAMES


@given(st.text(max_size=500))
def test_a_value_is_one_bounded_line(value):
    """A name must add neither a line nor a page, nor open a line that ties the code elsewhere."""
    line = one_line(value)

    assert len(line) <= LONGEST_VALUE
    assert line == line.strip()
    assert not line.startswith("@")
    assert 1 == len(line.splitlines() or [""])
    assert line == line.encode("utf-8").decode("utf-8")


@pytest.mark.parametrize("user", ["@evil.example #123456", "x\n@evil.example #123456", " @ @evil #1", "\u202e@a"])
def test_a_user_name_cannot_tie_the_code_to_another_website(user):
    """Browsers read the last line only; the line must begin with the at sign."""
    for source in ("{otp}\n{user}", "{otp} {user}"):
        text = render(parse_template(source), TextValues(otp="123456", user=user))

        assert not text.splitlines()[-1].startswith("@")


class TestOrigin:
    """The last line ``@host #code`` (WICG, Origin-bound one-time codes)."""

    def test_it_is_the_last_line_without_a_newline_after_it(self):
        """One space between, nothing in front."""
        text = render(parse_template("{otp} is your code.\n\n"), VALUES, host="login.example.com")

        assert "123456 is your code.\n@login.example.com #123456" == text

    def test_it_costs_no_other_alphabet(self):
        """Both signs are in the basic one; four septets, host and code."""
        plain = measure(render(parse_template("{otp}"), VALUES))
        bound = measure(render(parse_template("{otp}"), VALUES, host="example.com"))

        assert Alphabet.GSM7 is bound.alphabet
        assert 4 + len("example.com") + len("123456") == bound.units - plain.units

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("https://login.example.com", "login.example.com"),
            ("https://login.example.com:443/", "login.example.com"),
            ("https://LOGIN.example.com", "login.example.com"),
            ("https://müller.example", "xn--mller-kva.example"),
            ("https://login.example.com:8443", None),
            ("http://login.example.com", None),
            ("https://192.0.2.1", None),
            ("https://[2001:db8::1]", None),
            ("https://localhost", None),
            ("https://", None),
            ("https://a..b", None),
            ("https://host:port", None),
        ],
    )
    def test_only_https_on_the_usual_port_of_a_name_is_bound(self, url, host):
        """Anything else no browser would accept."""
        assert host == origin_host(url)


BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


class TestSegments:
    """3GPP TS 23.038 and 23.040."""

    def test_the_basic_alphabet_has_127_characters_without_the_escape(self):
        """Each costs one septet."""
        assert 127 == len(BASIC)
        assert (Alphabet.GSM7, 127) == (measure(BASIC).alphabet, measure(BASIC).units)

    @pytest.mark.parametrize("mark", "\f^{}\\[~]|€")
    def test_the_extension_costs_two(self, mark):
        """Escape and code."""
        assert (Alphabet.GSM7, 2) == (measure(mark).alphabet, measure(mark).units)

    @pytest.mark.parametrize("mark", "`çáíóúêâ“”\u2013\u2014…•\t\u00a0😀ẞ")
    def test_anything_else_makes_the_whole_text_ucs_2(self, mark):
        """And the editor can say which character it was."""
        found = measure(f"{BASIC}{mark}")

        assert (Alphabet.UCS2, mark) == (found.alphabet, found.costly)

    @pytest.mark.parametrize(
        ("text", "units", "segments"),
        [
            ("", 0, 0),
            ("a", 1, 1),
            ("a" * 160, 160, 1),
            ("a" * 161, 161, 2),
            ("a" * 306, 306, 2),
            ("a" * 307, 307, 3),
            ("€" * 80, 160, 1),
            ("a" + "€" * 80, 161, 2),
            ("a" * 152 + "€" * 1 + "a" * 152, 306, 3),
            ("a" * 151 + "€" * 1 + "a" * 153, 306, 2),
            ("€" * 76 + "€" * 77, 306, 3),
            ("ç" * 70, 70, 1),
            ("ç" * 71, 71, 2),
            ("ç" * 134, 134, 2),
            ("ç" * 135, 135, 3),
            ("😀" * 35, 70, 1),
            ("😀" * 36, 72, 2),
            ("ç" * 66 + "😀" + "ç" * 66, 134, 3),
            ("😀" * 67, 134, 3),
        ],
    )
    def test_segments_are_counted_without_splitting_a_pair(self, text, units, segments):
        """160 and 153 septets, 70 and 67 units; a pair that does not fit goes into the next part."""
        found = measure(text)

        assert (units, segments) == (found.units, found.segments)

    @given(st.text(max_size=400))
    def test_a_text_fits_into_its_segments_and_not_into_fewer(self, text):
        """At most one unit per part is lost to an unsplit pair."""
        found = measure(text)
        single, part = (160, 153) if found.alphabet is Alphabet.GSM7 else (70, 67)

        assert found.units <= max(found.segments, 1) * single
        if found.segments > 1:
            assert found.units > max(single, (found.segments - 1) * (part - 1))
            assert found.units <= found.segments * part

    @given(st.text(max_size=400))
    def test_units_are_those_of_the_encodings(self, text):
        """UCS-2 counts 16-bit units as UTF-16 does."""
        found = measure(text)

        if found.alphabet is Alphabet.UCS2:
            assert len(text.encode("utf-16-be", "surrogatepass")) // 2 == found.units


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("language", ["en", "de"])
def test_built_in_templates_fit_into_one_segment(name, language):
    """With usual names and the line for browsers."""
    text = render(parse_template(BUILT_IN[name][language]), VALUES, host="login.example.com")

    assert (Alphabet.GSM7, 1) == (measure(text).alphabet, measure(text).segments)


def test_the_classic_text_is_built_in():
    """Word for word."""
    assert "Your one-time password is: 123456" == render(parse_template(BUILT_IN["plain"]["en"]), VALUES)
