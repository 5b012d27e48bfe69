"""Every sketch is found by name and says what it is."""

import re
import sys

import pytest

from drawscape.errors import ParameterError, SignatureError, UnknownNameError
from drawscape.sketches import SKETCHES, as_sketch, draw, sketch
from drawscape.sketches.registry import GONE

NAMES = list(SKETCHES)


def test_names_are_known_before_anything_is_imported(run_python) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys; from drawscape.sketches import SKETCHES; assert 'julia' in SKETCHES; "
        "SKETCHES.families(); print([m for m in sys.modules if m.startswith('drawscape.sketches.')"
        " and m.count('.') > 2])"
    )
    assert run_python("-c", code).stdout.strip() == b"[]"


@pytest.mark.parametrize("name", NAMES)
def test_a_sketch_names_its_source_with_a_year(name: str) -> None:
    found = SKETCHES[name]
    assert found.name == name
    assert found.summary.endswith(".")
    assert re.search(r"\b1[5-9]\d\d\b|\b20[0-2]\d\b|\bBC\b", found.doc), "no year in the docstring"


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_bounds_or_choices_a_tooltip_and_a_default_within(name: str) -> None:
    for parameter in SKETCHES[name].parameters:
        assert parameter.doc, f"{parameter.name} has no tooltip"
        assert not parameter.required
        assert parameter.check(parameter.default) == parameter.default
        if parameter.kind in ("int", "float"):
            assert parameter.bounded, f"{parameter.name} has no bounds"
        elif parameter.kind == "text":
            assert parameter.max_length or parameter.optional, f"{parameter.name} has no end"
        else:
            assert parameter.kind in ("bool", "choice")


@pytest.mark.parametrize("name", NAMES)
def test_no_parameter_takes_the_name_of_an_option_of_draw(name: str) -> None:
    taken = {
        "sketch",
        "width",
        "height",
        "seed",
        "margin",
        "on_progress",
        "paper",
        "param",
        "output",
    }
    assert not taken & {parameter.name for parameter in SKETCHES[name].parameters}


def test_an_unknown_pattern_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError, match="unknown pattern 'spirl'; did you mean 'spiral'"):
        draw("spirl", 100, 100)


def test_a_value_out_of_bounds_is_refused_with_name_value_and_rule() -> None:
    with pytest.raises(ParameterError, match="turns=4000: must be at least 3 and at most 120"):
        draw("spiral", 100, 100, turns=4000)


def test_a_function_becomes_a_sketch_by_decoration_and_the_newest_counts() -> None:
    @sketch(name="tried_out")
    def first(svg):  # type: ignore[no-untyped-def]
        """One."""

    @sketch(name="tried_out", family="mine")
    def second(svg):  # type: ignore[no-untyped-def]
        """Two."""

    try:
        assert SKETCHES["tried_out"].function is second
        assert "tried_out" in SKETCHES.families()["mine"]
    finally:
        SKETCHES._added.pop("tried_out")


def test_progress_is_reported_and_what_is_no_fraction_is_refused() -> None:
    seen: list[float] = []
    draw("spiral", 60, 60, on_progress=lambda fraction, svg: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def wrong(svg):  # type: ignore[no-untyped-def]
        yield "half"

    with pytest.raises(SignatureError, match="yielded 'half'"):
        draw(wrong, 60, 60)


def test_a_sketch_without_a_canvas_is_refused() -> None:
    def wrong(rng):  # type: ignore[no-untyped-def]
        """No canvas."""

    with pytest.raises(SignatureError, match="canvas first"):
        draw(as_sketch(wrong), 60, 60)


def test_the_library_draws_without_the_queue() -> None:
    for name in NAMES:
        _ = SKETCHES[name]
    package = "drawscape.sketches."
    used = {m for m in sys.modules if m.startswith(package)}
    assert len(used) >= len(NAMES)


@pytest.mark.parametrize(("gone", "nearest"), GONE.items())
def test_a_sketch_that_left_names_the_nearest(gone: str, nearest: str) -> None:
    assert nearest in SKETCHES
    with pytest.raises(UnknownNameError, match=f"did you mean '{nearest}'"):
        draw(gone, 60, 60)
