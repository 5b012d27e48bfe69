"""Editing a task module or what it imports takes effect with the next job."""

import time

import pytest

from drawscape.errors import JobFailed, TaskNotAllowedError
from drawscape.job_manager import enqueue_background_job, workers_alive


@pytest.fixture
def source(home, start_consumer):
    start_consumer()
    (home / "modules" / "inks.py").write_text("COLOUR = 'black'\n")
    module = home / "modules" / "sampletasks.py"
    module.write_text(
        module.read_text() + "\n\ndef colour():\n    import inks\n    return inks.COLOUR\n"
    )
    return module


@pytest.mark.both_engines
def test_an_edited_task_runs_as_it_is_now_and_the_worker_stays(source):
    worker = workers_alive()[0].pid
    assert enqueue_background_job("sampletasks.answer").wait(60) == 1
    for value in (22, 333):
        source.write_text(
            source.read_text().replace(
                "def answer():\n    return", f"def answer():\n    return {value} or"
            )
        )
        assert enqueue_background_job("sampletasks.answer").wait(60) == value
    assert workers_alive()[0].pid == worker


def test_an_edited_import_of_a_task_counts_too(source):
    assert enqueue_background_job("sampletasks.colour").wait(60) == "black"
    (source.parent / "inks.py").write_text("COLOUR = 'sepia'\n")
    assert enqueue_background_job("sampletasks.colour").wait(60) == "sepia"


@pytest.mark.both_engines
def test_a_new_task_module_is_found_at_once(source, monkeypatch):
    assert enqueue_background_job("sampletasks.answer").wait(60) == 1
    source.write_text(source.read_text() + "\n\ndef brand_new():\n    return 'new'\n")
    assert enqueue_background_job("sampletasks.brand_new").wait(60) == "new"


def test_a_module_that_the_project_names_meanwhile_is_one_of_tasks(source, home):
    worker = workers_alive()[0].pid
    (home / "latertasks.py").write_text("def late():\n    return 'late'\n")
    with pytest.raises(TaskNotAllowedError, match="latertasks"):
        enqueue_background_job("latertasks.late")
    (home / "drawscape.toml").write_text("task-modules = ['latertasks']\n")
    assert enqueue_background_job("latertasks.late").wait(60) == "late"
    assert workers_alive()[0].pid == worker


def test_a_syntax_error_fails_that_job_with_its_text_and_the_next_one_works(source):
    assert enqueue_background_job("sampletasks.answer").wait(60) == 1
    good = source.read_text()
    source.write_text(good + "\n\ndef broken(:\n")
    job = enqueue_background_job("sampletasks.answer")
    with pytest.raises(JobFailed, match="SyntaxError"):
        job.wait(60)
    assert "def broken(:" in job.error
    source.write_text(good + "\n# fixed\n")
    assert enqueue_background_job("sampletasks.answer").wait(60) == 1


@pytest.mark.both_engines
def test_a_backlog_sees_the_edit_within_a_moment(source):
    gate = source.parent / "gate"
    assert enqueue_background_job("sampletasks.answer").wait(60) == 1
    for _ in range(2):
        enqueue_background_job("sampletasks.wait_for_file", str(gate))
    later = enqueue_background_job("sampletasks.answer")
    source.write_text(
        source.read_text().replace("def answer():\n    return 1", "def answer():\n    return 4444")
    )
    time.sleep(0.1)  # a file is looked at ten times a second
    gate.touch()
    assert later.wait(60) == 4444
