"""Settings that silently do nothing are worse than none."""

import pytest

from authsms.foundation.errors import ConfigurationError
from authsms.foundation.settings import load_settings

DEVELOPMENT = {"AUTHSMS_ENVIRONMENT": "development"}


def load(tmp_path, environment=None, toml=""):
    (tmp_path / "config.toml").write_text(toml)
    return load_settings(tmp_path, DEVELOPMENT if environment is None else environment)


def test_the_environment_wins_over_the_file(tmp_path):
    """Containers set what differs by environment."""
    settings = load(tmp_path, {**DEVELOPMENT, "AUTHSMS_OTP__LENGTH": "8"}, "[otp]\nlength = 7\nattempts = 4\n")

    assert (settings.otp.length, settings.otp.attempts) == (8, 4)


@pytest.mark.parametrize(
    ("environment", "toml", "name"),
    [
        ({"AUTHSMS_OTP__LENGHT": "8"}, "", "otp.lenght"),
        ({"AUTHSMS_OPT__LENGTH": "8"}, "", "opt"),
        ({"AUTHSMS_PUBLIC_ULR": "x"}, "", "public_ulr"),
        ({}, "[otp]\nlenght = 8", "otp.lenght"),
        ({}, "[sender]\nname = 'x'", "sender"),
    ],
)
def test_a_misspelt_key_is_refused_by_its_name(tmp_path, environment, toml, name):
    """In the file and in the environment alike."""
    with pytest.raises(ConfigurationError, match=name):
        load(tmp_path, {**DEVELOPMENT, **environment}, toml)


def test_every_problem_is_told_at_once(tmp_path):
    """Nobody wants to start five times to find five mistakes."""
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, toml="[otp]\nlength = 5\nlifetime_seconds = 601\n")

    assert "otp.length" in str(caught.value)
    assert "otp.lifetime_seconds" in str(caught.value)


def test_a_secret_may_come_from_a_file(tmp_path):
    """Secrets mounted as files never show in a process list."""
    secret = tmp_path / "database"
    secret.write_text("postgresql://user:pw@host/db\n")

    settings = load(tmp_path, {**DEVELOPMENT, "AUTHSMS_DATABASE__URL_FILE": str(secret)})

    assert settings.database_url == "postgresql://user:pw@host/db"
    assert "pw" not in repr(settings)


@pytest.mark.parametrize(
    "environment",
    [
        {"AUTHSMS_PUBLIC_URL": "http://login.example.com"},
        {"AUTHSMS_PUBLIC_URL": "http://login.example.com", **DEVELOPMENT},
        {"AUTHSMS_PUBLIC_URL": "https://login.example.com", "AUTHSMS_DEBUG": "true"},
        {"AUTHSMS_PUBLIC_URL": "https://login.example.com/path", **DEVELOPMENT},
        {"AUTHSMS_SERVER__TRUSTED_PROXIES": "127.0.0.1", **DEVELOPMENT},
        {"AUTHSMS_SERVER__TRUSTED_PROXIES": "999.1.1.1/8", **DEVELOPMENT},
    ],
)
def test_dangerous_combinations_are_refused(tmp_path, environment):
    """Plain http, a debug flag in production, headers an attacker could forge."""
    with pytest.raises(ConfigurationError):
        load(tmp_path, environment)


def test_broken_toml_names_the_file(tmp_path):
    """The administrator learns where to look."""
    with pytest.raises(ConfigurationError, match=r"config\.toml"):
        load(tmp_path, toml="[otp\n")


def test_the_database_lies_in_the_instance_folder_by_default(tmp_path):
    """Nothing has to be set for a first start."""
    assert load(tmp_path).database_url == f"sqlite:///{tmp_path}/authsms.db"
