"""Chains on the command line."""

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
