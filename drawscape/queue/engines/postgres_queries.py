"""What Postgres says in its own words."""

from typing import Final

from drawscape.queue.engines.queries import Queries

NOW: Final = "extract(epoch from clock_timestamp())::float8"

_ROW: Final = """
seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries, worker, pid,
stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail, peak_kb, batch, meta,
description, case when status = 'started' then
    (select written_at from job_preview where job_id = job.id) end
"""
_CLAIM: Final = (
    "seq, id, task, payload, timeout_s, grace_s, token, created_at, meta, pid, recoveries, worker, "
    "code"
)
OPEN: Final = "('queued', 'scheduled', 'deferred', 'started')"
_BEGIN: Final = """
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker, pid = :pid,
    started_at = :now, progress = 0, message = null, stop_grace_s = null
"""

# Nobody else may have the jobs of a worker before its lease has ended. One that comes close claims nothing.
# Neither does anyone before all workers that may live have asked the present server what they hold: it may
# be a restored copy.
_MAY_CLAIM = f"""exists (select 1 from job_worker where id = :worker
    and renewed_at + lease_s * 2 / 3 > {NOW} and claims_from <= {NOW})
    and not exists (select 1 from job_worker
    where renewed_at + lease_s > {NOW} and server_at <> pg_postmaster_start_time())"""
_ORDINARY = """
from job where queue = :queue and status = 'queued' and group_id is null and priority >= :lowest
    and (cardinality(:lanes::text[]) = 0 or 'default' = any(:lanes::text[]))
    and not exists (select 1 from job_pause where job_pause.queue = :queue and lane in ('default', '*'))
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
    select * from (select seq, priority {_ORDINARY} order by priority desc, seq limit 1) as ordinary
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
        select seq {_ORDINARY} and not {_GROUPED} and {_MAY_CLAIM}
        order by priority desc, seq limit 1 for update skip locked
    )
    {_BEGIN} from next where job.seq = next.seq returning job.{_CLAIM}
    """
    CLAIM = f"""
    {_HEAD} {_BEGIN} where seq = (select seq from head order by priority desc, seq limit 1)
        and status = 'queued' and {_MAY_CLAIM} returning job.{_CLAIM}
    """
    MAY_CLAIM = f"{_HEAD} select exists (select 1 from head)"

    # The batch's row is locked first: a job that comes to wait for the batch waits for this end, or marks it.
    # Not `status = 'started'`: with that a plan may read through the index of all that were started of late.
    END = f"""
    with calm as materialized (
        select job_batch.id from job join job_batch on job_batch.id = job.batch
        where job.id = :id and not job_batch.awaited for share of job_batch
    )
    update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
        peak_kb = :peak_kb, progress = case when :status = 'finished' then 1 else progress end,
        ended_at = greatest(started_at, {NOW}), pid = null
    where seq = :seq and id = :id and token = :token and worker = :worker
        and coalesce(status, '') = 'started' and not awaited
        and (batch is null or exists (select 1 from calm))
    returning id
    """
    HOLDERS = f"""
    select distinct worker from job where status = 'started' and not exists (
        select 1 from job_worker where job_worker.id = job.worker and renewed_at + lease_s > {NOW})
    """
    # By the row that is not there: a worker that has come back is never robbed.
    HELD_BY = """
    select id, recoveries, recover, stop_grace_s from job
    where status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
        and not exists (select 1 from job_worker where job_worker.id = job.worker) for update
    """
    LOCK = "select status, meta from job where id = :id for update"
    TWIN = f"""
    select id from job where queue = :queue and unique_key = :unique_key and status in {OPEN} for update
    """
    JOBS = f"select {_ROW} from job where id = any(:ids::text[])"
    LIST = f"""
    select {_ROW} from job where queue = :queue
        and (:statuses::text[] is null or status = any(:statuses::text[]))
        and (:task::text is null or task = :task or task like :module escape '\\')
    order by seq desc limit :limit
    """
    LIST_BY_STATUS = f"""
    select {_ROW} from job where seq in (
        select * from (select seq from job where queue = :queue and status = 'queued' and group_id is null
            order by seq desc
            limit case when 'queued' = any(:statuses::text[]) then :limit else 0 end) as of_ordinary
        union all
        select * from (select seq from job where queue = :queue and status = 'queued' and group_id is not null
            order by seq desc
            limit case when 'queued' = any(:statuses::text[]) then :limit else 0 end) as of_grouped
        union all
        select * from (select seq from job where queue = :queue and status = 'scheduled' order by seq desc
            limit case when 'scheduled' = any(:statuses::text[]) then :limit else 0 end) as of_scheduled
        union all
        select * from (select seq from job where queue = :queue and status = 'deferred' order by seq desc
            limit case when 'deferred' = any(:statuses::text[]) then :limit else 0 end) as of_deferred
        union all
        select * from (select seq from job where queue = :queue and status = 'started' order by +seq desc
            limit case when 'started' = any(:statuses::text[]) then :limit else 0 end) as of_started
        union all
        select * from (select seq from job where queue = :queue and ended_at is not null
                and status = 'finished' order by ended_at desc
            limit case when 'finished' = any(:statuses::text[]) then :limit else 0 end) as of_finished
        union all
        select * from (select seq from job where queue = :queue and status = 'failed' order by seq desc
            limit case when 'failed' = any(:statuses::text[]) then :limit else 0 end) as of_failed
        union all
        select * from (select seq from job where queue = :queue and status = 'stopped' order by seq desc
            limit case when 'stopped' = any(:statuses::text[]) then :limit else 0 end) as of_stopped
        union all
        select * from (select seq from job where queue = :queue and status = 'canceled' order by seq desc
            limit case when 'canceled' = any(:statuses::text[]) then :limit else 0 end) as of_canceled)
    order by seq desc limit :limit
    """
    PUBLISH_CODE = """
    insert into job_code (digest, archive, used_at) values (:digest, :archive, :now)
    on conflict (digest) do update set used_at = greatest(job_code.used_at, excluded.used_at)
    """
    DROP_CODE = f"""
    delete from job_code where used_at < :before and not exists (
        select 1 from job where code = job_code.digest and status in {OPEN})
    """
    CODE = "select archive from job_code where digest = :digest"
    ADD_UP_COUNTS = """
    with changes as (delete from job_count_change returning queue, status, by)
    insert into job_count_sum (queue, status, count)
    select queue, status, sum(by) from changes group by queue, status
    on conflict (queue, status) do update set count = job_count_sum.count + excluded.count
    """

    FOR_WORKERS = frozenset(
        {
            Queries.INSERT_JOB,
            Queries.PROMOTE,
            Queries.RELEASE_UNKNOWN,
            Queries.RESUME,
            Queries.ASK_MANY_TO_STOP,
        }
    )
    """After these a worker may have something to do; a transaction may have any."""
