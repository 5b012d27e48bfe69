"""Every parameter gets the control that its annotation asks for, and gives back a checked value."""

from enum import Enum
from typing import Annotated, Any, Literal

import ipywidgets as widgets
import pytest
from annotated_types import Ge, Gt, Interval, MultipleOf, doc

from drawscape.errors import ParameterError
from drawscape.notebook.control import Control
from drawscape.notebook.controls import control_for, slider_ends
from drawscape.notebook.sliders import decimals, slider_step
from drawscape.parameters import read_parameters
from drawscape.sketches import SKETCHES


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


def controls() -> dict[str, Control]:
    return {p.name: control_for(p) for p in read_parameters(example)}


def values(form: dict[str, Control]) -> dict[str, object]:
    return {name: control.value for name, control in form.items()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("turns", widgets.IntSlider),
        ("wobble", widgets.IntSlider),
        ("angle", widgets.IntSlider),
        ("count", widgets.IntSlider),
        ("many", widgets.Text),
        ("limit", widgets.IntSlider),
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
    assert type(controls()[name].inputs[0]) is kind


def test_untouched_controls_give_the_defaults() -> None:
    defaults = {p.name: p.default for p in read_parameters(example)}
    assert values(controls()) == defaults


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
    for name, value in wanted.items():
        form[name].set(value)
    assert values(form) == wanted


def test_none_can_be_set_again_where_it_is_allowed() -> None:
    form = controls()
    for name in ("limit", "width", "end", "picture"):
        form[name].set({"end": "shut", "picture": "a.png"}.get(name, 2.0))
        assert form[name].value is not None
        form[name].set(None)
        assert form[name].value is None


def test_a_value_out_of_bounds_is_refused_and_changes_nothing() -> None:
    form = controls()
    with pytest.raises(ParameterError, match="turns=200: must be at least 1 and at most 80"):
        form["turns"].set(200)
    assert form["turns"].value == 24


def test_text_that_is_no_number_is_an_error_that_names_the_parameter_and_shows_at_the_field() -> (
    None
):
    count = controls()["count"]
    _, hint = count.rows()
    count.inputs[1].value = "many"
    with pytest.raises(ParameterError, match="count='many': must be a whole number"):
        _ = count.value
    assert hint.value == "must be a whole number"
    count.inputs[1].value = "5"
    assert hint.value == ""


def test_open_bounds_keep_the_slider_off_the_bound() -> None:
    form = controls()
    gap, angle = form["gap"], form["angle"]
    gap.inputs[0].value = 0
    angle.inputs[0].value = angle.inputs[0].max
    assert gap.value > 0
    assert angle.value == 345


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, 1.25e-7, 0.44999999999999996, 1.0])
def test_a_slider_keeps_a_number_to_the_last_bit_wherever_its_notches_are(number: float) -> None:
    wobble = controls()["wobble"]
    wobble.set(number)
    wobble.inputs[0].value = wobble.inputs[0].value  # as a browser echoes what it was sent
    assert wobble.value == number


def test_a_hand_on_the_slider_gives_round_numbers_from_end_to_end() -> None:
    wobble = controls()["wobble"]
    slider, field, *_ = wobble.inputs
    assert (slider.min, slider.max) == (0, 100)
    slider.value = 45
    assert (field.value, wobble.value) == ("0.45", 0.45)
    slider.value = 100
    assert wobble.value == 1.0


def test_every_sketch_of_the_library_keeps_what_is_set() -> None:
    """Of its 129 sliders for numbers with a point 72 had notches that missed some number as shown."""
    for sketch in SKETCHES.values():
        for parameter in sketch.parameters:
            if parameter.kind == "float" and parameter.bounded and not parameter.step:
                control = control_for(parameter)
                number = parameter.low + (parameter.high - parameter.low) / 3.7
                control.set(number)
                assert control.value == number, (sketch.name, parameter.name)


def test_the_docstring_of_a_parameter_is_tooltip_and_hint() -> None:
    turns = controls()["turns"]
    _, hint = turns.rows()
    assert turns.inputs[0].tooltip == hint.value == "How often it winds"


def test_observers_are_called_at_every_change_by_hand() -> None:
    form = controls()
    calls: list[str] = []
    form["turns"].observe(lambda: calls.append("turns"))
    form["mirror"].observe(lambda: calls.append("mirror"))
    form["turns"].inputs[0].value = form["turns"].inputs[0].max
    form["turns"].inputs[1].value = "30"
    form["mirror"].inputs[0].value = False
    assert {"turns", "mirror"} == set(calls)
    assert form["turns"].value == 30


def test_shuffling_gives_values_that_are_allowed() -> None:
    form = controls()
    seen = []
    for _ in range(20):
        for control in form.values():
            if control.shuffle:
                control.shuffle()
        seen.append(values(form))
    assert all(found["title"] == "Untitled" for found in seen)
    assert all(found["limit"] is None for found in seen)  # it was off, and stays off
    assert len({found["turns"] for found in seen}) > 3
    assert len({found["ink"] for found in seen}) > 1


def test_numbers_without_bounds_slide_around_their_default_and_are_typed_beyond() -> None:
    def sketch(
        svg: Any, *, stems: int = 40, tall: float = 0.7, lean: float = -5.0, none: int = 0,
        far: Annotated[int, Ge(10)] = 20, huge: int = 10_000,
    ) -> None: ...  # fmt: skip

    found = {p.name: p for p in read_parameters(sketch, skip=["svg"])}
    assert {name: slider_ends(p) for name, p in found.items()} == {
        "stems": (0, 120),
        "tall": (0, 2.1),
        "lean": (-15.0, 15.0),
        "none": (0, 10),
        "far": (10, 70),
        "huge": (0, 30_000),
    }
    tall, stems = control_for(found["tall"]), control_for(found["stems"])
    assert tall.shuffle is not None
    tall.shuffle()
    assert len(str(tall.value)) <= 4
    stems.set(5000)
    assert stems.value == 5000
    assert stems.inputs[0].value == 120
    assert isinstance(control_for(found["huge"]).inputs[0], widgets.Text)


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
