"""The pages of the audit trail."""

import json

import pytest
from sqlalchemy import text

from authsms.administration.rights import Role
from authsms.audit import AuditEntry, AuditTag
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office


def _note(office: Office, **fields: str) -> None:
    with office.services.database.write() as session:
        office.services.audit.record(session, AuditEntry(AuditTag.LOGON_STARTED, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.ADMINISTRATOR, 200),
        (Role.AUDITOR, 200),
        (Role.HELPDESK, 403),
        (Role.POLICY_EDITOR, 403),
        (Role.MESSAGING_OPERATOR, 403),
    ],
)
def test_only_who_may_see_the_trail_sees_it(office: Office, role, status):
    """Pages, exports and the check alike."""
    clerk = office.clerk(role)
    pages = ("/admin/audit", "/admin/audit/export.csv", "/admin/audit/export.json")

    assert [status] * 3 == [clerk.get(address).status_code for address in pages]
    assert status == clerk.post("/admin/audit/verify").status_code


def test_a_record_is_found_by_a_field_and_shown_harmless(office: Office, admin: Clerk):
    """Names are typed by strangers."""
    _note(office, login="<script>x", address="192.0.2.8")
    _note(office, login="berta", address="192.0.2.9")
    found = admin.get("/admin/audit?address=192.0.2.8").text

    assert "&lt;script&gt;x" in found
    assert "<script>x" not in found
    assert "berta" not in found


def test_a_search_without_a_find_says_what_to_do(admin: Clerk):
    """Instead of an empty table."""
    assert "Nothing found" in admin.get("/admin/audit?login=nobody").text


@pytest.mark.parametrize("query", ["since=soon", "until=9999-99-99", "since=0001-01-01T00:00%2B14:00", "before=-1"])
def test_what_cannot_be_read_breaks_nothing(office: Office, admin: Clerk, query):
    """An address may hold anything; the field says that it was not used."""
    _note(office, login="berta")
    answer = admin.get(f"/admin/audit?{query}")

    assert answer.status_code == 200
    assert ("it was not used" in answer.text) == (not query.startswith("before"))


def test_older_records_are_a_link_away(office: Office, admin: Clerk):
    """The page before has the rest."""
    for number in range(60):
        _note(office, login="paul", event=f"event-{number:02}")
    first = admin.get("/admin/audit?login=paul").text
    address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = admin.get(address).text

    assert "event-59" in first
    assert "event-00" not in first
    assert "event-00" in second
    assert "event-59" not in second


def test_exports_are_files_and_leave_a_record(office: Office, admin: Clerk):
    """With what was asked for."""
    _note(office, login="berta")
    table = admin.get("/admin/audit/export.csv?login=berta")
    value = admin.get("/admin/audit/export.json?login=berta")
    records = office.services.audit.search(limit=2)

    assert "attachment" in table.headers["Content-Disposition"]
    assert 2 == len(table.text.splitlines())
    assert ["berta"] == [one["login"] for one in json.loads(value.text)]
    assert [("audit.exported", {"login": "berta", "format": form}) for form in ("json", "csv")] == [
        (one.entry.tag.value, one.entry.details) for one in records
    ]


def test_an_export_asks_for_a_fresh_sign_in(office: Office, admin: Clerk, clock):
    """And nothing is handed out before."""
    clock.advance(OVERDUE)

    assert "/admin/prove" in admin.get("/admin/audit/export.csv").headers.get("Location", "")


def test_the_check_says_in_words_that_all_is_well(office: Office, admin: Clerk):
    """With the mark to keep."""
    _note(office)
    office.services.audit.seal()
    found = admin.post("/admin/audit/verify").text

    assert "The chain is whole" in found
    assert office.services.audit.verify().head in found


def test_the_check_says_where_the_chain_breaks(office: Office, admin: Clerk):
    """The first record that does not fit."""
    for _ in range(3):
        _note(office)
    office.services.audit.seal()
    with office.services.database.write() as session:
        session.execute(text("UPDATE audit_seal SET hash = :hash WHERE position = 2"), {"hash": "f" * 64})

    assert "The chain breaks at record 2" in admin.post("/admin/audit/verify").text


def test_the_check_needs_a_token(admin: Clerk):
    """Another site must not make this server work."""
    assert admin.post("/admin/audit/verify", token="wrong").status_code in {400, 403}
