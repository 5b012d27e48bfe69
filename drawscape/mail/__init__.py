"""Mails from templates: built whole, delivered by SMTP with patience, or written to files."""

from drawscape.mail.ledger import Ledger
from drawscape.mail.message import Enclosure
from drawscape.mail.send import Notification, send
from drawscape.mail.settings import MailSettings

__all__ = ["Enclosure", "Ledger", "MailSettings", "Notification", "send"]
