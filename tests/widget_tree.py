"""What a page sends to a widget of ours, sent by a test."""

import itertools
from typing import Any

_NUMBERS = itertools.count(1)


def send(widget: Any, event: str, *files: bytes, **details: Any) -> None:
    """Send a form what its page sends for `event`; the kernel has dealt with it then."""
    message = {"event": event, "number": next(_NUMBERS), **details}
    widget._handle_custom_msg(message, [memoryview(file) for file in files])
