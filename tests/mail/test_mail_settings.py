"""The environment's mail settings, and what is wrong with them, by name."""

import pytest

from drawscape.errors import SettingsError
from drawscape.mail.smtp import MailSettings

HOST = {"DRAWSCAPE_SMTP_HOST": "mail.example.org", "DRAWSCAPE_MAIL_FROM": "a@example.org"}


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_the_port_follows_from_the_security(security, port):
    assert MailSettings.of({**HOST, "DRAWSCAPE_SMTP_SECURITY": security}).port == port


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRAWSCAPE_SMTP_SECURITY", "tls1"),
        ("DRAWSCAPE_SMTP_PORT", "smtp"),
        ("DRAWSCAPE_SMTP_PORT", "70000"),
        ("DRAWSCAPE_SMTP_TIMEOUT", "0"),
        ("DRAWSCAPE_MAIL_FROM", ""),
        ("DRAWSCAPE_MAIL_FROM", "nobody"),
        ("DRAWSCAPE_MAIL_FROM", "a@x.org\nBcc: b@x.org"),
        ("DRAWSCAPE_SMTP_CA", "/no/such/file"),
        ("DRAWSCAPE_MAIL_TEMPLATES", "/no/such/folder"),
    ],
)
def test_a_wrong_variable_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        MailSettings.of({**HOST, name: value})


def test_a_password_never_goes_in_the_clear():
    login = {"DRAWSCAPE_SMTP_USER": "u", "DRAWSCAPE_SMTP_PASSWORD": "p"}
    with pytest.raises(SettingsError, match="in the clear"):
        MailSettings.of({**HOST, **login, "DRAWSCAPE_SMTP_SECURITY": "none"})
    assert MailSettings.of({**HOST, **login}).password == "p"
    with pytest.raises(SettingsError, match="DRAWSCAPE_SMTP_PASSWORD is not set"):
        MailSettings.of({**HOST, "DRAWSCAPE_SMTP_USER": "u"})


def test_the_password_does_not_show():
    login = {"DRAWSCAPE_SMTP_USER": "u", "DRAWSCAPE_SMTP_PASSWORD": "hush-hush"}
    assert "hush-hush" not in repr(MailSettings.of({**HOST, **login}))
