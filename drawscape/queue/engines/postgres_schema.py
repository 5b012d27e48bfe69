"""The tables on Postgres, how they are made, and how they are brought up to date.

The columns are those of SQLite's tables. Ended jobs are counted by rows that are only added: for one row
all acknowledgements would wait for each other.
"""

from typing import Any

import psycopg

from drawscape.errors import QueueError

# The writer of an edge waits for an acknowledgement in progress, and then finds the job ended. A later
# acknowledgement finds the mark `awaited`.
_ON_EDGE = """
create function job_is_awaited() returns trigger language plpgsql as $body$ begin
    update job set awaited = true where id = new.depends_on and not awaited;
    update job_batch set awaited = true where id = new.depends_on and not awaited;
    return new;
end $body$
"""

_ON_DELETE = """
create function job_is_gone() returns trigger language plpgsql as $body$ begin
    if old.ended_at is not null then
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

_ON_END = """
create function job_count_ends() returns trigger language plpgsql as $body$ begin
    if old.ended_at is not null then
        insert into job_count_change values (old.queue, old.status, -1);
    end if;
    if tg_op <> 'DELETE' and new.ended_at is not null then
        insert into job_count_change values (new.queue, new.status, 1);
    end if;
    return null;
end $body$
"""

TABLES = (
    """
    create table job (
        seq bigint generated always as identity primary key,
        id text collate "C" not null constraint job_id unique,
        queue text collate "C" not null,
        status text collate "C" not null,
        reason text,
        task text not null,
        payload bytea not null,
        code text,
        result bytea,
        error text,
        detail text,
        priority bigint not null default 0,
        group_id bigint,
        batch text collate "C",
        awaited boolean not null default false,
        unique_key text,
        created_at float8 not null,
        queued_at float8,
        due_at float8,
        start_by float8,
        started_at float8,
        ended_at float8,
        result_ttl_s float8,
        timeout_s float8,
        grace_s float8,
        stop_grace_s float8,
        worker text collate "C",
        pid bigint,
        token bigint not null default 0,
        attempts integer not null default 0,
        recoveries integer not null default 0,
        recover integer not null default 1,
        retries integer not null default 0,
        retry_delay_s float8 not null default 0,
        retry_backoff float8 not null default 1,
        waits_for integer not null default 0,
        runs_anyway integer not null default 0,
        progress float8 not null default 0,
        message text,
        meta text,
        description text,
        peak_kb bigint
    )
    with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)
    """,
    """
    create table job_dependency (depends_on text collate "C" not null, job_id text collate "C" not null,
        done integer not null default 0, primary key (depends_on, job_id))
    """,
    """
    create table job_batch (id text collate "C" primary key, queue text not null, created_at float8 not null,
        total bigint not null, description text, failed_gone bigint not null default 0,
        awaited boolean not null default false)
    """,
    """
    create table job_group (id bigint generated always as identity primary key, queue text not null,
        lane text not null, limit_key text not null, most bigint, unique (queue, lane, limit_key))
    """,
    "create table job_pause (queue text not null, lane text not null, primary key (queue, lane))",
    "create table job_note (name text primary key, value text not null)",
    """
    create table job_worker (id text collate "C" primary key, host text not null, pid bigint not null,
        slots integer not null, queue text not null, lanes text not null, version text not null,
        started_at float8 not null, renewed_at float8 not null, lease_s float8 not null,
        server_at timestamptz not null, claims_from float8 not null default 0,
        trouble text)
    """,
    """
    create table job_log (job_id text collate "C", position bigint, data bytea not null,
        primary key (job_id, position))
    """,
    """
    create unlogged table job_preview (job_id text collate "C" primary key, written_at float8 not null,
        picture bytea not null)
    """,
    "alter table job_preview alter column picture set storage external",  # not compressed
    "create table job_code (digest text primary key, archive bytea not null, used_at float8 not null)",
    "alter table job_code alter column archive set storage external",  # it is compressed
    "create table job_count_change (queue text not null, status text not null, by bigint not null)",
    """
    create table job_count_sum (queue text not null, status text not null, count bigint not null,
        primary key (queue, status))
    """,
    """
    create view job_count as select queue, status, sum(count)::bigint as count from (
        select queue, status, count from job_count_sum union all
        select queue, status, by from job_count_change) as counted group by queue, status
    """,
    # The indexes are those of SQLite's tables, where comments say why. A limit is counted at each claim.
    "create index job_queued on job (queue, priority desc, seq) where status = 'queued' and group_id is null",
    """
    create index job_grouped on job (queue, group_id, priority desc, seq)
    where status = 'queued' and group_id is not null
    """,
    "create index job_scheduled on job (seq, queue) where status = 'scheduled'",
    "create index job_due on job (due_at) where status = 'scheduled'",
    "create index job_deferred on job (seq, queue) where status = 'deferred'",
    "create index job_started on job (worker) where status = 'started'",
    "create index job_started_of_group on job (group_id) where status = 'started' and group_id is not null",
    "create index job_ended on job (ended_at, queue) include (status) where ended_at is not null",
    "create index job_unfinished on job (status, seq) where status in ('failed', 'stopped', 'canceled')",
    "create index job_expires on job ((ended_at + result_ttl_s)) where result_ttl_s is not null",
    "create index job_of_batch on job (batch, ended_at) where batch is not null",
    """
    create index job_of_batch_apart on job (batch, status)
    where batch is not null and status <> 'queued' and status <> 'started' and status <> 'finished'
    """,
    """
    create unique index job_unique on job (queue, unique_key)
    where unique_key is not null and status in ('queued', 'scheduled', 'deferred', 'started')
    """,
    "create index job_dependency_of on job_dependency (job_id)",
    _ON_EDGE,
    """
    create trigger job_is_awaited after insert on job_dependency
    for each row execute function job_is_awaited()
    """,
    _ON_DELETE,
    "create trigger job_is_gone after delete on job for each row execute function job_is_gone()",
    _ON_END,
    """
    create trigger job_count_ends after update of ended_at on job for each row
    when (old.ended_at is distinct from new.ended_at) execute function job_count_ends()
    """,
    "create trigger job_count_gone after delete on job for each row execute function job_count_ends()",
)
"""What makes an empty schema a queue."""

_FROM_0_4 = (
    "drop trigger job_delay_by_server on job",
    "drop function job_delay_by_server",
    "drop index job_expires",
    "drop index job_failed",
    """
    alter table job add column queued_at float8, drop column due_boot, drop column due_boot_s,
        drop column expires_at, drop column log, drop column retry_delays
    """,
    "create index job_unfinished on job (status, seq) where status in ('failed', 'stopped', 'canceled')",
    "create index job_expires on job ((ended_at + result_ttl_s)) where result_ttl_s is not null",
)
"""One clock for delays, the time since which a job is queued, and indexes for what is listed and pruned."""

MIGRATIONS = {5: _FROM_0_4}
"""What makes each version of the tables from the one before."""

NEWEST = max(MIGRATIONS)

_VERSION = "table version"
_MAKING = 0x44524158

_OLDEST_MIGRATED = 4
"""The tables of 0.4."""

_WORKERS_ALIVE = """
select host, pid from job_worker where renewed_at + lease_s > extract(epoch from clock_timestamp())
"""


def prepare(connection: psycopg.Connection[Any], label: str) -> None:
    """Create or update the tables for this version; the first process that opens them does it.

    Raises QueueError while a worker of an older version lives, for tables that are too old or too new, and
    for another program's.
    """
    version = _version(connection)
    if version < NEWEST:
        with connection.transaction():  # only one of several processes does it
            connection.execute("select pg_advisory_xact_lock(%s)", (_MAKING,))
            _migrate(connection, label)
    if version > NEWEST:
        raise QueueError(
            f"{label} has tables of version {version}, this Drawscape knows {NEWEST}: update Drawscape"
        )


def _migrate(connection: psycopg.Connection[Any], label: str) -> None:
    version = _version(connection)
    if version == 0:
        for statement in TABLES:
            connection.execute(statement, prepare=False)
        version = NEWEST
    elif version < _OLDEST_MIGRATED:
        raise QueueError(f"{label} has tables of Drawscape 0.3 or older: open it with 0.4 first")
    elif found := connection.execute(_WORKERS_ALIVE).fetchall():
        names = ", ".join(f"process {pid} on {host}" for host, pid in found)
        raise QueueError(f"workers of an older Drawscape are alive: {names}; stop them first")
    for number, statements in MIGRATIONS.items():
        for statement in statements if number > version else ():
            connection.execute(statement, prepare=False)
    # So version 0.4, which also reads this note, refuses these tables.
    for name in (_VERSION, "table usable from"):
        connection.execute(
            "insert into job_note (name, value) values (%s, %s) "
            "on conflict (name) do update set value = excluded.value",
            (name, str(NEWEST)),
        )


def _version(connection: psycopg.Connection[Any]) -> int:
    """Return the version that is stored with the tables, 0 without one."""
    # From the rows of the catalogue: `to_regclass` may answer from a cache that lags behind a commit.
    made = connection.execute(
        "select 1 from pg_class where relname = 'job_note' and relnamespace = "
        "(select oid from pg_namespace where nspname = current_schema())"
    ).fetchone()
    if made is None:
        return 0
    row = connection.execute("select value from job_note where name = %s", (_VERSION,)).fetchone()
    return 0 if row is None else int(row[0])
