"""A form enqueues real jobs for a real worker and shows what became of them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from annotated_types import Interval, doc
from support import wait_until

from drawscape.errors import ParameterError
from drawscape.job_manager import JobFailed, enqueue_background_job, list_jobs
from drawscape.notebook import form
from drawscape.notebook.forms import Form
from drawscape.sketches import draw

pytestmark = pytest.mark.usefixtures("consumer")


def plot(
    width: float,
    height: float,
    seed: int = 0,
    dots: Annotated[int, Interval(ge=1, le=99), doc("How many dots")] = 3,
    fail_at: Annotated[int, Interval(ge=0, le=99)] = 99,
    gate: str = "",
) -> str:
    """Dots in a row, each reported; holds before the last until the file `gate` is there."""
    import time
    from pathlib import Path

    from drawscape.job_manager import current_job
    from drawscape.settings import output_path

    size = f'width="{width}mm" height="{height}mm"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><!-- {seed} -->'
    for dot in range(dots):
        if dot == fail_at:
            raise ValueError(f"dot {dot} is <b>bad</b>")
        svg += f'<circle cx="{dot}" cy="1" r="1"/>'
        current_job().progress((dot + 1) / dots, f"dot {dot + 1}", preview=f"{svg}</svg>")
        while gate and not Path(gate).exists() and dot == dots - 2:
            time.sleep(0.01)
    path = output_path(f"dots-{seed}-{dots}.svg")
    path.write_text(f"{svg}</svg>")
    return str(path)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that holds a drawing back until it is made; at the end of the test it is."""
    yield tmp_path / "open"
    (tmp_path / "open").touch()


def statuses_of(shown: Form) -> list[str]:
    """Return a list that grows with each status that the form shows."""
    seen: list[str] = []
    shown._display.words.observe(lambda change: seen.append(change["new"]), names="value")
    return seen


def circles(shown: Form) -> int:
    return bytes(shown._display.picture.value).count(b"<circle")


def await_status(shown: Form, begin: str) -> None:
    wait_until(lambda: shown.status.startswith(begin), 20, f"{begin!r}, not {shown.status!r}")


def test_the_picture_is_the_file_of_the_job() -> None:
    dots = form(plot, paper="A6", seed=5, dots=7)
    path = dots.draw().wait(20)
    await_status(dots, "finished in")
    assert bytes(dots._display.picture.value) == Path(path).read_bytes()
    assert dots._display.bar.value == 1.0
    assert dots._display.caption.value.startswith("output/dots-5-7.svg")
    assert dots._cancel.disabled


def test_progress_and_preview_show_while_it_draws(gate: Path) -> None:
    dots = form(plot, dots=4, gate=str(gate))
    seen = statuses_of(dots)
    job = dots.draw()
    await_status(dots, "drawing 75 %: dot 3")
    wait_until(lambda: circles(dots) == 3, 10, "a preview")
    assert dots._display.bar.value == pytest.approx(0.75)
    gate.touch()
    job.wait(20)
    await_status(dots, "finished in")
    assert seen[0].startswith(("waiting", "drawing"))


def test_a_job_that_waits_says_how_many_are_ahead(gate: Path) -> None:
    first, second, third = (form(plot, dots=2, seed=n, gate=str(gate)) for n in range(3))
    first.draw()
    await_status(first, "drawing")
    second.draw()
    third.draw()
    await_status(second, "waiting: next in line")
    await_status(third, "waiting: 1 job ahead")
    assert third.cancel()
    await_status(third, "canceled before it began")
    gate.touch()
    await_status(second, "finished")


def test_cancel_stops_a_running_drawing_and_keeps_its_last_preview(gate: Path) -> None:
    dots = form(plot, dots=5, gate=str(gate))
    dots.draw()
    wait_until(lambda: circles(dots) == 4, 10, "a preview")
    dots._cancel.click()
    await_status(dots, "stopped after")
    assert circles(dots) == 4
    assert dots._cancel.disabled


def test_an_error_of_the_task_shows_in_the_form_with_its_traceback() -> None:
    dots = form(plot, fail_at=1)
    job = dots.draw()
    with pytest.raises(JobFailed, match="dot 1 is <b>bad</b>"):
        job.wait(20)
    await_status(dots, "failed: ValueError: dot 1 is &lt;b&gt;bad")
    trouble = dots._display.trouble.value
    assert "Traceback" in trouble
    assert "<b>" not in trouble


def test_a_value_that_is_refused_shows_in_the_form_and_queues_nothing() -> None:
    def strict(width: float, height: float, pens: Annotated[int, Interval(ge=1)] = 1) -> str:
        """Some pens."""
        return ""

    pens, before = form(strict), len(list_jobs())
    pens._panel._controls["pens"].input.value = "none"
    pens._draw.click()
    assert pens.status == "pens=&#x27;none&#x27;: must be a whole number"
    assert len(list_jobs()) == before
    with pytest.raises(ParameterError):
        pens.draw()


def test_an_error_that_nobody_foresaw_shows_with_its_traceback() -> None:
    def unpicklable(width: float, height: float, lock: Any = None) -> str:
        """Takes anything."""
        return ""

    anything = form(unpicklable)
    object.__setattr__(anything._panel._controls["lock"], "read", threading.Lock)
    anything._draw.click()
    assert "lock" in anything.status
    assert "cannot be carried" in anything.status


def test_drawing_again_cancels_the_former_job(gate: Path) -> None:
    dots = form(plot, dots=3, gate=str(gate))
    former = dots.draw()
    await_status(dots, "drawing")
    dots.set(gate="", seed=8)
    dots.draw().wait(20)
    await_status(dots, "finished")
    assert former.status == "stopped"
    assert b"<!-- 8 -->" in bytes(dots._display.picture.value)


def test_a_live_form_draws_once_after_a_flurry_of_changes() -> None:
    dots = form(plot, live=True)
    before = len(list_jobs())
    for count in range(10, 20):
        dots.set(dots=count)
    wait_until(lambda: dots.job is not None, 10, "a job")
    await_status(dots, "finished")
    assert len(list_jobs()) == before + 1
    assert circles(dots) == 19


def test_an_empty_sheet_has_the_chosen_size() -> None:
    dots = form(plot, paper="A5")
    assert b'width="148mm" height="210mm"' in bytes(dots._display.picture.value)
    dots.set(width=210, height=148)
    assert b'width="210mm" height="148mm"' in bytes(dots._display.picture.value)
    assert dots._display.caption.value == "210 x 148 mm"


def test_a_task_that_returns_words_shows_them() -> None:
    def count_letters(text: str = "plotter") -> str:
        """Count."""
        return f"{len(text)} letters"

    letters = form(count_letters)
    assert letters._draw.description == "Run"
    letters.draw().wait(20)
    await_status(letters, "finished")
    assert letters._display.caption.value == "7 letters"


def test_values_hold_everything_that_the_controls_say() -> None:
    dots = form(plot, paper="A5", orientation="landscape", seed=3, dots=12)
    assert dots.values == {
        "width": 210.0,
        "height": 148.0,
        "seed": 3,
        "dots": 12,
        "fail_at": 99,
        "gate": "",
    }


def test_without_a_kernel_a_form_says_what_stands_there() -> None:
    dots = form(plot)
    assert repr(dots) == "<Form: the form of plot>"
    bundle = dots._repr_mimebundle_()
    assert bundle["text/plain"] == "[ the form of plot: run this cell to see it live ]"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_form_follows_only_its_own_latest_job(gate: Path) -> None:
    dots = form(plot, dots=3)
    other = enqueue_background_job(plot, width=10, height=10, dots=9, seed=77)
    dots.draw().wait(20)
    other.wait(20)
    await_status(dots, "finished")
    assert circles(dots) == 3


def test_clicks_reach_the_same_code_as_calls() -> None:
    dots = form(plot, dots=2)
    click: Callable[[], None] = dots._draw.click
    click()
    assert dots.job is not None
    assert Path(dots.job.wait(20)).name == "dots-0-2.svg"


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
    assert 'r="25"' in Path(shown.draw().wait(20)).read_text()


def draw_nothing(svg: Any) -> str:
    """Return a drawing, as many think, instead of drawing on the canvas."""
    return "<svg/>"


def test_a_sheet_on_which_nothing_is_drawn_says_so() -> None:
    shown = form(draw_nothing)
    shown.draw().wait(20)
    await_status(shown, "finished in")
    assert shown._display.caption.value.endswith(" · nothing is drawn on it")
