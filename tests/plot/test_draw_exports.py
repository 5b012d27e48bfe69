"""`drawscape draw` writes files that a plotter draws well."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from plotter_support import GcodeMachine

from drawscape.cli.root import root
from drawscape.svg.read import read_svg


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(root, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def machine(path: Path) -> GcodeMachine:
    pen = {"M3 S90": True, "M3 S0": False}.get
    return GcodeMachine(pen, 105, 148).run(path.read_text())


@pytest.mark.slow
def test_gcode_is_ordered_and_merged_unless_raw(folder: Path) -> None:
    run("draw", "truchet", "--paper", "a6", "-o", "ordered.gcode")
    run("draw", "truchet", "--paper", "a6", "--raw", "-o", "raw.gcode")
    ordered, raw = machine(folder / "ordered.gcode"), machine(folder / "raw.gcode")
    assert ordered.lifts < raw.lifts / 2
    assert ordered.travel_mm < raw.travel_mm / 5


@pytest.mark.slow
def test_an_ordered_svg_is_redrawn_byte_for_byte_as_is_one_that_is_not(folder: Path) -> None:
    run("draw", "truchet", "--paper", "a6", "--optimize", "-o", "ordered.svg")
    run("draw", "truchet", "--paper", "a6", "-o", "drawn.svg")
    ordered, drawn = (read_svg(folder / f"{name}.svg").lines for name in ("ordered", "drawn"))
    assert len(ordered) < len(drawn) / 2
    for name in ("ordered", "drawn"):
        assert "warning" not in run("redraw", f"{name}.svg", "-o", f"{name}-again.svg")
        again = (folder / f"{name}-again.svg").read_bytes()
        assert again == (folder / f"{name}.svg").read_bytes()


def test_what_leaves_the_sheet_is_cropped_with_a_note(folder: Path) -> None:
    sketch = 'def out(svg):\n    """Out."""\n    svg.polyline([(-9, 5), (20, 5)])\n'
    (folder / "out.py").write_text(sketch)
    assert "leaves the sheet by 9.00 mm" in run("draw", "./out.py", "--paper", "a6", "-o", "o.nc")
    assert "-" not in (folder / "o.nc").read_text()
