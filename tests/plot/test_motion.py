"""Layer names as the AxiDraw's software reads them."""

import pytest
from plot_support import segments

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.motion import Motion, plain_name
from drawscape.drawing.pen import Pen
from drawscape.errors import PlotError
from drawscape.plot.export.svg import to_svg
from drawscape.svg.read import read_svg


@pytest.mark.parametrize(
    ("name", "motion", "text"),
    [
        ("red", Motion(), "red"),
        ("5 red", Motion(number=5), "red"),
        ("5+S30+H60+D500 red", Motion(number=5, speed=30, height=60, delay_ms=500), "red"),
        ("  !12 +s30red", Motion(number=12, pause=True, speed=30), "red"),
        ("+S30+S40", Motion(speed=40), "+S30+S40"),
        ("%notes +S30", Motion(plotted=False), "notes +S30"),
        ("red +S30", Motion(), "red +S30"),
        ("+S0+H101 x", Motion(), "x"),
        ("+P3 x", Motion(passes=3), "x"),
        ("!", Motion(pause=True), "!"),
        ("", Motion(), ""),
        # Up to the limits of the AxiDraw's software.
        ("+S110", Motion(speed=110), "+S110"),
        ("+S111 x", Motion(), "x"),
        ("+H0", Motion(height=0), "+H0"),
        ("+D1", Motion(delay_ms=1), "+D1"),
        ("+P100", Motion(passes=100), "+P100"),
        ("+P101 x", Motion(), "x"),
        ("9999", Motion(number=9999), "9999"),
    ],
)
def test_a_name_says_how_its_pen_moves(name, motion, text):
    assert Motion.of(name) == motion
    assert plain_name(name) == text


@pytest.mark.parametrize(
    "motion",
    [
        Motion(),
        Motion(number=0, pause=True),
        Motion(speed=1, height=0, delay_ms=9, passes=2),
        Motion(plotted=False, number=3),
    ],
)
def test_a_motion_is_read_back_from_the_name_it_writes(motion):
    assert Motion.of(motion.named("red")) == motion
    assert plain_name(motion.named("red")) == "red"


def test_a_pen_keeps_what_it_is_not_asked_to_change():
    pen = Pen("5+S30 red").moving(passes=2)
    assert pen.name == "5+S30+P2 red"
    assert (pen.motion.speed, pen.motion.passes, pen.motion.number) == (30, 2, 5)


def test_names_survive_a_file():
    layer = Layer("!5+S30+H60 red", "red", 0.3, segments(2))
    (again,) = read_svg(to_svg(Document(210, 297, (layer,)))).layers
    assert again.motion == Motion(number=5, pause=True, speed=30, height=60)


@pytest.mark.parametrize("values", [{"speed": 0}, {"height": 101}, {"passes": 0}])
def test_values_out_of_range_are_named(values):
    with pytest.raises(PlotError, match=next(iter(values))):
        Motion(**values)
