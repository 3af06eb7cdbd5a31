"""The sender policy in a database: saved, sealed, versioned."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from authsms.audit import AuditTrail
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.senders.models import SenderServiceRecord
from authsms.senders.policy import Policy, ServiceRule
from authsms.senders.submission import Accepted, Submission
from tests.integration.senders.drafts import (
    CODE,
    PHONE,
    SECRET,
    gateway,
    secret_of,
    twilio,
)
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer


class TestSaving:
    """What is stored, and what comes back."""

    def test_a_saved_service_sends(self, senders):
        """With the callback address of its own."""
        with HostileServer(hostile.answer(201, json.dumps({"sid": "SM" + "0" * 32}).encode())) as server:
            senders.save_service(twilio(base_url=server.url), author="anna")
            (chosen,) = senders.choose(CODE)
            outcome = chosen.submit(Submission("m" * 32, PHONE, "Text"))

        assert Accepted("SM" + "0" * 32) == outcome
        assert ("main", 1, "twilio") == (chosen.name, chosen.policy_version, chosen.kind)
        assert b"StatusCallback=https%3A%2F%2Flogin.example%2Fwebhooks%2Fmain%2F" in server.requests[0]

    def test_secrets_are_never_given_back(self, senders, clock):
        """Only that they are set, by whom and when."""
        saved = senders.save_service(twilio(), author="anna")

        assert SECRET not in repr(saved) + repr(senders.services())
        assert "auth_token" not in saved.settings
        assert ("anna", clock.now()) == (saved.secrets["auth_token"].by, saved.secrets["auth_token"].at)

    def test_secrets_are_nowhere_in_the_database(self, senders, database):
        """Sealed in one place, absent from the history and the audit trail."""
        senders.save_service(twilio(), author="anna")
        senders.save_service(gateway(), author="anna")

        with database.read() as session:
            for table in ("sender_service", "sender_policy", "sender_policy_version", "audit_record"):
                for row in session.execute(text(f"SELECT * FROM {table}")):  # noqa: S608 - names of ours
                    assert SECRET not in repr(row)

    def test_sealed_secrets_do_not_open_in_another_row(self, senders, database):
        """Who can write to the database must not lend one service the secrets of another."""
        senders.save_service(twilio("a"), author="anna")
        senders.save_service(twilio("b", auth_token="other"), author="anna")
        with database.write() as session:
            rows = {row.name: row for row in session.scalars(select(SenderServiceRecord))}
            rows["b"].secrets = rows["a"].secrets

        problems = {saved.rule.name: saved.problem for saved in senders.services()}

        assert not problems["a"]
        assert "secrets" in problems["b"]

    @pytest.mark.parametrize("typed", [{"auth_token": ""}, {"auth_token": None}])
    def test_an_empty_secret_keeps_the_stored_one(self, senders, typed):
        """The form shows an empty field."""
        senders.save_service(twilio(), author="anna")
        saved = senders.save_service(twilio(sender_phone="12345", **typed), author="berta")

        assert SECRET == secret_of(senders)
        assert "anna" == saved.secrets["auth_token"].by

    def test_a_typed_secret_replaces_the_stored_one(self, senders):
        """And says who did it."""
        senders.save_service(twilio(), author="anna")
        saved = senders.save_service(twilio(auth_token="new one"), author="berta")

        assert "new one" == secret_of(senders)
        assert "berta" == saved.secrets["auth_token"].by

    def test_a_secret_can_be_cleared(self, senders):
        """Said explicitly, because an empty field keeps it."""
        senders.save_service(gateway(password="pw", user="me"), author="anna")
        draft = replace(gateway(user="me"), cleared=frozenset({"password"}))

        assert {"secure_parameters"} == senders.save_service(draft, author="anna").secrets.keys()

    def test_a_service_without_a_needed_secret_is_refused(self, senders):
        """Nothing is stored then."""
        with pytest.raises(InvalidInputError) as caught:
            senders.save_service(twilio(auth_token=""), author="anna")

        assert "auth_token" == caught.value.field
        assert [] == senders.services()

    @pytest.mark.parametrize("name", ["", "Main", "a b", "a/b", "ä", "x" * 41, "a_b", "../a"])
    def test_a_name_is_a_part_of_an_address(self, senders, name):
        """It stands in the callback address."""
        with pytest.raises(InvalidInputError) as caught:
            senders.save_service(twilio(name), author="anna")

        assert "name" == caught.value.field

    def test_a_removed_service_is_gone(self, senders):
        """With its secrets."""
        senders.save_service(twilio(), author="anna")
        senders.remove_service("main", author="anna")

        assert [] == senders.services()
        assert [] == senders.choose(CODE)
        with pytest.raises(NotFoundError):
            senders.remove_service("main", author="anna")


class TestRepointing:
    """Whoever changes where secrets go has to know them."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"url": "https://evil.example/send"},
            {"url": "http://gateway.example/send"},
            {"url": "https://gateway.example:8443/send"},
        ],
    )
    def test_another_address_clears_every_stored_secret(self, senders, changes):
        """Scheme, host and port count; the test button must not hand a secret to a stranger."""
        senders.save_service(gateway(password=SECRET, user="me"), author="anna")

        with pytest.raises(InvalidInputError) as caught:
            senders.save_service(gateway(secure_parameters={"key": "", "pin": ""}, **changes), author="eve")
        saved = senders.save_service(gateway(secure_parameters=None, user="me", **changes), author="eve")

        assert "secure_parameters" == caught.value.field
        assert {} == saved.secrets
        assert "" == secret_of(senders, "gateway", "password")

    def test_other_trust_clears_them_too(self, senders, tmp_path):
        """A certificate of the attacker's own would make his server the provider."""
        from tests.parts.certificates import Authority  # noqa: PLC0415 - only here

        senders.save_service(gateway(), author="anna")
        changes = {"certificates": Authority(tmp_path).file.read_text(), "secure_parameters": None}

        assert {} == senders.save_service(gateway(**changes), author="eve").secrets

    def test_another_path_at_the_same_host_keeps_them(self, senders):
        """The same people get them."""
        senders.save_service(gateway(), author="anna")
        saved = senders.save_service(
            gateway(url="https://GATEWAY.example:443/v2?x=1", secure_parameters=None), author="anna"
        )

        assert ("key", "pin") == saved.secrets["secure_parameters"].names

    def test_a_needed_secret_has_to_be_typed_again(self, senders):
        """The words say why."""
        senders.save_service(twilio(), author="anna")

        with pytest.raises(InvalidInputError, match="API address was changed"):
            senders.save_service(twilio(auth_token="", base_url="https://evil.example"), author="eve")

    def test_a_secret_pair_is_kept_under_its_own_name_only(self, senders):
        """Otherwise it could be moved into a field that is shown or logged."""
        senders.save_service(gateway(), author="anna")
        kept = {"key": "", "pin": "new"}
        senders.save_service(gateway(secure_parameters=kept), author="anna")

        assert (("key", SECRET), ("pin", "new")) == secret_of(senders, "gateway", "secure_parameters")
        with pytest.raises(InvalidInputError):
            senders.save_service(gateway(secure_parameters={"callback": ""}), author="eve")

    def test_another_provider_under_the_same_name_gets_no_secret(self, senders):
        """Even where the settings are called the same."""
        senders.save_service(gateway(user="me", password=SECRET), author="anna")
        draft = replace(twilio("gateway", auth_token=""), rule=ServiceRule("gateway"))

        with pytest.raises(InvalidInputError):
            senders.save_service(draft, author="eve")


class TestVersions:
    """Two administrators, two processes."""

    def test_the_second_one_who_saves_is_told(self, senders):
        """Nothing is overwritten unseen."""
        seen = senders.save_service(twilio(), author="anna", expected_version=0)
        senders.save_service(twilio(sender_phone="12345"), author="berta", expected_version=seen.version)

        with pytest.raises(ConflictError):
            senders.save_service(twilio(sender_phone="99999"), author="anna", expected_version=seen.version)
        with pytest.raises(ConflictError):
            senders.save_service(twilio(), author="anna", expected_version=0)

    def test_the_policy_is_guarded_the_same_way(self, senders):
        """By its version."""
        changed = senders.save_policy(replace(senders.policy(), masks_recipients=False), author="anna")

        assert changed == senders.policy()
        with pytest.raises(ConflictError):
            senders.save_policy(replace(changed, version=0), author="berta")

    def test_every_change_is_a_version_and_an_audit_record(self, senders, database, vault, clock):
        """Who, what, and what it looked like."""
        senders.save_service(twilio(), author="anna")
        senders.save_policy(Policy(wording="plain", version=1), author="berta")

        newest, first = senders.versions()

        assert (2, "berta", "changed the policy") == (newest.version, newest.author, newest.change)
        assert (1, "anna", "added main") == (first.version, first.author, first.change)
        assert ["auth_token"] == first.document["services"][0]["secrets_set"]
        tags = [view.entry.tag for view in AuditTrail(database, vault, clock).search()]
        assert ["sender.saved", "sender.saved"] == tags
