"""The statements that are Postgres's own, and the leases of workers."""

from drawscape.queue.engines.queries import Queries


class PostgresQueries(Queries):
    """The statements of a queue in a database; lists are arrays."""

    # Claims. Nobody else may have the jobs of a worker before its lease has ended, so a worker close to that
    # claims nothing. No worker claims before all that may live have asked the present server what they hold:
    # it may be a restored copy.

    CLAIM_ORDINARY = """
    with next as materialized (
        select seq from job where queue = :queue and status = 'queued' and group_id is null
            and priority >= :lowest
            and (cardinality(:lanes::text[]) = 0 or 'default' = any(:lanes::text[]))
            and not exists (select 1 from job_pause
                where job_pause.queue = :queue and lane in ('default', '*'))
            and not exists (select 1 from job_group where job_group.queue = :queue and (
                select seq from job where queue = :queue and status = 'queued'
                    and group_id = job_group.id and priority >= :lowest
                order by priority desc, seq limit 1) is not null)
            and exists (select 1 from job_worker where id = :worker
                and renewed_at + lease_s * 2 / 3 > extract(epoch from clock_timestamp())::float8
                and claims_from <= extract(epoch from clock_timestamp())::float8)
            and not exists (select 1 from job_worker
                where renewed_at + lease_s > extract(epoch from clock_timestamp())::float8
                    and server_at <> pg_postmaster_start_time())
        order by priority desc, seq limit 1 for update skip locked
    )
    update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker,
        pid = :pid, started_at = :now, progress = 0, message = null, stop_grace_s = null
    from next where job.seq = next.seq
    returning job.seq, id, task, payload, timeout_s, grace_s, token, created_at, meta, pid, recoveries,
        worker, code
    """
    NEXT = """
    with head as (
        select * from (
            select seq, priority from job where queue = :queue and status = 'queued' and group_id is null
                and priority >= :lowest
                and (cardinality(:lanes::text[]) = 0 or 'default' = any(:lanes::text[]))
                and not exists (select 1 from job_pause
                    where job_pause.queue = :queue and lane in ('default', '*'))
            order by priority desc, seq limit 1) as ordinary
        union all
        select best.* from job_group cross join lateral (
            select seq, priority from job where queue = :queue and status = 'queued'
                and group_id = job_group.id and priority >= :lowest
            order by priority desc, seq limit 1) as best
        where job_group.queue = :queue
            and (cardinality(:lanes::text[]) = 0 or job_group.lane = any(:lanes::text[]))
            and not exists (select 1 from job_pause
                where job_pause.queue = :queue and job_pause.lane in (job_group.lane, '*'))
            and coalesce(most - (
                select count(*) from job as running join job_group as own on own.id = running.group_id
                where running.status = 'started' and own.queue = :queue
                    and own.limit_key = job_group.limit_key), 1) > 0
    )
    select seq from head order by priority desc, seq limit 1
    """
    CLAIM = """
    update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker,
        pid = :pid, started_at = :now, progress = 0, message = null, stop_grace_s = null
    where seq = :seq and status = 'queued'
        and exists (select 1 from job_worker where id = :worker
            and renewed_at + lease_s * 2 / 3 > extract(epoch from clock_timestamp())::float8
            and claims_from <= extract(epoch from clock_timestamp())::float8)
        and not exists (select 1 from job_worker
            where renewed_at + lease_s > extract(epoch from clock_timestamp())::float8
                and server_at <> pg_postmaster_start_time())
    returning seq, id, task, payload, timeout_s, grace_s, token, created_at, meta, pid, recoveries, worker,
        code
    """

    # The batch's row is locked first: a new dependent of the batch waits for this end, or marks it. It does
    # not say `status = 'started'`: then a plan may read through the index of all recently started jobs.
    END = """
    with calm as materialized (
        select job_batch.id from job join job_batch on job_batch.id = job.batch
        where job.id = :id and not job_batch.awaited for share of job_batch
    )
    update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
        peak_kb = :peak_kb, progress = case when :status = 'finished' then 1 else progress end,
        ended_at = greatest(started_at, extract(epoch from clock_timestamp())::float8), pid = null
    where seq = :seq and id = :id and token = :token and worker = :worker
        and coalesce(status, '') = 'started' and not awaited
        and (batch is null or exists (select 1 from calm))
    returning id
    """
    HOLDERS = """
    select distinct worker from job where status = 'started' and not exists (
        select 1 from job_worker where job_worker.id = job.worker
            and renewed_at + lease_s > extract(epoch from clock_timestamp())::float8)
    """
    # A missing row decides: a worker that has come back never loses its jobs.
    HELD_BY = """
    select id, recoveries, recover, stop_grace_s from job
    where status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
        and not exists (select 1 from job_worker where job_worker.id = job.worker) for update
    """
    LOCK = "select status from job where id = :id for update"
    TWIN = """
    select id from job where queue = :queue and unique_key = :unique_key
        and status in ('queued', 'scheduled', 'deferred', 'started') for update
    """
    JOBS = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where id = any(:ids::text[])
    """
    LIST = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where queue = :queue
        and (:statuses::text[] is null or status = any(:statuses::text[]))
    order by seq desc limit :limit
    """
    LIST_OF_TASK = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where queue = :queue and (task = :task or task like :module escape '\\')
        and (:statuses::text[] is null or status = any(:statuses::text[]))
    order by seq desc limit :limit
    """
    LIST_BY_STATUS = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where seq in (
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
    DROP_CODE = """
    delete from job_code where used_at < :before and not exists (
        select 1 from job where code = job_code.digest
            and status in ('queued', 'scheduled', 'deferred', 'started'))
    """
    CODE = "select archive from job_code where digest = :digest"
    ADD_UP_COUNTS = """
    with changes as (delete from job_count_change returning queue, status, by)
    insert into job_count_sum (queue, status, count)
    select queue, status, sum(by) from changes group by queue, status
    on conflict (queue, status) do update set count = job_count_sum.count + excluded.count
    """

    # Leases. A server whose log is behind its earlier position has lost data: it is a restored copy, or a
    # follower. Jobs that wait in its tables may be running. So no worker claims until all that run a job have
    # noticed, or have ended.

    ANNOUNCE_WORKER = """
    insert into job_worker (id, host, pid, slots, queue, lanes, version, started_at, renewed_at, lease_s,
        server_at, claims_from)
    select :id, :host, :pid, :slots, :queue, :lanes, :version, extract(epoch from clock_timestamp())::float8,
        extract(epoch from clock_timestamp())::float8, :lease_s, pg_postmaster_start_time(),
        case when pg_current_wal_flush_lsn() < :log_position::pg_lsn
            then extract(epoch from clock_timestamp())::float8 + :lease_s::float8 * 2 / 3 else 0 end
    where not exists (select 1 from job where status = 'started' and worker = :id)
    on conflict (id) do nothing returning server_at::text
    """
    # While a worker was cut off, its job may have ended, or may have been given to another. So each renewal
    # lists the worker's jobs. Once it runs no others, it stores the start time of the server that gave the
    # list as `server_at`.
    RENEW_LEASE = """
    with others as (
        update job_worker
        set claims_from = extract(epoch from clock_timestamp())::float8 + :lease_s::float8 * 2 / 3
        where id <> :id and pg_current_wal_flush_lsn() < :log_position::pg_lsn
    )
    update job_worker set renewed_at = extract(epoch from clock_timestamp())::float8,
        server_at = :server_at::timestamptz,
        claims_from = case when pg_current_wal_flush_lsn() < :log_position::pg_lsn
            then extract(epoch from clock_timestamp())::float8 + :lease_s::float8 * 2 / 3 else claims_from end
    where id = :id
    returning renewed_at, pg_current_wal_flush_lsn()::text,
        array(select id from job where status = 'started' and worker = :id),
        array(select token from job where status = 'started' and worker = :id),
        pg_postmaster_start_time()::text
    """

    NOTE_TROUBLE = "update job_worker set trouble = :trouble where id = :id"
    RETIRE_WORKER = "delete from job_worker where id = :id"
    DROP_DEAD_WORKERS = """
    delete from job_worker where renewed_at + lease_s <= extract(epoch from clock_timestamp())::float8
    """
    IS_ALIVE = """
    select renewed_at + lease_s > extract(epoch from clock_timestamp())::float8 from job_worker where id = :id
    """
    LIVING_WORKERS = """
    select id, pid, slots, queue, started_at, host, lanes, version, renewed_at, trouble
    from job_worker
    where renewed_at + lease_s > extract(epoch from clock_timestamp())::float8 order by started_at
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
