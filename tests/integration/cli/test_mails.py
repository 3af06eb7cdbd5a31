"""An administrator tries the mail server before somebody's account depends on it."""

from tests.parts.smtp import MailServer, serving

MAIL = '[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "{security}"\nfrom_address = "login@example.com"\n'


def test_a_test_goes_out_at_once(shell):
    """That it was readable on the way is said, too."""
    with serving(MailServer()) as server:
        shell.file("config.toml", MAIL.format(port=server.port, security="none"))
        printed = shell.run("send-mail-test", "--to", "alice@example.org")

    assert "The server has taken the mail." in printed
    assert "security is none" in printed
    assert [["alice@example.org"]] == [one.recipients for one in server.letters]


def test_what_went_wrong_is_told(shell):
    """In our words, and in the server's own."""
    without = shell.run("send-mail-test", "--to", "alice@example.org", status=1)
    with serving(MailServer(answers={"RCPT": "550 5.1.1 no such person"})) as server:
        shell.file("config.toml", MAIL.format(port=server.port, security="none"))
        refused = shell.run("send-mail-test", "--to", "alice@example.org", status=1)
        shell.file("config.toml", MAIL.format(port=server.port, security="starttls"))
        bare = shell.run("send-mail-test", "--to", "alice@example.org", status=1)
        odd = shell.run("send-mail-test", "--to", "alice@example.org\nBcc: eve@example.net", status=1)

    assert "No mail server is set" in without
    assert "Not sent: the recipient was refused (550). The server says: 5.1.1 no such person" in refused
    assert "does not offer STARTTLS" in bare
    assert "That is not a mail address." in odd
