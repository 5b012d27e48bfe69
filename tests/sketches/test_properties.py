"""Every sketch with any parameters on any page: finite, on the page, the same again, in good time.

The quick suite tries a few examples of each; `-m slow` tries many more.
"""

import itertools
import time
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import sampled

from drawscape.parameters import Parameter
from drawscape.sketches import SKETCHES, draw
from drawscape.svg_builder import SVGBuilder

SHORTEST_MM, A2_MM = 40.0, (420.0, 594.0)
LONGEST_S = 5.0

HEAVY = {
    "differential_growth", "dla", "four_pens", "implicit", "rayhatching", "reaction_diffusion",
    "space_colonization", "stippling", "swathes", "tsp_picture",
}  # fmt: skip
"""Too slow for the quick suite whatever the page."""


def values_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Return any value that the parameter's annotation allows."""
    if parameter.choices is not None:
        return st.sampled_from(list(parameter.choices.values()))
    if parameter.kind == "bool":
        return st.booleans()
    if parameter.kind == "int":
        return st.integers(int(parameter.low or 0), int(parameter.high or 0))
    if parameter.kind == "float":
        return st.floats(parameter.low, parameter.high, allow_nan=False)
    if parameter.suggestions:
        return st.sampled_from([*parameter.suggestions, "navy, #c8402a"])
    if parameter.optional:
        return st.none()  # a file to read: nothing that chance could name
    return st.text(max_size=min(parameter.max_length or 60, 60))


def drawings_of(name: str, longest: tuple[float, float]) -> st.SearchStrategy[dict[str, Any]]:
    parameters = {p.name: values_of(p) for p in SKETCHES[name].parameters}
    sides = st.tuples(*(st.floats(SHORTEST_MM, side) for side in longest))
    return st.fixed_dictionaries(
        {
            "page": st.one_of(sides, sides.map(lambda page: page[::-1])),
            "seed": st.integers(0, 2**32),
            "values": st.fixed_dictionaries(parameters),
        }
    )


def drawn(name: str, case: dict[str, Any], *, watched: bool = False) -> SVGBuilder:
    """Return the drawing, every warning an error; `watched`, some previews are drawn, too."""
    looks = itertools.count()

    def watch(_: float, svg: SVGBuilder) -> None:
        if next(looks) % 16 == 0:
            assert np.isfinite(svg.lines().points).all()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return draw(
            name,
            *case["page"],
            seed=case["seed"],
            on_progress=watch if watched else None,
            **case["values"],
        )


def check(svg: SVGBuilder) -> None:
    """Fail when a coordinate is not finite or lies in the margin."""
    points = svg.lines().points
    assert np.isfinite(points).all()
    if len(points):
        frame = svg.frame
        assert (points >= np.array([frame.x0, frame.y0]) - 1e-6).all()
        assert (points <= np.array([frame.x1, frame.y1]) + 1e-6).all()


@pytest.mark.parametrize("name", [name for name in SKETCHES if name not in HEAVY])
def test_any_setting_of_a_sketch_can_be_drawn(name: str) -> None:
    @settings(
        max_examples=2,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawings_of(name, (70.0, 90.0)))
    def holds(case: dict[str, Any]) -> None:
        check(drawn(name, case, watched=True))

    holds()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_fields_too_small_for_their_hatching_keep_their_outline_alone(seed: int) -> None:
    values = {"spacing": 4.0, "depth": 9, "stop": 0.0, "evenness": 0.0}
    check(draw("subdivision", SHORTEST_MM, 60.0, seed=seed, **values))


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(SKETCHES, 8))
def test_any_setting_on_any_page_is_drawn_the_same_twice_in_good_time(name: str) -> None:
    @settings(
        max_examples=2 if name in HEAVY else 6,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawings_of(name, A2_MM))
    def holds(case: dict[str, Any]) -> None:
        began = time.process_time()
        svg = drawn(name, case)
        # Of this process alone, so that a busy machine is no failure.
        assert time.process_time() - began < LONGEST_S
        check(svg)
        assert drawn(name, case, watched=True).to_bytes() == svg.to_bytes()

    holds()
