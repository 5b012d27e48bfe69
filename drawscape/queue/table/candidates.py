"""Which job a worker may start next, and whether there is one."""

from __future__ import annotations

from functools import cache

from drawscape.queue.engines.engine import Database

ANY_PRIORITY = -(2**63)
"""The lowest that a job can have."""

ABOVE = "and seq > :floor"
PAUSED = (
    "(select 1 from job_pause where job_pause.queue = :queue and job_pause.lane in ({lane}, '*'))"
)
FROM_ORDINARY = f"""
from job where queue = :queue and status = 'queued' and group_id is null
{{above}} and {{ordinary}} and not exists {PAUSED.format(lane="'default'")}
"""
OF_GROUP = f"""
job_group.queue = :queue and {{lanes}} and not exists {PAUSED.format(lane="job_group.lane")}
and (most is null or most > (
    select count(*) from job as running join job_group as own on own.id = running.group_id
    where running.status = 'started' and own.queue = :queue and own.limit_key = job_group.limit_key
))
"""
# The next job is the best of the ordinary ones and of each group that may run: a look at an index for each
# group, however many jobs wait. Groups are few: lanes, and keys with a limit.
HEAD = f"""
with head (seq, priority) as (
    select * from (select seq, priority {FROM_ORDINARY} order by priority desc, seq limit 1) as ordinary
    union all
    select job.seq, job.priority from job_group join job on job.seq = (
        select seq from job as waiting where status = 'queued' and waiting.group_id = job_group.id
        order by priority desc, seq limit 1
    )
    where {OF_GROUP}
)
"""
# With no job of a group waiting, the next ones are the best of the ordinary ones: a look at one index.
ORDINARY = f"""
select seq from job where queue = :queue and status = 'queued' and group_id is null
and priority >= :lowest and {{ordinary}} and not exists {PAUSED.format(lane="'default'")}
and not exists (select 1 from job as grouped where status = 'queued' and group_id is not null)
order by priority desc, seq limit :most
"""
_MAY_CLAIM = f"{HEAD} select exists (select 1 from head where priority >= :lowest)"


@cache
def for_lanes(statement: str, lanes: tuple[str, ...], *, above: str = "", most: int = 1) -> str:
    """Return the statement for a worker of `lanes`, of all when there are none; `above` is a condition.

    `most` are claimed at once, where that is not one of the values: a plan for any number expects many.
    """
    if not lanes:
        return statement.format(ordinary="true", lanes="true", above=above, most=most)
    names = ", ".join(f":lane{number}" for number in range(len(lanes)))
    ordinary, own = f"'default' in ({names})", f"job_group.lane in ({names})"
    return statement.format(ordinary=ordinary, lanes=own, above=above, most=most)


def values_for(queue: str, lanes: tuple[str, ...], lowest: int) -> dict[str, object]:
    names = {f"lane{number}": lane for number, lane in enumerate(lanes)}
    return {"queue": queue, "lowest": lowest, **names}


def may_claim(
    database: Database, queue: str, lanes: tuple[str, ...] = (), *, lowest: int = ANY_PRIORITY
) -> bool:
    """Return whether a job waits that a slot for `lanes` and priorities from `lowest` on may start now."""
    values = values_for(queue, lanes, lowest)
    values["floor"] = database.floor(queue)
    above = ABOVE if values["floor"] else ""
    with database.translated(), database.write_lock:
        row = database.connection.execute(
            for_lanes(_MAY_CLAIM, lanes, above=above), values
        ).fetchone()
    return bool(row[0])
