"""Exports: each format, its golden files, and what it needs.

After a change that is meant: pytest tests/plot/test_export.py --regenerate-golden
"""

import io
import re
import stat
import zlib
from difflib import unified_diff
from pathlib import Path

import numpy as np
import pytest
import resvg_py
from click.testing import CliRunner
from golden_support import FOLDER
from PIL import Image
from plot_support import GcodeMachine, segments

from drawscape.catalogue import drawings, rebuild
from drawscape.catalogue.redraw import Sameness, compare_again
from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import fit, optimize, tiles
from drawscape.plot.formats import FORMATS, save
from drawscape.plot.gcode_export import to_gcode
from drawscape.plot.gcode_profile import PROFILES
from drawscape.plot.hpgl_export import to_hpgl
from drawscape.plot.pdf_export import to_pdf
from drawscape.plot.png_export import to_png
from drawscape.plot.svg_export import ordered_svg, to_svg
from drawscape.sketches import draw
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder
from drawscape.tasks.drawing import generate_complex_svg

PX = 96 / 25.4


@pytest.fixture
def drawing():
    hexagon = np.array([[60, 0], [30, 52], [-30, 52], [-60, 0], [-30, -52], [30, -52], [60, 0.0]])
    broad = Lines.of([hexagon + 100, hexagon * 0.5 + 120])
    layers = (
        Layer("fine", "#1b1b1b", 0.3, segments(40)), Layer("broad & ünïcode", "red", 1.5, broad),
    )  # fmt: skip
    return Document(210, 297, layers)


def test_vpype_reads_the_layers_sizes_and_lines_that_were_written(drawing, tmp_path):
    path = save(drawing, tmp_path / "a.svg")
    import vpype  # dear to import

    theirs = vpype.read_multilayer_svg(str(path), quantization=0.1)

    assert theirs.page_size == pytest.approx((210 * PX, 297 * PX))
    assert [len(lines) for lines in theirs.layers.values()] == [40, 2]
    for layer, lines in zip(drawing.layers, theirs.layers.values(), strict=True):
        assert lines.property("vp_name") == layer.name
        assert lines.property("vp_pen_width") == pytest.approx(layer.width_mm * PX)
        assert lines.length() == pytest.approx(layer.lines.lengths_mm.sum() * PX, rel=1e-4)


def test_layers_of_one_name_stay_two_layers():
    layers = (Layer("pen", "red", 0.3, segments(2)), Layer("pen", "blue", 0.3, segments(3)))
    again = read_svg(to_svg(Document(210, 297, layers)))
    assert [layer.name for layer in again.layers] == ["pen", "pen (2)"]


def test_a_png_looks_like_resvgs_rendering_of_the_svg(drawing):
    ours = Image.open(io.BytesIO(to_png(drawing, dpi=96)))
    svg = to_svg(drawing).decode()
    png = resvg_py.svg_to_bytes(svg_string=svg, background="#fefcf7", dpi=96)
    theirs = Image.open(io.BytesIO(bytes(png))).convert("RGB").resize(ours.size)
    difference = np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)).mean()
    blank = np.abs(255.0 - np.asarray(theirs, dtype=float)).mean()

    assert blank > 5
    assert difference < 0.2 * blank


@pytest.mark.parametrize(
    ("paper", "crossing"), [("white", (255, 0, 0)), ("#101014", (255, 255, 0)), (None, (254, 0, 0))]
)
def test_inks_darken_light_paper_together_and_cover_dark_paper(paper, crossing):
    layers = (
        Layer("magenta", "#ff00ff", 3.0, Lines.of([[(0, 10), (20, 10)]])),
        Layer("yellow", "#ffff00", 3.0, Lines.of([[(10, 0), (10, 20)]])),
    )
    picture = Image.open(io.BytesIO(to_png(Document(20, 20, layers, paper_color=paper))))
    assert picture.getpixel((picture.width // 2, picture.height // 2)) == crossing


def test_a_pdfs_table_points_at_its_objects(drawing):
    pdf = to_pdf(drawing)
    table = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    assert pdf[table:].startswith(b"xref")
    places = re.findall(rb"(\d{10}) 00000 n", pdf[table:])
    assert len(places) == 6
    for number, place in enumerate(places, start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)


def test_a_stroke_of_one_point_is_a_dot_in_a_pdf_too():
    dots = Lines.of([[(5, 5)], [(8, 5), (8, 5)]])
    content = canonical_pdf(Document(20, 20, (Layer("pen", "black", 0.3, dots),)))
    assert re.findall(rb"(.*) m\n(.*) l S\n", content) == [
        (b"14.173 42.52", b"14.173 42.52"), (b"22.677 42.52", b"22.677 42.52"),
    ]  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_saved_by_its_ending_and_nothing_else_is_left(drawing, tmp_path, format):
    path = save(drawing, tmp_path / f"a.{format}", outside="crop")
    content = path.read_bytes()
    assert len(content) > 500
    assert save(drawing, path, outside="crop").read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) & 0o400
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    save(Document(210, 297, ()), tmp_path / f"empty.{format}")


def test_a_failed_save_leaves_the_old_file(drawing, tmp_path):
    path = save(drawing, tmp_path / "a.pdf")
    before = path.read_bytes()
    nowhere = segments(1).with_points(segments(1).points * np.nan)
    for color, lines, words in (
        ("nosuchcolour", segments(1), "nosuchcolour"),
        ("red", nowhere, "'x' holds a point that is not finite"),
    ):
        with pytest.raises(PlotError, match=words):
            save(Document(210, 297, (Layer("x", color, 0.3, lines),)), path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("ordered", [True, False])
def test_a_dark_paper_stays_dark_in_every_format_that_shows_it(ordered):
    svg = SVGBuilder(40, 30)
    svg.paper_color = "#101014"
    with svg.layer("gel", color="white", width=0.5):
        svg.line(5, 5, 35, 5)
    document = optimize(svg.document()) if ordered else svg.document()
    for again in (document, fit(document, 60, 45), tiles(document, 30, 30)[0].document):
        with Image.open(io.BytesIO(to_png(again))) as picture:
            assert picture.getpixel((0, picture.height - 1)) == (16, 16, 20)
            assert max(picture.convert("L").get_flattened_data()) == 255
        assert b"background-color: #101014" in to_svg(again)
        assert b"0.063 0.063 0.078 rg 0 0" in canonical_pdf(again)
    assert b"background-color: #101014" in ordered_svg(svg)


EXPORT = FOLDER / "export"
DOT, TRIANGLE = [[60.25, 50.5]] * 2, [[100, 50], [140, 50], [120, 84.64], [100, 50.0]]
OPEN = [[50, 120], [90.126, 100.4], [130, 120], [170, 100.4]]


def two_pens(first="!2+S30+H60+D500+P2 red (broad)", second="fine"):
    """Return an A4 sheet for two pens: a dot and a closed shape with every code, and an open line."""
    broad = Layer(first, "#d4213d", 0.7, Lines.of([DOT, TRIANGLE]))
    return Document(297, 210, (broad, Layer(second, "black", 0.3, Lines.of([OPEN]))))


def gcode(profile, document):
    return to_gcode(document, profile=profile).encode()


def canonical_pdf(document):
    pdf = to_pdf(document)
    head, packed, tail = re.split(rb"(?<=stream\n)(.*)(?=\nendstream)", pdf, flags=re.DOTALL)
    head = re.sub(rb"/Length \d+", b"/Length ...", head).replace(b"\xe2\xe3\xcf\xd3", b"...")
    tail = re.sub(rb"\d{10}(?= 00000 n)|(?<=startxref\n)\d+", b"...", tail)
    return head + zlib.decompress(packed) + tail


WRITERS = {
    "grbl.gcode": lambda document: gcode(PROFILES["servo"], document),
    "marlin.gcode": lambda document: gcode(PROFILES["marlin-servo"], document),
    "z-axis.gcode": lambda document: gcode(PROFILES["z-axis"], document),
    "hp7475a.hpgl": lambda document: to_hpgl(document).encode(),
    "drawing.pdf.txt": canonical_pdf,
    "drawing.svg": to_svg,
}


def differences(name, written):
    """Return the rows and HPGL commands, with + and -, in which `written` is not the golden file."""
    golden = (EXPORT / name).read_bytes()
    old, new = (re.split(r"(?<=[;\n])", text.decode()) for text in (golden, written))
    return [row for row in unified_diff(old, new, n=0) if not row.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize("name", WRITERS)
def test_an_exporter_writes_what_its_golden_file_holds(name, request):
    written = WRITERS[name](two_pens())
    if request.config.getoption("--regenerate-golden"):
        EXPORT.mkdir(exist_ok=True)
        (EXPORT / name).write_bytes(written)
    assert not differences(name, written)


def test_there_is_no_golden_file_of_an_exporter_that_is_gone():
    assert {file.name for file in EXPORT.iterdir()} == set(WRITERS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(root, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def machine(path):
    pen = {"M3 S90": True, "M3 S0": False}.get
    return GcodeMachine(pen, 105, 148).run(path.read_text())


@pytest.mark.slow
def test_a_saved_svg_is_ordered_unless_raw_and_redrawn_byte_for_byte_either_way(folder):
    run("draw", "truchet", "--paper", "a6", "-o", "ordered.svg")
    run("draw", "truchet", "--paper", "a6", "--raw", "-o", "drawn.svg")
    assert (folder / "drawn.svg").read_bytes() == draw("truchet", 105, 148).to_bytes()
    ordered, drawn = (read_svg(folder / f"{name}.svg").lines for name in ("ordered", "drawn"))
    assert len(ordered) < len(drawn) / 2
    for name in ("ordered", "drawn"):
        assert run("redraw", "--check", f"{name}.svg").endswith("same bytes\n")
        assert "warning" not in run("redraw", f"{name}.svg", "-o", f"{name}-again.svg")
        again = (folder / f"{name}-again.svg").read_bytes()
        assert again == (folder / f"{name}.svg").read_bytes()


def test_an_ordered_file_in_the_catalogue_is_redrawn_ordered(folder, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(folder))
    (folder / "output").mkdir()
    run("draw", "cubic_disarray", "--paper", "a7", "-o", "output/c.svg")
    content = (folder / "output" / "c.svg").read_bytes()
    rebuild()
    (drawing,) = drawings()
    assert compare_again(drawing.path).sameness is Sameness.BYTES
    assert drawing.redraw().path.read_bytes() == content
    # Drawn as it was, but not in this order: a version that orders otherwise is named as a reason.
    (folder / "output" / "c.svg").write_bytes(content.replace(b"<polyline ", b"<polyline  ", 1))
    assert "another version's order of lines" in str(compare_again(drawing.path))


def test_exports_of_the_catalogue_are_ordered_unless_raw(folder, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(folder))
    path = Path(generate_complex_svg(105, 148, "cubic_disarray"))
    assert path.read_bytes() == draw("cubic_disarray", 105, 148).to_bytes()
    recipe = drawings()[0].recipe
    run("drawings", "export", recipe, "-o", ".")
    run("drawings", "export", recipe, "--raw")
    ordered, raw = machine(folder / f"{path.stem}.gcode"), machine(path.with_suffix(".gcode"))
    assert ordered.lifts < raw.lifts
    assert ordered.travel_mm < raw.travel_mm / 2


def test_what_leaves_the_sheet_is_cropped_with_a_note(folder):
    sketch = 'def out(svg):\n    """Out."""\n    svg.polyline([(-9, 5), (20, 5)])\n'
    (folder / "out.py").write_text(sketch)
    assert "leaves the sheet by 9.00 mm" in run("draw", "./out.py", "--paper", "a6", "-o", "o.nc")
    assert "-" not in (folder / "o.nc").read_text()
