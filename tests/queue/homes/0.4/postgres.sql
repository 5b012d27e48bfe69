-- The tables of a queue on Postgres as Drawscape 0.4 made them.
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

)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create table job_dependency (depends_on text collate "C" not null, job_id text collate "C" not null, done integer not null default 0, primary key (depends_on, job_id));
create table job_batch (id text collate "C" primary key, queue text not null, created_at float8 not null, total bigint not null, description text, failed_gone bigint not null default 0);
create table job_group (id bigint generated always as identity primary key, queue text not null, lane text not null, limit_key text not null, most bigint, unique (queue, lane, limit_key));
create table job_pause (queue text not null, lane text not null, primary key (queue, lane));
create table job_note (name text primary key, value text not null);
create table job_worker (id text collate "C" primary key, lock bigint not null, host text not null, pid bigint not null, slots integer not null, queue text not null, started_at float8 not null, trouble text);
create table job_log (job_id text collate "C", position bigint, data bytea not null, primary key (job_id, position));
create unlogged table job_preview (job_id text collate "C" primary key, written_at float8 not null, picture bytea not null);
alter table job_preview alter column picture set storage external;
create view job_count as select queue, status, count(*)::integer as count from job where status in ('finished', 'failed', 'stopped', 'canceled') group by queue, status;
create index if not exists job_queued on job (queue, priority desc, seq) where status = 'queued' and group_id is null;
create index if not exists job_grouped on job (queue, group_id, priority desc, seq) where status = 'queued' and group_id is not null;
create index if not exists job_scheduled on job (seq, queue) where status = 'scheduled';
create index if not exists job_deferred on job (seq, queue) where status = 'deferred';
create index if not exists job_started on job (worker) where status = 'started';
create index if not exists job_failed on job (seq) where status = 'failed';
create index if not exists job_expires on job (expires_at) where expires_at is not null;
create index if not exists job_of_batch on job (batch, ended_at) where batch is not null;
create index if not exists job_of_batch_apart on job (batch, status) where batch is not null and status <> 'queued' and status <> 'started' and status <> 'finished';
create unique index if not exists job_unique on job (queue, unique_key) where unique_key is not null and status in ('queued', 'scheduled', 'deferred', 'started');
create index if not exists job_dependency_of on job_dependency (job_id);
create index job_due on job (due_at) where status = 'scheduled';
create index job_ended on job (ended_at, queue) include (status) where ended_at is not null;
create index job_started_of_group on job (group_id) where status = 'started' and group_id is not null;
create function job_is_awaited() returns trigger language plpgsql as $body$ begin
    update job set awaited = true where id = new.depends_on and not awaited;
    return new;
end $body$;
create trigger job_is_awaited after insert on job_dependency for each row execute function job_is_awaited();
create function job_delay_by_server() returns trigger language plpgsql as $body$ begin
    if tg_op = 'INSERT' then
        new.due_at = extract(epoch from clock_timestamp())::float8 + new.due_at - new.created_at;
    end if;
    new.due_boot = null;
    new.due_boot_s = null;
    return new;
end $body$;
create trigger job_delay_by_server before insert or update on job for each row when (new.due_boot is not null) execute function job_delay_by_server();
create function job_is_gone() returns trigger language plpgsql as $body$ begin
    if old.status in ('finished', 'failed', 'stopped', 'canceled') then
        if old.batch is not null and old.status <> 'finished' then
            update job_batch set failed_gone = failed_gone + 1 where id = old.batch;
        end if;
        delete from job_dependency where job_id = old.id;
    end if;
    delete from job_log where job_id = old.id;
    delete from job_preview where job_id = old.id;
    return null;
end $body$;
create trigger job_is_gone after delete on job for each row execute function job_is_gone();
alter table job_batch add column awaited boolean not null default false;
update job_batch set awaited = true where id in (select depends_on from job_dependency);
create or replace function job_is_awaited() returns trigger language plpgsql as $body$ begin
    update job set awaited = true where id = new.depends_on and not awaited;
    update job_batch set awaited = true where id = new.depends_on and not awaited;
    return new;
end $body$;
alter table job add column code text, add column recover integer not null default 1, add column start_by float8;
drop table job_worker;
create table job_worker (id text collate "C" primary key, host text not null, pid bigint not null, slots integer not null, queue text not null, lanes text not null, version text not null, started_at float8 not null, renewed_at float8 not null, lease_s float8 not null, trouble text, server_at timestamptz not null, claims_from float8 not null default 0);
create table job_code (digest text primary key, archive bytea not null, used_at float8 not null);
alter table job_code alter column archive set storage external;
drop view job_count;
create table job_count_change (queue text not null, status text not null, by bigint not null);
create table job_count_sum (queue text not null, status text not null, count bigint not null, primary key (queue, status));
insert into job_count_sum select queue, status, count(*) from job where status in ('finished', 'failed', 'stopped', 'canceled') group by queue, status;
create view job_count as select queue, status, sum(count)::bigint as count from (select queue, status, count from job_count_sum union all select queue, status, by from job_count_change) as counted group by queue, status;
create function job_count_ends() returns trigger language plpgsql as $body$ begin
    if old.status in ('finished', 'failed', 'stopped', 'canceled') then
        insert into job_count_change values (old.queue, old.status, -1);
    end if;
    if tg_op <> 'DELETE' and new.status in ('finished', 'failed', 'stopped', 'canceled') then
        insert into job_count_change values (new.queue, new.status, 1);
    end if;
    return null;
end $body$;
create trigger job_count_ends after update of ended_at on job for each row when (old.ended_at is distinct from new.ended_at) execute function job_count_ends();
create trigger job_count_gone after delete on job for each row execute function job_count_ends();
insert into job_log select id, 0, log from job where log is not null on conflict do nothing;
insert into job_note values ('table version', '4'), ('table usable from', '4');
