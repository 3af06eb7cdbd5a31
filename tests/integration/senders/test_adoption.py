"""The policy as a document: compared, brought back, carried over, arranged."""

from dataclasses import replace
from decimal import Decimal

import pytest

from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.senders.documents import Difference, differences, read_document, read_toml, write_toml
from authsms.senders.policy import Policy
from tests.integration.senders.drafts import SECRET, gateway, secret_of, twilio


@pytest.fixture
def filled(senders):
    """A policy with two services, a template of its own and a price."""
    senders.save_service(twilio(), author="anna")
    senders.save_service(gateway(), author="anna")
    policy = replace(
        senders.policy(),
        templates={"de": 'Zeile "eins"\n{otp} \\ ü'},
        segment_price=Decimal("0.075"),
        currency="CHF",
    )
    senders.save_policy(policy, author="anna")
    return senders


def test_a_file_taken_in_where_it_was_written_changes_nothing(filled):
    """Export and import are each other's opposite, secrets and all; not even a version is made."""
    before, version = filled.document(), filled.policy().version
    text = write_toml(before)
    filled.adopt(read_toml(text), author="berta", expected_version=version, change="took in a file")

    assert before == filled.document()
    assert version == filled.policy().version
    assert SECRET == secret_of(filled)
    assert SECRET not in text


def test_a_service_taken_in_elsewhere_comes_without_secrets_and_off(filled):
    """Nobody gets secrets by a file, and nothing half configured is sent through."""
    text = write_toml(filled.document())
    filled.remove_service("main", author="anna")
    filled.adopt(read_toml(text), author="anna", expected_version=filled.policy().version, change="took in a file")

    main = filled.services()[0]
    assert ("main", False, {}) == (main.rule.name, main.rule.is_enabled, dict(main.secrets))
    assert "auth token" in main.problem


def test_a_document_with_another_address_leaves_the_secrets_behind(filled):
    """The rule that holds for the form holds for files, too."""
    text = write_toml(filled.document()).replace("https://gateway.example", "https://thief.example")
    filled.adopt(read_toml(text), author="anna", expected_version=filled.policy().version, change="took in a file")

    moved = filled.services()[1]
    assert "https://thief.example/send" == moved.settings["url"]
    assert {} == dict(moved.secrets)


def test_going_back_keeps_secrets_and_switches_later_services_off(filled):
    """What came later is kept, for its secrets could not be brought back."""
    old = filled.versions()[0].document
    filled.save_service(twilio(sender_phone="12345"), author="berta")
    filled.save_service(twilio("later", position=5), author="berta")
    document = read_document(old)
    filled.adopt(document, author="anna", expected_version=filled.policy().version, change="went back")

    by_name = {one.rule.name: one for one in filled.services()}
    assert "+14155550100" == by_name["main"].settings["sender_phone"]
    assert by_name["main"].rule.is_enabled
    assert SECRET == secret_of(filled)
    assert not by_name["later"].rule.is_enabled
    assert "went back" == filled.versions()[0].change


def test_a_preview_tells_what_comes_and_changes_nothing(filled):
    """The page shows it before anything is applied."""
    before, version = filled.document(), filled.policy().version
    text = write_toml(before).replace("masks_recipients = true", "masks_recipients = false")
    planned = filled.preview(read_toml(text))

    assert (Difference("", "masks_recipients", "on", "off"),) == differences(before, planned)
    assert (before, version) == (filled.document(), filled.policy().version)


def test_of_a_secret_only_that_it_changed_is_told(filled):
    """The history names the setting and nothing else."""
    filled.save_service(twilio(auth_token="an0ther-s3cret"), author="anna")
    newest, before = filled.versions()[:2]
    found = differences(before.document, newest.document)

    assert "an0ther-s3cret" not in repr(found)
    assert all(SECRET not in repr(one.document) for one in filled.versions())


@pytest.mark.parametrize(
    "text",
    [
        "this is no toml",
        'surprise = "x"',
        "masks_recipients = 1",
        'segment_price = "NaN"',
        'segment_price = "-1"',
        'currency = "EURO"',
        '[templates]\nde = "no code"',
        '[templates]\n"../x" = "{otp}"',
        '[[services]]\nname = "x"\nkind = "unknown"',
        '[[services]]\nname = "X!"\nkind = "twilio"',
        '[[services]]\nname = "x"\nkind = "twilio"\npurposes = ["spam"]',
        '[[services]]\nname = "x"\nkind = "twilio"\nsurprise = 1',
        '[[services]]\nname = "x"\nkind = "twilio"\n[services.settings]\nauth_token = "leaked"',
        '[[services]]\nname = "x"\nkind = "twilio"\n[[services]]\nname = "x"\nkind = "twilio"',
        "a = " + "[" * 5000,
    ],
)
def test_a_file_that_does_not_fit_is_refused_as_a_whole(filled, text):
    """Also one that brings a secret: files are mailed around."""
    before, version = filled.document(), filled.policy().version
    with pytest.raises(InvalidInputError):
        filled.adopt(read_toml(text), author="anna", expected_version=version, change="took in a file")

    assert (before, version) == (filled.document(), filled.policy().version)


def test_whoever_has_seen_an_older_policy_changes_nothing(filled):
    """For files, for the order, for switches and for removal alike."""
    seen = filled.policy().version
    text = write_toml(filled.document())
    filled.save_policy(replace(filled.policy(), masks_recipients=False), author="berta")
    for change in (
        lambda: filled.adopt(read_toml(text), author="anna", expected_version=seen, change="x"),
        lambda: filled.arrange([["gateway"], ["main"]], author="anna", expected_version=seen),
        lambda: filled.switch_service("main", on=False, author="anna", expected_version=99),
        lambda: filled.remove_service("main", author="anna", expected_version=99),
    ):
        with pytest.raises(ConflictError):
            change()


def test_services_are_used_in_the_order_they_are_put_in(filled):
    """The first that may is asked first."""
    filled.arrange([["gateway"], ["main"]], author="anna", expected_version=filled.policy().version)

    assert ["gateway", "main"] == [one.rule.name for one in filled.services()]


def test_a_service_that_cannot_be_used_is_not_switched_on(filled):
    """With the reason; it would fail at the first message."""
    filled.save_service(replace(gateway(), cleared=frozenset({"secure_parameters"})), author="anna")
    text = write_toml(filled.document())
    filled.remove_service("main", author="anna")
    filled.adopt(read_toml(text), author="anna", expected_version=filled.policy().version, change="x")
    main = next(one for one in filled.services() if one.rule.name == "main")

    with pytest.raises(InvalidInputError, match="auth token"):
        filled.switch_service("main", on=True, author="anna", expected_version=main.version)


def test_a_price_is_kept_to_the_last_digit(filled):
    """It is written and read as a decimal number."""
    assert (Decimal("0.075"), "CHF") == (filled.policy().segment_price, filled.policy().currency)
    assert Policy().segment_price is None
