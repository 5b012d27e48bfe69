"""A canvas that is not finished shows its draft, on a copy."""

import numpy as np

from drawscape.svg_builder import Pen, SVGBuilder


def test_what_comes_off_the_canvas_shows_its_draft_and_the_canvas_stays_as_it_is():
    svg = SVGBuilder(100, 100, pen=Pen())
    svg.polyline([(0, 0), (10, 0)])
    with svg.layer("blue", color="blue"):
        svg.polyline([(0, 5), (10, 5)])
    before = svg.to_bytes()

    def draft(page):
        page.polyline([(0, 1), (10, 1)])
        with page.layer("blue"):
            page.polyline([(0, 6), (10, 6)])

    svg.draft = draft
    assert [(pen.name, len(lines)) for pen, lines in svg.layers()] == [("pen 1", 2), ("blue", 2)]
    assert len(svg.lines()) == 4
    assert svg.to_string().count("<polyline") == 4
    svg.draft = None
    assert svg.to_bytes() == before


def test_a_draft_knows_nothing_of_open_groups_and_transforms():
    svg = SVGBuilder(100, 100, pen=Pen())
    svg.draft = lambda page: page.polyline([(1, 2), (3, 4)])
    with svg.layer("blue"), svg.pushed() as moved:
        moved.translate(50, 50)
        (pen, lines), *others = svg.layers()
        assert (pen.name, others) == ("pen 1", [])
        assert np.array_equal(lines.points, [(1, 2), (3, 4)])
        svg.polyline([(0, 0), (1, 1)])
    svg.draft = None
    assert [pen.name for pen, _ in svg.layers()] == ["blue"]
    assert np.array_equal(svg.lines().points, [(50, 50), (51, 51)])


def test_a_finished_canvas_is_its_own_draft():
    svg = SVGBuilder(100, 100)
    assert svg.drafted() is svg
