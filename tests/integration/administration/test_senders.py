"""What administrators do with the sender policy, on both databases and against a provider that answers as told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from authsms.administration.rights import Role
from authsms.audit import AuditRecord
from authsms.foundation.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    ProofNeededError,
)
from authsms.senders.submission import Balance
from tests.integration.administration.senders_at_work import ADMIN, message, person
from tests.integration.senders.drafts import PHONE, SECRET, gateway, secret_of, twilio
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer


class TestRights:
    """Who may do what."""

    def test_help_desk_sees_nothing(self, desk, history):
        """Not even that there are services."""
        for act in (
            desk.services,
            desk.policy,
            desk.kinds,
            lambda who: desk.service(who, "main"),
            lambda who: desk.balance(who, "main"),
            lambda who: desk.preview(who, "{otp}"),
            lambda who: desk.tests.last(who, "main"),
            history.chapters,
            history.export,
        ):
            with pytest.raises(ForbiddenError):
                act(person(Role.HELPDESK))

    @pytest.mark.parametrize(
        ("who", "error"),
        [
            (person(Role.AUDITOR), ForbiddenError),
            (person(Role.MESSAGING_OPERATOR), ForbiddenError),
            (person(Role.ADMINISTRATOR, age=timedelta(hours=1)), ProofNeededError),
        ],
    )
    def test_changes_need_the_right_and_a_fresh_proof(self, desk, history, senders, who, error):
        """Whoever only looks, or left the desk an hour ago, changes nothing and sends nothing."""
        senders.save_service(twilio(), author="anna")
        before = senders.policy().version
        for act in (
            lambda: desk.save(who, twilio(), expected_version=1),
            lambda: desk.switch(who, "main", on=False, expected_version=1),
            lambda: desk.move(who, "main", up=True, expected_version=1),
            lambda: desk.remove(who, "main", expected_version=1),
            lambda: desk.save_policy(who, senders.policy()),
            lambda: desk.callback_url(who, "main"),
            lambda: desk.tests.start(who, "main", PHONE, "Test"),
            lambda: history.take_in(who, "", expected_version=1),
            lambda: history.go_back(who, 1, expected_version=1),
        ):
            with pytest.raises(error):
                act()

        assert before == senders.policy().version


class TestSaving:
    """Services and the order they are asked in."""

    def test_a_new_service_comes_last_and_on(self, desk):
        """Then it is asked when the others fail."""
        desk.save(ADMIN, twilio("a"), expected_version=0)
        desk.save(ADMIN, twilio("b"), expected_version=0)

        lines = [
            (one.saved.rule.name, one.saved.rule.position, one.saved.rule.is_enabled) for one in desk.services(ADMIN)
        ]
        assert [("a", 0, True), ("b", 1, True)] == lines

    def test_a_changed_service_stays_where_it_is(self, desk):
        """A form says nothing of place and switch."""
        desk.save(ADMIN, twilio("a"), expected_version=0)
        desk.save(ADMIN, twilio("b"), expected_version=0)
        desk.switch(ADMIN, "b", on=False, expected_version=1)
        desk.save(ADMIN, twilio("b", sender_phone="12345"), expected_version=2)

        kept = desk.service(ADMIN, "b").rule
        assert (1, False) == (kept.position, kept.is_enabled)

    def test_the_second_of_two_administrators_is_told(self, desk):
        """And the first one's words stay."""
        desk.save(ADMIN, twilio(), expected_version=0)
        desk.save(ADMIN, twilio(sender_phone="111"), expected_version=1)
        with pytest.raises(ConflictError):
            desk.save(ADMIN, twilio(sender_phone="222"), expected_version=1)

        assert "111" == desk.service(ADMIN, "main").settings["sender_phone"]

    @pytest.mark.parametrize(
        "url",
        [
            "http://gateway.example/send",
            "https://gateway.example:8443/send",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://2130706434/",
            "https://0x7f.2/",
            "https://0177.0.0.2/",
            "https://0.0.0.0/",
            "https://192.168.1.1./",
            "https://100.64.0.1/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://224.0.0.1/",
        ],
    )
    def test_an_address_that_may_not_be_called_is_refused_with_words(self, desk, url):
        """The form is a way into the network this server stands in."""
        with pytest.raises(InvalidInputError, match="public internet") as refused:
            desk.save(ADMIN, gateway(url=url), expected_version=0)

        assert "url" == refused.value.field
        assert [] == list(desk.services(ADMIN))

    def test_a_file_is_held_to_the_same_addresses(self, desk, history, senders):
        """Else it would be the way around."""
        desk.save(ADMIN, gateway(), expected_version=0)
        text = history.export(ADMIN).replace("gateway.example", "169.254.169.254")
        with pytest.raises(InvalidInputError, match="public internet"):
            history.take_in(ADMIN, text, expected_version=senders.policy().version)

    def test_services_change_places(self, desk, senders):
        """One step at a time; the first one stays first."""
        for name in ("a", "b", "c"):
            desk.save(ADMIN, twilio(name), expected_version=0)
        desk.move(ADMIN, "c", up=True, expected_version=senders.policy().version)
        desk.move(ADMIN, "a", up=True, expected_version=senders.policy().version)

        assert ["a", "c", "b"] == [one.saved.rule.name for one in desk.services(ADMIN)]

    def test_the_audit_trail_names_who_did_it_and_from_where(self, desk, database):
        """For every change."""
        desk.save(ADMIN, twilio(), expected_version=0)
        with database.read() as session:
            record = session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc())).first()

        assert ("anna", "LOCAL:1", "192.0.2.7") == (record.login, record.person_key, record.address)


class TestTexts:
    """What a template comes to."""

    def test_a_preview_counts_and_reckons(self, desk):
        """One costly character makes two messages of one."""
        plain = desk.preview(ADMIN, "Your code is {otp}. " + "x" * 70, Decimal("0.075"))
        dear = desk.preview(ADMIN, "Your code is {otp} ✓ " + "x" * 70, Decimal("0.075"))

        assert ("GSM-7", 1, Decimal("0.075")) == (plain.alphabet, plain.segments, plain.price)
        assert ("UCS-2", 2, Decimal("0.150"), "✓") == (dear.alphabet, dear.segments, dear.price, dear.costly)
        assert "482915" in plain.text

    def test_a_template_without_a_code_is_refused(self, desk):
        """Nobody could sign in with such a message."""
        policy = replace(desk.policy(ADMIN), templates={"de": "Hallo"})
        with pytest.raises(InvalidInputError, match="otp"):
            desk.save_policy(ADMIN, policy)

        assert {} == dict(desk.policy(ADMIN).templates)

    def test_two_administrators_do_not_overwrite_each_other(self, desk):
        """The second sees what the first has done."""
        seen = desk.policy(ADMIN)
        desk.save_policy(ADMIN, replace(seen, masks_recipients=False))
        with pytest.raises(ConflictError):
            desk.save_policy(ADMIN, replace(seen, wording="plain"))

        assert not desk.policy(ADMIN).masks_recipients


class TestHistory:
    """What was, and what a file brings."""

    def test_each_version_tells_what_it_changed(self, desk, history):
        """In lines of old and new."""
        desk.save(ADMIN, twilio(), expected_version=0)
        desk.save(ADMIN, twilio(sender_phone="12345"), expected_version=1)
        newest, first = history.chapters(ADMIN)

        assert [("main", "sender_phone", "+14155550100", "12345")] == [
            (one.place, one.what, one.old, one.new) for one in newest.changes
        ]
        assert ("", "twilio") == (first.changes[-1].old, next(one.new for one in first.changes if one.what == "kind"))

    def test_going_back_is_shown_first_and_then_done(self, desk, history, senders):
        """What is applied is what was shown."""
        desk.save(ADMIN, twilio(), expected_version=0)
        desk.save(ADMIN, twilio(sender_phone="12345"), expected_version=1)
        plan = history.plan_return(ADMIN, 1)
        history.go_back(ADMIN, 1, expected_version=plan.version)

        assert [("12345", "+14155550100")] == [(one.old, one.new) for one in plan.changes]
        assert "+14155550100" == desk.service(ADMIN, "main").settings["sender_phone"]
        assert SECRET == secret_of(senders)

    def test_a_file_of_this_server_changes_nothing_here(self, desk, history):
        """Export and import are each other's opposite."""
        desk.save(ADMIN, twilio(), expected_version=0)

        assert () == history.plan_import(ADMIN, history.export(ADMIN)).changes


class TestList:
    """What the list tells without asking anybody."""

    def test_the_balance_is_asked_for_once_and_then_remembered(self, desk, senders):
        """The list itself never waits for a provider."""
        with HostileServer(hostile.answer(200, b'{"balance": "12.50", "currency": "USD"}')) as server:
            senders.save_service(twilio(base_url=server.url), author="anna")
            before = desk.services(ADMIN)[0]
            asked_by_list = len(server.requests)
            told = [desk.balance(ADMIN, "main") for _ in range(2)]
            after = desk.services(ADMIN)[0]

        assert (True, None, 0) == (before.tells_balance, before.told, asked_by_list)
        assert 1 == len(server.requests)
        assert Balance(Decimal("12.50"), "USD") == told[1].balance
        assert told[0] == after.told

    def test_a_provider_that_is_away_tells_no_balance(self, desk, senders):
        """That is said, and the page works."""
        with HostileServer(hostile.hang_up) as server:
            senders.save_service(twilio(base_url=server.url), author="anna")
            told = desk.balance(ADMIN, "main")

        assert told.balance is None

    def test_what_each_service_carried_within_a_day_is_counted(self, desk, senders, database, clock):
        """What was sent earlier, or through another service, does not count."""
        senders.save_service(twilio(), author="anna")
        with database.write() as session:
            for service, state, hours in (
                ("main", "delivered", 1),
                ("main", "accepted", 23),
                ("main", "delivered", 25),
                ("other", "delivered", 1),
            ):
                session.add(message(service, state, clock.now() - timedelta(hours=hours)))
        [line] = desk.services(ADMIN)

        assert (2, 1) == (line.sent, line.delivered)
