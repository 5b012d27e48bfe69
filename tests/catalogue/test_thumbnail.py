"""A thumbnail shows the drawing: its ink in its place, as dark and as coloured, in few bytes."""

import io

import numpy as np
import pytest
from PIL import Image, ImageColor

from drawscape.catalogue.thumbnail import LARGEST_THUMBNAIL, thumbnail_of
from drawscape.drawing.document import WARM_WHITE, Document, Layer
from drawscape.geometry.lines import Lines


def grey(*lines, size=120):
    """Return the pixels of the thumbnail of a square page with these lines, 255 for paper."""
    layer = Layer("pen", "black", 0.3, Lines.of([np.array(line, float) for line in lines]))
    picture = thumbnail_of(Document(size, size, (layer,)))
    assert picture is not None
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"), float)


@pytest.mark.parametrize("at", [10.25, 60.25, 269.75])
def test_a_line_lies_in_the_row_and_column_where_it_is_on_the_page(at):
    """560 pixels for 280 mm: the middle of a pixel is at a quarter or three quarters of a mm."""
    across = grey([(20, at), (260, at)], size=280)
    down = grey([(at, 20), (at, 260)], size=280)
    for ink in (across, down.T):
        assert int(ink.sum(axis=1).argmin()) == int(at * 2)
        inked = np.flatnonzero(ink[int(at * 2)] < 200)
        assert abs(inked[0] - 40) <= 2
        assert abs(inked[-1] - 519) <= 2


@pytest.mark.parametrize("color", ["black", "#d00000", "#ffffff"])
@pytest.mark.parametrize("paper", [None, "#203040"])
def test_a_thin_line_has_the_colour_of_its_pen_on_the_colour_of_the_paper(color, paper):
    lines = Lines.of([np.array([(10.0, y), (138.0, y + 3.1)]) for y in range(10, 200, 10)])
    layer = Layer("pen", color, 0.3, lines)
    picture = thumbnail_of(Document(148, 210, (layer,), paper_color=paper))
    assert picture is not None
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    assert max(image.size) >= 2 * 279  # the CSS pixels of the largest tile
    colors = [found for _, found in sorted(image.getcolors(), reverse=True)]
    assert colors[0] == ImageColor.getrgb(paper or WARM_WHITE)
    ink, page = ImageColor.getrgb(color), ImageColor.getrgb(paper or WARM_WHITE)
    # On light paper an ink is a glaze over the paper's own color.
    glaze = tuple(round(a * b / 255) for a, b in zip(ink, page, strict=True))
    assert (ink if paper else glaze) in colors


def test_every_pen_of_many_has_its_colour():
    pens = ["red", "green", "blue", "orange", "purple", "teal"]
    lines = [Lines.of([np.array([(9, 9 + 20 * i), (130, 12 + 20 * i)])]) for i in range(len(pens))]
    layers = [Layer(pen, pen, 0.5, line) for pen, line in zip(pens, lines, strict=True)]
    picture = thumbnail_of(Document(140, 140, tuple(layers), paper_color="white"))
    assert picture is not None
    found = {color for _, color in Image.open(io.BytesIO(picture)).convert("RGB").getcolors()}
    assert {ImageColor.getrgb(pen) for pen in pens} <= found


def test_a_thumbnail_is_as_dark_as_the_ink_however_many_points_a_line_has():
    def darkness(*lines):
        return float(255 - grey(*lines, size=100).mean())

    few, many = [(10, 50), (90, 50)], [(x / 50, 50) for x in range(500, 4501)]
    assert darkness(many) == pytest.approx(darkness(few), rel=0.15)
    # More ink than samples: a page of hatches is nearly black, not striped.
    assert grey(*([(0, y), (100, y)] for y in np.arange(0, 100, 0.1)), size=100).mean() < 80
    places = [(x, y) for x in range(5, 100, 5) for y in range(5, 100, 5)]
    dots = darkness(*([place] for place in places))
    assert dots > 0.2
    for end in (0, 0.01):
        assert darkness(*([(x, y), (x + end, y)] for x, y in places)) == pytest.approx(dots, 0.1)


def test_a_thumbnail_of_very_much_ink_is_small_all_the_same():
    dice = np.random.default_rng(1)
    for points in (4_000, 300_000):
        lines = Lines.from_counts(dice.uniform(-20, 120, (points, 2)), [2] * (points // 2))
        short = Lines.from_counts(lines.points / [1, 60], [2] * (points // 2))
        layers = (Layer("a", "red", 0.3, lines), Layer("b", "blue", 0.3, short))
        picture = thumbnail_of(Document(100, 100, layers))
        assert picture is not None
        assert 1_000 < len(picture) <= LARGEST_THUMBNAIL
