"""Before the pen goes down: what would go wrong is found, and where."""

import numpy as np
import pytest
from plot_support import hatch, mesh, segments

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import Concern, preflight, read_machine, saving, statistics


def page(lines, name="a", width=0.3):
    return Document(210, 297, (Layer(name, "black", width, lines),))


def test_a_fine_drawing_has_no_findings():
    assert preflight(page(hatch(100))) == ()
    assert preflight(page(Lines.empty())) == ()


def test_lines_outside_are_found_at_their_farthest_point():
    lines = Lines.of([[[5, 5], [100, 5]], [[50, 50], [60, 300]], [[50, 50], [60, 60]]])
    (finding,) = preflight(page(lines))
    assert (finding.concern, finding.count) == (Concern.OUTSIDE, 1)
    assert (finding.x_mm, finding.y_mm) == (60, 300)
    assert finding.text == "1 line of 'a' leave the sheet by up to 3.0 mm".replace(
        "leave", "leaves"
    )
    (both,) = preflight(page(lines), margin_mm=10)
    assert both.count == 2
    (reach,) = preflight(page(lines.take([2])), machine=read_machine("marlin"))
    assert "Marlin" in reach.text


def test_a_machine_and_a_margin_count_together():
    lines = Lines.of([[[5, 200], [100, 200]]])
    machine = read_machine("marlin")
    assert preflight(page(lines), machine=machine) == ()
    assert preflight(page(lines), machine=machine, margin_mm=6) != ()


def test_wet_spots_are_found_by_ink_width_and_passes():
    dense = hatch(200, spacing=0.05, width=20)
    dense = dense.with_points(dense.points + 50)
    (wet,) = preflight(page(dense))
    assert wet.concern is Concern.WET
    assert 50 <= wet.x_mm <= 70
    assert 50 <= wet.y_mm <= 60
    assert preflight(page(dense, width=0.1)) == ()
    assert Concern.WET in {f.concern for f in preflight(page(dense, "+P2 a", width=0.1))}
    assert preflight(page(dense, "%a")) == ()


def test_dots_and_repeated_strokes_are_found():
    lines = Lines.of(
        [[[9.0, 9]], [[5.0, 5], [5, 5]], *[[[20, 20], [30, 30]]] * 2, [[30, 30], [20, 20]]]
    )
    dots, repeated = preflight(page(lines), most_ink=100)
    assert (dots.concern, dots.count, dots.x_mm) == (Concern.DOT, 2, 9)
    assert (repeated.concern, repeated.count, repeated.x_mm) == (Concern.REPEATED, 1, 25)
    assert repeated.text.endswith("up to 3")
    assert len(preflight(page(lines), most_ink=100, most_passes=3)) == 1


def test_a_margin_without_a_sheet_is_refused():
    with pytest.raises(PlotError, match="margin_mm=150"):
        preflight(page(segments(3)), margin_mm=150)


def test_what_ordering_saves_is_reported_pen_by_pen():
    speck = Layer("speck", "red", 0.3, Lines.of([[[5, 5], [5.1, 5]]]))
    document = Document(
        210, 297, (Layer("grid", "black", 0.3, mesh(9)), speck, *page(hatch(50)).layers)
    )
    result = saving(document, plotter=read_machine("grbl").plotter, drop_shorter_mm=0.5)
    assert [row.name for row in result.before] == ["grid", "speck", "a", "total"]
    assert [row.name for row in result.after] == ["grid", "speck", "a", "total"]
    assert (result.after[1].lines, result.after[1].seconds) == (0, 0)
    assert result.after[-1].seconds < result.before[-1].seconds / 2
    shown = statistics(result.document, plotter=read_machine("grbl").plotter)
    assert np.isclose(shown[-1].seconds, result.after[-1].seconds)


def test_a_finding_names_all_its_places_the_worst_first():
    leaving = Lines.of([[[50, 50], [60, 299]], [[50, 50], [60, 300]], [[5, 5], [9, 9]]])
    (outside,) = preflight(page(leaving))
    assert outside.places_mm == ((60, 300), (60, 299))
    spots = [[[x, 20.5], [x + 1, 20.5]] for x in (30, 70) for _ in range(14 + x // 70)]
    wet, repeated = preflight(page(Lines.of(spots)))
    assert wet.places_mm == ((70.5, 20.5), (30.5, 20.5))
    assert repeated.places_mm == ((70.5, 20.5), (30.5, 20.5))
    (dots,) = preflight(page(Lines.of([[[n / 10, 5], [n / 10, 5]] for n in range(300)])))
    assert (dots.count, len(dots.places_mm)) == (300, 200)


def circle(start):
    turns = np.linspace(0, 2 * np.pi, 121) + start
    return [(60 + 20 * np.cos(turn), 60 + 20 * np.sin(turn)) for turn in turns]


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        pytest.param([[[20, 20 + n * 0.005], [60, 20]] for n in range(6)], 6, id="within 25 um"),
        pytest.param([circle(n) for n in range(4)], 4, id="circles begun elsewhere"),
        pytest.param([[[x, 9], [x + 40, 9]] for x in (20, 30, 40)], 3, id="collinear overlaps"),
        pytest.param([[[20, y], [60, y]] for y in (20, 20.2, 20.4, 20.6)], 0, id="side by side"),
        pytest.param([circle(n) for n in range(2)], 0, id="drawn twice"),
    ],
)
def test_what_is_drawn_over_and_over_is_found_however_it_was_cut(lines, times):
    found = preflight(page(Lines.of(lines)), most_ink=100)
    assert [finding.concern for finding in found] == [Concern.REPEATED] * (times > 0)
    assert all(finding.text.endswith(f"up to {times}") for finding in found)


@pytest.mark.parametrize(("copies", "wet"), [(1, 0), (2, 0), (5, 1)])
def test_a_wide_pen_is_wet_where_it_is_drawn_often_only(copies, wet):
    lines = Lines.of([[[20, 42.5], [80, 42.5]]] * copies)
    found = preflight(page(lines, width=5), most_passes=9)
    assert [f.concern for f in found] == [Concern.WET] * wet
