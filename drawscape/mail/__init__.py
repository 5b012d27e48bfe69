"""Mails from templates: built, then delivered by SMTP or written to files.

Read `message` first: it checks the address, fills in a template and builds the mail. `smtp` delivers it, and
`drawscape.tasks.mail` uses both.
"""

from drawscape.errors import MissingExtraError

try:
    import email_validator as _email_validator  # noqa: F401 - addresses
    import jinja2 as _jinja2  # noqa: F401 - templates
except ImportError as error:
    raise MissingExtraError("sending mail", "mail") from error
