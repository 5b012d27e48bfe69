"""Jobs by the clock: the minute's job, once, in the zone that was asked for."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from huey import crontab

from drawscape.errors import JobOptionError
from drawscape.jobs import default_queue, list_jobs
from drawscape.queue.engines.engine import is_url
from drawscape.queue.huey import JobHuey, JobPostgresHuey, RunsJobs

pytestmark = pytest.mark.both_engines

TASK = "sampletasks.nothing"


@pytest.fixture
def huey(home: Path) -> Callable[[], RunsJobs]:
    """Makes hueys of one queue, as workers in several processes have them."""

    def make() -> RunsJobs:
        target = default_queue().database.target
        if is_url(target):
            return JobPostgresHuey(
                "background", url=target, home=home, task_modules=("sampletasks",)
            )
        return JobHuey("background", filename=target, home=home, task_modules=("sampletasks",))

    return make


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def ids() -> list[str]:
    return [job.id.rpartition("-")[2] for job in reversed(list_jobs())]


def test_the_minutes_job_is_queued_once_by_two_workers_and_many_looks(huey):
    for worker in (huey(), huey()):
        worker.periodic_job(crontab(), TASK)
        for second in (0, 1, 30, 59):
            worker.timetable.run(default_queue(), at("2026-11-25T10:00:00") + second)
    assert ids() == ["20261125T1000"]


def test_the_id_is_that_of_the_minute_though_the_look_comes_late(huey):
    worker = huey()
    worker.periodic_job(crontab(minute="*/2"), TASK)
    worker.timetable.run(default_queue(), at("2026-11-25T10:00:59"))
    worker.timetable.run(default_queue(), at("2026-11-25T10:05:30"))
    assert ids() == ["20261125T1000", "20261125T1002", "20261125T1004"]


def test_entries_of_one_task_have_names(huey):
    worker = huey()
    worker.periodic_job(crontab(minute="0"), TASK)
    with pytest.raises(JobOptionError, match="name="):
        worker.periodic_job(crontab(minute="30"), TASK)
    worker.periodic_job(crontab(minute="30"), TASK, name="half past")
    worker.timetable.run(default_queue(), at("2026-11-25T10:30:00"))
    assert [job.id for job in list_jobs()] == ["half_past-20261125T1030"]


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Europe/Berlin", "2026-07-01T00:30"),
        ("Europe/Berlin", "2026-12-01T01:30"),
        (None, "2026-07-01T02:30"),
    ],
)
def test_an_entry_is_read_in_its_zone(huey, zone: str | None, moment: str):
    worker = huey()
    worker.periodic_job(crontab(minute="30", hour="2"), TASK, tz=zone)
    worker.timetable.run(default_queue(), at(moment))
    assert len(ids()) == 1


def test_a_time_that_is_skipped_in_spring_has_no_job_and_one_that_comes_twice_has_two(huey):
    worker = huey()
    worker.periodic_job(crontab(minute="30", hour="2"), TASK, tz="Europe/Berlin")
    for hour in range(24):
        worker.timetable.run(default_queue(), at(f"2026-03-29T{hour:02}:30"))
        worker.timetable.run(default_queue(), at(f"2026-10-25T{hour:02}:30"))
    assert ids() == ["20261025T0030", "20261025T0130"]


def test_an_unknown_zone_is_refused(huey):
    with pytest.raises(JobOptionError, match="Europe/Berlin"):
        huey().periodic_job(crontab(), TASK, tz="Europe/Atlantis")


def test_missed_minutes_are_made_up_for_if_asked(huey):
    for name, catch_up in (("never", None), ("day", "1d")):
        worker = huey()
        worker.periodic_job(crontab(minute="0"), TASK, name=name, catch_up=catch_up)
        worker.timetable.run(default_queue(), at("2026-11-25T10:00"))
        after = huey()
        after.periodic_job(crontab(minute="0"), TASK, name=name, catch_up=catch_up)
        after.timetable.run(default_queue(), at("2026-11-25T13:20"))
    assert sorted(job.id for job in list_jobs()) == [
        "day-20261125T1000",
        "day-20261125T1100",
        "day-20261125T1200",
        "day-20261125T1300",
        "never-20261125T1000",
    ]


def test_no_more_is_made_up_for_than_was_asked(huey):
    first, later = huey(), huey()
    for worker in (first, later):
        worker.periodic_job(crontab(minute="0"), TASK, catch_up="90m")
    first.timetable.run(default_queue(), at("2026-11-25T10:00"))
    later.timetable.run(default_queue(), at("2026-11-26T10:00"))
    assert ids() == ["20261125T1000", "20261126T0900", "20261126T1000"]


def test_it_is_made_up_for_to_the_minute(huey):
    first, later = huey(), huey()
    for worker in (first, later):
        worker.periodic_job(crontab(), TASK, catch_up="2m")
    first.timetable.run(default_queue(), at("2026-11-25T10:00"))
    later.timetable.run(default_queue(), at("2026-11-25T10:10"))
    assert ids() == ["20261125T1000", "20261125T1008", "20261125T1009", "20261125T1010"]


def test_an_entry_that_fails_does_not_stop_the_others(huey, caplog: pytest.LogCaptureFixture):
    worker = huey()
    worker.periodic_job(lambda moment: 1 / 0, TASK, name="broken")
    worker.periodic_job(crontab(), TASK, name="whole")
    worker.timetable.run(default_queue(), at("2026-11-25T10:00"))
    assert [job.id for job in list_jobs()] == ["whole-20261125T1000"]
    assert "broken" in caplog.text


def test_after_a_long_gap_only_the_present_minute_is_queued(huey):
    worker = huey()
    worker.periodic_job(crontab(minute="*/5"), TASK)
    worker.timetable.run(default_queue(), at("2026-11-25T10:00:00"))
    worker.timetable.run(default_queue(), at("2026-11-25T18:05:00"))
    assert ids() == ["20261125T1000", "20261125T1805"]
