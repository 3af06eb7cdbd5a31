"""The rule of a service written down, and what is refused of it."""

from dataclasses import replace
from typing import Any

import pytest

from authsms.cli.sender_rules import changed_rule, use_of
from authsms.foundation.errors import InvalidInputError
from authsms.senders.documents import differences, read_document, read_toml, write_toml
from authsms.senders.policy import ServiceRule
from authsms.senders.rules import check_rule, read_rule, read_senders, write_rule, write_senders
from authsms.senders.submission import Purpose

RULE = ServiceRule(
    "main",
    3,
    purposes=frozenset({Purpose.OFFER}),
    countries=frozenset({"DE", "AT"}),
    prefixes=frozenset({"+4420"}),
    groups=frozenset({'Kunden "A", Süd'}),
    labels=frozenset({"acme"}),
    weight=70,
    senders={"DE": ("+491715550100", "+491715550101"), "*": ("Route 66",)},
)


def _document(*rules: ServiceRule) -> dict[str, Any]:
    services = [{"name": rule.name, "kind": "twilio", **write_rule(rule), "settings": {}} for rule in rules]
    return {"masks_recipients": True, "wording": "standard", "templates": {}, "services": services}


def test_a_rule_comes_back_from_a_file_as_it_was():
    """Whatever characters the names of groups and senders have."""
    check_rule(RULE)
    document = read_toml(write_toml(_document(RULE, ServiceRule("plain"))))

    assert [RULE, ServiceRule("plain")] == [entry.rule for entry in document.services]


def test_a_file_says_nothing_of_conditions_nobody_has_set():
    """It is read by people."""
    text = write_toml(_document(ServiceRule("plain")))

    assert not any(word in text for word in ("weight", "senders", "labels", "groups", "prefixes"))


def test_a_document_from_before_these_rules_still_holds():
    """The history goes back further than this version; nothing seems to have changed since."""
    old = _document(ServiceRule("plain"))
    for name in ("prefixes", "groups", "labels", "weight", "senders"):
        del old["services"][0][name]

    assert ServiceRule("plain") == read_document(old).services[0].rule
    assert () == tuple(differences(old, _document(ServiceRule("plain"))))


def test_a_difference_tells_the_senders_in_one_line():
    """As the history shows it."""
    [changed] = differences(_document(replace(RULE, senders={})), _document(RULE))

    assert ("senders", "", "*: Route 66; DE: +491715550100, +491715550101") == (changed.what, changed.old, changed.new)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Main"),
        ("countries", frozenset({"Germany"})),
        ("prefixes", frozenset({"4930"})),
        ("prefixes", frozenset({"+0"})),
        ("prefixes", frozenset({"+1234567890123456"})),
        ("groups", frozenset({"two\nlines"})),
        ("labels", frozenset({"Acme"})),
        ("weight", 0),
        ("weight", 101),
        ("senders", {"Germany": ("+491",)}),
        ("senders", {"DE": ()}),
        ("senders", {"DE": ("+491", "+491")}),
        ("senders", {"DE": ("a\x00b",)}),
    ],
)
def test_what_cannot_be_is_refused_by_name(field, value):
    """The form shows the words beside the field."""
    with pytest.raises(InvalidInputError) as caught:
        check_rule(replace(RULE, **{field: value}))

    assert field == caught.value.field


@pytest.mark.parametrize(
    "raw", [{"weight": True}, {"senders": ["+49"]}, {"senders": {"DE": "+49"}}, {"groups": "VIP"}, {"purposes": ["x"]}]
)
def test_a_file_of_another_shape_is_refused(raw):
    """A slip of the pen must not mean something else."""
    with pytest.raises(InvalidInputError):
        read_rule("main", raw)


def test_senders_are_written_one_country_a_line():
    """The rest of the world comes last."""
    text = write_senders(RULE.senders)

    assert "DE = +491715550100, +491715550101\n* = Route 66" == text
    assert RULE.senders == read_senders(f"\n{text}\n".replace("DE =", " de="))


@pytest.mark.parametrize("text", ["DE +49171", "= +49171", "Germany = +49171"])
def test_a_line_of_senders_nobody_can_read_is_refused(text):
    """Rather than guessed at; it stands in the form again as it was typed."""
    rule = replace(RULE, senders=read_senders(text))

    with pytest.raises(InvalidInputError, match="one country a line"):
        check_rule(rule)
    assert text.partition(" = ")[0].upper() in write_senders(rule.senders)


def test_a_country_that_comes_twice_has_the_senders_of_both_lines():
    """As lists get longer, lines do."""
    assert {"DE": ("+1", "+2")} == read_senders("DE = +1\nde = +2")


def test_an_option_changes_only_what_it_names():
    """A service that was set up in the portal keeps its conditions when its key is changed on the command line."""
    untouched = {"position": None, "weight": None, "countries": None, "groups": (), "senders": ()}

    assert RULE == changed_rule(RULE, untouched)
    assert replace(RULE, countries=frozenset(), weight=1) == changed_rule(RULE, {"countries": "", "weight": 1})
    assert replace(RULE, groups=frozenset()) == changed_rule(RULE, {"groups": ("",)})
    assert replace(RULE, senders={"AT": ("+43",)}) == changed_rule(RULE, {"senders": ("AT = +43",)})


def test_a_service_that_carries_everything_needs_no_words():
    """The list stays short."""
    assert [] == list(use_of(ServiceRule("main", 7, is_enabled=False)))
    assert "weight: 70" in list(use_of(RULE))
