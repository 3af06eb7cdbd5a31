"""Every table that knows people says so, or it would be forgotten when somebody is to be."""

import pytest

import authsms.wiring  # noqa: F401 - loads the tables of every feature
from authsms.desks import HOLDINGS
from authsms.foundation.db import Base
from authsms.foundation.personal import Fate

PERSONAL = {"person_key", "person_id", "login", "mail", "masked", "recipient_hash", "person"}
TOLD_ELSEWHERE = {
    "audit_record": "a chain that breaks when a record goes; handed out with the rest",
    "suppression": "knows a number by its keyed hash only, and keeps it from being texted",
    "inbound_text": "goes by the number's hash; wiped along with contacts",
    "caller_check": "a day; by a hash of agent and person",
    "logon_process": "a day",
    "sender_test": "a month; the masked number of whoever tried a service",
    "local_person": "the account itself",
    "local_membership": "goes with the account",
    "administrator": "is not erased before the roles are taken away",
}


def test_every_table_that_knows_people_says_what_becomes_of_it():
    """A new table with one of these columns belongs into the module ``personal`` of its feature."""
    knowing = {name for name, table in Base.metadata.tables.items() if PERSONAL & set(table.c.keys())}
    declared = {one.table.name for one in HOLDINGS}

    assert knowing == declared | set(TOLD_ELSEWHERE)


@pytest.mark.parametrize("holding", HOLDINGS, ids=[one.name for one in HOLDINGS])
def test_nothing_secret_is_handed_out(holding):
    """No hash, no seal, no code."""
    secret = {"digest", "seed", "token_hash", "hash", "number", "recipient", "recipient_hash", "text", "challenge_id"}

    assert set(holding.shown) <= set(holding.table.c.keys()) - secret
    assert holding.wiped or holding.fate is not Fate.WIPED
    assert not holding.wiped or holding.fate in {Fate.WIPED, Fate.GUARDED}
