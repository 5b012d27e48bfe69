"""The statements that are Postgres' own; the others are those of `engines/queries.py`.

Jobs without lane and limit are claimed by `for update skip locked`, so that nobody waits for another. Where
one of a lane or with a limit waits, one worker claims at a time, for it counts what runs.
"""

from typing import Final

from drawscape.queue.engines.queries import Queries

_NOW = "extract(epoch from clock_timestamp())::float8"
_CLAIM: Final = (
    "job.seq, id, task, payload, timeout_s, grace_s, token, created_at, meta, pid, recoveries, worker, "
    "code"
)
_HELD: Final = (
    "seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'"
)
_ROW: Final = """
seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries, worker, pid,
stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail, peak_kb, batch, meta,
description, case when status = 'started' then
    (select written_at from job_preview where job_id = job.id) end
"""
_OPEN: Final = "('queued', 'scheduled', 'deferred', 'started')"

# Nobody else may have the jobs of a worker before its lease has ended: one that comes close claims nothing,
# and neither does one that the present server has not heard of yet.
_MAY_CLAIM = f"""exists (select 1 from job_worker where id = :worker
    and renewed_at + lease_s * 2 / 3 > {_NOW} and claims_from <= {_NOW}
    and server_at = pg_postmaster_start_time())"""
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


class PostgresQueries(Queries):
    """What Postgres says in its own words."""

    CLAIM_ORDINARY = f"""
    with next as materialized (
        select seq {_ORDINARY.replace("order by", f"and not {_GROUPED} and {_MAY_CLAIM} order by")}
        for update skip locked
    )
    {_START} from next where job.seq = next.seq returning {_CLAIM}
    """
    GROUP_WAITS = f"select {_GROUPED}"
    CLAIM = f"""
    {_HEAD} {_START} where seq = (select seq from head order by priority desc, seq limit 1)
        and status = 'queued' and {_MAY_CLAIM} returning {_CLAIM}
    """
    MAY_CLAIM = f"{_HEAD} select exists (select 1 from head)"

    # The batch's row is locked first: whoever comes to wait for the batch waits for this end, or marks it.
    # Not `status = 'started'`: with that a plan may read through the index of all that were started of late.
    END = f"""
    with calm as materialized (
        select job_batch.id from job join job_batch on job_batch.id = job.batch
        where job.id = :id and not job_batch.awaited for share of job_batch
    )
    update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
        peak_kb = :peak_kb, progress = case when :status = 'finished' then 1 else progress end,
        ended_at = greatest(started_at, {_NOW}), pid = null,
        expires_at = greatest(started_at, {_NOW}) + result_ttl_s
    where seq = :seq and id = :id and token = :token and worker = :worker
        and coalesce(status, '') = 'started' and not awaited
        and (batch is null or exists (select 1 from calm))
    returning id
    """
    IS_ENDED = (
        "select status <> 'started' from job where seq = :seq and id = :id and token = :token"
    )
    ACKNOWLEDGE = f"""
    update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
        peak_kb = :peak_kb, ended_at = greatest(started_at, :now), pid = null,
        progress = case when :status = 'finished' then 1 else progress end,
        expires_at = greatest(started_at, :now) + result_ttl_s
    where {_HELD} returning exists (select 1 from job_dependency)
    """
    GIVE_BACK = f"""
    update job set status = case when stop_grace_s is null then 'queued' else 'stopped' end,
        ended_at = case when stop_grace_s is null then null else greatest(started_at, :now) end,
        started_at = case when stop_grace_s is null then null else started_at end,
        worker = null, pid = null, attempts = attempts - :unbegun
    where {_HELD} returning status
    """
    HOLDERS = f"""
    select distinct worker from job where status = 'started' and not exists (
        select 1 from job_worker where job_worker.id = job.worker and renewed_at + lease_s > {_NOW})
    """
    # By the row that is not there: a worker that has come back is never robbed.
    HELD_BY = """
    select id, recoveries, recover, stop_grace_s from job
    where status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
        and not exists (select 1 from job_worker where job_worker.id = job.worker) for update
    """
    LOCK = "select status, meta from job where id = :id for update"
    TWIN = f"""
    select id from job where queue = :queue and unique_key = :unique_key and status in {_OPEN} for update
    """
    FAILED = """
    select id from job where queue = :queue and status = 'failed'
        and (:task::text is null or task = :task or task like :module escape '\\')
        and (:reason::text is null or reason = :reason) and (:batch::text is null or batch = :batch)
    order by seq
    """
    JOBS = f"select {_ROW} from job where id = any(:ids::text[])"
    LIST = f"""
    select {_ROW} from job where queue = :queue
        and (:statuses::text[] is null or status = any(:statuses::text[]))
        and (:task::text is null or task = :task or task like :module escape '\\') and seq < :before
    order by seq desc limit :limit
    """
    COUNT = """
    select count(*) from job where queue = :queue
        and (:statuses::text[] is null or status = any(:statuses::text[]))
        and (:task::text is null or task = :task or task like :module escape '\\')
    """
    WAITING_GROUPS = """
    select id from job_group where queue = :queue and exists (
        select 1 from job where job.queue = :queue and status = 'queued' and group_id = job_group.id)
    """
    PUBLISH_CODE = """
    insert into job_code (digest, archive, used_at) values (:digest, :archive, :now)
    on conflict (digest) do update set used_at = greatest(job_code.used_at, excluded.used_at)
    """
    DROP_CODE = f"""
    delete from job_code where used_at < :before and not exists (
        select 1 from job where code = job_code.digest and status in {_OPEN})
    """
    CODE = "select archive from job_code where digest = :digest"
    LOG_ROWS = """
    select position, case when position + length(data) > :position then data else ''::bytea end, length(data)
    from job_log where job_id = :id order by position
    """
