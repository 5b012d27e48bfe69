"""Pages: fit, turned, tiled."""

import numpy as np
import pytest
from plot_support import hatch, mesh, page, segments, travel

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines, resample
from drawscape.plot import fit, optimize, statistics
from drawscape.plot.pages import MARKS, tiles


@pytest.mark.parametrize(
    ("end", "sheet", "options", "bounds"),
    [
        ((10, 20), (100, 150), {"margin_mm": 5}, (15, 5, 85, 145)),
        # Turned where it becomes larger.
        ((40, 10), (100, 200), {"margin_mm": 0}, (25, 0, 75, 200)),
        ((10, 0), (50, 30), {}, (10, 15, 40, 15)),
    ],
)
def test_a_drawing_is_as_large_as_its_sheet_allows_in_the_middle(end, sheet, options, bounds):
    fitted = fit(page(Lines.of([[(0, 0), end]])), *sheet, **options)
    assert fitted.lines.bounds == pytest.approx(bounds)
    assert (fitted.width_mm, fitted.height_mm) == sheet


def test_a_turned_drawing_is_not_mirrored():
    # Up from the corner, then right by half: a left turn stays one.
    corner = Lines.of([[[0, 0], [40, 0], [40, 10]]])
    fitted = fit(page(corner), 20, 80, margin_mm=0).lines
    turns = [np.linalg.det(np.diff(line, axis=0)) for line in (corner[0], fitted[0])]
    assert turns[0] * turns[1] > 0
    assert len(fit(page(), 50, 20, margin_mm=1).lines) == 0


def test_the_whole_pipeline_saves_lifts_travel_and_time():
    lines = Lines.join((mesh(12), hatch(20), hatch(20)))
    before, steps = page(lines, segments(30)), []
    after = optimize(before, on_progress=lambda fraction, step: steps.append((fraction, step)))

    was, is_now = statistics(before), statistics(after)
    assert is_now[0].lines < was[0].lines / 5
    assert is_now[-1].pen_up_mm < was[-1].pen_up_mm / 2
    assert is_now[-1].seconds < was[-1].seconds
    assert travel(after.layers[0].lines) == pytest.approx(is_now[0].pen_up_mm)
    assert [fraction for fraction, _ in steps] == sorted(fraction for fraction, _ in steps)
    assert steps[-1] == (1.0, "done")


def test_every_layer_is_drawn_from_the_corner_where_the_pen_starts():
    lines = hatch(60)
    for layer in optimize(page(lines, lines)).layers:
        assert layer.lines.starts[0].tolist() == [0, 0]


def test_duplicates_are_cut_out_only_where_that_saves_time():
    # Twenty ellipses through two points: near these they run within a hair of each other.
    angle = np.linspace(0, 2 * np.pi, 400)
    rings = [np.stack((80 * np.cos(angle), b * np.sin(angle)), 1) for b in np.linspace(20, 21, 20)]
    drawn = page(Lines.of([ring + 100 for ring in rings]))
    kept, cut = optimize(drawn, deduplicate=False), optimize(drawn)
    assert statistics(cut)[-1].seconds <= statistics(kept)[-1].seconds


def test_the_pipeline_leaves_the_page_and_its_metadata():
    document = Document(70, 80, (Layer("a", "red", 0.5, segments(3)),), ("text",), "seed 1")
    after = optimize(document)
    assert (after.width_mm, after.height_mm) == (70, 80)
    assert (after.unsupported, after.metadata) == (("text",), "seed 1")
    (layer,) = after.layers
    assert (layer.name, layer.color, layer.width_mm) == ("a", "red", 0.5)


def poster(lines):
    return page(lines, width=420, height=594)


def drawn(sheets):
    """Return the sheets' ink where it lies on the whole."""
    return Lines.join(
        layer.lines.with_points(layer.lines.points + np.array([sheet.x_mm, sheet.y_mm]))
        for sheet in sheets
        for layer in sheet.document.layers
        if layer.name != MARKS
    )


@pytest.mark.parametrize("margin", [0.0, 12.0])
def test_all_sheets_together_are_the_whole_each_stroke_once_inside_their_margins(margin):
    lines = segments(60).with_points(segments(60).points * 2)
    sheets = tiles(poster(lines), 210, 297, overlap_mm=8, margin_mm=margin)
    for sheet in sheets:
        x0, y0, x1, y1 = sheet.document.lines.bounds
        assert min(x0, y0) >= margin - 1e-9
        assert max(x1 - 210, y1 - 297) <= 1e-9 - margin
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
    sheets = tiles(page(lines, width=400, height=280), 210, 297, overlap_mm=8)
    assert [len(sheet.document.layers[0].lines) for sheet in sheets] in ([3, 1], [1, 3])
    assert drawn(sheets).lengths_mm.sum() == pytest.approx(180 + 400)


def test_marks_lie_at_the_same_places_on_both_sheets_and_inside_the_overlap():
    sheets = tiles(poster(segments(400).with_points(segments(400).points * 2)), 210, 297)
    crosses = {}
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
    (one,) = tiles(page(segments(5)), 210, 297)
    assert [layer.name for layer in one.document.layers] == ["a"]
    corner = Lines.of([[[10, 10], [20, 20]], [[390, 500], [395, 510]]])
    assert len(tiles(poster(corner), 210, 297)) == 2
    assert tiles(poster(Lines.empty()), 210, 297) == ()


@pytest.mark.parametrize("overlap", [8.0, 20.0])
def test_sheets_are_cut_in_the_middle_of_their_overlap(overlap):
    # Sheets that are laid on each other a little off then still meet: half of the overlap is spare.
    line = page(Lines.of([[[0, 10], [400, 10]]]), width=400, height=200)
    sheets = tiles(line, 210, 297, overlap_mm=overlap)
    ends = [sheet.document.layers[0].lines.bounds for sheet in sheets]
    assert ends[0][2] == pytest.approx(210 - overlap / 2, abs=0.02)
    assert ends[1][0] == pytest.approx(overlap / 2, abs=0.02)
