"""The mail of the contract, a drawing to send with it, and how a mail that became a file is read."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

CONTRACT = {
    "recipient": "user@example.com",
    "subject": "Your order is ready",
    "template": "order_complete",
}


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20mm" height="10mm" viewBox="0 0 20 10">\
<path d="M2 2L18 8" fill="none" stroke="black"/></svg>'


def written(answer):
    """Return the path in what a call without a server answers."""
    reason, _, path = answer.partition("; written to ")
    assert reason == "not sent, since DRAWSCAPE_SMTP_HOST is not set"
    return Path(path)


def read(path):
    return message_from_bytes(path.read_bytes(), policy=default)
