"""A panel shows the parameters of what it draws and gives the arguments of the job."""

import pickle
from collections.abc import Callable
from typing import Annotated, Any, Literal

import ipywidgets as widgets
import pytest
from annotated_types import Interval
from widget_tree import control

from drawscape.errors import (
    NotSerializableError,
    ParameterError,
    SignatureError,
    TaskNotAllowedError,
    TaskNotFoundError,
    UnknownNameError,
)
from drawscape.notebook.panel import Panel
from drawscape.notebook.target import FUNCTION_TASK, PATTERN_TASK, Drawable, target_of
from drawscape.sketches import SKETCHES


def rings(
    svg: Any,
    rng: Any,
    *,
    count: Annotated[int, Interval(ge=1, le=50)] = 9,
    ink: Literal["red", "black"] = "red",
) -> None:
    """Rings in the rain."""


def panel(drawable: Drawable) -> Panel:
    return Panel(target_of(drawable))


def test_a_pattern_is_drawn_by_the_pattern_task() -> None:
    spiral = panel("spiral")
    assert spiral.target.task == PATTERN_TASK
    arguments = spiral.arguments
    assert arguments.pop("pattern_type") == "spiral"
    assert (arguments.pop("width"), arguments.pop("height"), arguments.pop("seed")) == (210, 297, 0)
    assert arguments == {p.name: p.shown(p.default) for p in SKETCHES["spiral"].parameters}


def test_a_function_from_a_cell_travels_with_the_job() -> None:
    own = panel(rings)
    assert own.target.task == FUNCTION_TASK
    arguments = own.arguments
    function = pickle.loads(pickle.dumps(arguments.pop("function")))
    assert function is not rings  # by value: no worker could import this file
    assert function.__code__.co_code == rings.__code__.co_code
    assert arguments == {
        "width": 210,
        "height": 297,
        "seed": 0,
        "count": 9,
        "ink": "red",
    }


def test_a_sketch_without_chance_has_no_seed() -> None:
    def grid(svg: Any, *, count: int = 9) -> None:
        """Nothing random."""

    arguments = panel(grid).arguments
    assert set(arguments) == {"function", "width", "height", "count"}


def test_a_task_has_its_own_parameters_and_no_paper() -> None:
    def send(recipient: str, copies: Annotated[int, Interval(ge=1, le=5)] = 2) -> None:
        """Send it."""

    mail = panel(send)
    mail.set({"recipient": "you@example.org"})
    assert mail.arguments == {"recipient": "you@example.org", "copies": 2}
    assert mail.target.verb == "working"


def test_a_task_with_patterns_offers_them_all_and_their_parameters() -> None:
    def plot(width: float, height: float, pattern_type: str = "spiral", **params: Any) -> str:
        """Any pattern."""
        return ""

    any_pattern = panel(plot)
    assert any_pattern.target.patterns == tuple(SKETCHES)
    assert "turns" in any_pattern.arguments
    any_pattern.set({"pattern_type": "truchet"})
    assert any_pattern.arguments["pattern_type"] == "truchet"
    assert any_pattern.arguments.keys() >= {p.name for p in SKETCHES["truchet"].parameters}
    assert "turns" not in any_pattern.arguments


def test_values_of_every_kind_can_be_set_at_once() -> None:
    own = panel(rings)
    own.set({"width": 148, "height": 105, "seed": 7, "count": 20, "ink": "black"})
    assert own.values == {"width": 148, "height": 105, "seed": 7, "count": 20, "ink": "black"}


def test_listeners_are_called_at_real_changes_only() -> None:
    own = panel(rings)
    calls: list[int] = []
    own.observe(lambda: calls.append(1))
    own.set({"count": 9})
    assert calls == []
    own.set({"count": 10})
    assert calls == [1]


@pytest.mark.parametrize(
    ("drawable", "error", "words"),
    [
        ("spirl", UnknownNameError, "did you mean 'spiral'"),
        ("workers.nowhere.task", TaskNotFoundError, "no module 'workers.nowhere'"),
        ("workers.svg_tasks.generate_complex", TaskNotFoundError, "did you mean"),
        ("drawscape.settings.home", TaskNotAllowedError, "DRAWSCAPE_TASK_MODULES"),
    ],
)
def test_what_does_not_exist_is_named(drawable: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        target_of(drawable)


def test_a_sketch_parameter_that_the_job_needs_for_itself_is_refused() -> None:
    def lines(svg: Any, rng: Any, *, width: float = 0.3) -> None:
        """Lines of some width."""

    with pytest.raises(SignatureError, match="call it something like 'line_width'"):
        target_of(lines)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"cuont": 3}, UnknownNameError),
        ({"count": 99}, ParameterError),
        ({"ink": "blue"}, ParameterError),
    ],
)
def test_a_wrong_value_is_refused(values: dict[str, Any], error: Callable[..., Exception]) -> None:
    with pytest.raises(error):
        panel(rings).set(values)


def square(svg: Any, *, side: Annotated[int, Interval(ge=1, le=50)] = 9) -> None:
    """A square, the same for every seed."""
    svg.rect(10, 10, side, side)


def test_a_sketch_without_randomness_has_no_seed_and_says_so_when_given_one() -> None:
    plain = panel(square)
    assert "seed" not in plain.values
    with pytest.raises(ParameterError, match="square uses no randomness"):
        plain.set({"seed": 3})
    any_pattern = panel("workers.svg_tasks.generate_complex_svg")
    any_pattern.set({"pattern_type": "flow_field", "seed": 3})
    assert any_pattern.values["seed"] == 3


def test_every_pattern_of_the_library_has_a_seed() -> None:
    assert [name for name in SKETCHES if not SKETCHES[name].takes_rng] == []


def test_paper_orientation_and_margin_can_be_set() -> None:
    own = panel(rings)
    own.set({"paper": "A3", "orientation": "landscape", "margin": 12.5})
    assert own.arguments["margin"] == 12.5
    assert (own.values["width"], own.values["height"]) == (420.0, 297.0)
    own.set({"orientation": "portrait", "margin": None})
    assert "margin" not in own.values
    assert (own.values["width"], own.values["height"]) == (297.0, 420.0)


def test_shuffle_leaves_what_is_locked() -> None:
    own = panel(rings)
    own.set({"count": 17})
    own.controls["count"].lock.value = True
    shuffled = []
    for _ in range(12):
        own.shuffle()
        shuffled.append(own.values)
    assert {values["count"] for values in shuffled} == {17}
    assert len({values["seed"] for values in shuffled}) > 1


def test_a_snapshot_shows_the_same_again() -> None:
    own = panel(rings)
    own.set({"count": 20, "ink": "black", "seed": 5, "margin": 3})
    before = own.snapshot
    own.set({"count": 3, "ink": "red", "seed": 1, "margin": None, "paper": "A6"})
    own.set(before)
    assert own.snapshot == before


def test_what_a_cell_touches_may_not_be_too_large_for_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drawscape.notebook.target.LARGEST_CARRIED", 1_000_000)
    photo, small = b"x" * 2_000_000, b"y"

    def halftone(svg: Any) -> None:
        svg.circle(len(photo), len(small), 3)

    with pytest.raises(
        NotSerializableError, match=r"2\.0 MB .* most of it in .photo. .*numpy.save"
    ):
        target_of(halftone)


def test_undoing_a_margin_brings_back_the_automatic_one() -> None:
    own = panel(rings)
    before = own.snapshot
    own.set({"margin": 30})
    own.set(before)
    assert "margin" not in own.values


def dots(svg: Any, rng: Any, *, count: Annotated[int, Interval(ge=1, le=50)] = 9) -> None:
    """Dots in places of one stream, in colours of another."""
    for x, y in rng.stream("layout").uniform(10, 90, (count, 2)):
        svg.circle(x, y, rng.stream("colour").uniform(1, 5))


def test_a_seed_of_a_stream_goes_with_the_job_and_an_empty_one_follows_the_seed() -> None:
    own = panel(dots)
    assert "streams" not in own.arguments
    own.set({"streams": {"colour": 7}})
    assert own.arguments["streams"] == {"colour": 7}
    before = own.snapshot
    own.set({"streams": {"layout": 2}})
    assert own.values["streams"] == {"layout": 2}
    own.set(before)
    assert own.values["streams"] == {"colour": 7}
    own.set({"streams": {}})
    assert "streams" not in own.values
    with pytest.raises(UnknownNameError, match="did you mean 'colour'"):
        own.set({"streams": {"color": 7}})
    with pytest.raises(ParameterError, match="seed_of_colour=-7: must be at least 0"):
        own.set({"streams": {"colour": -7}})


def test_shuffle_leaves_a_locked_seed() -> None:
    own = panel(rings)
    own.set({"seed": 77})
    lock = control(widgets.VBox(own.parts), "seed")[-1]
    lock.value = True
    for _ in range(5):
        own.shuffle()
        assert own.values["seed"] == 77
