"""Which job a worker may start next, and whether there is one."""

from functools import cache

from drawscape.queue.engines.engine import Database

ANY_PRIORITY = -(2**63)
"""The lowest that a job can have."""


def waiting(group: str) -> str:
    """Return what reads the jobs of a group, or the ordinary ones, in the order in which they are to run.

    Each of them by an index of its own: what waits elsewhere is not passed over.
    """
    return (
        f"from job where queue = :queue and status = 'queued' and {group} and priority >= :lowest "
        "order by priority desc, seq"
    )


def _not_paused(lane: str) -> str:
    return (
        "not exists (select 1 from job_pause where job_pause.queue = :queue "
        f"and job_pause.lane in ({lane}, '*'))"
    )


_DEFAULT = "'default'"
IS_ORDINARY = f"group_id is null {{above}} and {{ordinary}} and {_not_paused(_DEFAULT)}"
OF_GROUP = f"job_group.queue = :queue and {{lanes}} and {_not_paused('job_group.lane')}"
# A cross join, of which SQLite reads the left side first: what runs is little.
ROOM = """
case when most is not null then most - (
    select count(*) from job as running cross join job_group as own
    where running.status = 'started' and running.group_id is not null and own.id = running.group_id
    and own.queue = :queue and own.limit_key = job_group.limit_key
) end
"""
"""How many jobs more may run with the limit key of a group; null: any number."""

# The next job is the best of the ordinary ones and of each group that may run: a look at an index for each
# group, however many jobs wait. Groups are few: lanes, and keys with a limit.
HEAD = f"""
with head (seq, priority) as (
    select * from (select seq, priority {waiting(IS_ORDINARY)} limit 1) as ordinary
    union all
    select job.seq, job.priority from job_group join job on job.seq = (
        select seq {waiting("group_id = job_group.id")} limit 1
    )
    where {OF_GROUP} and coalesce({ROOM}, 1) > 0
)
"""
NO_GROUP = """not exists (
    select 1 from job as grouped where queue = :queue and status = 'queued' and group_id is not null
)"""
# With no job of a group waiting, the next ones are the best of the ordinary ones: a look at one index.
ORDINARY = f"select seq {waiting(f'{IS_ORDINARY} and {NO_GROUP}')} limit :most"
_MAY_CLAIM = f"{HEAD} select exists (select 1 from head)"


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
    with database.translated(), database.write_lock:
        row = database.connection.execute(for_lanes(_MAY_CLAIM, lanes), values).fetchone()
    return bool(row[0])
