"""Rights are what tasks ask for; roles only bundle them."""

from datetime import timedelta

import pytest

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.rights import GRANTS, GUARDED, Right, Role, rights_of
from authsms.foundation.errors import ForbiddenError, ProofNeededError


def _actor(*roles: Role, age: timedelta = timedelta()) -> Actor:
    return Actor("LOCAL:1", "anna", "Anna", frozenset(roles), "session", age)


def test_nobody_may_anything_without_a_role() -> None:
    with pytest.raises(ForbiddenError):
        _actor().require(Right.DASHBOARD_SEE)


def test_an_auditor_changes_nothing() -> None:
    assert {right for right in GRANTS[Role.AUDITOR] if not right.value.endswith(".see")} == set()


def test_sender_settings_and_messages_are_separate_rights() -> None:
    assert Right.MESSAGES_SEE not in GRANTS[Role.POLICY_EDITOR]
    assert Right.SENDERS_EDIT not in GRANTS[Role.MESSAGING_OPERATOR]


def test_roles_add_up() -> None:
    assert GRANTS[Role.HELPDESK] | GRANTS[Role.AUDITOR] == rights_of([Role.HELPDESK, Role.AUDITOR])


@pytest.mark.parametrize("right", sorted(GUARDED))
def test_a_guarded_right_asks_for_a_fresh_proof(right: Right) -> None:
    _actor(Role.ADMINISTRATOR, age=PROOF_LASTS).require(right)

    with pytest.raises(ProofNeededError):
        _actor(Role.ADMINISTRATOR, age=PROOF_LASTS + timedelta(seconds=1)).require(right)


def test_looking_asks_for_no_fresh_proof() -> None:
    _actor(Role.ADMINISTRATOR, age=timedelta(hours=9)).require(Right.SENDERS_SEE)
