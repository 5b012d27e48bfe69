"""The frames of a drag are drafts: drawn, but no drawings until one is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drawscape.catalogue import Drawing, draft_for, drawings, is_draft, keep_draft, rebuild
from drawscape.catalogue.index import clear_drafts, drafts_folder
from drawscape.errors import DrawingNotFoundError
from drawscape.recipe import recipe_of
from drawscape.sketches import SKETCHES
from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg

Draw = Callable[..., Drawing]


def draft(seed: int = 1) -> Path:
    return Path(generate_complex_svg(60, 80, "spiral", seed=seed, draft=True))


def test_a_draft_is_in_no_history_and_is_not_drawn_twice(home):
    frames = [draft(seed) for seed in (1, 2, 3)]
    stamps = [frame.stat().st_mtime_ns for frame in frames]
    assert all(map(is_draft, frames))
    assert (len(drawings(deleted=True)), rebuild()) == (0, 0)
    assert [draft(seed) for seed in (1, 2, 3)] == frames
    assert [frame.stat().st_mtime_ns for frame in frames] == stamps
    assert draft_for(recipe_of(SKETCHES["spiral"], 60, 80, seed=2)) == frames[1]
    assert draft_for(recipe_of(SKETCHES["spiral"], 60, 80, seed=9)) is None

    def dot(svg):
        svg.circle(30, 30, 3)

    assert is_draft(draw_function_svg(dot, 60, 80, draft=True))


def test_a_draft_that_is_kept_is_a_drawing_with_figures_and_a_thumbnail(drawn):
    content = draft().read_bytes()
    kept = keep_draft(draft())
    assert kept.path.read_bytes() == content
    assert kept.thumbnail
    assert kept.figures.lines > 0
    assert [one.path for one in drawings()] == [kept.path]
    assert keep_draft(drafts_folder() / kept.path.name) == kept  # a second press
    assert draft() == kept.path
    assert not list(drafts_folder().glob("*.svg"))
    with pytest.raises(DrawingNotFoundError, match="draw it again"):
        keep_draft(drafts_folder() / "spiral-9-00000000.svg")


def test_drawing_what_is_a_draft_keeps_it(drawn):
    content = draft().read_bytes()
    drawing = drawn("spiral", seed=1, sheet="night")
    assert (drawing.path.read_bytes(), drawing.sheet, drawing.edited) == (content, "night", False)
    assert not list(drafts_folder().glob("*.svg"))


def test_the_oldest_drafts_go(home):
    frames = [draft(seed) for seed in range(5)]
    clear_drafts(2)
    assert sorted(drafts_folder().glob("*.svg")) == sorted(frames[3:])
