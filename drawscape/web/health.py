"""GET /healthz: whether the server and its queue are usable."""

import flask

from drawscape.jobs import count_queued, workers_alive
from drawscape.web.site import current_site


def healthz() -> flask.Response:
    """Return `ok`, or `no worker` when nothing would draw, with the number of waiting jobs.

    The answer is 200 in both cases, since the server itself works; it is 503 when the queue cannot
    be used.
    """
    workers = len(workers_alive())
    limit = current_site().settings.max_queued
    return flask.jsonify(
        {
            "status": "ok" if workers else "no worker",
            "workers": workers,
            "queued": count_queued(limit),
            "max_queued": limit,
        }
    )
