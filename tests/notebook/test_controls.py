"""Every parameter gets the control that its annotation asks for, and gives back a checked value."""

from enum import Enum
from typing import Annotated, Literal

import ipywidgets as widgets
import pytest
from annotated_types import Ge, Gt, Interval, MultipleOf, doc

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.notebook.control_set import Controls
from drawscape.notebook.controls import control_for
from drawscape.notebook.steps import decimals, slider_step
from drawscape.parameters import read_parameters


class Ink(Enum):
    BLACK = "#111"
    RED = "#c00"


def example(
    *,
    turns: Annotated[int, Interval(ge=1, le=80), doc("How often it winds")] = 24,
    wobble: Annotated[float, Interval(ge=0, le=1)] = 0.35,
    angle: Annotated[float, Interval(ge=0, lt=360), MultipleOf(15)] = 45,
    gap: Annotated[float, Interval(gt=0, le=5)] = 1.2,
    count: Annotated[int, Ge(0)] = 100,
    many: Annotated[int, Interval(ge=0, le=2_000_000)] = 1_000_000,
    limit: Annotated[float | None, Interval(ge=0, le=10)] = None,
    width: float | None = None,
    cap: Literal["round", "butt"] = "round",
    ink: Ink = Ink.RED,
    end: Literal["open", "shut"] | None = None,
    mirror: bool = True,
    title: str = "Untitled",
    message: str = "Dear reader,\nhello",
    picture: str | None = None,
    radii: list[float] = [1.0, 2.0],  # noqa: B006 - a default that Python writes as a list
) -> None:
    """Every kind that a signature may hold."""


def controls() -> Controls:
    return Controls(read_parameters(example))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("turns", widgets.IntSlider),
        ("wobble", widgets.FloatSlider),
        ("angle", widgets.FloatSlider),
        ("count", widgets.Text),
        ("many", widgets.Text),
        ("limit", widgets.FloatSlider),
        ("width", widgets.Text),
        ("cap", widgets.Dropdown),
        ("ink", widgets.Dropdown),
        ("end", widgets.Dropdown),
        ("mirror", widgets.Checkbox),
        ("title", widgets.Text),
        ("message", widgets.Textarea),
        ("picture", widgets.Text),
        ("radii", widgets.Text),
    ],
)
def test_each_kind_of_parameter_has_its_widget(name: str, kind: type) -> None:
    assert type(controls()[name].input) is kind


def test_untouched_controls_give_the_defaults() -> None:
    defaults = {p.name: p.default for p in read_parameters(example)}
    assert controls().values == defaults


def test_values_set_come_back_as_set() -> None:
    wanted = {
        "turns": 7,
        "wobble": 0.5,
        "angle": 345.0,
        "gap": 0.05,
        "count": 0,
        "many": 2_000_000,
        "limit": 2.5,
        "width": 0.3,
        "cap": "butt",
        "ink": Ink.BLACK,
        "end": "shut",
        "mirror": False,
        "title": "",
        "message": "one line",
        "picture": "face.png",
        "radii": [3.5],
    }
    form = controls()
    form.set(wanted)
    assert form.values == wanted


def test_none_can_be_set_again_where_it_is_allowed() -> None:
    form = controls()
    for name in ("limit", "width", "end", "picture"):
        form.set({name: {"end": "shut", "picture": "a.png"}.get(name, 2.0)})
        assert form[name].value is not None
        form.set({name: None})
        assert form[name].value is None


def test_a_value_out_of_bounds_is_refused_and_changes_nothing() -> None:
    form = controls()
    with pytest.raises(ParameterError, match="turns=200: must be at least 1 and at most 80"):
        form.set({"turns": 200})
    assert form["turns"].value == 24


def test_text_that_is_no_number_is_an_error_that_names_the_parameter() -> None:
    form = controls()
    form["count"].input.value = "many"
    with pytest.raises(ParameterError, match="count='many': must be a whole number"):
        _ = form.values


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'turns'"):
        controls().set({"turn": 3})


def test_open_bounds_keep_the_slider_off_the_bound() -> None:
    form = controls()
    gap, angle = form["gap"].input, form["angle"].input
    assert gap.min == pytest.approx(gap.step)
    assert angle.max == 345


def test_a_slider_gives_the_number_that_it_shows() -> None:
    form = controls()
    form["wobble"].input.value = 0.44999999999999996
    assert form["wobble"].value == 0.45


def test_the_docstring_of_a_parameter_is_tooltip_and_hint() -> None:
    form = controls()
    assert form["turns"].input.tooltip == "How often it winds"
    assert "How often it winds" in [
        row.value for row in form.rows if isinstance(row, widgets.Label)
    ]


def test_observers_hear_every_change_by_hand() -> None:
    form = controls()
    heard: list[int] = []
    form.observe(lambda: heard.append(1))
    form["turns"].input.value = 30
    form["mirror"].input.value = False
    assert len(heard) == 2


def test_shuffling_throws_values_that_are_allowed_and_a_reset_takes_them_back() -> None:
    form = controls()
    defaults = form.values
    thrown = []
    for _ in range(20):
        form.shuffle()
        thrown.append(form.values)
    assert all(values["title"] == "Untitled" for values in thrown)
    assert len({values["turns"] for values in thrown}) > 3
    assert len({values["ink"] for values in thrown}) > 1
    form.reset()
    assert form.values == defaults


def test_shared_names_survive_a_change_of_sketch_where_they_fit() -> None:
    form = controls()
    form.keep({"turns": 12, "wobble": 99.0, "petals": 5})
    assert form["turns"].value == 12
    assert form["wobble"].value == 0.35


def test_a_required_number_without_bounds_starts_at_its_lower_bound() -> None:
    def task(size: Annotated[float, Gt(0)], copies: Annotated[int, Ge(1)]) -> None: ...

    size, copies = (control_for(p) for p in read_parameters(task))
    assert copies.value == 1
    with pytest.raises(ParameterError, match="size='0': must be greater than 0"):
        _ = size.value


@pytest.mark.parametrize(
    ("low", "high", "default", "step"),
    [
        (0, 1, 0.5, 0.01),
        (0, 1, 0.35, 0.01),
        (0, 1, 0.125, 0.005),
        (0, 360, 45, 1),
        (0.1, 5, 1.2, 0.05),
        (-3, 3, 0.0, 0.05),
        (0, 100, 33.5, 0.5),
        (1e-3, 1e-2, 5e-3, 1e-4),
    ],
)
def test_slider_steps_are_round_and_land_on_the_default(
    low: float, high: float, default: float, step: float
) -> None:
    assert slider_step(low, high, default) == step


def test_a_step_is_shown_with_as_many_digits_as_it_needs() -> None:
    assert [decimals(step) for step in (1.0, 0.5, 0.05, 20.0, 1e-4)] == [0, 1, 2, 0, 4]
