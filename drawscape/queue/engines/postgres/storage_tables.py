"""The tables of huey's PostgresStorage, made with the job table: its own way is not safe in a race."""

from typing import Final

STORAGE_TABLES: Final = (
    "create table huey_kv (queue text not null, key text not null, value bytea not null, "
    "primary key (queue, key))",
    "create table huey_schedule (id bigserial primary key, queue text not null, data bytea not null, "
    "timestamp double precision not null)",
    "create index huey_schedule_queue_timestamp on huey_schedule (queue, timestamp)",
    "create table huey_task (id bigserial primary key, queue text not null, data bytea not null, "
    "priority double precision not null default 0.0)",
    "create index huey_task_queue_priority_id on huey_task (queue, priority desc, id)",
    "create table huey_counter (queue text not null, key text not null, "
    "value bigint not null default 0, primary key (queue, key))",
)
