"""A queue is carried from a file to Postgres and back, with all that it holds, or not at all."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from postgres_server import drop_schema, new_schema

from drawscape.errors import QueueError
from drawscape.job_manager import (
    check_queue,
    default_queue,
    delete_job,
    enqueue_background_job,
    enqueue_many,
    get_job,
    list_snapshots,
    move_queue,
    pause_queue,
    queue_is_paused,
    resume_queue,
)
from drawscape.queue import move as moving
from drawscape.queue.engines.transfer import TABLES
from drawscape.queue.huey import JobHuey
from drawscape.queue.postgres_huey import JobPostgresHuey
from drawscape.queue.table.claims import acknowledge, claim
from drawscape.queue.table.records import Outcome

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

HOMES = Path(__file__).with_name("homes")
OLD_TASKS = "def add(a, b=0):\n    return a + b\n"


@pytest.fixture
def url(postgres_url: str) -> Iterator[str]:
    made = new_schema(postgres_url)
    yield made
    drop_schema(made)


def file_of(home: Path) -> Path:
    return home / ".drawscape" / "queue.db"


def use(monkeypatch: pytest.MonkeyPatch, target: str | Path) -> None:
    monkeypatch.setenv("DRAWSCAPE_QUEUE", str(target))


def seen() -> list[dict[str, Any]]:
    """Every job as a caller sees it, results and logs with it."""
    jobs = []
    for snapshot in list_snapshots(limit=None):
        job = get_job(snapshot.id)
        row = {name: getattr(snapshot, name) for name in snapshot.__dataclass_fields__}
        jobs.append({**row, "result": job.result, "logs": job.logs(), "preview": job.preview})
    return jobs


def make_history(home: Path) -> None:
    """Leave one job of every kind, and what else a queue holds."""
    queue = default_queue()
    for job_id, outcome in (
        (
            "finished",
            Outcome("finished", result=queue.codec.dumps(5, "result finished\n"), log=b"5\n"),
        ),
        ("failed", Outcome("failed", "exception", error="no ink", detail={"signal": 0})),
    ):
        enqueue_background_job("sampletasks.add", 2, 3, job_id=job_id, job_meta={"pen": "red"})
        held = claim(queue.database, "background", "a worker that died", None)
        assert acknowledge(queue.database, held, outcome)[0]
    enqueue_background_job("sampletasks.add", 1, job_id="deleted")
    get_job("deleted").cancel()
    enqueue_background_job("sampletasks.add", 1, job_id="waiting", job_unique="one", job_priority=3)
    enqueue_background_job("sampletasks.add", get_job("waiting"), 1, job_id="deferred")
    enqueue_background_job("sampletasks.add", 1, job_id="later", job_delay=86_400)
    enqueue_background_job(
        "sampletasks.add", 1, job_id="slow", job_lane="slow", job_limit_key="plotter", job_limit=1
    )
    batch = enqueue_many(
        "sampletasks.add", [{"a": 1}, {"a": 2}], then="sampletasks.add", then_kwargs={"a": 9}
    )
    queue.note("follower", batch.following.id)
    queue.note("periodic hourly", "12345")
    enqueue_background_job(
        "sampletasks.add", 4, job_id="text", job_description="a \0 in \U0001f58b"
    )
    for name in ("logs/failed.log", "previews/failed.svg"):
        (home / ".drawscape" / name).parent.mkdir(exist_ok=True)
        (home / ".drawscape" / name).write_text("no ink\n" * 1000)
    pause_queue("slow")
    enqueue_background_job("sampletasks.add", 1, job_id="last")
    get_job("last").cancel()
    delete_job("last")  # its number never comes back


@contextmanager
def native(home: Path, url: str | None) -> Iterator[Any]:
    if url is None:
        huey: Any = JobHuey("background", filename=file_of(home), home=home)
    else:
        huey = JobPostgresHuey("background", url=url, home=home)
    huey.storage.conn  # noqa: B018 - makes huey's tables in a file
    yield huey
    huey.storage.close()


def test_a_queue_with_history_goes_to_postgres_and_back(
    home: Path, url: str, monkeypatch: pytest.MonkeyPatch, start_consumer: Callable[..., Any]
):
    make_history(home)
    due = (datetime.now(UTC) + timedelta(hours=1)).replace(tzinfo=None)
    with native(home, None) as huey:
        huey.put("sheet", {"pens": 3})
        huey.storage.enqueue(b"a task", 2.0)
        huey.storage.add_to_schedule(b"in an hour", due)
    before = seen()
    there = move_queue(file_of(home), url)
    assert there.counts["job"] == len(before)
    assert {table for table in TABLES if there.counts[table]} == set(TABLES) - {"counter"}
    assert check_queue() == []
    assert seen() == []

    use(monkeypatch, url)
    assert check_queue() == []
    for row in before:
        if row["description"]:
            row["description"] = row["description"].replace("\0", "\ufffd")
    assert seen() == before
    assert default_queue().noted("periodic hourly") == "12345"
    assert queue_is_paused("slow")
    assert (
        enqueue_background_job("sampletasks.add", 1, job_unique="one", job_id="twin").id
        == "waiting"
    )
    with native(home, url) as huey:
        assert huey.get("sheet", peek=True) == {"pens": 3}
        assert huey.storage.read_schedule(due - timedelta(seconds=9)) == []

    back = move_queue(url, file_of(home))
    assert back.hashes == there.hashes
    use(monkeypatch, file_of(home))
    assert check_queue() == []
    assert seen() == before
    with native(home, None) as huey:
        assert huey.storage.read_schedule(due + timedelta(seconds=9)) == [b"in an hour"]
        assert huey.storage.dequeue() == b"a task"

    move_queue(file_of(home), url)
    use(monkeypatch, url)
    fresh = enqueue_background_job("sampletasks.add", 1)
    numbers = default_queue().database.connection.execute("select seq from job order by seq desc")
    newest, second = [row[0] for row in numbers.fetchall()][:2]
    assert newest > second + 1  # the number of the job that was deleted is not given again
    resume_queue()
    start_consumer("-w", "2")
    assert get_job("deferred").wait(60) == 2
    assert get_job("slow").wait(60) == 1
    assert get_job(default_queue().noted("follower")).wait(60) == 9
    assert fresh.wait(60) == 1
    assert get_job("later").status == "scheduled"


@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_a_home_of_an_older_version_is_migrated_on_the_way(
    home: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    start_consumer: Callable[..., Any],
    version: str,
):
    for name in ("db", "key"):
        shutil.copy(HOMES / version / f"old.{name}", home / ".drawscape" / f"queue.{name}")
    (home / "modules" / "oldtasks.py").write_text(OLD_TASKS)
    monkeypatch.setenv("DRAWSCAPE_TASK_MODULES", "oldtasks")
    assert move_queue(file_of(home), url).counts["job"] == 12
    use(monkeypatch, url)
    assert check_queue() == []
    assert get_job("finished").result == 3
    assert get_job("failed").reason == "exception"
    start_consumer("-w", "2")
    assert get_job("queued").wait(60) == 42
    assert get_job("deferred").wait(60) == 5
    assert get_job("follower").wait(60) == 7


def test_a_move_is_refused_where_a_worker_lives(
    home: Path, url: str, monkeypatch: pytest.MonkeyPatch, start_consumer: Callable[..., Any]
):
    enqueue_background_job("sampletasks.add", 1, job_delay=3600)
    consumer = start_consumer()
    with pytest.raises(QueueError, match=f"is alive .process {consumer.pid}.; stop it"):
        move_queue(file_of(home), url)
    consumer.stop()
    consumer = start_consumer(environment={"DRAWSCAPE_QUEUE": url})
    with pytest.raises(QueueError, match=f"is alive .process {consumer.pid}.; stop it"):
        move_queue(file_of(home), url)
    consumer.kill()
    assert move_queue(file_of(home), url).counts["job"] == 1


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("step", ["_compare", "_note", "_leave"])
def test_a_move_that_is_interrupted_loses_nothing_and_may_be_repeated(
    home: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, engine: str
):
    source, target = default_queue().database.target, url
    if engine == "postgres":
        target = str(tmp_path / "there" / "queue.db")
    enqueue_many("sampletasks.add", [{"a": number} for number in range(450)])
    before = seen()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            move_queue(source, target)
    assert seen() == before
    assert move_queue(source, target).counts["job"] == 450
    assert seen() == []
    use(monkeypatch, target)
    assert seen() == before


def test_a_queue_is_moved_only_to_where_no_other_is(
    home: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    enqueue_background_job("sampletasks.add", 1)
    with pytest.raises(QueueError, match="both the queue and where it is to go"):
        move_queue(file_of(home), file_of(home))
    with pytest.raises(QueueError, match="no such file"):
        move_queue(tmp_path / "none.db", url)
    move_queue(file_of(home), url)
    enqueue_background_job("sampletasks.add", 1)
    with pytest.raises(QueueError, match="holds 1 job; a queue is moved to where none is"):
        move_queue(file_of(home), url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", "x" * 40)
    with pytest.raises(QueueError, match="another key has signed the jobs"):
        move_queue(file_of(home), tmp_path / "there" / "queue.db")


def test_rows_that_arrive_otherwise_undo_the_move(
    home: Path, url: str, monkeypatch: pytest.MonkeyPatch
):
    enqueue_background_job("sampletasks.add", 1, job_id="one")
    before = seen()
    fill = moving.transfer_of(default_queue().database).__class__.__mro__[1].fill

    def short(self: Any, connection: Any, table: str, columns: list[str], rows: list[Any]) -> None:
        if table == "job":
            rows = [(*row[:-1], "altered") for row in rows]
        fill(self, connection, table, columns, rows)

    with monkeypatch.context() as patch:
        patch.setattr("drawscape.queue.engines.transfer.Transfer.fill", short)
        with pytest.raises(QueueError, match="they differ; nothing was moved"):
            move_queue(file_of(home), url)
    assert seen() == before
    use(monkeypatch, url)
    assert seen() == []


def test_the_command_shows_counts_and_hashes(home: Path, url: str):
    enqueue_background_job("sampletasks.add", 1)
    done = subprocess.run(
        [sys.executable, "-m", "drawscape", "queue", "move", str(file_of(home)), url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[0].split()[:2] == ["1", "job"]
    assert "Set DRAWSCAPE_QUEUE" in done.stdout
    backup = subprocess.run(
        [sys.executable, "-m", "drawscape", "queue", "backup", "copy.db"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "DRAWSCAPE_QUEUE": url},
    )
    assert backup.returncode != 0
    assert "pg_dump --format=custom" in backup.stderr
