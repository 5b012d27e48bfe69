"""A machine of one's own, from a file."""

import pytest

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import statistics
from drawscape.plot.machine import read_machine


def test_a_machine_of_ones_own_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[mine]\ntitle = "Mine"\nwidth_mm = 50\nheight_mm = 60\nformat = "gcode"\n'
        '[mine.profile]\nbase = "z-axis"\n[mine.time]\ndraw_speed = 5\n'
    )
    machine = read_machine(path)
    assert machine.profile is not None
    assert (machine.profile.width_mm, machine.profile.pen_up) == (50, "G0 Z5")
    assert machine.plotter.draw_speed == 5
    path.write_text("[mine]\nwidth_mm = 50\n")
    with pytest.raises(PlotError, match="mine"):
        read_machine(path)


def test_a_machine_without_times_takes_them_from_its_feeds_and_dwells(tmp_path):
    path = tmp_path / "slow.toml"
    path.write_text(
        '[slow]\ntitle = "Slow"\nwidth_mm = 200\nheight_mm = 200\nformat = "gcode"\n'
        '[slow.profile]\npen_up = "M5\\nG4 P1"\npen_down = "M3 S90\\nG4 P1"\n'
        "draw_feed = 300\ntop_feed = 300\n"
    )
    lines = Lines.of([[[10, y], [110, y]] for y in range(10, 110, 10)])
    document = Document(200, 200, (Layer("a", "black", 0.3, lines),))
    total = statistics(document, plotter=read_machine(path).plotter)[-1]
    # Ten lines of 20 s, two seconds each for the pen, and 200 ms of travel at 5 mm/s per 10 mm.
    travel_s = (10 * 2**0.5 + 9 * (100**2 + 10**2) ** 0.5) / 5
    assert total.seconds == pytest.approx(10 * (20 + 2) + travel_s, rel=0.01)


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        ('pen_up = "G0 Z5 F600"\npen_down = "G1 Z{down} F600"\ndown_range = [-5, 5]', 0.5),
        ('base = "marlin-servo"', 0.15),
        ('base = "servo"', 0.15),
    ],
)
def test_the_time_of_a_lift_is_read_from_its_command(tmp_path, command, seconds):
    path = tmp_path / "own.toml"
    path.write_text(
        '[own]\ntitle = "Own"\nwidth_mm = 200\nheight_mm = 200\nformat = "gcode"\n'
        f"[own.profile]\n{command}\n"
    )
    assert read_machine(path).plotter.raise_s == pytest.approx(seconds)
