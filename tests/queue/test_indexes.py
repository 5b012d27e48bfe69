"""A table of many jobs is read by its indexes; what is counted there."""

import dataclasses
import itertools
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from queue_steps import CLAIMANT, MANY, TASK, acknowledge, claim, ended_jobs

from drawscape.jobs import (
    cancel_all,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    queue_statistics,
)
from drawscape.queue.row import Outcome


def plans_of(look):
    """Return the steps of each statement that reads jobs while `look` runs."""
    database = default_queue().database
    statements: list[str] = []
    database.connection.set_trace_callback(statements.append)
    look()
    database.connection.set_trace_callback(None)
    return {
        statement: [
            row[3] for row in database.connection.execute(f"explain query plan {statement}")
        ]
        for statement in statements
        if "from job" in statement
    }


def test_statistics_read_no_row_that_they_need_not(home):
    """Whatever the table holds, each statement finds its rows by an index."""
    ended_jobs(10)
    plans = plans_of(queue_statistics)
    assert len(plans) >= 4
    for statement, steps in plans.items():
        for step in steps:
            if step.startswith("SCAN job"):  # only of what is open, and without its rows
                assert re.search("COVERING INDEX job_(scheduled|deferred)$|job_started$", step), (
                    step
                )
            assert "TEMP B-TREE" not in step, (statement, step)


def test_a_claim_passes_over_nothing_that_waits_in_another_lane(home):
    """However much of it there is: a claim takes as many steps of SQLite as with little."""
    database = default_queue().database

    def steps():
        counted = itertools.count()
        held = claim(database, "background", "worker", None)
        database.connection.set_progress_handler(lambda: next(counted) < 0, 10)
        for _ in range(3):
            _, held = acknowledge(database, held, Outcome("finished"), CLAIMANT)
        database.connection.set_progress_handler(None, 0)
        return next(counted)

    lanes = [{"job_lane": "fast"}, {"job_limit_key": "pen", "job_limit": 100}]
    for options in lanes:
        enqueue_many(TASK, [{}] * 100, **options)
    few = steps()
    for options in lanes:
        enqueue_many(TASK, [{}] * MANY, **options)
    assert steps() < 1.2 * few


@pytest.mark.parametrize("lane", ["default", "slow"])
def test_the_oldest_that_waits_may_be_of_any_priority_and_lane(home, lane):
    for priority, age_s in ((0, 900), (5, 100), (-5, 300)):
        job = enqueue_background_job(TASK, job_priority=priority, job_lane=lane)
        default_queue().database.connection.execute(
            "update job set created_at = created_at - ? where id = ?", (age_s, job.id)
        )
    enqueue_background_job(TASK, job_lane="other")
    assert 900 <= queue_statistics().oldest_waiting_s < 1000


@pytest.mark.both_engines
def test_jobs_that_never_started_do_not_hide_how_long_others_waited(home):
    ended_jobs(20, days_ago=1)
    enqueue_many(TASK, [{}] * MANY)
    cancel_all()
    found = queue_statistics()
    assert found.wait_s
    assert found.ended_last_hour == found.ended_last_minute == MANY
    assert found.counts["canceled"] == MANY


def samples(text):
    """Return what Prometheus' own parser reads, by name and by the value of the one label."""
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, "".join(sample.labels.values())): sample.value for sample in found}


@pytest.mark.both_engines
def test_prometheus_reads_every_number_as_it_is(home):
    enqueue_many("sampletasks.nothing", [{}] * 3)
    found = dataclasses.replace(
        queue_statistics(),
        file_bytes=12_345_678_901,
        wait_s={0.5: 1 / 3, 0.99: 0.000_012_3},
        run_s={0.5: 1_234_567.890_123},
    )
    read = samples(found.prometheus())
    assert read["drawscape_jobs", "queued"] == 3
    assert read["drawscape_file_bytes", ""] == 12_345_678_901
    assert read["drawscape_oldest_waiting_seconds", ""] == found.oldest_waiting_s
    assert read["drawscape_wait_seconds", "0.5"] == 1 / 3
    assert read["drawscape_wait_seconds", "0.99"] == 0.000_012_3
    assert read["drawscape_run_seconds", "0.5"] == 1_234_567.890_123


@pytest.mark.both_engines
def test_where_nothing_has_run_there_are_no_times_to_report(home):
    found = queue_statistics()
    assert found.wait_s == found.run_s == {}
    names = {name for name, _ in samples(found.prometheus())}
    assert "drawscape_jobs" in names
    assert "drawscape_run_seconds" not in names
