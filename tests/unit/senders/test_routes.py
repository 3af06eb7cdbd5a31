"""Through which services a text goes, in which order, and from which sender."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsms.foundation.phone import PhoneNumber
from authsms.senders.policy import ServiceRule
from authsms.senders.routes import Consignment, Obstacle, comparable, examine, routes
from authsms.senders.submission import Purpose

AUSTRIAN = PhoneNumber("+436641234567")
BERLINER = PhoneNumber("+493012345678")
FRENCH = PhoneNumber("+33612345678")
BRITISH = PhoneNumber("+447911123456")
CODE = Consignment(Purpose.AUTHENTICATION, AUSTRIAN, "message")


def _names(rules, **changes) -> list[str]:
    return [route.service for route in routes(rules, replace(CODE, **changes))]


_NUMBERS = st.sampled_from([AUSTRIAN, BERLINER, FRENCH, BRITISH, PhoneNumber("+12025550123")])
_RULES = st.lists(
    st.builds(
        ServiceRule,
        name=st.sampled_from("abcdef"),
        position=st.integers(0, 2),
        is_enabled=st.booleans(),
        purposes=st.frozensets(st.sampled_from(Purpose), max_size=2),
        countries=st.frozensets(st.sampled_from(["AT", "DE", "FR", "GB", "US"]), max_size=2),
        prefixes=st.frozensets(st.sampled_from(["+4", "+43", "+4930", "+44", "+1202"]), max_size=2),
        groups=st.frozensets(st.sampled_from(["VIP", "Board"]), max_size=1),
        labels=st.frozensets(st.sampled_from(["acme", "globex"]), max_size=1),
        weight=st.integers(1, 100),
        senders=st.dictionaries(
            st.sampled_from(["AT", "DE", "*"]), st.lists(st.sampled_from("123"), min_size=1, max_size=3).map(tuple)
        ),
    ),
    unique_by=lambda rule: rule.name,
)
_CONSIGNMENTS = st.builds(
    Consignment,
    purpose=st.sampled_from(Purpose),
    recipient=_NUMBERS,
    message_id=st.text("0123456789abcdef", min_size=1, max_size=32),
    label=st.sampled_from(["", "acme", "globex"]),
    groups=st.frozensets(st.sampled_from(["vip", "board"])),
)


class TestAnyPolicy:
    """What holds for whatever administrators come to think of."""

    @settings(max_examples=40, deadline=None)
    @given(rules=_RULES, consignment=_CONSIGNMENTS)
    def test_every_service_is_either_asked_once_or_passed_over_for_a_reason(self, rules, consignment):
        """No service gets lost, none is asked for what it is not meant for."""
        asked = [route.service for route in routes(rules, consignment)]
        passed_over = [one.rule.name for one in examine(rules, consignment) if one.obstacles]

        assert sorted([*asked, *passed_over]) == sorted(rule.name for rule in rules)
        for rule in (rule for rule in rules if rule.name in asked):
            assert rule.is_enabled
            assert not rule.purposes or consignment.purpose in rule.purposes
            assert not rule.labels or consignment.label in rule.labels
            assert not rule.groups or comparable(rule.groups) & consignment.groups

    @settings(max_examples=40, deadline=None)
    @given(rules=_RULES, consignment=_CONSIGNMENTS, data=st.data())
    def test_the_way_depends_on_nothing_but_rules_and_text(self, rules, consignment, data):
        """A repeat, by another process and from rows in another order, finds the same way."""
        shuffled = data.draw(st.permutations(rules))

        assert routes(rules, consignment) == routes(shuffled, consignment)

    @settings(max_examples=40, deadline=None)
    @given(rules=_RULES, consignment=_CONSIGNMENTS)
    def test_a_service_that_goes_changes_nothing_among_the_others(self, rules, consignment):
        """Failover goes on in the order there was; senders stay, too."""
        whole = routes(rules, consignment)
        for gone in rules:
            rest = [rule for rule in rules if rule is not gone]

            assert [route for route in whole if route.service != gone.name] == routes(rest, consignment)

    @settings(max_examples=40, deadline=None)
    @given(rules=_RULES, consignment=_CONSIGNMENTS)
    def test_places_come_one_after_the_other_and_the_more_exact_goes_first(self, rules, consignment):
        """Weights decide only where neither place nor exactness does, and there they make a whole."""
        found = {one.rule.name: one for one in examine(rules, consignment)}
        asked = [found[route.service] for route in routes(rules, consignment)]

        places = [(one.rule.position, -one.exactness) for one in asked]
        assert sorted(places) == places
        for place in set(places):
            beside = [one.share for one in asked if (one.rule.position, -one.exactness) == place]
            assert sum(beside) == pytest.approx(1)

    @settings(max_examples=40, deadline=None)
    @given(rules=_RULES, consignment=_CONSIGNMENTS, other=st.text("0123456789abcdef", min_size=1, max_size=32))
    def test_a_person_is_always_texted_from_the_same_sender(self, rules, consignment, other):
        """Whatever the message: people learn whom their codes come from."""
        again = replace(consignment, message_id=other)

        assert set(routes(rules, consignment)) == set(routes(rules, again))


class TestConditions:
    """When a service is passed over."""

    def test_a_service_that_is_off_is_passed_over(self):
        """It stays configured."""
        assert [] == _names([ServiceRule("a", is_enabled=False)])

    def test_a_service_may_be_meant_for_some_purposes_and_countries(self):
        """Offers through the cheap one, codes through the fast one."""
        rules = [
            ServiceRule("offers", 0, purposes=frozenset({Purpose.OFFER})),
            ServiceRule("home", 1, countries=frozenset({"DE", "AT"})),
            ServiceRule("world", 2),
        ]

        assert ["home", "world"] == _names(rules)
        assert ["world"] == _names(rules, recipient=FRENCH)
        assert ["offers", "world"] == _names(rules, purpose=Purpose.OFFER, recipient=FRENCH)

    def test_prefixes_and_countries_add_up(self):
        """London by prefix, and all of Austria."""
        rules = [ServiceRule("a", countries=frozenset({"AT"}), prefixes=frozenset({"+4479"}))]

        assert (["a"], ["a"], []) == (_names(rules), _names(rules, recipient=BRITISH), _names(rules, recipient=FRENCH))

    def test_a_group_is_found_in_any_spelling(self):
        """Directories do not tell upper and lower case apart."""
        rules = [ServiceRule("a", groups=frozenset({"Größte Kunden"}))]

        assert ["a"] == _names(rules, groups=comparable(["GRÖSSTE KUNDEN", "others"]))
        assert [] == _names(rules, groups=comparable(["others"]))

    def test_a_label_keeps_the_texts_of_one_house_with_its_own_account(self):
        """Two companies on one server, each paying for its own."""
        rules = [ServiceRule("acme", 0, labels=frozenset({"acme"})), ServiceRule("all", 1)]

        assert ["acme", "all"] == _names(rules, label="acme")
        assert ["all"] == _names(rules)

    def test_every_reason_is_told(self):
        """The administrator learns all that is in the way at once."""
        rule = ServiceRule(
            "a",
            is_enabled=False,
            purposes=frozenset({Purpose.OFFER}),
            countries=frozenset({"DE"}),
            groups=frozenset({"VIP"}),
            labels=frozenset({"acme"}),
        )
        [examined] = examine([rule], CODE)

        assert tuple(Obstacle) == examined.obstacles


class TestOrder:
    """Who is asked first."""

    def test_the_order_of_the_list_goes_before_exactness(self):
        """What stands further up is asked first, that simple."""
        rules = [ServiceRule("exact", 1, prefixes=frozenset({"+4930"})), ServiceRule("all", 0)]

        assert ["all", "exact"] == _names(rules, recipient=BERLINER)

    def test_in_one_place_the_longest_prefix_goes_before_the_country_and_that_before_all(self):
        """A routing table, for whoever wants one."""
        rules = [
            ServiceRule("all", weight=100),
            ServiceRule("country", countries=frozenset({"DE"}), weight=100),
            ServiceRule("short", prefixes=frozenset({"+4", "+49"}), weight=100),
            ServiceRule("long", prefixes=frozenset({"+4930", "+43"})),
        ]

        assert ["long", "short", "country", "all"] == _names(rules, recipient=BERLINER)

    def test_equals_share_the_load_by_weight(self):
        """Three to one, over many messages."""
        rules = [ServiceRule("much", weight=75), ServiceRule("little", weight=25)]
        first = Counter(_names(rules, message_id=f"{number:032x}")[0] for number in range(4000))

        assert 0.75 == pytest.approx(first["much"] / 4000, abs=0.03)
        assert [0.25, 0.75] == [one.share for one in examine(rules, CODE)]

    def test_who_does_not_carry_a_text_has_no_share_of_it(self):
        """Half and half, also where a third one is for another country."""
        rules = [ServiceRule("a"), ServiceRule("b"), ServiceRule("c", countries=frozenset({"FR"}), weight=50)]

        assert [("a", 0.5), ("b", 0.5), ("c", 0.0)] == [(one.rule.name, one.share) for one in examine(rules, CODE)]


class TestSender:
    """From whom a text is."""

    @pytest.mark.parametrize(
        ("senders", "expected"),
        [
            ({}, ""),
            ({"AT": ("+431",)}, "+431"),
            ({"AT": ("+431",), "*": ("Example",)}, "+431"),
            ({"DE": ("+491",), "*": ("Example",)}, "Example"),
            ({"DE": ("+491",)}, ""),
        ],
    )
    def test_the_country_decides_then_the_default_then_the_services_own_setting(self, senders, expected):
        """A country that wants a registered name gets it, and nobody else does."""
        [route] = routes([ServiceRule("a", senders=senders)], CODE)

        assert expected == route.sender

    def test_several_senders_share_the_people(self):
        """A number has a limit a day; people are spread over several."""
        pool = ("+431", "+432", "+433", "+434")
        rule = ServiceRule("a", senders={"AT": pool})
        used = Counter(
            routes([rule], replace(CODE, recipient=PhoneNumber(f"+43664{number:07d}")))[0].sender
            for number in range(2000)
        )

        assert set(pool) == used.keys()
        assert all(400 < count < 600 for count in used.values())

    def test_a_new_sender_moves_only_whom_it_takes_over(self):
        """Nobody else sees his codes come from a stranger."""
        people = [PhoneNumber(f"+43664{number:07d}") for number in range(500)]
        few = ServiceRule("a", senders={"AT": ("+431", "+432")})
        more = ServiceRule("a", senders={"AT": ("+431", "+432", "+433")})

        for person in people:
            text = replace(CODE, recipient=person)
            before, after = routes([few], text)[0].sender, routes([more], text)[0].sender
            assert after in {before, "+433"}
