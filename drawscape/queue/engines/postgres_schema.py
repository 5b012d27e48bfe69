"""The tables on Postgres, how they are made, and how `drawscape queue migrate` brings them up to date.

The columns are those of SQLite's tables. Ended jobs are counted by rows that are only added: for one row
all acknowledgements would wait for each other.
"""

from typing import Any, Final

import psycopg

from drawscape.errors import QueueError
from drawscape.queue.engines.queries import COLUMNS, ENDED, INDEXES

# `awaited`: another job waits for this one, whose end is to be settled.
_JOB: Final = f"""
create table job (
    seq bigint generated always as identity primary key,
    id text collate "C" not null constraint job_id unique,
    queue text collate "C" not null,
    payload bytea not null,
    status text collate "C" not null,
    due_boot text,
    due_boot_s float8,
    awaited boolean not null default false,
    retry_delays text,
    worker text collate "C",
    result bytea,
    log bytea,
    batch text collate "C",
    group_id bigint,
    {COLUMNS}
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)
"""

# Who writes an edge waits for an acknowledgement that is under way, and then finds the job ended. A later
# acknowledgement finds the mark.
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
    if old.status in {ENDED} then
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

_OF_0_3: Final = (
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
    f"where status in {ENDED} group by queue, status",
    *INDEXES,
    "create index job_due on job (due_at) where status = 'scheduled'",
    "create index job_ended on job (ended_at, queue) include (status) where ended_at is not null",
    # A limit is counted at each claim.
    "create index job_started_of_group on job (group_id) "
    "where status = 'started' and group_id is not null",
    _ON_EDGE,
    "create trigger job_is_awaited after insert on job_dependency "
    "for each row execute function job_is_awaited()",
    _ON_DELAY,
    "create trigger job_delay_by_server before insert or update on job "
    "for each row when (new.due_boot is not null) execute function job_delay_by_server()",
    _ON_DELETE,
    "create trigger job_is_gone after delete on job for each row execute function job_is_gone()",
)

_ON_END = f"""
create function job_count_ends() returns trigger language plpgsql as $body$ begin
    if old.status in {ENDED} then
        insert into job_count_change values (old.queue, old.status, -1);
    end if;
    if tg_op <> 'DELETE' and new.status in {ENDED} then
        insert into job_count_change values (new.queue, new.status, 1);
    end if;
    return null;
end $body$
"""

_ON_EDGE_4 = """
create or replace function job_is_awaited() returns trigger language plpgsql as $body$ begin
    update job set awaited = true where id = new.depends_on and not awaited;
    update job_batch set awaited = true where id = new.depends_on and not awaited;
    return new;
end $body$
"""

# Workers are alive by a lease since version 4, not by a lock of their session.
_VERSION_4: Final = (
    "alter table job_batch add column awaited boolean not null default false",
    "update job_batch set awaited = true where id in (select depends_on from job_dependency)",
    _ON_EDGE_4,
    "alter table job add column code text, add column recover integer not null default 1, "
    "add column start_by float8",
    "drop table job_worker",
    'create table job_worker (id text collate "C" primary key, host text not null, pid bigint not null, '
    "slots integer not null, queue text not null, lanes text not null, version text not null, "
    "started_at float8 not null, renewed_at float8 not null, lease_s float8 not null, trouble text, "
    "server_at timestamptz not null, claims_from float8 not null default 0)",
    "create table job_code (digest text primary key, archive bytea not null, used_at float8 not null)",
    "alter table job_code alter column archive set storage external",  # it is compressed
    "drop view job_count",
    "create table job_count_change (queue text not null, status text not null, by bigint not null)",
    "create table job_count_sum (queue text not null, status text not null, count bigint not null, "
    "primary key (queue, status))",
    "insert into job_count_sum select queue, status, count(*) from job "
    f"where status in {ENDED} group by queue, status",
    "create view job_count as select queue, status, sum(count)::bigint as count from ("
    "select queue, status, count from job_count_sum union all "
    "select queue, status, by from job_count_change) as counted group by queue, status",
    _ON_END,
    "create trigger job_count_ends after update of ended_at on job for each row "
    "when (old.ended_at is distinct from new.ended_at) execute function job_count_ends()",
    "create trigger job_count_gone after delete on job for each row "
    "execute function job_count_ends()",
    "insert into job_log select id, 0, log from job where log is not null on conflict do nothing",
)

MIGRATIONS: Final = {3: _OF_0_3, 4: _VERSION_4}
"""What makes each version of the tables from the one before; the first one was released with 0.3."""

NEWEST: Final = max(MIGRATIONS)

OLDEST_TABLES: Final = 4
"""The oldest version of the tables that this Drawscape works with."""

OLDEST_PROGRAM: Final = 4
"""The oldest version of a program, by the tables that it knows, that works with these tables.

Raised by a migration that older programs must not see. They refuse then, and work beside newer ones else.
"""

_VERSION: Final = "table version"
_USABLE: Final = "table usable from"
_MAKING: Final = 0x44524158

# Workers of 0.3 held a lock of their session, by the number in their row.
_OLD_WORKERS = """
select host, pid from job_worker where exists (
    select 1 from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) = job_worker.lock)
"""


def prepare(connection: psycopg.Connection[Any], label: str) -> None:
    """Make the tables in an empty schema; raise QueueError for those of a version that does not fit."""
    version = _number(connection, _VERSION)
    if version == 0:
        migrate(connection, label)
        version = _number(connection, _VERSION)
    if version < OLDEST_TABLES:
        raise QueueError(
            f"{label} has tables of version {version}, this Drawscape needs {OLDEST_TABLES}: stop all "
            "workers and run `drawscape queue migrate`, once and on one machine"
        )
    usable = _number(connection, _USABLE) or version
    if usable > NEWEST:
        raise QueueError(
            f"{label} has tables of version {version}, for programs that know version {usable}; this "
            f"one knows {NEWEST}: update Drawscape"
        )


def migrate(connection: psycopg.Connection[Any], label: str) -> tuple[int, int]:
    """Return the version of the tables before and after they were brought up to date.

    Raises QueueError while a worker lives that the new tables would mislead, and for another program's.
    """
    with connection.transaction():  # of several processes one does it
        connection.execute("select pg_advisory_xact_lock(%s)", (_MAKING,))
        version = _number(connection, _VERSION)
        if version == 0:
            _refuse_foreign(connection, label)
        elif version < OLDEST_TABLES and (found := connection.execute(_OLD_WORKERS).fetchall()):
            names = ", ".join(f"process {pid} on {host}" for host, pid in found)
            raise QueueError(f"workers of an older Drawscape are alive: {names}; stop them first")
        for number, statements in MIGRATIONS.items():
            for statement in statements if number > version else ():
                connection.execute(statement, prepare=False)
        if version < NEWEST:
            for name, number in ((_VERSION, NEWEST), (_USABLE, OLDEST_PROGRAM)):
                connection.execute(
                    "insert into job_note (name, value) values (%s, %s) "
                    "on conflict (name) do update set value = excluded.value",
                    (name, str(number)),
                )
    return version, max(version, NEWEST)


def _number(connection: psycopg.Connection[Any], name: str) -> int:
    """Return a version that is noted with the tables, 0 where none is."""
    if not _is_there(connection, "job_note"):
        return 0
    row = connection.execute("select value from job_note where name = %s", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def _is_there(connection: psycopg.Connection[Any], table: str) -> bool:
    # From the rows of the catalogue: `to_regclass` may answer from a cache that lags behind a commit.
    row = connection.execute(
        "select 1 from pg_class where relname = %s and relnamespace = "
        "(select oid from pg_namespace where nspname = current_schema())",
        (table,),
    ).fetchone()
    return row is not None


def _refuse_foreign(connection: psycopg.Connection[Any], label: str) -> None:
    taken = [table for table in ("job", "job_note", "job_batch") if _is_there(connection, table)]
    if taken:
        raise QueueError(
            f"{label} has a table {taken[0]!r} of another program; give the queue another "
            "database or schema (?options=-csearch_path=SCHEMA)"
        )
