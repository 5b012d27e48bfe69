"""Jobs by the clock: the minute's job, once, in the zone that was asked for."""

from datetime import UTC, datetime

import pytest
from huey import crontab
from support import locked

from drawscape.errors import JobOptionError
from drawscape.jobs import default_queue, list_jobs
from drawscape.queue.engines.engine import is_url
from drawscape.queue.huey import JobHuey, JobPostgresHuey

pytestmark = pytest.mark.both_engines

TASK = "sampletasks.nothing"
HALF_PAST_TWO = crontab(minute="30", hour="2")
BERLIN = {"tz": "Europe/Berlin"}


@pytest.fixture
def huey(home):
    """Makes hueys of one queue, as workers in several processes have them."""

    def make():
        target = default_queue().database.target
        options = {"home": home, "task_modules": ("sampletasks",)}
        if is_url(target):
            return JobPostgresHuey("background", url=target, **options)
        return JobHuey("background", filename=target, **options)

    return make


def at(text):
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC).timestamp()


def each_hour(day):
    return [f"{day}T{hour:02}:30" for hour in range(24)]


# When it is due, what else was asked, when the workers look (each list is another worker's), and the jobs.
CASES = {
    "two workers, many looks": (
        crontab(), {}, [[f"11-25T10:00:{second}" for second in ("00", "01", "30", "59")]] * 2,
        ["1125T1000"],
    ),
    "a look that comes late": (
        crontab(minute="*/2"), {}, [["11-25T10:00:59", "11-25T10:05:30"]],
        ["1125T1000", "1125T1002", "1125T1004"],
    ),
    "a long gap": (
        crontab(minute="*/5"), {}, [["11-25T10:00", "11-25T18:05"]], ["1125T1000", "1125T1805"],
    ),
    "summer time": (HALF_PAST_TWO, BERLIN, [["07-01T00:30"]], ["0701T0030"]),
    "winter time": (HALF_PAST_TWO, BERLIN, [["12-01T01:30"]], ["1201T0130"]),
    "UTC": (HALF_PAST_TWO, {}, [["07-01T02:30"]], ["0701T0230"]),
    "an hour that is skipped": (HALF_PAST_TWO, BERLIN, [each_hour("03-29")], []),
    "an hour that comes twice": (
        HALF_PAST_TWO, BERLIN, [each_hour("10-25")], ["1025T0030", "1025T0130"],
    ),
    "missed, and not asked for": (
        crontab(minute="0"), {}, [["11-25T10:00"], ["11-25T13:20"]], ["1125T1000"],
    ),
    "missed minutes of a day": (
        crontab(minute="0"), {"catch_up": "1d"}, [["11-25T10:00"], ["11-25T13:20"]],
        ["1125T1000", "1125T1100", "1125T1200", "1125T1300"],
    ),
    "no more than was asked": (
        crontab(minute="0"), {"catch_up": "90m"}, [["11-25T10:00"], ["11-26T10:00"]],
        ["1125T1000", "1126T0900", "1126T1000"],
    ),
    "to the minute": (
        crontab(), {"catch_up": "2m"}, [["11-25T10:00"], ["11-25T10:10"]],
        ["1125T1000", "1125T1008", "1125T1009", "1125T1010"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_job_of_each_minute_that_is_due_is_queued_once(huey, case):
    due, options, looks, queued = CASES[case]
    for worker_looks in looks:
        worker = huey()
        worker.periodic_job(due, TASK, **options)
        for look in worker_looks:
            worker.run_timetable(default_queue(), at(look))
    assert [job.id.rpartition("-")[2][4:] for job in reversed(list_jobs())] == queued


def test_entries_of_one_task_have_names_and_zones_that_exist(huey):
    worker = huey()
    worker.periodic_job(crontab(minute="0"), TASK)
    with pytest.raises(JobOptionError, match="name="):
        worker.periodic_job(crontab(minute="30"), TASK)
    with pytest.raises(JobOptionError, match="Europe/Berlin"):
        worker.periodic_job(crontab(), TASK, tz="Europe/Atlantis")
    worker.periodic_job(crontab(minute="30"), TASK, name="half past")
    worker.run_timetable(default_queue(), at("11-25T10:30"))
    assert [job.id for job in list_jobs()] == ["half_past-20261125T1030"]


@pytest.mark.parametrize("catch_up", [None, "1h"])
def test_a_queue_that_is_locked_at_the_minute_gets_the_job_when_it_is_free(huey, catch_up):
    worker = huey()
    worker.periodic_job(crontab(minute="0"), TASK, catch_up=catch_up)
    queue = worker.queue()
    worker.run_timetable(queue, at("11-25T09:59"))
    with locked():
        worker.run_timetable(queue, at("11-25T10:00:01"))
    worker.run_timetable(queue, at("11-25T10:01:01"))
    worker.run_timetable(queue, at("11-25T10:01:02"))
    assert [job.id for job in list_jobs()] == ["sampletasks_nothing-20261125T1000"]


def test_an_entry_that_fails_does_not_stop_the_others(huey, caplog):
    worker = huey()
    worker.periodic_job(lambda moment: 1 / 0, TASK, name="broken")
    worker.periodic_job(crontab(), TASK, name="whole")
    worker.run_timetable(default_queue(), at("11-25T10:00"))
    assert [job.id for job in list_jobs()] == ["whole-20261125T1000"]
    assert "broken" in caplog.text
