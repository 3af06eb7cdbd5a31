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
}
