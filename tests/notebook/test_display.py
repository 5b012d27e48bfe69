"""What shows one job: nothing late, nothing of another job, the former picture as long as it serves."""

from typing import Any

import pytest
from support import wait_until

from drawscape.notebook import display as display_module
from drawscape.notebook.display import JobDisplay
from drawscape.notebook.reader import JobState

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="%d"/></svg>'


def state(status: str, progress: float = 0.0, radius: int = 0, **rest: Any) -> JobState:
    preview = SVG % radius if radius else None
    return JobState("a", status, progress, preview=preview, **rest)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display_module, "QUICK_S", 0.0)


def test_a_late_report_on_a_job_that_has_ended_changes_nothing() -> None:
    display = JobDisplay()
    display.begin("a")
    display.update(state("stopped", 0.4, 1))
    words, picture = display.words.value, bytes(display.picture.value)
    display.update(state("started", 0.9, 2))
    assert (display.words.value, bytes(display.picture.value)) == (words, picture)
    assert display.bar.value == 0.4


def test_a_report_on_a_former_job_changes_nothing() -> None:
    display = JobDisplay()
    display.begin("b")
    display.update(state("started", 0.9, 2))
    assert display.words.value == "waiting"


def test_a_live_drawing_takes_the_former_ones_place_when_half_of_it_is_there(tmp_path: Any) -> None:
    file = tmp_path / "former.svg"
    file.write_bytes(SVG % 1)
    display = JobDisplay()
    display.begin("a")
    display.update(state("finished", 1.0, result=str(file)))
    display.begin("a", keep_former=True)
    display.update(state("started", 0.4, 2))
    assert bytes(display.picture.value) == SVG % 1
    display.update(state("started", 0.6, 3))
    assert bytes(display.picture.value) == SVG % 3


def test_the_first_drawing_shows_from_its_first_stroke() -> None:
    display = JobDisplay()
    display.begin("a", keep_former=True)
    display.update(state("started", 0.01, 2))
    assert bytes(display.picture.value) == SVG % 2


def test_a_quick_job_shows_its_drawing_and_no_preview(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display_module, "QUICK_S", 600.0)
    file = tmp_path / "drawn.svg"
    file.write_bytes(SVG % 3)
    display = JobDisplay()
    display.begin("a")
    display.update(state("started", 0.9, 2))
    assert not display.picture.value
    assert display.bar.value == 0.9
    display.update(state("finished", 1.0, result=str(file)))
    assert bytes(display.picture.value) == SVG % 3


def test_each_job_has_its_own_quick_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display_module, "QUICK_S", 0.5)
    display = JobDisplay()
    display.begin("a")

    def shows_the_first() -> bool:
        display.update(state("started", 0.1, 1))
        return bytes(display.picture.value) == SVG % 1

    assert not shows_the_first()
    wait_until(shows_the_first, 60, "the first job's preview")
    display.begin("a")
    display.update(state("started", 0.1, 2))
    assert bytes(display.picture.value) == SVG % 1
