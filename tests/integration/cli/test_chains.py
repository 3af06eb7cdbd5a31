"""Chains on the command line."""

from dataclasses import replace

from authsms.logon.catalog import Wanted
from authsms.logon.kinds import EndpointKind
from authsms.logon.overdue import OverdueRule
from authsms.logon.selection import Selection

METHODS = ("--method", "PASSWORD:1")


def test_a_chain_is_made_shown_and_removed(shell):
    """With the rules of the pages: what is in use stays, and a weak chain unlocks nothing."""
    unlocked = ("--after", "local-sms", "--minutes", "5", "--event", "web")
    made = shell.run("chain", "create", "short", "Password", *METHODS, *unlocked)
    shown = shell.run("chain", "show", "short")
    kept = shell.run("chain", "remove", "short", status=1)
    weak = shell.run("chain", "create", "weak", "W", *METHODS, "--after", "setup-local", "--minutes", "5", status=1)
    shell.run("chain", "create", "spare", "Spare", *METHODS, "--group", "Staff")

    assert "Offered in web." in made
    assert "local-sms, for 5 min" in shown
    assert "web" in shown.partition("Events")[2]
    assert "This chain is used by" in kept
    assert "must ask for two factors each time" in weak
    assert "spare" in shell.run("chain", "list")
    assert "Removed." in shell.run("chain", "remove", "spare")
    assert "There is no such chain." in shell.run("chain", "show", "spare", status=1)


def test_nothing_else_of_an_event_changes(shell):
    """Not its title, its endpoints, its label, nor what becomes of a password that has to be changed."""
    shell.run("chain", "list")
    services = shell.services()
    endpoint, _ = services.endpoints.create("Kiosk", event="web", kind=EndpointKind.REST)
    wanted = Wanted(
        "web", "House", ("setup-local", "local-sms"), (endpoint.id,), "north", OverdueRule.ASK, Selection.OFF
    )
    services.catalog.save_all([], [wanted])
    before = next(one for one in services.catalog.events() if one.name == "web")
    shell.run("chain", "create", "spare", "Spare", *METHODS, "--group", "Staff", "--event", "web")
    services.catalog.forget()
    after = next(one for one in services.catalog.events() if one.name == "web")
    services.close()

    assert [*(one.name for one in before.chains), "spare"] == [one.name for one in after.chains]
    assert before == replace(after, chains=before.chains)
    assert (OverdueRule.ASK, Selection.OFF) == (after.overdue, after.selection)
