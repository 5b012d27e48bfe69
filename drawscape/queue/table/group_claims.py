"""The statements by which many claim jobs of lanes and limits at once, in Postgres' words.

Where the next job has a limit one worker claims at a time, for it counts what runs. Up to that job nobody
waits for the commit of another.
"""

from drawscape.queue.table.candidates import IS_ORDINARY, OF_GROUP, ROOM, waiting
from drawscape.queue.table.records import Claim

NOW = "extract(epoch from clock_timestamp())::float8"
_RETURNED = ", ".join(f"job.{column}" for column in ("priority", *Claim._fields))

START = f"""
update job set status = 'started', token = token + 1, attempts = attempts + 1, worker = :worker, pid = :pid,
    started_at = {NOW}, progress = 0, message = null, stop_grace_s = null
from next where job.seq = next.seq returning {_RETURNED}
"""
# A look at an index for each group, however many other jobs wait.
GROUPED = f"""exists (select 1 from job_group where job_group.queue = :queue and (
    select seq {waiting("group_id = job_group.id")} limit 1) is not null)"""
ENDS = "from (select array_agg(seq) as seqs, array_agg(batch) as batches from ended) as ends"
# The job ends first: nobody who holds a job that was just claimed waits for another row.
AFTER_ENDS = "(select count(*) from ended) >= 0"

# While jobs of groups wait: the best of each group that may run.
_HEAD = f"""
allowed as materialized (select id, limit_key, {ROOM} as room from job_group where {OF_GROUP}),
head as materialized (
    (select seq, priority, null as limit_key, null::bigint as room {waiting(IS_ORDINARY)}
    limit {{most}} + {{others}})
    union all
    select best.*, limit_key, room from allowed cross join lateral (
        select seq, priority {waiting("group_id = allowed.id")} limit {{most}} + {{others}}
    ) as best where coalesce(room, 1) > 0
)
"""
# Asked with each claim: which way the next one is to go.
_OUTLOOK = f"""
exists (select 1 from head where limit_key is not null) or {GROUPED},
exists (select 1 from placed where is_limited and place <= {{most}} + 1)
"""
# The best of all together, up to one that has to wait for those before it.
CLAIM_IN_TURN = f"""
with {_HEAD.replace("{others}", "1")},
counted as (select *, row_number() over (partition by limit_key order by priority desc, seq) as number
    from head),
placed as (select seq, room is not null as is_limited, row_number() over best as place,
    bool_and(number <= coalesce(room, number)) over best as fits
    from counted window best as (order by priority desc, seq)),
next as materialized (select seq from placed where place <= {{most}} and fits)
{START.replace("job.seq = next.seq", "job.seq = next.seq and job.status = 'queued'")}, {_OUTLOOK}
"""
# What others have just claimed is passed over: eight may do so at once.
_OTHERS = "8"
# A job that ends here has made room, though the statement still sees it run.
_HEAD_AFTER_ENDS = _HEAD.replace("{others}", _OTHERS).replace(
    "running.status", "running.seq not in (select seq from ended) and running.status"
)
# The best of all together, up to the first with a limit.
AND_CLAIM_FREELY = f""",
{_HEAD_AFTER_ENDS},
placed as (select seq, room is not null as is_limited,
    row_number() over (order by priority desc, seq) as place from head),
next as materialized (
    select job.seq from job join placed on placed.seq = job.seq
    where {AFTER_ENDS} and coalesce(job.status, '') = 'queued' and place <= {{most}} + {_OTHERS}
    and place < coalesce((select min(place) from placed where is_limited), place + 1)
    order by place limit {{most}} for update of job skip locked
),
begun as ({START})
select ends.*, {_OUTLOOK}, begun.* {ENDS} left join begun on true
"""
