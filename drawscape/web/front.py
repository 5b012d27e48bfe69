"""What one web front keeps while it runs: settings, the gate to the queue, the open streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import flask

from drawscape.web.gate import QueueGate, StreamSlots
from drawscape.web.settings import WebSettings


@dataclass(frozen=True)
class Front:
    """The parts that the views of one blueprint share."""

    settings: WebSettings
    gate: QueueGate
    streams: StreamSlots

    @classmethod
    def of(cls, settings: WebSettings) -> Front:
        """Return the front that `settings` describe."""
        gate = QueueGate(settings.max_queued, retry_after_s=settings.retry_after_s)
        return cls(settings, gate, StreamSlots(settings.max_streams))


def enter(front: Front) -> None:
    """Make `front` the current request's."""
    flask.g.drawscape_front = front


def current() -> Front:
    """Return the front that serves the current request."""
    return cast(Front, flask.g.drawscape_front)
