"""What is checked in the caller's cell, before a row is written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from support import await_exit

from drawscape import errors
from drawscape.job_manager import (
    QUEUE_NAME,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    get_job,
    get_job_status,
    list_jobs,
)
from drawscape.queue.codec import of_call
from drawscape.queue.huey import JobHuey
from drawscape.queue.queue import Queue
from drawscape.queue.table.query import list_rows


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """Every test here has a queue of its own and no worker."""


def rows() -> list[tuple]:
    return default_queue().database.connection.execute("select id, status from job").fetchall()


@pytest.mark.both_engines
def test_an_enqueued_job_is_one_committed_row():
    job = enqueue_background_job("sampletasks.add", 1, b=2)
    assert rows() == [(job.id, "queued")]
    assert job.status == "queued"
    assert job.refresh().timeout_s == 300


@pytest.mark.both_engines
def test_the_status_has_the_contracts_seven_keys_and_aware_times():
    status = get_job_status(enqueue_background_job("sampletasks.add", 1).id)
    assert {"id", "status", "result", "error", "created_at", "started_at", "ended_at"} <= set(
        status
    )
    assert status["created_at"].utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - status["created_at"]) < timedelta(minutes=1)
    assert (status["result"], status["error"], status["ended_at"]) == (None, None, None)


@pytest.mark.both_engines
def test_an_unknown_id_is_not_found_and_says_so():
    status = get_job_status("no-such-job")
    assert status["status"] == "not_found"
    assert "no-such-job" in status["error"]
    with pytest.raises(errors.JobNotFoundError, match="no-such-job"):
        get_job("no-such-job")


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        ("os.system", errors.TaskNotAllowedError, "outside of the task modules"),
        ("sampletasks2.add", errors.TaskNotAllowedError, "DRAWSCAPE_TASK_MODULES"),
        ("sampletasks.ad", errors.TaskNotFoundError, "did you mean 'add'"),
        ("sampletasks.nowhere.add", errors.TaskNotFoundError, "no module"),
        ("workers.svg_taks.generate_complex_svg", errors.TaskNotFoundError, "svg_taks"),
        ("sampletasks._private", errors.TaskNotFoundError, "_private"),
        ("sampletasks.ctypes", errors.TaskNotFoundError, "ctypes"),
        ("add", errors.TaskNotFoundError, "dotted path"),
        ("sampletasks..add", errors.TaskNotFoundError, "dotted path"),
        ("", errors.TaskNotFoundError, "dotted path"),
        (42, errors.TaskNotFoundError, "42"),
    ],
)
def test_a_wrong_task_is_named_and_leaves_no_row(target, error, words):
    with pytest.raises(error, match=words):
        enqueue_background_job(target)
    assert rows() == []


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((), {}, "missing a required argument: 'a'"),
        ((1, 2, 3), {}, "too many positional"),
        ((1,), {"c": 1}, "unexpected keyword argument 'c'"),
        ((1,), {"a": 1}, "multiple values"),
    ],
)
def test_arguments_that_do_not_bind_are_named_and_leave_no_row(args, kwargs, words):
    with pytest.raises(errors.TaskArgumentsError, match=words):
        enqueue_background_job("sampletasks.add", *args, **kwargs)
    assert rows() == []


@pytest.mark.both_engines
def test_an_argument_that_cannot_travel_is_named_and_leaves_no_row():
    with pytest.raises(errors.NotSerializableError, match="b, a lock"):
        enqueue_background_job("sampletasks.add", 1, b=threading.Lock())
    assert rows() == []


@pytest.mark.both_engines
def test_a_batch_of_which_one_call_cannot_be_carried_is_not_queued_at_all():
    calls = [{"a": 1}] * 3000
    with pytest.raises(errors.NotSerializableError, match="a, a lock"):
        enqueue_many("sampletasks.add", [*calls, {"a": threading.Lock()}])
    assert rows() == []
    assert len(enqueue_many("sampletasks.add", calls).jobs) == 3000


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "options",
    [
        {"job_timeout": "soon"},
        {"job_timeout": "5 parsecs"},
        {"job_timeout": 0},
        {"job_timeout": -5},
        {"job_timeout": float("nan")},
        {"job_timeout": True},
        {"job_id": "has space"},
        {"job_id": ""},
        {"job_priority": "high"},
        {"job_delay": -1},
        {"job_at": datetime(2030, 1, 1)},
        {"job_at": datetime.now(UTC), "job_delay": 5},
        {"job_retries": -1},
        {"job_retry_backoff": 0.5},
        {"job_unique": 5},
        {"job_priority": 10**30},
        {"job_retries": 10**30},
        {"job_delay": 1e300},
        {"job_description": 42},
        {"job_meta": [1]},
        {"job_meta": {"x": object()}},
        {"job_tiemout": "5m"},
    ],
)
def test_a_malformed_option_is_refused_and_leaves_no_row(options):
    with pytest.raises(errors.JobOptionError, match=next(iter(options))):
        enqueue_background_job("sampletasks.add", 1, **options)
    assert rows() == []


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1d", 86400),
        ("300", 300),
        ("250ms", 0.25),
        (12, 12),
        (1.5, 1.5),
        (timedelta(minutes=2), 120),
        (-1, None),
        (None, None),
        ("-1", None),
    ],
)
def test_a_timeout_may_be_written_in_many_ways(given, seconds):
    assert (
        enqueue_background_job("sampletasks.add", 1, job_timeout=given).refresh().timeout_s
        == seconds
    )


@pytest.mark.both_engines
def test_a_tasks_own_parameters_may_be_called_delay_or_priority():
    job = enqueue_background_job("sampletasks.named_like_options", delay=1, priority=2, retries=3)
    assert job.refresh().priority == 0


@pytest.mark.both_engines
def test_a_taken_id_is_refused():
    enqueue_background_job("sampletasks.add", 1, job_id="mine")
    with pytest.raises(errors.DuplicateJobError, match="mine"):
        enqueue_background_job("sampletasks.add", 2, job_id="mine")
    assert rows() == [("mine", "queued")]


@pytest.mark.both_engines
def test_a_unique_job_is_returned_while_it_is_active():
    first = enqueue_background_job("sampletasks.add", 1, b=2, job_unique=True)
    assert enqueue_background_job("sampletasks.add", 1, b=2, job_unique=True) == first
    assert enqueue_background_job("sampletasks.add", 1, b=3, job_unique=True) != first
    keyed = enqueue_background_job("sampletasks.add", 1, job_unique="key")
    assert enqueue_background_job("sampletasks.nothing", job_unique="key") == keyed
    keyed.cancel()
    assert enqueue_background_job("sampletasks.nothing", job_unique="key") != keyed


@pytest.mark.both_engines
def test_uniqueness_looks_at_the_whole_of_each_argument():
    array = np.zeros(100_000)
    other = array.copy()
    other[50_000] = 1.0  # in the middle, which `repr` leaves out
    first, same, different = (
        enqueue_background_job("sampletasks.echo", value, job_unique=True)
        for value in (array, array.copy(), other)
    )
    assert first == same
    assert first != different
    one = enqueue_background_job("sampletasks.echo", {"a": 1, "b": {2, 3}}, job_unique=True)
    assert one == enqueue_background_job("sampletasks.echo", {"b": {3, 2}, "a": 1}, job_unique=True)
    assert one != enqueue_background_job(
        "sampletasks.echo", {"a": True, "b": {2, 3}}, job_unique=True
    )


@pytest.mark.both_engines
def test_a_misplaced_argument_of_many_jobs_is_named():
    with pytest.raises(errors.JobOptionError, match="'b' is not an option"):
        enqueue_many("sampletasks.add", [{"a": 1}], b=2)
    with pytest.raises(errors.JobOptionError, match="job_unique"):
        enqueue_many(
            "sampletasks.add", [], then="sampletasks.nothing", then_kwargs={"job_unique": True}
        )
    assert rows() == []


@pytest.mark.both_engines
def test_a_taken_id_for_what_follows_a_batch_is_refused_and_leaves_no_row():
    enqueue_background_job("sampletasks.nothing", job_id="mine")
    with pytest.raises(errors.DuplicateJobError, match="mine"):
        enqueue_many(
            "sampletasks.add",
            [{"a": 1}],
            then="sampletasks.nothing",
            then_kwargs={"job_id": "mine"},
        )
    assert rows() == [("mine", "queued")]


@pytest.mark.both_engines
def test_what_has_no_path_of_its_own_travels_by_value():
    import sampletasks

    for function in (sampletasks.Kit.tool, sampletasks.TWICE, sampletasks._private):
        job = enqueue_background_job(function, 1)
        reported = default_queue().codec.loads(payload_of(job), of_call(job.id, job.task))
        assert reported[0](1) == 2


@pytest.mark.both_engines
def test_a_function_beside_the_notebook_that_cannot_travel_is_named(tmp_path, monkeypatch):
    (tmp_path / "besides.py").write_text(
        "import threading\n_lock = threading.Lock()\ndef draw():\n    with _lock:\n        pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from besides import draw

    with pytest.raises(errors.NotSerializableError, match=r"besides\.draw.*lock"):
        enqueue_background_job(draw)
    assert rows() == []


def payload_of(job) -> bytes:
    return (
        default_queue()
        .database.connection.execute("select payload from job where id = ?", (job.id,))
        .fetchone()[0]
    )


def test_a_link_to_the_queues_file_leads_to_the_same_folder(home: Path, tmp_path: Path):
    first = enqueue_background_job("sampletasks.nothing")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(default_queue().database.path)
    linked = Queue.at(link, QUEUE_NAME, home, ("sampletasks",))
    assert linked.folder == default_queue().folder
    assert linked.codec.key == default_queue().codec.key
    assert [row.id for row in list_rows(linked.database, QUEUE_NAME)] == [first.id]
    assert JobHuey(filename=link).storage.folder == default_queue().folder


@pytest.mark.both_engines
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")  # the fork is the test
def test_a_forked_process_uses_a_connection_of_its_own():
    job = enqueue_background_job("sampletasks.nothing")
    pid = os.fork()
    if pid == 0:
        ok = False
        try:
            enqueue_background_job("sampletasks.nothing", job_id="from-the-child")
            ok = len(rows()) == 2
        finally:
            os._exit(0 if ok else 1)
    assert await_exit(pid) == 0
    assert {row[0] for row in rows()} == {job.id, "from-the-child"}


@pytest.mark.both_engines
def test_many_jobs_are_inserted_in_one_transaction_or_not_at_all():
    batch = enqueue_many("sampletasks.add", ({"a": i} for i in range(50)))
    assert len(batch) == len(batch.jobs) == 50
    with pytest.raises(errors.TaskArgumentsError):
        enqueue_many("sampletasks.add", [{"a": 1}, {"z": 1}])
    assert len(rows()) == 50


@pytest.mark.both_engines
def test_jobs_are_listed_newest_first_by_status_and_task():
    ids = [enqueue_background_job("sampletasks.add", i).id for i in range(3)]
    other = enqueue_background_job("sampletasks.nothing")
    other.cancel()
    assert [job.id for job in list_jobs(task="sampletasks.add")] == ids[::-1]
    assert [job.id for job in list_jobs(status="canceled")] == [other.id]
    assert len(list_jobs(task="sampletasks")) == 4
    assert len(list_jobs(limit=2)) == 2
    with pytest.raises(errors.JobOptionError, match="canceled"):
        list_jobs(status="cancelled")


def test_the_queues_file_and_key_are_readable_by_their_owner_only():
    enqueue_background_job("sampletasks.add", 1)
    folder = default_queue().folder
    for name in ("queue.db", "queue.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


@pytest.mark.both_engines
def test_a_consumer_can_be_the_first_that_ever_uses_a_home(tmp_path: Path):
    """It asks for the key before anybody has made the folder that it lies in."""
    huey = JobHuey("jobs", filename=tmp_path / "new" / "queue.db")
    assert len(huey.serializer.codec.key) == 32
    assert (tmp_path / "new" / "queue.key").stat().st_size == 32


def test_an_enqueue_is_flushed_to_the_disk_before_it_returns():
    enqueue_background_job("sampletasks.add", 1)
    connection = default_queue().database.connection
    assert connection.execute("pragma synchronous").fetchone()[0] == 2
    assert connection.execute("pragma journal_mode").fetchone()[0] == "wal"


def test_a_worker_writes_without_waiting_for_the_disk(home: Path):
    storage = JobHuey(filename=home / ".drawscape" / "queue.db").storage
    assert storage.jobs.connection.execute("pragma synchronous").fetchone()[0] == 1


def test_notebooks_and_root_share_one_queue(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DRAWSCAPE_HOME")
    (home / "notebooks").mkdir()
    monkeypatch.chdir(home / "notebooks")
    first = enqueue_background_job("sampletasks.add", 1)
    monkeypatch.chdir(home)
    second = enqueue_background_job("sampletasks.add", 2)
    assert {row[0] for row in rows()} == {first.id, second.id}
    assert default_queue().database.path == home / ".drawscape" / "queue.db"


def test_a_notebook_that_changes_its_folder_keeps_its_queue(home: Path, tmp_path: Path):
    (tmp_path / "other" / ".drawscape").mkdir(parents=True)
    script = (
        "import os, sys; from drawscape.job_manager import default_queue\n"
        "before = default_queue().path; os.chdir(sys.argv[1]); assert default_queue().path == before\n"
        "print(before)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DRAWSCAPE_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "other")],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout.strip(), done.stderr) == (str(home / ".drawscape" / "queue.db"), "")


@pytest.mark.both_engines
def test_a_signature_that_was_edited_is_checked_as_it_is_now(home: Path):
    enqueue_background_job("sampletasks.answer")
    source = home / "modules" / "sampletasks.py"
    source.write_text(source.read_text().replace("def answer():", "def answer(question):"))
    with pytest.raises(errors.TaskArgumentsError, match="question"):
        enqueue_background_job("sampletasks.answer")
    assert enqueue_background_job("sampletasks.answer", question="6 x 9").status == "queued"
    assert "sampletasks" in sys.modules
