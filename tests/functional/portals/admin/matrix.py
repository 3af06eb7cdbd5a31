"""Every route of the portal, and the right it asks for; None: any administrator.

Keys are the endpoint and the method. Values of path parameters do not matter: rights come before anything is looked
up.
"""

from authsms.administration.rights import Right

MATRIX: dict[tuple[str, str], Right | None] = {
    ("admin_start.home", "GET"): None,
    ("admin_start.prove", "GET"): None,
    ("admin_administrators.listing", "GET"): Right.ADMINISTRATORS_SEE,
    ("admin_administrators.add", "GET"): Right.ADMINISTRATORS_EDIT,
    ("admin_administrators.edit", "GET"): Right.ADMINISTRATORS_EDIT,
    ("admin_administrators.save", "POST"): Right.ADMINISTRATORS_EDIT,
    ("admin_administrators.remove", "POST"): Right.ADMINISTRATORS_EDIT,
    ("admin_senders.listing", "GET"): Right.SENDERS_SEE,
    ("admin_senders.balance", "POST"): Right.SENDERS_SEE,
    ("admin_senders.policy", "GET"): Right.SENDERS_SEE,
    ("admin_senders.history", "GET"): Right.SENDERS_SEE,
    ("admin_senders.export", "GET"): Right.SENDERS_SEE,
    ("admin_senders.new", "GET"): Right.SENDERS_EDIT,
    ("admin_senders.create", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.edit", "GET"): Right.SENDERS_EDIT,
    ("admin_senders.save", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.switch", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.move", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.remove", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.trial", "GET"): Right.SENDERS_EDIT,
    ("admin_senders.start_trial", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.try_typed", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.result", "GET"): Right.SENDERS_EDIT,
    ("admin_senders.save_policy", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.plan_return", "GET"): Right.SENDERS_EDIT,
    ("admin_senders.go_back", "POST"): Right.SENDERS_EDIT,
    ("admin_senders.file", "GET"): Right.SENDERS_EDIT,
    ("admin_senders.take_in", "POST"): Right.SENDERS_EDIT,
    ("admin_repositories.listing", "GET"): Right.REPOSITORIES_SEE,
    ("admin_repositories.new", "GET"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.create", "POST"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.edit", "GET"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.save", "POST"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.try_typed", "POST"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.trial", "GET"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.try_saved", "POST"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.make_default", "POST"): Right.REPOSITORIES_EDIT,
    ("admin_repositories.remove", "POST"): Right.REPOSITORIES_EDIT,
}
