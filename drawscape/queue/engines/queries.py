"""The statements of the job table, each whole and by name; values are `:named`, `:now` is the present.

An engine and its transactions have them as their own: `engine.read(engine.JOB, id=...)`. A list is passed as
`Engine.list_value` makes it, and read here by `json_each`.
"""

from typing import Final

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
_HELD: Final = (
    "seq = :seq and id = :id and token = :token and worker = :worker and status = 'started'"
)
ENDED: Final = "('finished', 'failed', 'stopped', 'canceled')"
OPEN: Final = "('queued', 'scheduled', 'deferred', 'started')"
_WAITING: Final = "('queued', 'scheduled', 'deferred')"

_BEGIN: Final = """
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker, pid = :pid,
    started_at = :now, progress = 0, message = null, stop_grace_s = null
"""
_CANCEL: Final = "update job set status = 'canceled', ended_at = :now, due_at = null where"
_STOP: Final = """
update job set stop_grace_s = case when stop_grace_s < :grace_s then stop_grace_s else :grace_s end
where status = 'started' and
"""
# A job on which an open one depends is kept.
_NEEDLESS: Final = f"""not exists (
    select 1 from job_dependency join job as needing on needing.id = job_dependency.job_id
    where depends_on = job.id and needing.status in {OPEN})"""

# The tables, as far as both engines say it alike. SQLite knows all of these types.

COLUMNS: Final = """
    task text not null,
    reason text,
    priority bigint not null default 0,
    due_at double precision,
    waits_for integer not null default 0,
    runs_anyway integer not null default 0,
    timeout_s double precision,
    grace_s double precision,
    token bigint not null default 0,
    recoveries integer not null default 0,
    attempts integer not null default 0,
    retries integer not null default 0,
    retry_delay_s double precision not null default 0,
    retry_backoff double precision not null default 1,
    pid bigint,
    stop_grace_s double precision,
    created_at double precision not null,
    started_at double precision,
    ended_at double precision,
    result_ttl_s double precision,
    expires_at double precision,
    progress double precision not null default 0,
    message text,
    error text,
    detail text,
    peak_kb bigint,
    unique_key text,
    meta text,
    description text
"""
"""Of `job`, since 0.2."""

# Partial indexes: a status change touches only those of the statuses that it leaves and enters. A queued job
# is in one of two: who looks for one of a lane passes over no others, and the reverse. A claim touches no
# index of a batch, and a job that runs and finishes only the first.
INDEXES: Final = (
    "create index if not exists job_queued on job (queue, priority desc, seq) "
    "where status = 'queued' and group_id is null",
    "create index if not exists job_grouped on job (queue, group_id, priority desc, seq) "
    "where status = 'queued' and group_id is not null",
    "create index if not exists job_scheduled on job (seq, queue) where status = 'scheduled'",
    "create index if not exists job_deferred on job (seq, queue) where status = 'deferred'",
    "create index if not exists job_started on job (worker) where status = 'started'",
    "create index if not exists job_failed on job (seq) where status = 'failed'",
    "create index if not exists job_expires on job (expires_at) where expires_at is not null",
    "create index if not exists job_of_batch on job (batch, ended_at) where batch is not null",
    "create index if not exists job_of_batch_apart on job (batch, status) where batch is not null "
    "and status <> 'queued' and status <> 'started' and status <> 'finished'",
    "create unique index if not exists job_unique on job (queue, unique_key) "
    f"where unique_key is not null and status in {OPEN}",
    "create index if not exists job_dependency_of on job_dependency (job_id)",
)


class Queries:
    """The statements, in SQLite's words."""

    INSERT_BATCH = """
    insert into job_batch (id, queue, created_at, total, description)
    values (:id, :queue, :created_at, :total, :description)
    """
    TWIN = f"""
    select id from job where queue = :queue and unique_key = :unique_key and status in {OPEN}
    """
    MAKE_GROUP = """
    insert into job_group (queue, lane, limit_key, most) values (:queue, :lane, :limit_key, :most)
    on conflict do nothing
    """
    SET_LIMIT = "update job_group set most = :most where queue = :queue and limit_key = :limit_key"
    GROUP_ID = """
    select id from job_group where queue = :queue and lane = :lane and limit_key = :limit_key
    """

    # Claims. The next job is the best of the ordinary ones and of each group that waits and may run. That is
    # a look at an index for each such group, however many jobs wait. What a queued job has not is not written
    # again: each column costs a look at the indexes that name it.

    CLAIM_ORDINARY = f"""
    {_BEGIN} where seq = (
        select seq from job where queue = :queue and status = 'queued' and group_id is null
            and priority >= :lowest
            and (:lanes = '[]' or 'default' in (select value from json_each(:lanes)))
            and not exists (select 1 from job_pause where queue = :queue and lane in ('default', '*'))
            and not exists (select 1 from job as grouped indexed by job_grouped
                where queue = :queue and status = 'queued' and group_id is not null)
        order by priority desc, seq limit 1)
    returning {_CLAIM}
    """
    HEAD = """
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
    """
    CLAIM = f"""
    {HEAD}
    {_BEGIN} where seq = (select seq from head order by priority desc, seq limit 1)
    returning {_CLAIM}
    """
    CLAIM_ONE = f"""
    {_BEGIN} where id = :id and status = 'queued' and not exists (
        select 1 from job_pause where job_pause.queue = job.queue and lane = '*')
    returning {_CLAIM}
    """
    MAY_CLAIM = f"{HEAD} select exists (select 1 from head)"

    # What the holder of a claim writes. The clock may be set back while a job runs: it never ends before it
    # began.

    ACKNOWLEDGE = f"""
    update job set status = :status, reason = :reason, result = :result, error = :error, detail = :detail,
        peak_kb = :peak_kb, ended_at = case when :now < started_at then started_at else :now end, pid = null,
        progress = case when :status = 'finished' then 1 else progress end,
        expires_at = case when :now < started_at then started_at else :now end + result_ttl_s
    where {_HELD}
    returning exists (select 1 from job_dependency)
    """
    RETRIES = f"""
    select retry_delay_s, retry_backoff, retry_delays from job
    where {_HELD} and stop_grace_s is null and retries > 0
    """
    RETRY = f"""
    update job set status = 'scheduled', due_at = :due_at, due_boot = :due_boot, due_boot_s = :due_boot_s,
        retry_delay_s = :retry_delay_s, retry_delays = :retry_delays, reason = :reason, error = :error,
        detail = :detail, peak_kb = :peak_kb, pid = null, worker = null, retries = retries - 1
    where {_HELD} returning id
    """
    GIVE_BACK = f"""
    update job set status = case when stop_grace_s is null then 'queued' else 'stopped' end,
        ended_at = case when stop_grace_s is null then null
            when :now < started_at then started_at else :now end,
        started_at = case when stop_grace_s is null then null else started_at end,
        worker = null, pid = null, attempts = attempts - :unbegun
    where {_HELD} returning status
    """
    LOSE = f"""
    update job set status = 'failed', reason = 'lost', error = :error, worker = null, pid = null,
        ended_at = case when :now < started_at then started_at else :now end
    where {_HELD} and recover = 0 and stop_grace_s is null returning id
    """
    RELEASE_UNKNOWN = """
    update job set status = 'queued', worker = null, pid = null, started_at = null, attempts = attempts - 1
    where id = :id and token = :token and worker = :worker and status = 'started' returning id
    """
    # Code goes along on a server alone.

    PUBLISH_CODE = DROP_CODE = CODE = ""

    REFUSALS = f"select detail, queue from job where {_HELD} and stop_grace_s is null"
    REFUSE = f"""
    update job set status = 'scheduled', due_at = :due_at, due_boot = :due_boot, due_boot_s = :due_boot_s,
        detail = :detail, worker = null, pid = null, started_at = null, attempts = attempts - 1
    where {_HELD}
    """
    PROGRESS = f"""
    update job set progress = :progress, message = coalesce(:message, message), meta = coalesce(:meta, meta)
    where {_HELD} returning id
    """
    PID = f"update job set pid = :pid where {_HELD} returning id"
    WRITE_LOG = f"""
    insert into job_log (job_id, position, data) select id, :position, :data from job where {_HELD}
    on conflict (job_id, position) do update set data = excluded.data returning job_id
    """
    CUT_LOG = "delete from job_log where job_id = :id and position + length(data) <= :position"
    WRITE_PREVIEW = f"""
    insert into job_preview (job_id, written_at, picture) select id, :now, :picture from job where {_HELD}
    on conflict (job_id) do update set written_at = excluded.written_at, picture = excluded.picture
    """
    DROP_PREVIEW = "delete from job_preview where job_id = :id"

    # A worker's other moves

    STOPS = """
    select id, token, stop_grace_s from job
    where status = 'started' and worker = :worker and stop_grace_s is not null
    """
    # A delay of this run of the machine goes by the clock that nobody sets; all else by the time of day.

    PROMOTE = """
    update job set status = 'queued', due_at = null, due_boot = null, due_boot_s = null
    where status = 'scheduled' and seq in (
        select seq from job where status = 'scheduled' and queue = :queue
            and due_boot is null and due_at <= :now
        union all
        select seq from job where status = 'scheduled' and queue = :queue
            and due_boot is not null and due_boot = :due_boot and due_boot_s <= :due_boot_s)
    returning id
    """
    NEXT_DUE_S = """
    select * from (select due_at - :now from job
        where status = 'scheduled' and queue = :queue and due_boot is null
        order by due_at limit 1) as at_moments
    union all
    select * from (select due_boot_s - :due_boot_s from job
        where status = 'scheduled' and queue = :queue and due_boot is not null and due_boot = :due_boot
        order by due_boot_s limit 1) as after_delays
    """
    FORGET_BOOTS = """
    update job set due_boot = null, due_boot_s = null
    where status = 'scheduled' and due_boot is not null and due_boot != :boot
    """
    EXPIRED_WAITING = f"""
    select id from job where start_by is not null and start_by <= :now and status in {_WAITING} limit 100
    """
    EXPIRE = f"""
    update job set status = 'canceled', ended_at = :now, due_at = null,
        error = 'it had not started within its job_ttl'
    where id = :id and status in {_WAITING} returning id
    """
    HOLDERS = "select distinct worker from job where status = 'started'"
    HELD_BY = """
    select id, recoveries, recover, stop_grace_s from job
    where status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
    """
    RECOVER = """
    update job set status = :status, reason = :reason, error = :error, worker = null, pid = null,
        ended_at = case when :status = 'queued' then ended_at else :now end, recoveries = recoveries + 1
    where id = :id and status = 'started' and coalesce(worker, '') = coalesce(:worker, '')
    """

    # Changes from outside

    LOCK = "select status, meta from job where id = :id"
    CANCEL = f"{_CANCEL} id = :id and status in {_WAITING} returning id"
    CANCEL_DEFERRED = f"""
    {_CANCEL} seq in (select seq from job where queue = :queue and status = 'deferred' limit :limit)
        and status in {_WAITING} returning id
    """
    CANCEL_WAITING = f"""
    {_CANCEL} seq in (select seq from job where queue = :queue and status = 'scheduled'
        union all select seq from job where queue = :queue and status = 'queued' and group_id is null
        union all select seq from job where queue = :queue and status = 'queued' and group_id is not null
        limit :limit) and status in {_WAITING} returning id
    """
    CANCEL_BATCH = f"""
    {_CANCEL} seq in (select seq from job where batch = :batch and ended_at is null
        and status in {_WAITING} limit :limit) and status in {_WAITING} returning id
    """
    ASK_TO_STOP = f"{_STOP} id = :id returning id, worker"
    ASK_MANY_TO_STOP = f"""
    {_STOP} queue = :queue and (cast(:batch as text) is null or batch = :batch) returning id, worker
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
    DELETE = f"delete from job where id = :id and status in {ENDED} returning id"
    NEEDED_BY = f"""
    select job.id from job_dependency join job on job.id = job_id
    where depends_on = :id and status in {OPEN} limit 1
    """
    SET_PRIORITY = f"""
    update job set priority = :priority where id = :id and status in {_WAITING} returning id
    """
    SET_META = "update job set meta = :meta where id = :id"
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
    STATE = f"""
    select case when status in {OPEN} then 'open' else status end from job where id = :needed
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
    update job set waits_for = waits_for - 1,
        status = case when waits_for > 1 then 'deferred' when due_at is null then 'queued'
            else 'scheduled' end
    where id = :id and status = 'deferred'
    """
    PLACE = f"""
    update job set waits_for = :waits_for,
        status = case when :waits_for > 0 then 'deferred' when due_at is null then 'queued'
            else 'scheduled' end
    where id = :id and status in {_WAITING}
    """
    GIVE_UP = """
    update job set status = :status, reason = 'dependency', ended_at = :now, error = :error, waits_for = 0
    where id = :id
    """
    REOPEN = f"""
    update job set status = 'deferred', reason = null, error = null, detail = null, result = null,
        progress = 0, message = null, started_at = null, ended_at = null, expires_at = null, worker = null,
        due_at = null, due_boot = null, due_boot_s = null, stop_grace_s = null, recoveries = 0,
        start_by = null, code = coalesce(:code, code)
    where id = :id and status in {ENDED} and (unique_key is null or not exists (
        select 1 from job as twin where twin.queue = job.queue and twin.unique_key = job.unique_key
            and twin.status in {OPEN})) returning id
    """
    OBSTACLE = "select depends_on from job_dependency where job_id = :id and done = 0 limit 1"
    OPEN_DEPENDENCIES = """
    select depends_on, coalesce((select status from job where id = depends_on), 'batch')
    from job_dependency where job_id = :id and done = 0 limit 10
    """

    # What only reads

    JOB = f"select {_ROW} from job where id = :id"
    JOBS = f"select {_ROW} from job where id in (select value from json_each(:ids))"
    LIST = f"""
    select {_ROW} from job where queue = :queue
        and (:statuses is null or status in (select value from json_each(:statuses)))
        and (:task is null or task = :task or task like :module escape '\\')
    order by seq desc limit :limit
    """
    IDS_ENDING = """
    select id from job where queue = :queue and substr(id, length(id) - length(:text) + 1) = :text
    order by seq desc
    """
    GROUP_OF = """
    select lane, limit_key, most from job join job_group on job_group.id = group_id where job.id = :id
    """
    RESULT = "select result from job where id = :id"
    HEADER = "select substr(payload, 33, 100) from job where id = :id"
    LOG_ROWS = """
    select position, case when position + length(data) > :position then data end, length(data)
    from job_log where job_id = :id order by position
    """
    PREVIEW = "select picture from job_preview where job_id = :id"
    BATCH = "select total, description from job_batch where id = :batch"
    BATCH_OPEN = "select 1 from job where batch = :batch and ended_at is null limit 1"
    BATCH_JOBS = f"select {_ROW} from job where batch = :batch order by seq"
    BATCH_PROGRESS = """
    select coalesce(sum(progress), 0) from job where status = 'started' and coalesce(batch, '') = :batch
    """
    BATCH_ENDED = """
    select ended_at, seq, id from job
    where batch = :batch and ended_at is not null and (ended_at, seq) > (:ended_at, :seq)
    order by ended_at, seq limit 500
    """
    # From indexes that a job which is queued, runs and finishes touches once: when it ends. The started ones
    # are few; `coalesce` keeps SQLite from looking for them among all of the batch.
    BATCH_COUNTS = """
    select 'open', count(*) from job where batch = :batch and ended_at is null
    union all select 'ended', count(*) from job where batch = :batch and ended_at is not null
    union all
    select 'started', count(*) from job where status = 'started' and coalesce(batch, '') = :batch
    union all select status, count(*) from job where batch = :batch
        and status in ('scheduled', 'deferred', 'failed', 'stopped', 'canceled')
        and status <> 'queued' and status <> 'started' and status <> 'finished' group by status
    """
    # Ended jobs are counted as they end; of those that are open each status has an index.
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
    select count(*) from (
        select 1 from job where queue = :queue and status = 'queued' and group_id is null
            and (priority > :priority or (priority = :priority and seq < :seq))
        union all
        select 1 from job where queue = :queue and status = 'queued' and group_id is not null
            and (priority > :priority or (priority = :priority and seq < :seq))) as before
    """
    RECENT = """
    select * from (select created_at, started_at, ended_at from job
        where queue = :queue and ended_at is not null order by ended_at desc limit 5000) as recent
    where started_at is not null limit 1000
    """
    ENDED_SINCE = """
    select count(*) filter (where ended_at > :minute), count(*) from (
        select ended_at from job where queue = :queue and ended_at > :hour
        order by ended_at desc limit 100000) as recent
    """
    OLDEST_WAITING = """
    select min(created_at) from job where seq in (
        (select min(seq) from job where queue = :queue and status = 'queued' and group_id is null),
        (select min(seq) from job where queue = :queue and status = 'queued' and group_id is not null))
    """

    # Retention. Each look goes on where the last one ended: none reads again the many that stay.

    PRUNE_BY_TTL = f"""
    delete from job where seq in (
        select seq from job where expires_at is not null and expires_at <= :now
        and status in {ENDED} and expires_at >= :after and {_NEEDLESS} order by expires_at limit :limit)
    returning expires_at
    """
    PRUNE_OLD = f"""
    delete from job where seq in (
        select seq from job where ended_at <= :until and status in {ENDED}
        and (ended_at <= :others or status = 'finished') and (ended_at <= :finished or status <> 'finished')
        and expires_at is null and ended_at >= :after and {_NEEDLESS} order by ended_at limit :limit)
    returning ended_at
    """
    PRUNE_SURPLUS = f"""
    delete from job where seq in (
        select seq from job where ended_at <= :spared and status in {ENDED}
        and ended_at >= :after and {_NEEDLESS} order by ended_at limit :limit)
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

    # Rules that all rows keep: what is wrong with those that break one, and how many do.

    BROKEN_RULES = f"""
    select 'ended without a time', count(*) from job where status in {ENDED} and ended_at is null
    union all select 'not ended, with a time of its end', count(*) from job
        where status in {OPEN} and ended_at is not null
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
        (select count(*) from job where status in {ENDED})
        - coalesce((select sum(count) from job_count), 0))
    """


# Postgres

NOW: Final = "extract(epoch from clock_timestamp())::float8"

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
        ended_at = greatest(started_at, {NOW}), pid = null,
        expires_at = greatest(started_at, {NOW}) + result_ttl_s
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
