"""The mail server's settings, where a mistake would show only when somebody is robbed."""

import pytest

from authsms.foundation.errors import ConfigurationError
from authsms.foundation.settings import load_settings

WHOLE = {
    "AUTHSMS_ENVIRONMENT": "development",
    "AUTHSMS_MAIL__HOST": "mail.example.com",
    "AUTHSMS_MAIL__FROM_ADDRESS": "login@example.com",
}


def test_a_host_and_an_address_are_enough_and_mean_starttls(tmp_path):
    """Clear text has to be asked for; the password may come from a file."""
    secret = tmp_path / "secret"
    secret.write_text("a very secret word\n")
    given = {"AUTHSMS_MAIL__USER": "login", "AUTHSMS_MAIL__PASSWORD_FILE": str(secret), "AUTHSMS_MAIL__CA_FILE": "ca"}
    mail = load_settings(tmp_path, {**WHOLE, **given}).mail

    assert ("starttls", 587, "ca") == (mail.security, mail.port, str(mail.ca_file))
    assert "a very secret word" == mail.password.get_secret_value()
    assert "secret word" not in repr(mail)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"FROM_ADDRESS": ""}, "from_address is missing"),
        ({"FROM_ADDRESS": "a@example.com\nBcc: b@example.com"}, "one plain address"),
        ({"HOST": "mail.example.com\nx"}, "host name"),
        ({"HOST": "mail example"}, "host name"),
        ({"USER": "login"}, "both or none"),
        ({"USER": "login", "PASSWORD": "hidden word", "SECURITY": "none"}, "in clear"),
        ({"SECURITY": "maybe"}, "security"),
        ({"TIMEOUT_SECONDS": "0"}, "timeout_seconds"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path, changed, sentence):
    """By a sentence that does not repeat the password."""
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        load_settings(tmp_path, WHOLE | {f"AUTHSMS_MAIL__{name}": value for name, value in changed.items()})

    assert "hidden word" not in str(caught.value)
