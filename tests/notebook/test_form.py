"""A form enqueues real jobs for a real worker and shows what became of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Interval, doc
from support import wait_until
from widget_tree import all_of, button, control, part, picture, text

from drawscape.errors import ParameterError
from drawscape.job_manager import JobFailed, enqueue_background_job, list_jobs
from drawscape.notebook import form
from drawscape.notebook.form_view import Form
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
    part(shown, "status").observe(lambda change: seen.append(change["new"]), names="value")
    return seen


def circles(shown: Form) -> int:
    return picture(shown).count(b"<circle")


def await_status(shown: Form, begin: str) -> None:
    wait_until(lambda: shown.status.startswith(begin), 60, f"{begin!r}, not {shown.status!r}")


def test_the_picture_is_the_file_of_the_job() -> None:
    dots = form(plot, paper="A6", seed=5, dots=7)
    path = dots.draw().wait(60)
    await_status(dots, "finished in")
    assert picture(dots) == Path(path).read_bytes()
    assert part(dots, "bar").value == 1.0
    assert text(dots, "caption").startswith("output/dots-5-7.svg")
    assert button(dots, "Cancel").disabled


def test_progress_and_preview_show_while_it_draws(gate: Path) -> None:
    dots = form(plot, dots=4, gate=str(gate))
    seen = statuses_of(dots)
    job = dots.draw()
    await_status(dots, "drawing 75 %: dot 3")
    wait_until(lambda: circles(dots) == 3, 60, "a preview")
    assert part(dots, "bar").value == pytest.approx(0.75)
    gate.touch()
    job.wait(60)
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
    wait_until(lambda: circles(dots) == 4, 60, "a preview")
    button(dots, "Cancel").click()
    await_status(dots, "stopped after")
    assert circles(dots) == 4
    assert button(dots, "Cancel").disabled


def test_an_error_of_the_task_shows_in_the_form_with_its_traceback() -> None:
    dots = form(plot, fail_at=1)
    job = dots.draw()
    with pytest.raises(JobFailed, match="dot 1 is <b>bad</b>"):
        job.wait(60)
    await_status(dots, "failed: ValueError: dot 1 is &lt;b&gt;bad")
    trouble = part(dots, "trouble").value
    assert "Traceback" in trouble
    assert "<b>" not in trouble


def test_drawing_again_cancels_the_former_job(gate: Path) -> None:
    dots = form(plot, dots=3, gate=str(gate))
    former = dots.draw()
    await_status(dots, "drawing")
    dots.set(gate="", seed=8)
    dots.draw().wait(60)
    await_status(dots, "finished")
    assert former.status == "stopped"
    assert b"<!-- 8 -->" in picture(dots)


def test_a_live_form_draws_while_settings_change_and_the_last_one_in_the_end() -> None:
    dots = form(plot, live=True)
    before = len(list_jobs())
    for count in range(10, 60):
        dots.set(dots=count)
    wait_until(lambda: circles(dots) == 59, 60, "the last setting")
    await_status(dots, "finished")
    drawn = len(list_jobs(limit=None)) - before
    assert 1 <= drawn < 50
    assert not list_jobs(("queued", "started"))


def test_an_empty_sheet_has_the_chosen_size() -> None:
    dots = form(plot, paper="A5")
    assert b'width="148mm" height="210mm"' in picture(dots)
    dots.set(width=210, height=148)
    assert b'width="210mm" height="148mm"' in picture(dots)
    assert text(dots, "caption") == "210 x 148 mm"


def test_a_task_that_returns_words_shows_them() -> None:
    def count_letters(text: str = "plotter") -> str:
        """Count."""
        return f"{len(text)} letters"

    letters = form(count_letters)
    assert button(letters, "Run")
    letters.draw().wait(60)
    await_status(letters, "finished")
    assert text(letters, "caption") == "7 letters"


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
    dots.draw().wait(60)
    other.wait(60)
    await_status(dots, "finished")
    assert circles(dots) == 3


def test_clicks_reach_the_same_code_as_calls() -> None:
    dots = form(plot, dots=2)
    click: Callable[[], None] = button(dots, "Draw").click
    click()
    assert dots.job is not None
    assert Path(dots.job.wait(60)).name == "dots-0-2.svg"


def test_undo_and_redo_go_through_every_change() -> None:
    shown = form(plot, dots=3)
    shown.set(dots=5)
    shown.set(seed=9, paper="A6")
    shown.shuffle()
    shuffled = shown.values
    shown.reset()
    assert shown.values["dots"] == 3
    button(shown, "Undo").click()
    assert shown.values == shuffled
    shown.undo()
    assert (shown.values["dots"], shown.values["seed"], shown.values["width"]) == (5, 9, 105)
    shown.undo()
    shown.undo()
    assert (shown.values["dots"], shown.values["seed"], shown.values["width"]) == (3, 0, 210)
    assert button(shown, "Undo").disabled
    shown.redo()
    assert shown.values["dots"] == 5
    shown.set(dots=7)
    assert button(shown, "Redo").disabled


def test_one_move_of_a_slider_is_one_step_back() -> None:
    shown = form(plot, dots=3)
    slider = control(shown, "dots")[0]
    for notch in range(3, 30):
        slider.value = notch
    shown.undo()
    assert shown.values["dots"] == 3


def test_reset_goes_back_to_the_settings_of_the_start() -> None:
    shown = form(plot, dots=12, seed=4, paper="A5")
    shown.set(dots=50, seed=9, paper="A3")
    button(shown, "Reset").click()
    assert (shown.values["dots"], shown.values["seed"], shown.values["width"]) == (12, 4, 148)


def test_the_picture_says_when_it_is_older_than_the_settings() -> None:
    shown = form(plot, dots=3)
    shown.set(dots=4)
    assert "older" not in text(shown, "caption")
    shown.draw().wait(60)
    await_status(shown, "finished")
    shown.set(dots=5)
    assert text(shown, "caption").startswith("older than the settings · output/dots")
    shown.draw().wait(60)
    await_status(shown, "finished")
    assert text(shown, "caption").startswith("output/dots-0-5.svg")


def test_the_dice_draws() -> None:
    shown = form(plot, dots=2)
    button(shown, "Draw with another seed").click()
    assert shown.job is not None
    assert Path(shown.job.wait(60)).name == f"dots-{shown.values['seed']}-2.svg"


@pytest.mark.parametrize("typed", ["1e3", "3.7", "-5", "x"])
def test_a_seed_that_is_none_is_refused_at_the_field_and_when_drawing(typed: str) -> None:
    shown = form(plot)
    control(shown, "seed")[0].value = typed
    hints = [widget.value for widget in all_of(shown, "is-wrong")]
    assert len(hints) == 1
    with pytest.raises(ParameterError, match="seed="):
        shown.draw()


def test_live_is_true_or_false() -> None:
    with pytest.raises(ParameterError, match="live='maybe': must be true or false"):
        form(plot, live="maybe")  # type: ignore[arg-type]


def test_the_code_of_a_form_draws_the_same() -> None:
    shown = form("spiral", paper="A6", seed=0, turns=7)
    svg = eval(shown.code, {"draw": draw})  # noqa: S307 - it is ours
    assert svg.provenance["parameters"]["turns"] == 7
    button(shown, "Code").click()
    assert "<details open>" in part(shown, "trouble").value
    assert "turns=7" in part(shown, "trouble").value
    shown.set(turns=8)
    assert "turns=7" not in part(shown, "trouble").value
    task = form(plot, dots=4, gate="a/place/that/is/long")
    assert task.code.startswith("enqueue_background_job(\n    plot,\n")
    assert "    dots=4,\n" in task.code


def test_a_form_offers_its_own_names_only() -> None:
    assert {"draw", "set", "values", "undo", "code"} <= set(dir(form(plot)))
    assert "comm" not in dir(form(plot))
