"""Settings as data: read, checked, typed."""

import pytest

from authsms.foundation.errors import InvalidInputError
from authsms.senders.settings import Setting, SettingKind, SettingValues, origin

HELP = "What it is for."


def _setting(kind: SettingKind, **options) -> Setting:
    return Setting("thing", "Thing", HELP, kind, **options)


@pytest.mark.parametrize(
    ("setting", "raw", "value"),
    [
        (_setting(SettingKind.TEXT), "  a b ", "a b"),
        (_setting(SettingKind.TEXT, default="x"), "", "x"),
        (_setting(SettingKind.SECRET), " pasted\n", "pasted"),
        (_setting(SettingKind.MULTILINE), "a\nb\n", "a\nb"),
        (_setting(SettingKind.URL), "https://a.example:8443/x?y=1", "https://a.example:8443/x?y=1"),
        (_setting(SettingKind.NUMBER, lowest=1, highest=9), "5", 5),
        (_setting(SettingKind.NUMBER, default=3), None, 3),
        (_setting(SettingKind.FLAG, default=False), "on", True),
        (_setting(SettingKind.FLAG, default=False), False, False),
        (_setting(SettingKind.FLAG, default=True), None, True),
        (_setting(SettingKind.CHOICE, choices=(("a", "A"), ("b", "B"))), "b", "b"),
        (_setting(SettingKind.PAIRS), None, ()),
        (_setting(SettingKind.PAIRS), "a=1\r\nb = x=y \n", (("a", "1"), ("b", "x=y"))),
        (_setting(SettingKind.PAIRS), [["a", "1"], ("a", "2")], (("a", "1"), ("a", "2"))),
        (_setting(SettingKind.SECRET_PAIRS), {"a": "1"}, (("a", "1"),)),
    ],
)
def test_a_value_is_read_from_forms_files_and_the_database(setting, raw, value):
    """One way in for all of them."""
    assert value == setting.read(raw)


@pytest.mark.parametrize(
    ("setting", "raw"),
    [
        (_setting(SettingKind.TEXT, required=True), "  "),
        (_setting(SettingKind.TEXT), "a\x00b"),
        (_setting(SettingKind.TEXT), "a\nb"),
        (_setting(SettingKind.TEXT), 5),
        (_setting(SettingKind.TEXT), "x" * 2001),
        (_setting(SettingKind.TEXT, pattern="[a-z]+"), "A1"),
        (_setting(SettingKind.SECRET), "planted\u202e"),
        (_setting(SettingKind.URL), "javascript:alert(1)"),
        (_setting(SettingKind.URL), "//host/path"),
        (_setting(SettingKind.URL), "https://"),
        (_setting(SettingKind.URL), "https://host:99999/"),
        (_setting(SettingKind.URL), "https://[::1/"),
        (_setting(SettingKind.URL), "https://user@host/"),
        (_setting(SettingKind.URL), "https://host\\@other/"),
        (_setting(SettingKind.URL), "https://a b/"),
        (_setting(SettingKind.NUMBER, lowest=1, highest=9), "10"),
        (_setting(SettingKind.NUMBER), "1.5"),
        (_setting(SettingKind.NUMBER), True),
        (_setting(SettingKind.FLAG), "maybe"),
        (_setting(SettingKind.FLAG), 2),
        (_setting(SettingKind.CHOICE, choices=(("a", "A"),)), "c"),
        (_setting(SettingKind.PAIRS), "planted"),
        (_setting(SettingKind.PAIRS), "=planted"),
        (_setting(SettingKind.PAIRS), 7),
        (_setting(SettingKind.PAIRS), [["a"]]),
        (_setting(SettingKind.PAIRS), ["ab"]),
        (_setting(SettingKind.PAIRS), [["a", 1]]),
        (_setting(SettingKind.PAIRS), [["a\n", "x\x00"]]),
        (_setting(SettingKind.PAIRS), "\n".join(f"a{number}=1" for number in range(51))),
        (_setting(SettingKind.SECRET_PAIRS), "a=planted\na=planted"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_setting(setting, raw):
    """The words do not repeat the value: it may be a secret in the wrong field."""
    with pytest.raises(InvalidInputError) as caught:
        setting.read(raw)

    assert "thing" == caught.value.field
    assert str(caught.value).startswith("Thing ")
    assert "planted" not in str(caught.value)


class TestValues:
    """All settings of one service."""

    SETTINGS = (
        _setting(SettingKind.SECRET),
        Setting("pairs", "Pairs", HELP, SettingKind.SECRET_PAIRS),
        Setting("number", "Number", HELP, SettingKind.NUMBER, default=1),
        Setting("flag", "Flag", HELP, SettingKind.FLAG, default=False),
    )

    def test_they_come_out_typed(self):
        """A plugin asks for what it declared."""
        values = SettingValues.read(self.SETTINGS, {"thing": "s", "pairs": "a=b", "flag": "on"})

        assert ("s", (("a", "b"),), 1, True) == (
            values.text("thing"),
            values.pairs("pairs"),
            values.number("number"),
            values.flag("flag"),
        )

    def test_asking_for_the_wrong_type_is_a_mistake_of_the_plugin(self):
        """It shows in the plugin's first test."""
        values = SettingValues.read(self.SETTINGS, {})

        for ask in (values.pairs, values.number):
            with pytest.raises(TypeError):
                ask("thing")
        with pytest.raises(TypeError):
            values.text("number")

    def test_an_unknown_name_is_refused(self):
        """A misspelt setting must not do nothing."""
        with pytest.raises(InvalidInputError) as caught:
            SettingValues.read(self.SETTINGS, {"thign": "s"})

        assert "thign" == caught.value.field

    def test_secrets_are_collected_and_not_shown(self):
        """For redaction; never in a traceback."""
        values = SettingValues.read(self.SETTINGS, {"thing": "s1", "pairs": "a=s2"})

        assert ("s1", "s2") == values.secrets
        assert "s1" not in repr(values)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.example:443/y?z", True),
        ("https://a.example/", "https://a.example./", True),
        ("https://a.example/", "http://a.example/", False),
        ("https://a.example/", "https://a.example:444/", False),
        ("https://a.example/", "https://b.example/", False),
    ],
)
def test_scheme_host_and_port_say_who_gets_a_secret(one, other, same):
    """Path and query do not."""
    assert same == (origin(one) == origin(other))
