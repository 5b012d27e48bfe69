"""The contract's names for the tasks of drawscape.tasks.mail."""

from drawscape.tasks.mail import send_notification

__all__ = ["send_notification"]
