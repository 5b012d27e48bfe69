"""A job's state is told in words that need no manual."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drawscape.notebook.words import duration_words, error_line, status_words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

TRACEBACK = """Traceback (most recent call last):
  File "sketch.py", line 3, in rings
    svg.circle(0, 0, -1)
drawscape.errors.CanvasError: radius -1 must be positive
"""


@dataclass(frozen=True)
class State:
    """A job's state at one moment."""

    status: str
    progress: float = 0.0
    message: str | None = None
    error: str | None = None
    reason: str | None = None
    result: Any = None
    preview: bytes | None = None
    id: str = "a"
    started_at: datetime | None = NOON
    ended_at: datetime | None = NOON + timedelta(seconds=1.34)


@pytest.mark.parametrize(
    ("state", "ahead", "words"),
    [
        (State("queued"), None, "waiting"),
        (State("queued"), 0, "waiting: next in line"),
        (State("queued"), 1, "waiting: 1 job ahead"),
        (State("queued"), 2, "waiting: 2 jobs ahead"),
        (State("scheduled"), None, "scheduled for later"),
        (State("deferred"), None, "waiting for another job to finish"),
        (State("started"), None, "drawing"),
        (State("started", 0.4), None, "drawing 40 %"),
        (State("started", 0.405, "12 of 30"), None, "drawing 40 %: 12 of 30"),
        (State("finished", 1.0), None, "finished in 1.3 s"),
        (State("stopped", 0.2), None, "stopped after 1.3 s"),
        (State("canceled", started_at=None), None, "canceled before it began"),
        (State("failed", error="took longer than 5m"), None, "failed: took longer than 5m"),
        (
            State("failed", error=TRACEBACK),
            None,
            "failed: drawscape.errors.CanvasError: radius -1 must be positive",
        ),
        (State("not_found", error="no job 'a'"), None, "gone: no job 'a'"),
    ],
)
def test_each_state_has_its_words(state: State, ahead: int | None, words: str) -> None:
    assert status_words(state, ahead=ahead) == words


def test_a_task_that_draws_nothing_says_what_it_does() -> None:
    assert status_words(State("started", 0.5), verb="working") == "working 50 %"


def test_an_error_without_text_says_so() -> None:
    assert error_line(None) == error_line(" \n ") == "no reason was recorded"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59, "59 s"), (59.6, "1 min 0 s"),
     (125, "2 min 5 s"), (3725, "1 h 2 min"), (-3, "0.0 s")],
)  # fmt: skip
def test_durations_are_as_exact_as_a_person_cares(seconds: float, words: str) -> None:
    assert duration_words(NOON, NOON + timedelta(seconds=seconds)) == words
