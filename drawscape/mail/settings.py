"""What the environment says about mail.

| variable | meaning | default |
|---|---|---|
| `DRAWSCAPE_SMTP_HOST` | the server; without it mails are written to files | |
| `DRAWSCAPE_SMTP_SECURITY` | `starttls`, `ssl` or `none` | `starttls` |
| `DRAWSCAPE_SMTP_PORT` | | 587, 465 or 25 |
| `DRAWSCAPE_SMTP_USER`, `DRAWSCAPE_SMTP_PASSWORD` | for the login | no login |
| `DRAWSCAPE_SMTP_CA` | a file of certificates to trust beside the system's | |
| `DRAWSCAPE_SMTP_TIMEOUT` | seconds to wait for an answer | 30 |
| `DRAWSCAPE_MAIL_FROM` | the sender's address | the user, if it is one |
| `DRAWSCAPE_MAIL_TEMPLATES` | a folder of templates that come before the built-in ones | |
| `DRAWSCAPE_MAIL_MAX_MB` | the largest mail, enclosures as it encodes them (a third more) | 20 |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from drawscape.errors import MailError, SettingsError
from drawscape.mail.message import Recipient, read_recipient

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NOBODY = "drawscape@localhost"


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """How mails leave; see the module's table. `host` is None when they are written to files."""

    sender: Recipient
    host: str | None = None
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout_s: float = 30.0
    templates: Path | None = None
    max_bytes: int = 20 << 20

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "MailSettings":
        """Return the settings in `environment`; SettingsError names the variable that is wrong."""
        host = environment.get("DRAWSCAPE_SMTP_HOST") or None
        security = environment.get("DRAWSCAPE_SMTP_SECURITY", "starttls").lower()
        if security not in PORTS:
            raise SettingsError(
                f"DRAWSCAPE_SMTP_SECURITY={security!r} must be one of {', '.join(PORTS)}"
            )
        user, password = _login(environment, host, security)
        number = partial(_number, environment)
        return cls(
            sender=_sender(environment, host, user),
            host=host,
            port=int(number("DRAWSCAPE_SMTP_PORT", PORTS[security], 1, 65535)),
            security=security,
            user=user,
            password=password,
            ca_file=_path(environment, "DRAWSCAPE_SMTP_CA"),
            timeout_s=number("DRAWSCAPE_SMTP_TIMEOUT", 30, 0.1, 3600),
            templates=_path(environment, "DRAWSCAPE_MAIL_TEMPLATES"),
            max_bytes=int(number("DRAWSCAPE_MAIL_MAX_MB", 20, 0, 1024) * (1 << 20)),
        )


def _login(
    environment: Mapping[str, str], host: str | None, security: str
) -> tuple[str | None, str | None]:
    user = environment.get("DRAWSCAPE_SMTP_USER") or None
    password = environment.get("DRAWSCAPE_SMTP_PASSWORD") or None
    if host and (user is None) != (password is None):
        missing = "PASSWORD" if user else "USER"
        raise SettingsError(f"DRAWSCAPE_SMTP_{missing} is not set; a login needs user and password")
    if host and user and security == "none" and host not in _LOOPBACK:
        raise SettingsError(
            "DRAWSCAPE_SMTP_SECURITY='none' would send the password in the clear; "
            "use 'starttls' or 'ssl'"
        )
    return user, password


def _sender(environment: Mapping[str, str], host: str | None, user: str | None) -> Recipient:
    text = environment.get("DRAWSCAPE_MAIL_FROM")
    if not text and user and "@" in user:
        text = user
    if not text and host:
        raise SettingsError(
            "DRAWSCAPE_MAIL_FROM is not set; it is the address that mails come from"
        )
    try:
        return read_recipient(text or _NOBODY, "sender")
    except MailError as problem:
        raise SettingsError(f"DRAWSCAPE_MAIL_FROM: {problem}") from problem


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name)
    if text and not Path(text).exists():
        raise SettingsError(f"{name}={text!r} does not exist")
    return Path(text) if text else None


def _number(
    environment: Mapping[str, str], name: str, default: float, least: float, most: float
) -> float:
    text = environment.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r} is not a number") from None
    if not least <= value <= most:
        raise SettingsError(f"{name}={text!r} must be between {least:g} and {most:g}")
    return value
