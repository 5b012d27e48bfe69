"""The task that makes a file plot-ready."""

from pathlib import Path

import pytest
from plot_support import mesh, travel

from drawscape.drawing.document import Document, Layer
from drawscape.errors import ForbiddenPathError, PlotError, SvgReadError
from drawscape.plot.export.formats import save
from drawscape.svg.read import read_svg
from workers.svg_tasks import optimize_svg


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a drawing in it."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    save(Document(210, 297, (Layer("grid", "navy", 0.4, mesh(9)),)), tmp_path / "grid one.svg")
    return tmp_path


def test_the_drawing_comes_back_optimized_below_output(home):
    path = Path(optimize_svg("grid one.svg"))
    before, after = read_svg(home / "grid one.svg"), read_svg(path)

    assert path.is_relative_to(home / "output" / "optimized")
    assert path.name.startswith("grid")
    assert [layer.name for layer in after.layers] == ["grid"]
    assert len(after.lines) < len(before.lines) / 5
    assert travel(after.lines) < travel(before.lines)


def test_the_output_may_be_named_and_options_are_passed_on(home):
    path = optimize_svg(
        "grid one.svg", output_filename="mine/a.svg", drop_shorter_mm=1e6, effort="high"
    )
    assert Path(path) == home / "output" / "mine" / "a.svg"
    assert len(read_svg(path).layers) == 0


def test_what_cannot_be_optimized_is_refused(home):
    (home / "bad.svg").write_text("<html/>")
    with pytest.raises(SvgReadError, match="<html>"):
        optimize_svg("bad.svg")
    with pytest.raises(FileNotFoundError, match="none"):
        optimize_svg("none.svg")
    with pytest.raises(ForbiddenPathError):
        optimize_svg("/etc/passwd")
    with pytest.raises(PlotError, match="effort"):
        optimize_svg("grid one.svg", effort="none")  # type: ignore[arg-type]
    with pytest.raises(ForbiddenPathError):
        optimize_svg("grid one.svg", output_filename="../a.svg")
