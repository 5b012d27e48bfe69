"""A machine of one's own, from a file."""

from pathlib import Path

import pytest

from drawscape.errors import PlotError
from drawscape.plot.machine import read_machine


def test_a_machine_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
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
