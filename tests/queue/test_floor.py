"""On Postgres, beside a transaction that is held open, a look begins behind what is dead, and misses none."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from postgres_server import administrator, drop_schema, new_schema
from support import wait_until

from drawscape.job_manager import default_queue, enqueue_background_job, enqueue_many, retry_job
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.postgres import floor
from drawscape.queue.engines.target import open_database
from drawscape.queue.table.candidates import may_claim
from drawscape.queue.table.claims import acknowledge, claim, give_back
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.table.schedule import promote_due

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

TASK = "sampletasks.nothing"


@pytest.fixture
def url(postgres_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    made = new_schema(postgres_url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", made)
    yield made
    drop_schema(made)


@pytest.fixture
def worker(url: str, tmp_path: Path) -> Database:
    """The queue as another process has it, with notices of its own."""
    return open_database(f"{url}&target_session_attrs=any", tmp_path)


@contextmanager
def held_open(url: str) -> Iterator[None]:
    with administrator(url) as other, other.transaction():
        other.execute("set transaction isolation level repeatable read")
        other.execute("select count(*) from job")
        yield


def claimed(database: Database) -> Claim | None:
    return claim(database, "background", "worker", None)


def end(database: Database, held: Claim, status: str = "finished") -> None:
    assert acknowledge(
        database, held, Outcome(status, None if status == "finished" else "exception")
    )[0]


def buffers(database: Database) -> int:
    """Return how many pages a look for a job reads on the server."""
    found = []
    connection = database.connection
    execute = connection.execute

    def explained(sql: str, values: object = (), /) -> object:
        if " head " in sql:
            plan = execute("explain (analyze, buffers, format json) " + sql, values).fetchone()[0]
            found.append(
                plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
            )
        return execute(sql, values)

    connection.execute = explained
    try:
        may_claim(database, "background")
    finally:
        del connection.execute
    return found[0]


def use_up(database: Database, jobs: int) -> None:
    enqueue_many(TASK, [{}] * jobs)
    held = claimed(database)
    while held is not None:
        _, held = acknowledge(
            database, held, Outcome("finished"), next_for=("background", "worker", None)
        )


def test_a_look_beside_an_open_transaction_reads_few_pages(
    url: str, worker: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(floor, "LONG_S", 0.00002)  # some hundred dead rows, not some thousand
    default_queue()
    with held_open(url):
        use_up(worker, 1000)
        wait_until(lambda: buffers(worker) < 40, 30, "a floor above what is dead")
        enqueue_background_job(TASK)
        assert claimed(worker) is not None


def by_hand(ours: Database, held: Claim) -> None:
    end(ours, held, "failed")
    retry_job(held.id)


def given_back(ours: Database, held: Claim) -> None:
    give_back(ours, held)


def tried_again(ours: Database, held: Claim) -> None:
    ours.connection.execute("update job set retries = 1 where id = ?", (held.id,))
    end(ours, held, "failed")


def due(ours: Database, held: Claim) -> None:
    scheduled = "update job set status = 'scheduled', due_at = 1, started_at = null where id = ?"
    ours.connection.execute(scheduled, (held.id,))
    assert promote_due(ours, "background") == 1


def released(ours: Database, held: Claim) -> None:
    end(ours, held)


@pytest.mark.parametrize("how", [by_hand, given_back, tried_again, due, released])
def test_an_older_job_that_is_queued_again_is_found_at_once(
    url: str, worker: Database, monkeypatch: pytest.MonkeyPatch, how: Callable[..., None]
):
    old = enqueue_background_job(TASK)
    waiting = enqueue_background_job(TASK, job_depends_on=old.id)
    held = claimed(worker)
    use_up(worker, 20)
    monkeypatch.setattr(floor, "LONG_S", 0.0)  # every look is worth a floor
    wait_until(lambda: worker.floor("background") > held.seq + 10, what="a floor")
    for name in ("_SOONEST_S", "_LATEST_S"):  # and but for a notice the next one would be far
        monkeypatch.setattr(floor, name, 600.0)
    wait_until(
        lambda: worker.floor("background") and next_look_s(worker) > 60, what="the last look"
    )
    assert claimed(worker) is None
    how(default_queue().database, held)
    wait_until(lambda: may_claim(worker, "background"), 30, "the notice")
    assert claimed(worker).id == (waiting if how is released else old).id


def next_look_s(database: Database) -> float:
    return database._floor._known["background"].until - time.monotonic()


def entries_read(database: Database, index: str = "%") -> int:
    """Return how many entries of indexes, and rows without one, the server has read of the table."""
    read = (
        "select seq_tup_read + (select sum(idx_tup_read) from pg_stat_user_indexes as of_index "
        "where of_index.relid = of_table.relid and indexrelname like %s) "
        "from pg_stat_user_tables as of_table where relid = 'job'::regclass"
    )
    database.connection.execute("select pg_stat_force_next_flush()")
    with administrator(database.url) as other:
        return int(other.execute(read, (index,)).fetchone()[0])


GROUPS = {
    "ordinary": [{}],
    "lanes": [{"job_lane": "fast"}, {"job_lane": "slow"}],
    "limit": [{"job_limit_key": "pen", "job_limit": 100}],
}


@pytest.mark.parametrize("groups", GROUPS)
def test_who_ends_jobs_and_claims_reads_few_rows_whatever_waits_and_was_done(
    url: str, worker: Database, groups: str
):
    held: Claim | None = None

    def read_for(count: int, index: str = "%") -> int:
        """Return how many entries are read for ending and claiming so many jobs."""
        nonlocal held
        before = entries_read(worker, index)
        for _ in range(count):
            accepted, held = acknowledge(
                worker, held, Outcome("finished"), next_for=("background", "worker", None)
            )
            assert accepted
        return entries_read(worker, index) - before

    for options in GROUPS[groups]:
        enqueue_many(TASK, [{}] * 3000, **options)
    held = claimed(worker)
    allowed = 20 if groups == "ordinary" else 60
    assert read_for(400) < 400 * allowed
    with administrator(
        worker.url
    ) as other:  # from now on the server knows that few are started at once
        other.execute("vacuum analyze job")
    assert read_for(400) < 400 * allowed
    with held_open(url):
        assert read_for(400, "job_started") < 400 * allowed
