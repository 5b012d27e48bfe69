"""What is queued: calls, arguments, options."""

import dataclasses
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from queue_steps import enqueue
from support import wait_until

from drawscape import errors, job_manager
from drawscape.job_manager import Job, enqueue_background_job, get_job_status, list_jobs

pytestmark = pytest.mark.both_engines


def rows():
    return job_manager.default_queue().database.read("select id, status from job")


def test_the_status_has_the_contracts_seven_keys_and_aware_times(home):
    status = get_job_status(enqueue("add", 1).id)
    keys = "id status result error created_at started_at ended_at"
    assert status.keys() >= {*keys.split()}
    assert status["created_at"].utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - status["created_at"]) < timedelta(minutes=1)
    assert (status["result"], status["error"], status["ended_at"]) == (None, None, None)
    status = get_job_status("no-such-job")
    assert status["status"] == "not_found"
    assert "no-such-job" in status["error"]
    with pytest.raises(errors.JobNotFoundError, match="no-such-job"):
        job_manager.get_job("no-such-job")


LOCK = threading.Lock()
BAD = {
    "job_timeout": ("soon", "5 parsecs", 0, -5, float("nan"), True),
    "job_id": ("has space", ""),
    "job_priority": ("high", 10**30),
    "job_delay": (-1, 1e300),
    "job_at": (datetime(2030, 1, 1), datetime(9999, 12, 31, tzinfo=UTC)),
    "job_retries": (-1, 10**30),
    "job_retry_delay": ([1, 2],),
    "job_retry_backoff": (0.5,),
    "job_unique": (5, ""),
    "job_limit_key": (5, "", "y" * 201),
    "job_description": (42, "y" * 10_001),
    "job_meta": ([1], {"x": object()}, {"x": "y" * 1_000_000}),
    "job_tiemout": ("5m",),
}
BAD_OPTIONS = [{name: value} for name, values in BAD.items() for value in values]
BAD_OPTIONS.append({"job_at": datetime.now(UTC), "job_delay": 5})
REFUSED = [
    # What is called; what is raised, and what it says.
    ("os.system", {}, errors.TaskNotAllowedError, "outside of the task modules"),
    ("sampletasks2.add", {}, errors.TaskNotAllowedError, "DRAWSCAPE_TASK_MODULES"),
    ("sampletasks.ad", {}, errors.TaskNotFoundError, "did you mean 'add'"),
    *(
        (f"{package}.generate_complex_svg", {}, errors.TaskNotFoundError, f"did you mean '{module}")
        for package, module in (("drawscape.tasks", "drawing"), ("workers", "svg_tasks"))
    ),
    ("sampletasks.nowhere.add", {}, errors.TaskNotFoundError, "no module"),
    ("drawscape.tasks.drawings.add", {}, errors.TaskNotFoundError, "no module"),
    ("sampletasks._private", {}, errors.TaskNotFoundError, "_private"),
    ("sampletasks.ctypes", {}, errors.TaskNotFoundError, "ctypes"),
    *(
        (path, {}, errors.TaskNotFoundError, "dotted path")
        for path in ("add", "sampletasks..add", "")
    ),
    (42, {}, errors.TaskNotFoundError, "42"),
    ("sampletasks.add", {}, errors.TaskArgumentsError, "missing a required argument: 'a'"),
    ("sampletasks.nothing", {"c": 1}, errors.TaskArgumentsError, "unexpected keyword argument 'c'"),
    ("sampletasks.add", {"args": (1, 2, 3)}, errors.TaskArgumentsError, "too many positional"),
    ("sampletasks.add", {"args": (1, 2), "b": 1}, errors.TaskArgumentsError, "multiple values"),
    ("sampletasks.nothing", {"job_id": "mine"}, errors.DuplicateJobError, "mine"),
    ("sampletasks.add", {"a": 1, "b": LOCK}, errors.NotSerializableError, "b, a lock"),
    ("sampletasks.nothing", {"job_depends_on": "nobody"}, errors.JobNotFoundError, "nobody"),
    *(("sampletasks.nothing", bad, errors.JobOptionError, next(iter(bad))) for bad in BAD_OPTIONS),
]


@pytest.fixture
def leaves_no_row(shared_home):
    """Fail unless there is no new row in the end; there is a job whose id is `mine`."""
    if ("mine", "scheduled") not in rows():
        enqueue("add", 1, job_id="mine", job_delay="1h")
    before = rows()
    yield
    assert rows() == before


@pytest.mark.parametrize(("task", "given", "error", "words"), REFUSED)
def test_what_cannot_be_queued_is_named_and_leaves_no_row(leaves_no_row, task, given, error, words):
    args = given.get("args", ())
    with pytest.raises(error, match=words):
        enqueue_background_job(task, *args, **{k: v for k, v in given.items() if k != "args"})


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("90s", 90), ("5m", 300), ("1h30m", 5400), ("1d", 86400), ("300", 300), ("250ms", 0.25),
        (12, 12), (1.5, 1.5), (timedelta(minutes=2), 120), (-1, None), (None, None), ("-1", None),
    ],
)  # fmt: skip
def test_a_timeout_may_be_written_in_many_ways(home, given, seconds):
    job = enqueue("nothing", job_timeout=given)
    assert job.refresh().timeout_s == seconds


NOTHING = "sampletasks.nothing"
THEN_MINE = {"then": NOTHING, "then_kwargs": {"job_id": "mine"}}


@pytest.mark.parametrize(
    ("calls", "options", "error", "words"),
    [
        ([*[{"a": 1}] * 3000, {"a": LOCK}], {}, errors.NotSerializableError, "a, a lock"),
        ([{"a": 1}], {"b": 2}, errors.JobOptionError, "'b' is not an option"),
        ([{"a": 1}], {"job_on_success": NOTHING}, errors.JobOptionError, "job_on_success"),
        ([{"a": 1}], {"job_depends_on": "mine"}, errors.JobOptionError, "job_depends_on"),
        ([], {"batch_description": 5}, errors.JobOptionError, "batch_description"),
        ([{"a": 1}], THEN_MINE, errors.DuplicateJobError, "mine"),
    ],
)
def test_a_batch_is_queued_whole_or_not_at_all(leaves_no_row, calls, options, error, words):
    with pytest.raises(error, match=words):
        job_manager.enqueue_many("sampletasks.add", calls, **options)


def test_a_function_beside_the_notebook_that_cannot_travel_is_named(home, tmp_path, monkeypatch):
    (tmp_path / "besides.py").write_text(
        "import threading\n_lock = threading.Lock()\ndef draw():\n    with _lock:\n        pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from besides import draw

    with pytest.raises(errors.NotSerializableError, match=r"besides\.draw.*lock"):
        enqueue_background_job(draw)
    assert rows() == []


def test_jobs_are_listed_newest_first_by_status_and_task(home):
    ids = [enqueue("add", i).id for i in range(3)]
    other = enqueue("nothing")
    other.cancel()
    assert [job.id for job in list_jobs(task="sampletasks.add")] == ids[::-1]
    assert [job.id for job in list_jobs(status="canceled")] == [other.id]
    assert len(list_jobs(task="sampletasks")) == 4
    assert len(list_jobs(limit=2)) == 2
    with pytest.raises(errors.JobOptionError, match="canceled"):
        list_jobs(status="cancelled")


def test_a_signature_that_was_edited_is_checked_as_it_is_now(home):
    enqueue("answer")
    source = home / "modules" / "sampletasks.py"
    source.write_text(source.read_text().replace("def answer():", "def answer(question):"))
    with pytest.raises(errors.TaskArgumentsError, match="question"):
        enqueue("answer")
    assert enqueue("answer", question="6 x 9").status == "queued"
    assert "sampletasks" in sys.modules


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "trace")


@pytest.mark.parametrize("option", ["job_delay", "job_at"])
def test_a_job_waits_for_its_time(worked_home, option):
    def after(seconds):
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        given = {"job_delay": seconds, "job_at": at}[option]
        return at, enqueue("nothing", **{option: given})

    _, far = after(3600)
    assert (far.status, "scheduled for" in far.explain()) == ("scheduled", True)
    at, near = after(0.5)
    near.wait(60)
    assert near.started_at >= at


@pytest.mark.parametrize(
    ("task", "retries", "attempts", "words"),
    [("flaky", 2, 3, "try 3"), ("fail_for_good", 5, 1, "for good"), ("crash", 5, 1, "exit code")],
)
def test_retries_are_for_failures_that_may_pass(worked_home, path, task, retries, attempts, words):
    job = enqueue_background_job(f"sampletasks.{task}", path, job_retries=retries)
    with pytest.raises(errors.JobFailed, match=words):
        job.wait(60)
    assert job.refresh().attempts == attempts


def test_a_job_between_two_tries_explains_itself(worked_home, path):
    job = enqueue("flaky", path, 9, job_retries=1, job_retry_delay=60)
    wait_until(lambda: job.status == "scheduled")
    assert "try 1" in job.explain()
    assert "tried again" in job.explain()
    assert job.cancel()
    assert "It ran for" not in job.explain()


def test_a_job_of_another_queue_in_the_file_stays_where_it_is(worked_home):
    other = dataclasses.replace(job_manager.default_queue(), name="other")
    other_id = other.enqueue("sampletasks.nothing", (), {"job_delay": 0.05})
    enqueue("nothing", job_delay=0.3).wait(60)
    assert Job(other, other_id).status == "scheduled"
