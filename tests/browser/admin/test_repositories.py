"""Repositories in a real browser, over a real directory."""

import re

import pytest
from playwright.sync_api import expect

from authsms.identity.definitions import RepositoryDefinition
from tests.browser.admin.conftest import Desk
from tests.integration.identity.conftest import person_ldif
from tests.parts.slapd import READER_DN, READER_PASSWORD, SUFFIX


@pytest.fixture
def alice(slapd):
    slapd.add(person_ldif("alice", "wonderland", mobile="0171 2345678"))


@pytest.fixture
def stored(desk: Desk, slapd, alice):
    """A directory that is there already."""
    settings = {"servers": [slapd.tls_url], "ca_file": str(slapd.ca_file), "base": SUFFIX, "bind_dn": READER_DN}
    desk.office.services.people.save_repository(RepositoryDefinition("STAFF", "ldap", settings, READER_PASSWORD))


def test_pages_are_fit_for_everybody(stored, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    looks_good(
        "/admin/repositories",
        "/admin/repositories/new",
        "/admin/repositories/of/STAFF",
        "/admin/repositories/of/STAFF/test",
    )


@pytest.mark.parametrize("script", [True, False])
def test_a_directory_is_added_from_nothing(desk: Desk, slapd, alice, script):
    """By pages alone, until somebody is found with a number."""
    page = desk.open(java_script_enabled=script)
    page.goto(f"{desk.url}/admin/repositories")
    page.get_by_role("link", name="Add a directory").click()
    page.get_by_role("link", name="OpenLDAP").click()
    page.get_by_label("Name *", exact=True).fill("STAFF")
    page.get_by_label("Servers").fill(slapd.tls_url)
    page.get_by_label("Trusted certificates", exact=True).fill(slapd.ca_file.read_text())
    page.get_by_label("Base *", exact=True).fill(SUFFIX)
    page.get_by_label("Service account", exact=True).fill(READER_DN)
    page.get_by_label("Password of the service account").fill("wrong")
    page.get_by_label("Country of numbers").fill("DE")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("The service account or its password is wrong.")).to_be_visible()
    page.get_by_label("Password of the service account").fill(READER_PASSWORD)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("User name of a sample").fill("alice")
    page.get_by_role("button", name="Test the connection").click()

    expect(page.get_by_text("Found, with a number for codes.")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("works"))).to_be_visible()
    person = desk.office.services.people.find("STAFF\\alice")
    assert person is not None
    assert person.phones == ("+491712345678",)
