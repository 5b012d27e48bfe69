"""Sheets of a large drawing: together they are the whole, and nothing is on two of them."""

import numpy as np
import pytest
from plot_support import segments

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.geometry.resample import resample
from drawscape.plot.pages import MARKS, tiles


def poster(lines, width=420, height=594):
    return Document(width, height, (Layer("a", "black", 0.3, lines),))


def drawn(sheets):
    """Return the sheets' ink where it lies on the whole."""
    return Lines.join(
        layer.lines.with_points(layer.lines.points + np.array([sheet.x_mm, sheet.y_mm]))
        for sheet in sheets
        for layer in sheet.document.layers
        if layer.name != MARKS
    )


@pytest.mark.parametrize("margin", [0.0, 12.0])
def test_all_sheets_together_are_the_whole_each_stroke_once(margin):
    lines = segments(60).with_points(segments(60).points * 2)
    sheets = tiles(poster(lines), 210, 297, overlap_mm=8, margin_mm=margin)
    found = drawn(sheets)

    assert found.lengths_mm.sum() == pytest.approx(lines.lengths_mm.sum(), rel=1e-9)
    # Each 0.5 mm of the drawing lies within 0.02 mm of the sheets' ink.
    from shapely import STRtree, linestrings, points

    tree = STRtree(linestrings(found.points, indices=found.ids))
    sampled = points(resample(lines, 0.5).points)
    assert tree.query_nearest(sampled, return_distance=True)[1].max() < 0.02


def test_lines_along_a_cut_and_dots_on_it_are_on_one_sheet():
    # Two sheets of 210 overlap by 8: the cut is at 206, where a line and a dot lie.
    lines = Lines.of([[[206, 20], [206, 200]], [[206, 50], [206, 50]], [[0, 10], [400, 10]]])
    sheets = tiles(poster(lines, 400, 280), 210, 297, overlap_mm=8)
    assert [len(sheet.document.layers[0].lines) for sheet in sheets] in ([3, 1], [1, 3])
    assert drawn(sheets).lengths_mm.sum() == pytest.approx(180 + 400)


def test_sheets_hold_only_what_fits_inside_their_margins():
    lines = segments(100).with_points(segments(100).points * 2)
    for sheet in tiles(poster(lines), 210, 297, overlap_mm=8, margin_mm=12):
        x0, y0, x1, y1 = sheet.document.lines.bounds
        assert min(x0, y0) >= 12 - 1e-9
        assert x1 <= 198 + 1e-9
        assert y1 <= 285 + 1e-9


def test_marks_lie_at_the_same_places_on_both_sheets_and_inside_the_overlap():
    sheets = tiles(poster(segments(400).with_points(segments(400).points * 2)), 210, 297)
    crosses: dict[tuple[float, float], int] = {}
    for sheet in sheets:
        (marks,) = [layer.lines for layer in sheet.document.layers if layer.name == MARKS]
        x0, y0, x1, y1 = marks.bounds
        assert min(x0, y0) >= 0
        assert (x1, y1) <= (210, 297)
        middles = (marks.starts + marks.ends) / 2 + (sheet.x_mm, sheet.y_mm)
        for place in set(map(tuple, np.round(middles, 6).tolist())):
            crosses[place] = crosses.get(place, 0) + 1
    assert len(crosses) > 8
    assert min(crosses.values()) >= 2


def test_one_sheet_has_no_marks_and_empty_sheets_are_left_out():
    (one,) = tiles(poster(segments(5), 210, 297), 210, 297)
    assert [layer.name for layer in one.document.layers] == ["a"]
    corner = Lines.of([[[10, 10], [20, 20]], [[390, 500], [395, 510]]])
    assert len(tiles(poster(corner), 210, 297)) == 2
    assert tiles(poster(Lines.empty()), 210, 297) == ()


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((20, 20), {"overlap_mm": 20}),
        ((20, 20), {"margin_mm": 9}),
        ((210, 297), {"overlap_mm": -1}),
        ((9, 9), {}),
    ],
)
def test_sheets_that_do_not_advance_or_are_too_many_are_refused(size, options):
    with pytest.raises(PlotError, match="sheets"):
        tiles(poster(segments(3)), *size, **options)


@pytest.mark.parametrize("overlap", [8.0, 20.0])
def test_sheets_are_cut_in_the_middle_of_their_overlap(overlap):
    # Sheets that are laid on each other a little off then still meet: half of the overlap is spare.
    sheets = tiles(poster(Lines.of([[[0, 10], [400, 10]]]), 400, 200), 210, 297, overlap_mm=overlap)
    ends = [sheet.document.layers[0].lines.bounds for sheet in sheets]
    assert ends[0][2] == pytest.approx(210 - overlap / 2, abs=0.02)
    assert ends[1][0] == pytest.approx(overlap / 2, abs=0.02)
