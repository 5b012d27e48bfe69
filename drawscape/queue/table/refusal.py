"""A job whose code a worker lacks: it goes back for others, and fails when no living worker has it."""

import json
import logging
import platform
import socket
from dataclasses import replace

from drawscape.errors import DrawscapeError
from drawscape.queue.engines.engine import Database
from drawscape.queue.table.records import Claim, Due, Outcome, parsed

_PAUSE_S = 2.0
"""So long the others have to take it; then this worker looks again whether it has the code by now."""

_LOG = logging.getLogger("huey.drawscape")


def is_refusal(outcome: Outcome) -> bool:
    """Return whether the job ended before it began, for want of its code."""
    return bool(outcome.detail and outcome.detail.get("refused"))


def refuse(database: Database, held: Claim, worker: str, outcome: Outcome) -> Outcome | None:
    """Return None when `held` went back to the queue, else the outcome, with why each worker refused it."""
    why = str((outcome.detail or {}).get("refused"))
    own = f"{socket.gethostname()} (Python {platform.python_version()}): {why}"
    try:
        refusals = _put_off(database, held, worker, own)
    except DrawscapeError as error:
        _LOG.error("job=%s event=refusal_not_written error=%r", held.id, str(error))
        return outcome
    if refusals is None:
        _LOG.warning("job=%s event=refused why=%r", held.id, why)
        return None
    return replace(outcome, error="\n".join(refusals)) if len(refusals) > 1 else outcome


def _put_off(database: Database, held: Claim, worker: str, why: str) -> list[str] | None:
    """Return None when the job goes back for a moment, without an attempt counted.

    Otherwise, when each living worker of its queue has refused it by now, return why.
    """
    living = database.workers.living()
    with database.transaction() as connection:
        row = connection.execute(
            "select detail, job.queue, coalesce(lane, 'default') from job "
            "left join job_group on job_group.id = group_id "
            "where job.id = ? and token = ? and worker = ? and status = 'started' "
            "and stop_grace_s is null",
            (held.id, held.token, held.worker),
        ).fetchone()
        if row is None:
            return [why]
        refused_by = {**parsed(row[0]).get("refused_by", {}), worker: why}
        others = [
            one for one in living if one.queue == row[1] and (not one.lanes or row[2] in one.lanes)
        ]
        if not {one.id for one in others} - refused_by.keys():
            return [*refused_by.values()]
        due = Due.after(_PAUSE_S)
        detail = json.dumps({"refused_by": refused_by})
        connection.execute(
            "update job set status = 'scheduled', due_at = ?, due_boot = ?, due_boot_s = ?, detail = ?, "
            "worker = null, pid = null, started_at = null, attempts = attempts - 1 "
            "where id = ? and token = ? and worker = ? and status = 'started'",
            (due.at, due.boot, due.boot_s, detail, held.id, held.token, held.worker),
        )
    return None
