"""Mails from templates: built whole, delivered by SMTP, or written to files.

Read `notification` first: it goes from filled-in `templates` over the `message` to its delivery by `smtp`;
`settings` are the environment's.
"""

from drawscape.errors import MissingExtraError

try:
    import email_validator as _email_validator  # noqa: F401 - addresses
    import jinja2 as _jinja2  # noqa: F401 - templates
except ImportError as error:
    raise MissingExtraError("sending mail", "mail") from error

from drawscape.mail.message import Enclosure
from drawscape.mail.notification import Notification, send
from drawscape.mail.settings import MailSettings

__all__ = ["Enclosure", "MailSettings", "Notification", "send"]
