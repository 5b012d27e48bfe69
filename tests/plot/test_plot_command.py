"""`drawscape plot` as a user types it."""

import re

import numpy as np
import pytest
from click.testing import CliRunner
from plot_support import hatch, mesh, page, segments

from drawscape.cli.plot import plot
from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines, resample
from drawscape.plot.formats import save
from drawscape.svg.read import read_svg


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A drawing of two layers in an otherwise empty working folder."""
    monkeypatch.chdir(tmp_path)
    layers = (Layer("grid", "black", 0.3, mesh(8)), Layer("rows", "red", 0.5, hatch(9)))
    return save(Document(210, 297, layers), tmp_path / "a.svg")


def result_of(*arguments):
    result = CliRunner().invoke(plot, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def run(*arguments):
    """Run the command and return what it prints on both streams."""
    return result_of(*arguments).output


def test_without_options_it_says_what_drawing_costs(file):
    rows = run(file).splitlines()
    assert [row.split(":")[0] for row in rows] == ["grid", "rows", "total"]
    assert "lines 9, points 18, pen down 0.90 m" in rows[1]
    assert [entry.name for entry in file.parent.iterdir()] == ["a.svg"]


def test_optimized_it_says_what_was_saved_and_writes_beside(file):
    output = run(file, "--optimize", "--stats")
    assert "lines 161 → " in output
    assert output.splitlines()[-1] == "a-plot.svg"
    written = read_svg(file.parent / "a-plot.svg")
    assert [layer.name for layer in written.layers] == ["grid", "rows"]
    assert len(written.layers[0].lines) < 20


def test_formats_are_named_by_options_or_by_the_outputs_ending(file):
    output = run(file, "--to", "gcode", "--to", "pdf", "--to", "png", "--dpi", 20)
    assert output.split() == ["a-plot.gcode", "a-plot.pdf", "a-plot.png"]
    assert all((file.parent / name).stat().st_size for name in output.split())
    run(file, "-o", "b.gcode", "--profile", "z-axis")
    assert "G1 Z0 F1000" in (file.parent / "b.gcode").read_text()


def test_to_standard_output_goes_the_drawing_alone(file):
    result = result_of(file, "-O", "--stats", "-o", "-")
    assert result.stdout.startswith("<?xml")
    assert result.stdout.endswith("</svg>\n")
    assert "total: " in result.stderr


def test_fitted_to_a_sheet_and_with_the_travel_drawn(file):
    run(file, "--fit", "a5", "--landscape", "--margin", 20, "--travel", "-o", "d.svg")
    written = read_svg(file.parent / "d.svg")
    assert (written.width_mm, written.height_mm) == (210, 148)
    assert [layer.name for layer in written.layers] == ["grid", "rows", "%travel"]
    drawn = np.concatenate([layer.lines.points for layer in written.layers[:2]])
    assert drawn.min() >= 19.99


@pytest.mark.parametrize(("form", "pen_down"), [("gcode", "M3 S90"), ("hpgl", "PD")])
def test_a_machine_gets_neither_the_travel_nor_layers_that_are_not_plotted(file, form, pen_down):
    notes = Layer("%notes", "blue", 0.3, hatch(5))
    document = read_svg(file)
    save(document.with_layers([notes, *document.layers]), file)

    def written(*more):
        names = run(file, "--fit", "a4", "--margin", 15, "--to", form, *more).splitlines()
        return names, sum((file.parent / name).read_text().count(pen_down) for name in names)

    _, plain = written()
    assert written("--travel")[1] == plain > 0
    names = [f"a-plot-2-grid.{form}", f"a-plot-3-rows.{form}"]
    assert written("--split-layers") == (names, plain)
    save(document.with_layers([notes]), file)
    with pytest.raises(PlotError, match="nothing is plotted"):
        written()


def test_what_cannot_be_drawn_is_named(file):
    file.write_text(FILLS.replace("</svg>", "<text>a</text></svg>"))
    assert "note: <text>" in result_of(file).stderr


def test_all_that_is_written_is_ordered_unless_raw(file):
    for name in ("o.svg", "o.gcode"):
        run(file, "-o", name)
        run(file, "--raw", "-o", f"raw-{name}")
        assert (file.parent / name).stat().st_size < (file.parent / f"raw-{name}").stat().st_size
    assert len(read_svg(file.parent / "raw-o.svg").lines) == 170
    assert len(read_svg(file.parent / "o.svg").lines) < 30


def test_lines_off_the_sheet_are_cropped_with_a_note_refused_or_kept(file):
    lines = Lines.of([[[-10, 10], [20, 10]], [[50, 50], [60, 60]]])
    save(page(lines), file)
    for name in ("o.gcode", "o.svg", "o.pdf"):
        assert "note: layer 'a' leaves the sheet by 10.00 mm" in run(file, "-o", name)
    assert read_svg(file.parent / "o.svg").lines.bounds[0] == 0
    assert "X-" not in (file.parent / "o.gcode").read_text()
    run(file, "-o", "k.gcode", "--outside", "keep")
    assert "X-10" in (file.parent / "k.gcode").read_text()
    with pytest.raises(PlotError, match="outside"):
        run(file, "-o", "r.gcode", "--outside", "refuse")
    assert not (file.parent / "r.gcode").exists()


def test_a_machine_brings_its_format_its_reach_and_its_time(file):
    assert "a-plot.gcode" in run(file, "--machine", "grbl", "-O")
    assert "a-plot.hpgl" in run(file, "--machine", "hp7475a", "-O")
    assert "a-plot.svg" in run(file, "--machine", "axidraw-v3", "-O")
    slow, fast = (run(file, "--machine", name) for name in ("grbl", "hp7475a"))
    assert slow != fast == run(file, "--machine", "hp7475a", "--profile", "z-axis")
    (file.parent / "own.toml").write_text('base = "servo"\nheight_mm = 200')
    lines = Lines.of([[[10, 10], [10, 290]]])
    save(page(lines), file)
    # The sheet's lower left corner lies at the machine's: 220 mm of 297 are within reach.
    for profile, beyond, pen in (("", 67, "M280"), ("z-axis", 67, "Z5"), ("own.toml", 87, "M3")):
        more = ("--profile", profile) if profile else ()
        output = run(file, "--machine", "marlin", *more, "-o", "b.gcode")
        assert f"the machine's reach by {beyond}.00 mm" in output
        assert pen in (file.parent / "b.gcode").read_text()


def test_a_poster_is_parted_into_sheets_that_are_the_whole_together(file):
    lines = segments(60)
    save(page(lines), file)
    names = run(file, "--tile", "a5", "--overlap", "8mm", "--margin", 0, "--raw").split()
    assert names == [f"a-plot-row{r}-column{c}.svg" for r in (1, 2) for c in (1, 2)]
    sheets = [read_svg(file.parent / name) for name in names]
    assert {(sheet.width_mm, sheet.height_mm) for sheet in sheets} == {(148, 210)}
    run(file, "--tile", "a5", "--margin", 20, "-o", "m.svg")
    x0, y0, *_ = read_svg(file.parent / "m-row1-column1.svg").lines.bounds
    assert min(x0, y0) >= 20
    ink = sum(sheet.layers[0].lines.lengths_mm.sum() for sheet in sheets)
    assert ink == pytest.approx(lines.lengths_mm.sum(), rel=1e-4)


def test_hpgl_names_what_its_pens_cannot_do(file):
    lines = Lines.of([[[60, 60], [150, 200]]])
    names = ("1+D500 slow", "!2+H30 low", "3+S20 plain")
    save(page(*((name, lines) for name in names)), file)
    said = run(file, "-o", "a.hpgl")
    assert "note: HPGL has no command for a delay (+D); left out of layer '1+D500 slow'" in said
    assert "a pen's height (+H); left out of layer '!2+H30 low'" in said
    assert "a pause (!); left out of layer '!2+H30 low'" in said
    assert "plain" not in said
    assert "no command" not in run(file, "-o", "a.gcode")


FILLS = """<svg xmlns="http://www.w3.org/2000/svg" width="120mm" height="100mm" viewBox="0 0 120 100">
<path d="M5 50H115" stroke="black" fill="none"/>
<rect x="10" y="10" width="50" height="50" fill="teal"/>
<circle cx="60" cy="60" r="25" fill="red"/>
<circle cx="60" cy="60" r="10" fill="white"/>
<circle cx="95" cy="25" r="20" fill="none" stroke="navy"/></svg>"""


def drawn(folder, *options):
    """Return the layers of FILLS, plotted as drawn with these options."""
    (folder / "fills.svg").write_text(FILLS)
    run(folder / "fills.svg", "--raw", "--layers", "color", *options, "-o", folder / "out.svg")
    return {layer.name: layer.lines for layer in read_svg(folder / "out.svg").layers}


def test_layers_may_be_one_curves_stay_round_on_a_larger_sheet_and_hatches_have_a_style(tmp_path):
    assert drawn(tmp_path, "--hatch-style", "concentric")["red"].closed.sum() > 5
    (one,) = drawn(tmp_path, "--layers", "none").values()
    assert len(one) == 5
    larger = drawn(tmp_path, "--fit", "a3")["navy"]
    assert len(larger.points) > len(drawn(tmp_path)["navy"].points)


def test_filled_shapes_hide_what_lies_below_them(tmp_path):
    plain, hidden = drawn(tmp_path), drawn(tmp_path, "--hide")
    # Of the line the square and the disc cover x from 10 to 83; of the square, the disc a corner.
    ends = 60 + np.sqrt(25**2 - 10**2)
    assert hidden["black"].lengths_mm == pytest.approx([5, 115 - ends], abs=0.1)
    assert hidden["teal"].lengths_mm.sum() == pytest.approx(200 - 50, abs=0.1)
    for name in ("red", "navy"):
        assert hidden[name].lengths_mm.sum() == pytest.approx(plain[name].lengths_mm.sum())
    # White paint is not drawn, and hides the hatches below it.
    hatched = drawn(tmp_path, "--hide", "--fill", "hatch")
    assert np.hypot(*(resample(hatched["red"], 0.5).points - 60).T).min() > 9.9


@pytest.mark.parametrize(
    ("options", "teal", "red"),
    [
        (["--fill", "hatch"], (1.0, 45), 1.0),
        (["--hatch-distance", "2mm", "--hatch-angle", "0"], (2.0, 0), 2.0),
        (["--hatch-distance", "0.25cm", "--hatch-angle", "90"], (2.5, 90), 2.5),
        # On the sheet that it is fitted to, too.
        (["--fit", "300x300", "--hatch-distance", "2", "--hatch-angle", "0"], (2.0, 0), 2.0),
    ],
)
def test_hatches_have_their_distance_and_angle(tmp_path, options, teal, red):
    layers = drawn(tmp_path, *options)
    distance, angle = teal
    rows = layers["teal"].take((layers["teal"].counts == 2) & (layers["teal"].lengths_mm > 9))
    ways = rows.ends - rows.starts
    turns = np.degrees(np.arctan2(ways[:, 1], ways[:, 0])) % 180
    assert np.abs((turns - angle + 90) % 180 - 90).max() < 0.1
    across = np.array([-np.sin(np.radians(angle)), np.cos(np.radians(angle))])
    assert np.diff(np.sort(rows.starts @ across)) == pytest.approx(distance, abs=0.02)
    # The first two are the disc's outline, and that of the white one on it.
    disc, filling = layers["red"][0], layers["red"].take(np.arange(2, len(layers["red"])))
    area = np.pi * np.ptp(disc[:, 0]) ** 2 / 4
    assert filling.lengths_mm.sum() * red == pytest.approx(area, rel=0.05)


@pytest.mark.parametrize(
    ("options", "bounds"),
    [
        (["--crop", "0,0,40,3cm"], (10, 10, 40, 30)),
        (["--translate", "10,-5mm"], (20, 5, 70, 55)),
        # All turns and grows around the middle of the drawing, (60, 45).
        (["--rotate", "90", "--outside", "keep"], (45, -5, 95, 45)),
        (["--scale", "0.5"], (35, 27.5, 60, 52.5)),
        (["--centre", "--scale", "0.5"], (35, 32.5, 60, 57.5)),
        (["--centre", "--translate", "0,3"], (10, 18, 60, 68)),
    ],
)
def test_a_drawing_is_cut_out_scaled_turned_and_moved(tmp_path, options, bounds):
    found = drawn(tmp_path, *options)["teal"].bounds
    assert found == pytest.approx(bounds, abs=0.01)


def test_what_pre_flight_finds_is_said(tmp_path):
    over = Lines.of([[[20, 20], [80, 20]]] * 9)
    save(page(over, width=100, height=100, pen_mm=0.5), tmp_path / "wet.svg")
    assert "note: 1 stroke of 'a' drawn more than 2 times, up to 9" in run(tmp_path / "wet.svg")
    assert "note:" not in run(tmp_path / "wet.svg", "-o", tmp_path / "b.svg")


def test_the_help_has_its_options_below_headings():
    text = CliRunner().invoke(plot, ["--help"], catch_exceptions=False).output
    titles = re.findall(r"^(\w+):$", text, re.MULTILINE)
    assert titles == ["Page", "Fill", "Order", "Export", "Machine", "Options"]
    rest = re.findall(r"^  .*?(--\w+)", text.partition("\nOptions:")[2], re.MULTILINE)
    assert {*rest} <= {"--help", "--home"}  # an option that is below no heading would stand here
