"""The statements that are Postgres' own; the others are those of `engines/queries.py`.

Jobs without lane and limit are claimed by `for update skip locked`, so that nobody waits for another. Where
one of a lane or with a limit waits, one worker claims at a time, for it counts what runs.
"""

from typing import Final

from drawscape.queue.table.records import Claim

_NOW = "extract(epoch from clock_timestamp())::float8"
_RETURNED = ", ".join(f"job.{column}" for column in Claim._fields)

# Nobody else may have the jobs of a worker before its lease has ended: one that comes close claims nothing.
_MAY_CLAIM = f"""exists (select 1 from job_worker where id = :worker
    and renewed_at + lease_s * 2 / 3 > {_NOW})"""
_START = f"""
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker, pid = :pid,
    started_at = {_NOW}, progress = 0, message = null, stop_grace_s = null
"""
_ORDINARY = """
from job where queue = :queue and status = 'queued' and group_id is null and priority >= :lowest
    and (cardinality(:lanes::text[]) = 0 or 'default' = any(:lanes::text[]))
    and not exists (select 1 from job_pause where job_pause.queue = :queue and lane in ('default', '*'))
order by priority desc, seq limit 1
"""
_OF_GROUP = """
from job where queue = :queue and status = 'queued' and group_id = job_group.id and priority >= :lowest
order by priority desc, seq limit 1
"""
_GROUPED = f"""exists (select 1 from job_group where job_group.queue = :queue
    and (select seq {_OF_GROUP}) is not null)"""
_ROOM = """
coalesce(most - (
    select count(*) from job as running join job_group as own on own.id = running.group_id
    where running.status = 'started' and own.queue = :queue and own.limit_key = job_group.limit_key
), 1)
"""
_HEAD = f"""
with head as (
    select * from (select seq, priority {_ORDINARY}) as ordinary
    union all
    select best.* from job_group cross join lateral (select seq, priority {_OF_GROUP}) as best
    where job_group.queue = :queue
    and (cardinality(:lanes::text[]) = 0 or job_group.lane = any(:lanes::text[]))
    and not exists (select 1 from job_pause where job_pause.queue = :queue
        and job_pause.lane in (job_group.lane, '*'))
    and {_ROOM} > 0
)
"""


CLAIM_ORDINARY: Final = f"""
with next as materialized (
    select seq {_ORDINARY.replace("order by", f"and not {_GROUPED} and {_MAY_CLAIM} order by")}
    for update skip locked
)
{_START} from next where job.seq = next.seq returning {_RETURNED}
"""
GROUP_WAITS: Final = f"select {_GROUPED}"
CLAIM_BEST: Final = f"""
{_HEAD} {_START} where seq = (select seq from head order by priority desc, seq limit 1)
and status = 'queued' and {_MAY_CLAIM} returning {_RETURNED}
"""
HEAD_WAITS: Final = f"{_HEAD} select exists (select 1 from head)"

# The batch's row is locked first: whoever comes to wait for the batch waits for this end, or marks it.
# Not `status = 'started'`: with that a plan may read through the index of all that were started of late.
END: Final = f"""
with calm as materialized (
    select job_batch.id from job join job_batch on job_batch.id = job.batch
    where job.id = :id and not job_batch.awaited for share of job_batch
)
update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
    peak_kb = :peak_kb, meta = coalesce(:meta, meta), log = coalesce(:log, log),
    progress = case when :status = 'finished' then 1 else progress end,
    ended_at = greatest(started_at, {_NOW}), pid = null,
    expires_at = greatest(started_at, {_NOW}) + result_ttl_s
where id = :id and token = :token and worker = :worker and coalesce(status, '') = 'started'
    and not awaited and (batch is null or exists (select 1 from calm))
returning id
"""
IS_ENDED: Final = "select status <> 'started' from job where id = :id and token = :token"

# By the row that is not there: a worker that has come back is never robbed.
ORPHANS: Final = """
select id, worker, recoveries, stop_grace_s from job where status = 'started'
    and not exists (select 1 from job_worker where job_worker.id = job.worker) for update skip locked
"""
