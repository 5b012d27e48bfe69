"""The queue's numbers, for a person and for a scraper."""

import dataclasses

import pytest
from prometheus_client.parser import text_string_to_metric_families

from drawscape.job_manager import enqueue_many, queue_statistics

pytestmark = pytest.mark.both_engines


def samples(text):
    """Return what Prometheus' own parser reads, by name and by the value of the one label."""
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, "".join(sample.labels.values())): sample.value for sample in found}


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


def test_where_nothing_has_run_there_are_no_times_to_report(home):
    found = queue_statistics()
    assert found.wait_s == found.run_s == {}
    names = {name for name, _ in samples(found.prometheus())}
    assert "drawscape_jobs" in names
    assert "drawscape_run_seconds" not in names
