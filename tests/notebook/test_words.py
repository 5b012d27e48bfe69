"""A job's state is given in words that need no manual."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drawscape.notebook.reader import JobState
from drawscape.notebook.text import duration_words, error_line, status_words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

TRACEBACK = """Traceback (most recent call last):
  File "sketch.py", line 3, in rings
    svg.circle(0, 0, -1)
drawscape.errors.CanvasError: radius -1 must be positive
"""


def state(status: str, progress: float = 0.0, **rest: Any) -> JobState:
    times = {"started_at": NOON, "ended_at": NOON + timedelta(seconds=1.34)}
    return JobState("a", status, progress, **{**times, **rest})


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (state("queued"), "waiting"),
        (state("queued", ahead=0), "waiting: next in line"),
        (state("queued", ahead=1), "waiting: 1 job ahead"),
        (state("queued", ahead=2), "waiting: 2 jobs ahead"),
        (state("scheduled"), "scheduled for later"),
        (state("deferred"), "waiting for another job to finish"),
        (state("started"), "drawing"),
        (state("started", 0.4), "drawing 40 %"),
        (state("started", 0.405, message="12 of 30"), "drawing 40 %: 12 of 30"),
        (state("finished", 1.0), "finished in 1.3 s"),
        (state("stopped", 0.2), "stopped after 1.3 s"),
        (state("canceled", started_at=None), "canceled before it began"),
        (state("failed", error="took longer than 5m"), "failed: took longer than 5m"),
        (
            state("failed", error=TRACEBACK),
            "failed: radius -1 must be positive",
        ),
        (state("not_found", error="no job 'a'"), "gone: no job 'a'"),
    ],
)
def test_each_state_has_its_words(job, words):
    assert status_words(job) == words


@pytest.mark.parametrize(
    ("last", "line"),
    [
        ("json.decoder.JSONDecodeError: Expecting value", "JSONDecodeError: Expecting value"),
        ("KeyError: 'a: b'", "KeyError: 'a: b'"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("what it is: unknown", "what it is: unknown"),
    ],
)
def test_an_error_is_named_without_its_module(last, line):
    assert error_line(f"Traceback (most recent call last):\n  ...\n{last}\n") == line


def test_an_error_of_several_lines_is_shown_by_its_first():
    frames = '  File "a.py", line 1, in f\n    g()\n'
    first = f"Traceback (most recent call last):\n{frames}KeyError: 'a'\n\n"
    text = (
        f"{first}During handling of the above exception, another exception occurred:\n\n"
        f"Traceback (most recent call last):\n{frames}ValueError: no ink\n  at all\nnowhere\n"
    )
    assert error_line(text) == "ValueError: no ink"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0004, "1 ms"), (0.04, "40 ms"), (0.0996, "0.1 s"),
     (9.94, "9.9 s"), (9.96, "10 s"), (59, "59 s"), (59.6, "1 min 0 s"),
     (125, "2 min 5 s"), (3725, "1 h 2 min"), (-3, "1 ms")],
)  # fmt: skip
def test_durations_are_as_exact_as_a_person_cares(seconds, words):
    assert duration_words(NOON, NOON + timedelta(seconds=seconds)) == words
