"""The tables on Postgres: the columns of SQLite's, what differs by engine in Postgres' words.

What ended is counted when it is asked for: a row that every acknowledgement writes would let them wait for
each other.
"""

from typing import Final

from drawscape.queue.engines.postgres.storage_tables import STORAGE_TABLES
from drawscape.queue.status import SQL_APART, SQL_ENDED, SQL_OPEN

COLUMNS: Final = {
    "id": 'text collate "C" not null constraint job_id unique',
    "queue": 'text collate "C" not null',
    "task": "text not null",
    "payload": "bytea not null",
    "status": 'text collate "C" not null',
    "reason": "text",
    "priority": "bigint not null default 0",
    "due_at": "float8",
    "due_boot": "text",
    "due_boot_s": "float8",
    "waits_for": "integer not null default 0",
    "runs_anyway": "integer not null default 0",
    "awaited": "boolean not null default false",
    "timeout_s": "float8",
    "grace_s": "float8",
    "token": "bigint not null default 0",
    "recoveries": "integer not null default 0",
    "attempts": "integer not null default 0",
    "retries": "integer not null default 0",
    "retry_delay_s": "float8 not null default 0",
    "retry_backoff": "float8 not null default 1",
    "retry_delays": "text",
    "worker": 'text collate "C"',
    "pid": "bigint",
    "stop_grace_s": "float8",
    "created_at": "float8 not null",
    "started_at": "float8",
    "ended_at": "float8",
    "result_ttl_s": "float8",
    "expires_at": "float8",
    "progress": "float8 not null default 0",
    "message": "text",
    "result": "bytea",
    "error": "text",
    "detail": "text",
    "log": "bytea",
    "peak_kb": "bigint",
    "unique_key": "text",
    "batch": 'text collate "C"',
    "group_id": "bigint",
    "meta": "text",
    "description": "text",
}
"""All but `seq`, a job's number. `awaited`: another job waits for this one, whose end is to be settled."""

_JOB = f"""
create table job (seq bigint generated always as identity primary key,
    {", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)
"""

# Whoever writes an edge waits for an acknowledgement that is under way, and finds the job ended afterwards;
# an acknowledgement that comes later finds the mark.
_ON_EDGE = """
create function job_is_awaited() returns trigger language plpgsql as $body$ begin
    update job set awaited = true where id = new.depends_on and not awaited;
    return new;
end $body$
"""

# A delay goes by the server's clock: the one that is the same for all machines.
_ON_DELAY = """
create function job_delay_by_server() returns trigger language plpgsql as $body$ begin
    if tg_op = 'INSERT' then
        new.due_at = extract(epoch from clock_timestamp())::float8 + new.due_at - new.created_at;
    end if;
    new.due_boot = null;
    new.due_boot_s = null;
    return new;
end $body$
"""

_ON_DELETE = f"""
create function job_is_gone() returns trigger language plpgsql as $body$ begin
    if old.status in {SQL_ENDED} then
        if old.batch is not null and old.status <> 'finished' then
            update job_batch set failed_gone = failed_gone + 1 where id = old.batch;
        end if;
        delete from job_dependency where job_id = old.id;
    end if;
    delete from job_log where job_id = old.id;
    delete from job_preview where job_id = old.id;
    return null;
end $body$
"""

_VERSION_1: Final = (
    _JOB,
    'create table job_dependency (depends_on text collate "C" not null, job_id text collate "C" not null, '
    "done integer not null default 0, primary key (depends_on, job_id))",
    'create table job_batch (id text collate "C" primary key, queue text not null, '
    "created_at float8 not null, total bigint not null, description text, "
    "failed_gone bigint not null default 0)",
    "create table job_group (id bigint generated always as identity primary key, queue text not null, "
    "lane text not null, limit_key text not null, most bigint, unique (queue, lane, limit_key))",
    "create table job_pause (queue text not null, lane text not null, primary key (queue, lane))",
    "create table job_note (name text primary key, value text not null)",
    'create table job_worker (id text collate "C" primary key, lock bigint not null, host text not null, '
    "pid bigint not null, slots integer not null, queue text not null, started_at float8 not null, "
    "trouble text)",
    'create table job_log (job_id text collate "C", position bigint, data bytea not null, '
    "primary key (job_id, position))",
    'create unlogged table job_preview (job_id text collate "C" primary key, written_at float8 not null, '
    "picture bytea not null)",
    "alter table job_preview alter column picture set storage external",  # not compressed
    "create view job_count as select queue, status, count(*)::integer as count from job "
    f"where status in {SQL_ENDED} group by queue, status",
    "create index job_queued on job (queue, priority desc, seq) where status = 'queued'",
    "create index job_due on job (due_at) where status = 'scheduled'",
    "create index job_scheduled on job (seq, queue) where status = 'scheduled'",
    "create index job_deferred on job (seq, queue) where status = 'deferred'",
    "create index job_started on job (worker) where status = 'started'",
    "create index job_failed on job (seq) where status = 'failed'",
    "create index job_expires on job (expires_at) where expires_at is not null",
    "create index job_ended on job (ended_at, queue) include (status) where ended_at is not null",
    "create index job_of_batch on job (batch, ended_at) where batch is not null",
    f"create index job_of_batch_apart on job (batch, status) where batch is not null "
    f"and status in {SQL_APART}",
    "create index job_grouped on job (group_id, priority desc, seq) "
    "where status = 'queued' and group_id is not null",
    f"create unique index job_unique on job (queue, unique_key) "
    f"where unique_key is not null and status in {SQL_OPEN}",
    "create index job_dependency_of on job_dependency (job_id)",
    _ON_EDGE,
    "create trigger job_is_awaited after insert on job_dependency "
    "for each row execute function job_is_awaited()",
    _ON_DELAY,
    "create trigger job_delay_by_server before insert or update on job "
    "for each row when (new.due_boot is not null) execute function job_delay_by_server()",
    _ON_DELETE,
    "create trigger job_is_gone after delete on job for each row execute function job_is_gone()",
)

# A limit is counted at each claim: by the index of all that are started it would pass over those that were.
_VERSION_2: Final = (
    "create index job_started_of_group on job (group_id) "
    "where status = 'started' and group_id is not null",
)

# A queued job is in one of the two: who looks for one of a lane passes over no others, and the reverse.
_VERSION_3: Final = (
    "drop index job_queued",
    "drop index job_grouped",
    "create index job_queued on job (queue, priority desc, seq) "
    "where status = 'queued' and group_id is null",
    "create index job_grouped on job (queue, group_id, priority desc, seq) "
    "where status = 'queued' and group_id is not null",
)

MIGRATIONS: Final = ((*_VERSION_1, *STORAGE_TABLES), _VERSION_2, _VERSION_3)
"""What leads from each version of the tables to the next; the first one was released with 0.3."""

VERSION: Final = "table version"
"""The note with the version of the tables; those of a newer Drawscape are refused."""


def kind_of(column: str) -> str:
    """Return the type of one of the columns of `job`."""
    return COLUMNS[column].split()[0]
