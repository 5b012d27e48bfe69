"""A form of a sketch that a cell or a file defines: drawn by the worker, its traceback, what it prints."""

import re
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import pytest
from annotated_types import Interval
from support import wait_until
from widget_tree import button, control, part, picture, text

from drawscape.errors import ParameterError
from drawscape.job_manager import JobFailed, list_jobs
from drawscape.notebook import form
from drawscape.notebook.form_view import Form
from drawscape.sketches import draw

pytestmark = pytest.mark.usefixtures("consumer")


def await_status(shown: Form, begin: str) -> None:
    wait_until(lambda: shown.status.startswith(begin), 60, f"{begin!r}, not {shown.status!r}")


def test_a_value_that_is_refused_shows_in_the_form_and_queues_nothing() -> None:
    def strict(width: float, height: float, pens: Annotated[int, Interval(ge=1)] = 1) -> str:
        """Some pens."""
        return ""

    pens, before = form(strict), len(list_jobs())
    control(pens, "pens")[1].value = "none"
    button(pens, "Draw").click()
    assert pens.status == "pens=&#x27;none&#x27;: must be a whole number"
    assert len(list_jobs()) == before
    with pytest.raises(ParameterError):
        pens.draw()


def test_an_error_that_nobody_foresaw_shows_in_the_form() -> None:
    def unpicklable(width: float, height: float, lock: Any = None) -> str:
        """Takes anything."""
        return ""

    anything = form(unpicklable, lock=threading.Lock())
    button(anything, "Draw").click()
    assert "lock" in anything.status
    assert "cannot be carried" in anything.status


def test_a_function_drawn_by_the_worker_gives_the_bytes_that_it_gives_here() -> None:
    def crosses(svg: Any, rng: Any, *, count: int = 9) -> None:
        """Crosses anywhere."""
        for x, y in rng.uniform(10, 90, (count, 2)):
            svg.line(x - 2, y, x + 2, y)
            svg.line(x, y - 2, x, y + 2)

    marks = form(crosses, paper="100x100", seed=4)
    path = marks.set(count=20).draw().wait(60)
    assert Path(path).read_bytes() == draw(crosses, 100, 100, seed=4, count=20).to_bytes()


def test_a_sketch_of_a_file_beside_the_notebook_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "besidesketch.py").write_text(
        "RADIUS = 20\n\ndef ring(svg, rng, *, n: int = 3):\n    svg.circle(50, 50, RADIUS + n)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import besidesketch  # type: ignore[import-not-found]

    shown = form(besidesketch.ring, n=5)
    assert 'r="25"' in Path(shown.draw().wait(60)).read_text()


def draw_nothing(svg: Any) -> str:
    """Return a drawing, as many think, instead of drawing on the canvas."""
    return "<svg/>"


def test_a_sheet_on_which_nothing_is_drawn_says_so() -> None:
    shown = form(draw_nothing)
    shown.draw().wait(60)
    await_status(shown, "finished in")
    assert " · nothing is drawn on it" in text(shown, "caption")


def test_the_die_of_a_stream_draws_its_part_anew_and_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dots(svg: Any, rng: Any) -> None:
        """Dots in places of one stream, with radii of another."""
        for x, y in rng.stream("layout").uniform(10, 90, (5, 2)):
            svg.circle(x, y, rng.stream("size").uniform(1, 5))

    def places(data: bytes) -> list[bytes]:
        return re.findall(rb'(?<=c)[xy]="[^"]*"', data)

    shown = form(dots, paper="100x100", seed=4)
    first = Path(shown.draw().wait(60)).read_bytes()
    button(shown, "Draw with another seed of size").click()
    assert shown.job is not None
    second = Path(shown.job.wait(60)).read_bytes()
    assert places(first) == places(second)
    assert first != second
    assert second == draw(dots, 100, 100, seed=4, streams=shown.values["streams"]).to_bytes()
    monkeypatch.setattr(sys.modules["__main__"], "dots", dots, raising=False)
    assert form(Path(shown.job.wait(60))).values["streams"] == shown.values["streams"]


def test_a_traceback_of_a_cells_sketch_has_its_lines() -> None:
    def broken(svg: Any, *, sides: int = 3) -> None:
        """Breaks."""
        svg.circle(0, 0, sides / 0)

    shown = form(broken)
    with pytest.raises(JobFailed):
        shown.draw().wait(60)
    await_status(shown, "failed: ZeroDivisionError")
    details = text(shown, "trouble")
    assert "svg.circle(0, 0, sides / 0)" in details
    assert "drawing.py" not in details


def test_what_a_sketch_printed_is_folded_under_its_status() -> None:
    def talks(svg: Any, *, lines: int = 2, fail: bool = False) -> None:
        """Prints."""
        for line in range(lines):
            print("<line>", line)
        svg.circle(0, 0, 1 / (not fail))

    shown = form(talks)
    shown.draw().wait(60)
    await_status(shown, "finished")
    assert "<summary>printed</summary>" in part(shown, "trouble").value
    assert "<line> 0\n<line> 1" in text(shown, "trouble")
    with pytest.raises(JobFailed):
        shown.set(lines=3000, fail=True).draw().wait(60)
    await_status(shown, "failed")
    assert "<summary>traceback</summary>" in part(shown, "trouble").value
    assert "the last 20,000 characters" in text(shown, "trouble")
    assert "<line> 2999" in text(shown, "trouble")
    assert "<line> 1\n" not in text(shown, "trouble")


def test_a_form_leaves_its_picture_in_the_saved_notebook() -> None:
    shown = form("spiral", paper="A4")
    assert "<img" not in shown.saved.html
    shown.draw().wait(60)
    wait_until(lambda: "<img" in shown.saved.html, 60, "the picture to keep")
    assert "output/spiral-0-" in shown.saved.html
    assert len(shown.saved.html) < 200_000


def test_a_file_too_large_to_show_is_shown_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drawscape.notebook.picture.LARGEST_SHOWN", 50_000)
    monkeypatch.setattr("drawscape.notebook.form_view.LARGEST_SHOWN", 50_000)
    shown = form("spiral", paper="A5")
    shown.draw().wait(60)
    wait_until(lambda: "shown reduced" in text(shown, "caption"), 60, "a reduced picture")
    assert picture(shown)[8:12] == b"WEBP"


def test_a_drawing_wholly_off_the_sheet_says_so() -> None:
    def lost(svg: Any) -> None:
        """Draws where no paper is."""
        svg.circle(-500, -500, 20)

    shown = form(lost)
    shown.draw().wait(60)
    wait_until(lambda: text(shown, "notice") == "all of it lies off the sheet", 60, "the notice")
