"""Mails from templates: built whole, delivered by SMTP, or written to files.

Read `notification` first: it fills in a template, has `message` build the mail and `smtp` deliver it.
"""

from drawscape.errors import MissingExtraError

try:
    import email_validator as _email_validator  # noqa: F401 - addresses
    import jinja2 as _jinja2  # noqa: F401 - templates
except ImportError as error:
    raise MissingExtraError("sending mail", "mail") from error

from drawscape.mail.message import Enclosure
from drawscape.mail.notification import send
from drawscape.mail.smtp import MailSettings

__all__ = ["Enclosure", "MailSettings", "send"]
