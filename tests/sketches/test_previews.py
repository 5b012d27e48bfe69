"""A sketch under way shows what there is so far, and looking at it changes nothing."""

import inspect
from typing import Any

import numpy as np
import pytest
from support import sampled

from drawscape.errors import SignatureError
from drawscape.sketches import SKETCHES, draw
from drawscape.svg_builder import SVGBuilder

REPORTING = [name for name in SKETCHES if inspect.isgeneratorfunction(SKETCHES[name].function)]
PAGE = (70.0, 90.0)


def ink_mm(svg: SVGBuilder) -> float:
    return float(svg.lines().lengths_mm.sum())


@pytest.mark.parametrize("name", sampled(REPORTING, 6))
@pytest.mark.slow
def test_a_sketch_shows_ink_before_its_end_and_the_same_drawing_when_watched(name: str) -> None:
    inks: list[float] = []
    fractions: list[float] = []

    def watch(fraction: float, svg: SVGBuilder) -> None:
        fractions.append(fraction)
        inks.append(ink_mm(svg))

    watched = draw(name, *PAGE, seed=4, on_progress=watch)
    whole = ink_mm(watched)
    assert fractions == sorted(fractions)
    # The first steps may have nothing to show yet; half way through there is a picture to look at.
    assert max(inks[: -(-len(inks) // 2)]) > 0.01 * whole
    assert inks[-1] > 0.05 * whole
    assert watched.to_bytes() == draw(name, *PAGE, seed=4).to_bytes()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dla", {"particles": 300}),
        ("differential_growth", {"dish": "disc", "nodes": 300}),
        ("space_colonization", {"buds": 300}),
        ("implicit", {"slices": 24}),
        ("tsp_picture", {"curved": True, "cities": 300}),
        ("reaction_diffusion", {"outlines": 1, "steps": 500, "detail": 60}),
    ],
)
def test_every_kind_of_preview_stays_within_the_margin(name: str, values: dict[str, Any]) -> None:
    shown = 0

    def watch(_: float, svg: SVGBuilder) -> None:
        nonlocal shown
        points = svg.lines().points
        shown += len(points)
        assert np.isfinite(points).all()
        frame = svg.frame
        assert (points >= np.array([frame.x0, frame.y0]) - 1e-6).all()
        assert (points <= np.array([frame.x1, frame.y1]) + 0.1).all()

    draw(name, *PAGE, seed=2, on_progress=watch, **values)
    assert shown > 0


def test_a_draft_is_drawn_when_someone_looks_on_a_copy_and_is_gone_when_the_sketch_goes_on() -> (
    None
):
    drafted: list[int] = []

    def growing(svg):  # type: ignore[no-untyped-def]
        with svg.layer("red", color="red"):
            svg.polyline([(0, 0), (10, 0)])
        for length in (1, 2, 3):

            def draft(page: SVGBuilder, length: int = length) -> None:
                drafted.append(length)
                with page.layer("red"):
                    page.polyline([(0, 5), (length, 5)])

            yield length / 4, draft

    seen: list[tuple[float, float]] = []

    def look(fraction: float, svg: SVGBuilder) -> None:
        if fraction != 0.5:
            seen.append((fraction, ink_mm(svg)))

    svg = draw(growing, 60, 60, on_progress=look)
    assert drafted == [1, 3]
    assert seen == [(0.25, 11.0), (0.75, 13.0)]
    assert ink_mm(svg) == 10.0
    draw(growing, 60, 60)
    assert drafted == [1, 3]


def test_a_preview_kept_until_later_shows_the_drawing_as_it_is_then() -> None:
    def quick(svg):  # type: ignore[no-untyped-def]
        yield 0.5, lambda page: page.polyline([(0, 0), (1, 0)])
        svg.polyline([(0, 0), (7, 0)])

    kept: list[SVGBuilder] = []
    svg = draw(quick, 60, 60, on_progress=lambda _, page: kept.append(page))
    assert ink_mm(kept[0]) == ink_mm(svg) == 7.0


@pytest.mark.parametrize("step", [(0.5, 3), (0.5,), ("half", print), (True, print)])
def test_a_step_that_is_no_fraction_with_a_draft_is_refused(step: Any) -> None:
    def wrong(svg):  # type: ignore[no-untyped-def]
        yield step

    with pytest.raises(
        SignatureError, match="yield the fraction done, 0 to 1, or that and a function"
    ):
        draw(wrong, 60, 60)
