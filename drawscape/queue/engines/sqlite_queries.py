"""The statements that are SQLite's own."""

from drawscape.queue.engines.queries import Queries


class SqliteQueries(Queries):
    """The statements of a queue in a file; lists are JSON, read by `json_each`."""

    TWIN = """
    select id from job where queue = :queue and unique_key = :unique_key
        and status in ('queued', 'scheduled', 'deferred', 'started')
    """

    # Claims. The next job is the best of the ordinary ones and of each waiting group that may run: one step
    # in an index for each such group, no matter how many jobs wait. A claim writes only columns that change:
    # each costs a step in the indexes that name it.

    CLAIM_ORDINARY = """
    update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker,
        pid = :pid, started_at = :now, progress = 0, message = null, stop_grace_s = null
    where seq = (
        select seq from job where queue = :queue and status = 'queued' and group_id is null
            and priority >= :lowest
            and (:lanes = '[]' or 'default' in (select value from json_each(:lanes)))
            and not exists (select 1 from job_pause where queue = :queue and lane in ('default', '*'))
            and not exists (select 1 from job as grouped indexed by job_grouped
                where queue = :queue and status = 'queued' and group_id is not null)
        order by priority desc, seq limit 1)
    returning seq, id, task, payload, timeout_s, grace_s, token, created_at, meta, pid, recoveries, worker,
        code
    """
    NEXT = """
    with recursive waiting (id) as (
        select min(group_id) from job indexed by job_grouped
        where queue = :queue and status = 'queued' and group_id is not null
        union all
        select (select min(group_id) from job indexed by job_grouped
            where queue = :queue and status = 'queued' and group_id > waiting.id)
        from waiting where waiting.id is not null
    ),
    head (seq, priority) as (
        select * from (
            select seq, priority from job where queue = :queue and status = 'queued' and group_id is null
                and priority >= :lowest
                and (:lanes = '[]' or 'default' in (select value from json_each(:lanes)))
                and not exists (
                    select 1 from job_pause where queue = :queue and lane in ('default', '*'))
            order by priority desc, seq limit 1)
        union all
        select job.seq, job.priority from waiting
        cross join job_group on job_group.id = waiting.id
        join job on job.seq = (
            select seq from job where queue = :queue and status = 'queued' and group_id = job_group.id
                and priority >= :lowest order by priority desc, seq limit 1)
        where (:lanes = '[]' or job_group.lane in (select value from json_each(:lanes)))
            and not exists (
                select 1 from job_pause where queue = :queue and lane in (job_group.lane, '*'))
            and (most is null or most > (
                select count(*) from job as running indexed by job_started cross join job_group as own
                where running.status = 'started' and running.group_id is not null
                    and own.id = running.group_id and own.queue = :queue
                    and own.limit_key = job_group.limit_key))
    )
    select seq from head order by priority desc, seq limit 1
    """
    CLAIM = """
    update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker,
        pid = :pid, started_at = :now, progress = 0, message = null, stop_grace_s = null
    where seq = :seq
    returning seq, id, task, payload, timeout_s, grace_s, token, created_at, meta, pid, recoveries, worker,
        code
    """

    JOBS = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where id in (select value from json_each(:ids))
    """
    LIST = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where queue = :queue
        and (:statuses is null or status in (select value from json_each(:statuses)))
    order by seq desc limit :limit
    """
    # Jobs have few tasks: one step in their index for each, no matter how many jobs there are.
    LIST_OF_TASK = """
    with recursive known (task) as (
        select min(task) from job
        union all
        select (select min(task) from job where task > known.task) from known where known.task is not null
    )
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where seq in (
        select newest.seq from known cross join job as newest on newest.seq in (
            select seq from job where task = known.task and queue = :queue
                and (:statuses is null or status in (select value from json_each(:statuses)))
            order by seq desc limit :limit)
        where known.task = :task or known.task like :module escape '\\')
    order by seq desc limit :limit
    """
    # Each status has an index. That of finished jobs is by their end, and gives those that ended last.
    LIST_BY_STATUS = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where seq in (
        select * from (select seq from job where queue = :queue and status = 'queued' and group_id is null
            order by seq desc
            limit case when 'queued' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job where queue = :queue and status = 'queued' and group_id is not null
            order by seq desc
            limit case when 'queued' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job where queue = :queue and status = 'scheduled' order by seq desc
            limit case when 'scheduled' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job where queue = :queue and status = 'deferred' order by seq desc
            limit case when 'deferred' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job where queue = :queue and status = 'started' order by +seq desc
            limit case when 'started' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job where queue = :queue and ended_at is not null
                and status = 'finished' order by ended_at desc
            limit case when 'finished' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job
            where queue = :queue and status in ('failed', 'stopped', 'canceled') and status = 'failed'
            order by seq desc
            limit case when 'failed' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job
            where queue = :queue and status in ('failed', 'stopped', 'canceled') and status = 'stopped'
            order by seq desc
            limit case when 'stopped' in (select value from json_each(:statuses)) then :limit else 0 end)
        union all
        select * from (select seq from job
            where queue = :queue and status in ('failed', 'stopped', 'canceled') and status = 'canceled'
            order by seq desc
            limit case when 'canceled' in (select value from json_each(:statuses)) then :limit else 0 end))
    order by seq desc limit :limit
    """
