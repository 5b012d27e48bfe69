"""Every format is read back by something that shares no code with its writer."""

import io
import json
import re
import stat
import zlib
from pathlib import Path

import numpy as np
import pytest
import resvg_py
import vpype
from PIL import Image
from plot_support import segments

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.plot import fit, optimize, tiles
from drawscape.plot.export.formats import FORMATS, save
from drawscape.plot.export.gcode import PROFILES, GcodeProfile, read_profile, to_gcode
from drawscape.plot.export.hpgl import to_hpgl
from drawscape.plot.export.pdf import to_pdf
from drawscape.plot.export.png import to_png
from drawscape.plot.export.svg import ordered_svg, to_svg
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder

PX = 96 / 25.4


@pytest.fixture
def drawing() -> Document:
    lines = segments(40)
    hexagon = np.array([[60, 0], [30, 52], [-30, 52], [-60, 0], [-30, -52], [30, -52], [60, 0.0]])
    return Document(
        210,
        297,
        (
            Layer("fine", "#1b1b1b", 0.3, lines.with_points(np.round(lines.points, 2))),
            Layer("broad & ünïcode", "red", 1.5, Lines.of([hexagon + 100, hexagon * 0.5 + 120])),
        ),
        metadata='{"sketch": "test", "seed": 3}',
    )


def test_vpype_reads_the_layers_sizes_and_lines_that_were_written(
    drawing: Document, tmp_path: Path
) -> None:
    path = save(drawing, tmp_path / "a.svg")
    theirs = vpype.read_multilayer_svg(str(path), quantization=0.1)

    assert theirs.page_size == pytest.approx((210 * PX, 297 * PX))
    assert [len(lines) for lines in theirs.layers.values()] == [40, 2]
    names = [lines.property("vp_name") for lines in theirs.layers.values()]
    assert names == ["fine", "broad & ünïcode"]
    assert [lines.property("vp_pen_width") for lines in theirs.layers.values()] == pytest.approx(
        [0.3 * PX, 1.5 * PX]
    )
    for layer, lines in zip(drawing.layers, theirs.layers.values(), strict=True):
        assert lines.length() == pytest.approx(layer.lines.lengths_mm.sum() * PX, rel=1e-4)


def test_an_svg_comes_back_as_it_was_written(drawing: Document) -> None:
    again = read_svg(to_svg(drawing))
    assert (again.width_mm, again.height_mm) == (210, 297)
    assert json.loads(again.metadata or "").items() >= {"seed": 3, "sketch": "test"}.items()
    for mine, layer in zip(again.layers, drawing.layers, strict=True):
        assert (mine.name, mine.color, mine.width_mm) == (layer.name, layer.color, layer.width_mm)
        assert (mine.lines.points == layer.lines.points).all()
        assert (mine.lines.offsets == layer.lines.offsets).all()


def test_layers_of_one_name_stay_two_layers() -> None:
    layers = (Layer("pen", "red", 0.3, segments(2)), Layer("pen", "blue", 0.3, segments(3)))
    again = read_svg(to_svg(Document(210, 297, layers)))
    assert [layer.name for layer in again.layers] == ["pen", "pen (2)"]


def test_a_png_looks_like_resvgs_rendering_of_the_svg(drawing: Document) -> None:
    ours = Image.open(io.BytesIO(to_png(drawing, dpi=96)))
    theirs = Image.open(
        io.BytesIO(
            bytes(
                resvg_py.svg_to_bytes(
                    svg_string=to_svg(drawing).decode(), background="#fefcf7", dpi=96
                )
            )
        )
    ).convert("RGB")
    if theirs.size != ours.size:
        theirs = theirs.resize(ours.size)
    difference = np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float)).mean()
    blank = np.abs(255.0 - np.asarray(theirs, dtype=float)).mean()

    assert blank > 5
    assert difference < 0.2 * blank


def test_a_png_has_its_size_its_resolution_and_its_colours(drawing: Document) -> None:
    picture = Image.open(io.BytesIO(to_png(drawing, dpi=50)))
    assert picture.size == (round(210 * 50 / 25.4), round(297 * 50 / 25.4))
    assert picture.info["dpi"] == pytest.approx((50, 50), abs=0.1)
    # On the hexagon's right corner the red pen has been.
    red, green, _ = np.asarray(picture)[round(100 * 50 / 25.4), round(159.5 * 50 / 25.4)]
    assert red > 200 > green


@pytest.mark.parametrize(
    ("paper", "crossing"), [("white", (255, 0, 0)), ("#101014", (255, 255, 0)), (None, (254, 0, 0))]
)
def test_inks_darken_light_paper_together_and_cover_dark_paper(
    paper: str | None, crossing: tuple[int, int, int]
) -> None:
    layers = (
        Layer("magenta", "#ff00ff", 3.0, Lines.of([[(0, 10), (20, 10)]])),
        Layer("yellow", "#ffff00", 3.0, Lines.of([[(10, 0), (10, 20)]])),
    )
    picture = Image.open(io.BytesIO(to_png(Document(20, 20, layers, paper_color=paper))))
    assert picture.getpixel((picture.width // 2, picture.height // 2)) == crossing


@pytest.mark.parametrize("dpi", [0, -3, float("nan"), 100_000])
def test_a_resolution_that_gives_no_picture_is_refused(drawing: Document, dpi: float) -> None:
    with pytest.raises(PlotError, match="dpi"):
        to_png(drawing, dpi=dpi)


def test_a_pdf_holds_every_line_in_its_layer(drawing: Document) -> None:
    pdf = to_pdf(drawing)
    content = zlib.decompress(
        re.search(rb"/FlateDecode >>\nstream\n(.*)\nendstream", pdf, re.DOTALL)[1]  # type: ignore[index]
    ).decode()
    layers = re.findall(r"/OC /L\d BDC\n(.*?)EMC", content, re.DOTALL)
    assert [part.count(" S\n") for part in layers] == [40, 2]
    first = [float(n) for n in re.search(r"(\S+) (\S+) m\n(\S+) (\S+) l S", layers[0]).groups()]  # type: ignore[union-attr]
    mm = np.array(first).reshape(2, 2) / (72 / 25.4)
    assert np.c_[mm[:, 0], 297 - mm[:, 1]] == pytest.approx(drawing.layers[0].lines[0], abs=1e-3)
    assert "1.000 0.000 0.000 RG 4.252 w" in layers[1]


def test_a_pdf_draws_with_round_caps_and_joins_so_that_dots_show(drawing: Document) -> None:
    content = zlib.decompress(
        re.search(rb"/FlateDecode >>\nstream\n(.*)\nendstream", to_pdf(drawing), re.DOTALL)[1]  # type: ignore[index]
    ).decode()
    state, _, painted = content.partition("BDC")
    operators = re.findall(r"(\d) ([Jj])\n?", state)
    # The line cap and join of ISO 32000-1, tables 54 and 55: 1 is round.
    assert {name: value for value, name in operators} == {"J": "1", "j": "1"}
    assert not re.search(r"\d [Jj]\s", painted)


def test_a_pdfs_table_points_at_its_objects(drawing: Document) -> None:
    pdf = to_pdf(drawing)
    table = int(re.search(rb"startxref\n(\d+)", pdf)[1])  # type: ignore[index]
    assert pdf[table:].startswith(b"xref")
    places = re.findall(rb"(\d{10}) 00000 n", pdf[table:])
    assert len(places) == 6
    for number, place in enumerate(places, start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)


def parse_gcode(text: str, *, pen_down: str, pen_up: str) -> list[list[tuple[float, float]]]:
    """A machine in ten lines: where the pen went while it was down."""
    lines: list[list[tuple[float, float]]] = []
    here, down = (0.0, 0.0), False
    for row in text.splitlines():
        if row == pen_down:
            down = True
            lines.append([here])
        elif row == pen_up:
            down = False
        elif match := re.fullmatch(r"G[01] X(\S+) Y(\S+)(?: F\S+)?", row):
            here = (float(match[1]), float(match[2]))
            if down:
                lines[-1].append(here)
    return lines


def test_gcode_draws_the_same_lines(drawing: Document) -> None:
    text = to_gcode(drawing)
    drawn = parse_gcode(text, pen_down="M3 S90", pen_up="M3 S0")
    expected = [line for layer in drawing.layers for line in layer.lines]
    assert len(drawn) == len(expected)
    for mine, line in zip(drawn, expected, strict=True):
        assert np.array(mine) == pytest.approx(np.c_[line[:, 0], 297 - line[:, 1]], abs=6e-4)


def test_gcode_in_inches_without_flip(drawing: Document) -> None:
    profile = GcodeProfile(
        units="in", flip_y=False, pen_up="U", pen_down="D", decimals=4, travel_feed=5080
    )
    text = to_gcode(drawing, profile=profile)
    drawn = parse_gcode(text, pen_down="D", pen_up="U")
    assert "G20" in text
    assert "F200" in text
    assert np.array(drawn[0]) * 25.4 == pytest.approx(drawing.layers[0].lines[0], abs=2e-3)


def test_gcode_lifts_the_pen_first_and_last_and_asks_for_the_next_pen(drawing: Document) -> None:
    rows = to_gcode(drawing, profile=PROFILES["z-axis"]).splitlines()
    moves = [row for row in rows if row.startswith(("G0 ", "G1 "))]
    assert moves[0] == "G0 Z5"
    assert moves[-2:] == ["G0 Z5", "G0 X0 Y0"]
    assert rows[-1] == "M2"
    assert [row for row in rows if row.startswith("M0")] == ["M0 (pen: broad & _n_code)"]


def test_a_layers_name_cannot_become_a_command() -> None:
    layer = Layer("a)\nG1 X999 Y999\n(", "black", 0.3, segments(2))
    text = to_gcode(Document(210, 297, (layer, layer)))
    assert "\nG1 X999" not in text
    assert text.isascii()


def test_a_profile_is_read_from_a_file_and_changes_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "z-axis"\ndraw_feed = 900\ntravel_feed = 4000\npen_down = "G1 Z-1"\n')
    profile = read_profile(path)
    assert (profile.draw_feed, profile.travel_feed, profile.pen_down) == (900, 4000, "G1 Z-1")
    assert profile.pen_up == PROFILES["z-axis"].pen_up


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("draw_fed = 3", UnknownNameError, "draw_feed"),
        ('draw_feed = "fast"', PlotError, "draw_feed='fast'"),
        ("draw_feed = -1", PlotError, "positive"),
        ("flip_y = 1", PlotError, "flip_y=1"),
        ('base = "laser"', UnknownNameError, "servo"),
        ("draw_feed = ", PlotError, "cannot be read"),
        ("decimals = 9", PlotError, "0 to 4"),
        ('units = "px"', PlotError, "'mm' or 'in'"),
    ],
)
def test_a_profile_with_a_mistake_is_refused(
    tmp_path: Path, content: str, error: type[Exception], message: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(error, match=message):
        read_profile(path)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="servo"):
        read_profile("servos")


def test_hpgl_selects_a_pen_per_layer_and_draws(drawing: Document) -> None:
    text = to_hpgl(drawing, outside="keep")
    assert text.startswith("IN;")
    assert "SP1;" in text
    assert "SP2;" in text
    assert text.count("PD") == 42


def test_hpgl_on_paper_that_the_device_lacks_is_refused(drawing: Document) -> None:
    with pytest.raises(PlotError, match="a4"):
        to_hpgl(Document(123, 45, drawing.layers))
    with pytest.raises(UnknownNameError, match="hp7475a"):
        to_hpgl(drawing, device="hp1")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_saved_by_its_ending_and_nothing_else_is_left(
    drawing: Document, tmp_path: Path, format: str
) -> None:
    path = save(drawing, tmp_path / f"a.{format}", outside="crop")
    assert path.stat().st_size > 500
    assert stat.S_IMODE(path.stat().st_mode) & 0o400
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "gcode"])
def test_the_same_drawing_gives_the_same_bytes(
    drawing: Document, tmp_path: Path, format: str
) -> None:
    one, two = (save(drawing, tmp_path / f"{name}.{format}") for name in "ab")
    assert one.read_bytes() == two.read_bytes()


def test_a_failed_save_leaves_the_old_file(drawing: Document, tmp_path: Path) -> None:
    path = save(drawing, tmp_path / "a.pdf")
    before = path.read_bytes()
    bad = Document(210, 297, (Layer("x", "nosuchcolour", 0.3, segments(1)),))
    with pytest.raises(PlotError, match="nosuchcolour"):
        save(bad, path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_an_ending_that_reports_no_format_is_refused(drawing: Document, tmp_path: Path) -> None:
    with pytest.raises(PlotError, match=r"\.svg"):
        save(drawing, tmp_path / "a.docx")


@pytest.mark.parametrize("format", FORMATS)
def test_a_page_without_lines_can_be_saved(tmp_path: Path, format: str) -> None:
    save(Document(210, 297, ()), tmp_path / f"a.{format}")


@pytest.mark.parametrize("ordered", [True, False])
def test_a_dark_paper_stays_dark_in_every_format_that_shows_it(ordered: bool) -> None:
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
        content = zlib.decompress(
            to_pdf(again).partition(b"stream\n")[2].partition(b"\nendstream")[0]
        )
        assert b"0.063 0.063 0.078 rg 0 0" in content
    assert b"background-color: #101014" in ordered_svg(svg)
