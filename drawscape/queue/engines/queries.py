"""The statements that both engines share, each whole and by name; values are `:named`, `:now` is the present.

`sqlite_queries.py` and `postgres_queries.py` add the statements that differ. An engine and its
transactions have the statements as attributes: `engine.read(engine.JOB, id=...)`. `Engine.list_value`
converts a list.
"""


class Queries:
    """Statements that are the same for SQLite and Postgres."""

    # New jobs

    INSERT_JOB = """
    insert into job (id, queue, status, task, payload, created_at, priority, due_at, start_by, timeout_s,
        grace_s, retries, retry_delay_s, retry_backoff, runs_anyway, recover, result_ttl_s, unique_key,
        group_id, batch, meta, description, code)
    values (:id, :queue, :status, :task, :payload, :created_at, :priority, :due_at, :start_by, :timeout_s,
        :grace_s, :retries, :retry_delay_s, :retry_backoff, :runs_anyway, :recover, :result_ttl_s,
        :unique_key, :group_id, :batch, :meta, :description, :code)
    """
    INSERT_BATCH = """
    insert into job_batch (id, queue, created_at, total, description)
    values (:id, :queue, :created_at, :total, :description)
    """
    MAKE_GROUP = """
    insert into job_group (queue, lane, limit_key, most) values (:queue, :lane, :limit_key, :most)
    on conflict do nothing
    """
    SET_LIMIT = "update job_group set most = :most where queue = :queue and limit_key = :limit_key"
    GROUP_ID = """
    select id from job_group where queue = :queue and lane = :lane and limit_key = :limit_key
    """

    # What the holder of a claim writes. Even if the clock is set back while a job runs, the job never ends
    # before it began.

    ACKNOWLEDGE = """
    update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
        peak_kb = :peak_kb, ended_at = case when :now < started_at then started_at else :now end, pid = null,
        progress = case when :status = 'finished' then 1 else progress end
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
    returning exists (select 1 from job_dependency)
    """
    RETRY = """
    update job set status = 'scheduled', due_at = case when retry_delay_s > 0 then :now + retry_delay_s end,
        retry_delay_s = case when retry_delay_s * retry_backoff < :longest_s
            then retry_delay_s * retry_backoff else :longest_s end,
        reason = :reason, error = :error, detail = :detail, peak_kb = :peak_kb,
        pid = null, worker = null, retries = retries - 1
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
        and stop_grace_s is null and retries > 0
    returning id
    """
    GIVE_BACK = """
    update job set status = case when stop_grace_s is null then 'queued' else 'stopped' end,
        ended_at = case when stop_grace_s is null then null
            when :now < started_at then started_at else :now end,
        started_at = case when stop_grace_s is null then null else started_at end,
        queued_at = :now, worker = null, pid = null, attempts = attempts - :unbegun
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
    returning status
    """
    LOSE = """
    update job set status = 'failed', reason = 'lost', error = :error, worker = null, pid = null,
        ended_at = case when :now < started_at then started_at else :now end
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
        and recover = 0 and stop_grace_s is null
    returning id
    """
    RELEASE_UNKNOWN = """
    update job set status = 'queued', queued_at = :now, worker = null, pid = null, started_at = null,
        attempts = attempts - 1
    where id = :id and token = :token and worker = :worker and status = 'started' returning id
    """
    PROGRESS = """
    update job set progress = :progress, message = coalesce(:message, message), meta = coalesce(:meta, meta)
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
    returning id
    """
    PID = """
    update job set pid = :pid
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
    returning id
    """
    # A row that is written again after a broken commit exists once.
    WRITE_LOG = """
    insert into job_log (job_id, position, data) select id, :position, :data from job
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
    on conflict do nothing returning job_id
    """
    LOG_END = "select coalesce(max(position + length(data)), 0) from job_log where job_id = :id"
    CUT_LOG = """
    delete from job_log where job_id = :id and position + length(data) <= (
        select max(position + length(data)) - :most from job_log where job_id = :id)
    """
    WRITE_PREVIEW = """
    insert into job_preview (job_id, written_at, picture) select id, :now, :picture from job
    where seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'
    on conflict (job_id) do update set written_at = excluded.written_at, picture = excluded.picture
    """
    DROP_PREVIEW = "delete from job_preview where job_id = :id"

    # Code is sent along only with a server.

    PUBLISH_CODE = DROP_CODE = CODE = ""

    # A worker's other moves

    STOPS = """
    select id, token, stop_grace_s from job
    where status = 'started' and worker = :worker and stop_grace_s is not null
    """
    PROMOTE = """
    update job set status = 'queued', queued_at = due_at, due_at = null
    where status = 'scheduled' and queue = :queue and due_at <= :now returning id
    """
    NEXT_DUE = """
    select due_at from job where status = 'scheduled' and queue = :queue order by due_at limit 1
    """
    # A job that was started once is no longer bound by its `job_ttl`.
    OVERDUE = """
    select id from job where start_by is not null and start_by <= :now and attempts = 0
        and status in ('queued', 'scheduled', 'deferred') limit 100
    """
    EXPIRE = """
    update job set status = 'canceled', reason = 'expired', ended_at = :now, due_at = null,
        error = 'it did not start within its job_ttl'
    where id = :id and attempts = 0 and status in ('queued', 'scheduled', 'deferred') returning id
    """
    HOLDERS = "select distinct worker from job where status = 'started'"
    HELD_BY = """
    select id, recoveries, recover, stop_grace_s from job
    where status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
    """
    RECOVER = """
    update job set status = :status, reason = case when :status = 'failed' then 'lost' end, error = :error,
        worker = null, pid = null, queued_at = :now,
        ended_at = case when :status = 'queued' then ended_at else :now end, recoveries = recoveries + 1
    where id = :id and status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
    """

    # Changes from outside

    LOCK = "select status from job where id = :id"
    CANCEL = """
    update job set status = 'canceled', ended_at = :now, due_at = null
    where id = :id and status in ('queued', 'scheduled', 'deferred') returning id
    """
    CANCEL_DEFERRED = """
    update job set status = 'canceled', ended_at = :now, due_at = null
    where seq in (select seq from job where queue = :queue and status = 'deferred' limit :limit)
        and status in ('queued', 'scheduled', 'deferred')
    returning id
    """
    CANCEL_WAITING = """
    update job set status = 'canceled', ended_at = :now, due_at = null
    where seq in (select seq from job where queue = :queue and status = 'scheduled'
        union all select seq from job where queue = :queue and status = 'queued' and group_id is null
        union all select seq from job where queue = :queue and status = 'queued' and group_id is not null
        limit :limit) and status in ('queued', 'scheduled', 'deferred')
    returning id
    """
    CANCEL_BATCH = """
    update job set status = 'canceled', ended_at = :now, due_at = null
    where seq in (select seq from job where batch = :batch and ended_at is null
        and status in ('queued', 'scheduled', 'deferred') limit :limit)
        and status in ('queued', 'scheduled', 'deferred')
    returning id
    """
    ASK_TO_STOP = """
    update job set stop_grace_s = case when stop_grace_s < :grace_s then stop_grace_s else :grace_s end
    where status = 'started' and id = :id returning id, worker
    """
    ASK_MANY_TO_STOP = """
    update job set stop_grace_s = case when stop_grace_s < :grace_s then stop_grace_s else :grace_s end
    where status = 'started' and queue = :queue and (cast(:batch as text) is null or batch = :batch)
    returning id, worker
    """
    STOP_WITHOUT_WORKER = """
    update job set status = 'stopped', ended_at = :now, worker = null, pid = null
    where id = :id and status = 'started' and coalesce(worker, '') = coalesce(:worker, '') returning id
    """
    FAILED = """
    select id from job where queue = :queue and status = 'failed'
        and (cast(:task as text) is null or task = :task or task like :module escape '\\')
        and (cast(:reason as text) is null or reason = :reason)
        and (cast(:batch as text) is null or batch = :batch)
    order by seq
    """
    DELETE = """
    delete from job where id = :id and status in ('finished', 'failed', 'stopped', 'canceled') returning id
    """
    NEEDED_BY = """
    select job.id from job_dependency join job on job.id = job_id
    where depends_on = :id and ended_at is null limit 1
    """
    SET_PRIORITY = """
    update job set priority = :priority
    where id = :id and status in ('queued', 'scheduled', 'deferred') returning id
    """
    PAUSE = "insert into job_pause (queue, lane) values (:queue, :lane) on conflict do nothing"
    RESUME = "delete from job_pause where queue = :queue and (lane = :lane or :lane = '*')"
    PAUSED = "select lane from job_pause where queue = :queue"
    NOTED = "select value from job_note where name = :name"
    NOTE = """
    insert into job_note (name, value) values (:name, :value)
    on conflict (name) do update set value = excluded.value
    """
    NOTE_ONCE = "insert into job_note (name, value) values (:name, :value) on conflict do nothing"

    # Dependencies. An edge stays as long as the job that waits. `done` says whether its dependency has ended
    # as it must, `waits_for` counts those that have not.

    STATUS = "select status, batch from job where id = :id"
    STATE = """
    select case when ended_at is null then 'open' when reason = 'expired' then 'expired' else status end
    from job where id = :needed
    union all
    select case when exists (select 1 from job where batch = :needed and ended_at is null) then 'open'
        when failed_gone > 0 or exists (select 1 from job where batch = :needed
            and status in ('scheduled', 'deferred', 'failed', 'stopped', 'canceled')
            and status <> 'queued' and status <> 'started' and status <> 'finished') then 'failed'
        else 'finished' end
    from job_batch where id = :needed
    """
    AWAITED_BATCH = """
    select batch from job where id = :id and batch is not null
        and exists (select 1 from job_dependency where depends_on = batch)
        and not exists (select 1 from job as one where one.batch = job.batch and one.ended_at is null)
    """
    LINK = """
    insert into job_dependency (depends_on, job_id) values (:needed, :id) on conflict do nothing
    """
    NEEDED = """
    select depends_on, done, runs_anyway from job_dependency join job on job.id = job_id where job_id = :id
    """
    SET_DONE = """
    update job_dependency set done = :done where job_id = :id and depends_on = :needed
    """
    NEED = """
    select job.id, job.runs_anyway, job.status = 'deferred'
    from job_dependency join job on job.id = job_dependency.job_id
    where depends_on = :needed and done = 0
    """
    DEPENDENTS = """
    select job.id, job.runs_anyway, job.status, job.reason
    from job_dependency join job on job.id = job_dependency.job_id where depends_on = :needed
    """
    RELEASE = """
    update job set waits_for = waits_for - 1, queued_at = :now,
        status = case when waits_for > 1 then 'deferred' when due_at is null then 'queued'
            else 'scheduled' end
    where id = :id and status = 'deferred'
    """
    PLACE = """
    update job set waits_for = :waits_for, queued_at = :now,
        status = case when :waits_for > 0 then 'deferred' when due_at is null then 'queued'
            else 'scheduled' end
    where id = :id and status in ('queued', 'scheduled', 'deferred')
    """
    GIVE_UP = """
    update job set status = :status, reason = 'dependency', ended_at = :now, error = :error, waits_for = 0
    where id = :id
    """
    REOPEN = """
    update job set status = 'deferred', reason = null, error = null, detail = null, result = null,
        progress = 0, message = null, started_at = null, ended_at = null, worker = null, due_at = null,
        stop_grace_s = null, recoveries = 0, start_by = null, code = coalesce(:code, code)
    where id = :id and status in ('finished', 'failed', 'stopped', 'canceled')
        and (unique_key is null or not exists (
            select 1 from job as twin where twin.queue = job.queue and twin.unique_key = job.unique_key
                and twin.status in ('queued', 'scheduled', 'deferred', 'started')))
    returning id
    """
    OBSTACLE = "select depends_on from job_dependency where job_id = :id and done = 0 limit 1"
    OPEN_DEPENDENCIES = """
    select depends_on, coalesce((select status from job where id = depends_on), 'batch')
    from job_dependency where job_id = :id and done = 0 limit 10
    """

    # What only reads. A row is that of JobSnapshot.

    JOB = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where id = :id
    """
    BATCH_JOBS = """
    select seq, id, queue, task, status, reason, priority, due_at, timeout_s, recoveries, attempts, retries,
        worker, pid, stop_grace_s, created_at, started_at, ended_at, progress, message, error, detail,
        peak_kb, batch, meta, description,
        case when status = 'started' then (select written_at from job_preview where job_id = job.id) end
    from job where batch = :batch order by seq
    """
    IDS_ENDING = """
    select id from job where queue = :queue and substr(id, length(id) - length(:text) + 1) = :text
    order by seq desc
    """
    GROUP_OF = """
    select lane, limit_key, most from job join job_group on job_group.id = group_id where job.id = :id
    """
    RESULT = "select result from job where id = :id"
    LOG_ROWS = """
    select position, case when position + length(data) > :position then data end, length(data)
    from job_log where job_id = :id order by position
    """
    PREVIEW = "select picture from job_preview where job_id = :id"
    BATCH = "select total, description from job_batch where id = :batch"
    BATCH_OPEN = "select 1 from job where batch = :batch and ended_at is null limit 1"
    # Not `batch = :batch` for running jobs: they are few, and have an index.
    BATCH_LEFT = """
    select (select count(*) from job where batch = :batch and ended_at is null),
        (select coalesce(sum(progress), 0) from job where status = 'started' and coalesce(batch, '') = :batch)
    """
    BATCH_COUNTS = "select status, count(*) from job where batch = :batch group by status"
    # Ended jobs are counted as they end; each status of open jobs has an index.
    COUNTS = """
    select status, count from job_count where queue = :queue
    union all select 'queued', count(*) from job
        where queue = :queue and status = 'queued' and group_id is null
    union all select 'queued', count(*) from job
        where queue = :queue and status = 'queued' and group_id is not null
    union all select 'scheduled', count(*) from job where queue = :queue and status = 'scheduled'
    union all select 'deferred', count(*) from job where queue = :queue and status = 'deferred'
    union all select 'started', count(*) from job where queue = :queue and status = 'started'
    """
    COUNT_QUEUED = """
    select count(*) from (
        select 1 from job where queue = :queue and status = 'queued' and group_id is null
        union all select 1 from job where queue = :queue and status = 'queued' and group_id is not null
        limit :limit) as waiting
    """
    AHEAD = """
    select (select count(*) from job where queue = :queue and status = 'queued' and group_id is null
            and priority > :priority)
        + (select count(*) from job where queue = :queue and status = 'queued' and group_id is null
            and priority = :priority and seq < :seq)
        + (select count(*) from job where queue = :queue and status = 'queued' and group_id is not null
            and (priority > :priority or (priority = :priority and seq < :seq)))
    """
    RECENT_WAITS = """
    select started_at - coalesce(queued_at, created_at) from (
        select status, created_at, queued_at, started_at from job
        where queue = :queue and ended_at is not null order by ended_at desc limit 5000) as recent
    where started_at is not null and status <> 'canceled' limit 1000
    """
    # Retention. Each search continues where the last one ended, and does not read the many kept jobs again.
    # A job on which an open one depends is kept.

    PRUNE_BY_TTL = """
    delete from job where seq in (
        select seq from job where result_ttl_s is not null and ended_at + result_ttl_s <= :now
        and ended_at + result_ttl_s >= :after and not exists (
            select 1 from job_dependency join job as needing on needing.id = job_dependency.job_id
            where depends_on = job.id and needing.ended_at is null)
        order by ended_at + result_ttl_s limit :limit)
    returning ended_at + result_ttl_s
    """
    PRUNE_OLD = """
    delete from job where seq in (
        select seq from job where ended_at <= :until and result_ttl_s is null
        and (ended_at <= :others or status = 'finished') and (ended_at <= :finished or status <> 'finished')
        and ended_at >= :after and not exists (
            select 1 from job_dependency join job as needing on needing.id = job_dependency.job_id
            where depends_on = job.id and needing.ended_at is null)
        order by ended_at limit :limit)
    returning ended_at
    """
    PRUNE_SURPLUS = """
    delete from job where seq in (
        select seq from job where ended_at <= :spared and result_ttl_s is null
        and ended_at >= :after and not exists (
            select 1 from job_dependency join job as needing on needing.id = job_dependency.job_id
            where depends_on = job.id and needing.ended_at is null)
        order by ended_at limit :limit)
    returning ended_at
    """
    NEWEST = "select created_at from job order by seq desc limit 1"
    ENDED_COUNT = "select coalesce(sum(count), 0) from job_count"
    DROP_BATCHES = """
    delete from job_batch where not exists (select 1 from job where batch = job_batch.id)
    """
    DROP_GROUPS = """
    delete from job_group where not exists (select 1 from job where group_id = job_group.id)
    """

    # Rules for all rows: what is wrong if one is broken, and in how many rows.

    BROKEN_RULES = """
    select 'ended without a time', count(*) from job
        where status in ('finished', 'failed', 'stopped', 'canceled') and ended_at is null
    union all select 'not ended, with a time of its end', count(*) from job
        where status in ('queued', 'scheduled', 'deferred', 'started') and ended_at is not null
    union all select 'deferred, for no job or another number of jobs than the row says', count(*) from job
        where status = 'deferred' and (waits_for < 1 or waits_for != (
            select count(*) from job_dependency where job_id = job.id and done = 0))
    union all select 'waiting for a job or batch that is gone', count(*)
        from job join job_dependency on job_id = job.id where status = 'deferred'
        and done = 0 and not exists (select 1 from job as needed where needed.id = depends_on)
        and not exists (select 1 from job_batch where job_batch.id = depends_on)
    union all select 'queued or started before a dependency has ended', count(*)
        from job join job_dependency on job_id = job.id
        where status in ('queued', 'scheduled', 'started') and done = 0
    union all select 'scheduled for no time', count(*) from job where status = 'scheduled' and due_at is null
    union all select 'missing in the counts of ended jobs, or there too often', abs(
        (select count(*) from job where status in ('finished', 'failed', 'stopped', 'canceled'))
        - coalesce((select sum(count) from job_count), 0))
    """
