"""What the views of one blueprint share while it runs: settings, the limit of the queue, the streams."""

from dataclasses import dataclass
from typing import cast

import flask

from drawscape.web.limits import QueueLimit, StreamLimit
from drawscape.web.settings import WebSettings


@dataclass(frozen=True)
class Site:
    """The parts that the views of one blueprint share."""

    settings: WebSettings
    queue: QueueLimit
    streams: StreamLimit

    @classmethod
    def of(cls, settings: WebSettings) -> "Site":
        """Return the site that `settings` describe."""
        queue = QueueLimit(settings.max_queued, retry_after_s=settings.retry_after_s)
        return cls(settings, queue, StreamLimit(settings.max_streams))


def current_site() -> Site:
    """Return the site that serves the current request."""
    return cast(Site, flask.g.drawscape_site)
