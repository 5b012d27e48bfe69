"""What a photograph tells of a plotted sheet, and the plot of what it lacks."""

import json
import struct
import zlib

import cv2
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from machine_emulators import GrblEmulator
from photographs import Scene, inked, photograph, remove
from PIL import Image, ImageOps

from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.drawing.values import rgb
from drawscape.errors import PhotoError
from drawscape.geometry.lines import Lines, stretches
from drawscape.machine.device import add_device
from drawscape.machine.plot import Plot, find_plot
from drawscape.photo.heal import examine
from drawscape.photo.load import load
from drawscape.photo.sheet import Sheet, negative
from drawscape.sketches import draw
from drawscape.tasks.healing import examine_photograph, heal_plot

pytestmark = pytest.mark.slow

PAGE = (74.0, 105.0)


def sheet_of(name, page=PAGE, seed=1):
    layers = draw(name, *page, seed=seed).layers()
    lines = [lines.drawable() for _, lines in layers]
    pens = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    widths = np.array([pen.width for pen, _ in layers])
    colors = np.array([rgb(pen.color) for pen, _ in layers]) / 255
    return Sheet(Lines.join(lines), pens, widths, colors, *page)


def inks_of(sheet):
    colors = (255 * sheet.colors).round().astype(int)
    return [(tuple(color), width) for color, width in zip(colors, sheet.widths_mm, strict=True)]


def taken(sheet, gone, scene, inks=None):
    """Photograph a sheet without the ink that is gone."""
    kept, strokes = inked(sheet.lines, gone)
    inks = [inks] * len(sheet.widths_mm) if inks else inks_of(sheet)
    return photograph(kept, sheet.pens[strokes], sheet.page, inks, scene)


def documented(sheet):
    layers = [
        Layer(
            f"{pen + 1} pen {pen + 1}", "black", float(width), sheet.lines.take(sheet.pens == pen)
        )
        for pen, width in enumerate(sheet.widths_mm)
    ]
    return Document(*PAGE, tuple(layers))


WHITE, YELLOW = ((250, 250, 250), 0.4), ((250, 230, 90), 0.4)
BLACK_PAPER = Scene(paper=(28, 28, 30), table="white", shadow=0.45, light=0.5)
SCENES = {
    "truchet, folded on wood": ("truchet", Scene(turn=7, fold_mm=0.5), None),
    "stippling, on its side on cloth": ("stippling", Scene(turn=94, table="cloth"), None),
    "tone_hatching, upside down on white": ("tone_hatching", Scene(turn=183, table="white"), None),
    "phyllotaxis, scanned": ("phyllotaxis", Scene(table="none", tilt=0, margin=0, shadow=0), None),
    "circle_packing, pale yellow": ("circle_packing", Scene(grain=0.008), YELLOW),
    "four_pens, four inks": ("four_pens", Scene(turn=-5), None),
    "celtic_knot, nearly the same when turned": ("celtic_knot", Scene(jpeg=70, blur_px=1.5), None),
    "penrose, white on black": ("penrose", BLACK_PAPER, WHITE),
    "circle_packing, white on black": ("circle_packing", BLACK_PAPER, WHITE),
}
DAILY = {"truchet, folded on wood", "penrose, white on black"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in DAILY else pytest.mark.nightly) for name in SCENES],
)
def test_a_photograph_tells_which_stretches_have_no_ink(name):
    sketch, scene, inks = SCENES[name]
    sheet = sheet_of(sketch)
    gone = remove(sheet.lines, np.random.default_rng(5), whole=0.03, part=0.03)
    photo = taken(sheet, gone, scene, inks)
    found = examine(sheet, photo.picture)
    told = dict.fromkeys(found.missing.strokes.tolist(), 0.0)
    rows = (found.missing.strokes, found.missing.begin_mm, found.missing.end_mm)
    for stroke, begin, end in zip(*rows, strict=True):
        told[stroke] += end - begin
    long = {k: end - begin for k, begin, end in gone if end - begin > 3}
    right = [k for k, length in long.items() if abs(told.get(k, 0.0) - length) < 0.2 * length + 1]
    assert len(right) >= 0.8 * len(long)
    assert len(told.keys() - {k for k, _, _ in gone}) <= 0.01 * len(sheet.lines)
    places = found.placement.pixels(sheet.lines.points)
    off = np.hypot(*(places - photo.place(sheet.lines.points)).T) / found.placement.px_per_mm
    assert np.percentile(off, 99) < 0.15
    assert off.max() < found.error_mm


def test_an_even_pattern_is_placed_although_its_corners_are_a_line_off():
    sheet = sheet_of("copied_line")
    photo = taken(sheet, [], Scene())
    beside = photo.place(sheet.corners + np.array([0.0, 2.4]))
    found = examine(sheet, photo.picture, beside)
    off = found.placement.pixels(sheet.lines.points) - photo.place(sheet.lines.points)
    assert np.abs(off[:, 1]).max() < 0.3 * found.placement.px_per_mm
    assert len(found.missing) == 0


def test_equal_lines_that_lie_between_others_are_not_called_missing():
    """The corners are given half a line off, and the whole pattern could lie a line further."""
    lines = [[(8, y), (66, y)] for y in np.arange(14.0, 92.0, 2.0)]
    sheet = sheet_with(lines)
    photo = taken(sheet, [(0, 0.0, 58.0), (len(lines) - 1, 0.0, 58.0)], Scene())
    beside = photo.place(sheet.corners + np.array([0.0, 1.0]))
    try:
        called = set(examine(sheet, photo.picture, beside).missing.strokes.tolist())
    except PhotoError:
        called = set()
    assert called <= {0, len(lines) - 1}


def sheet_with(lines):
    """Return a sheet with lines of one black pen."""
    return Sheet(
        Lines.of(lines),
        np.zeros(len(lines), int),
        np.array([0.3]),
        np.zeros((1, 3)),
        PAGE[0],
        PAGE[1],
    )


def test_a_drawing_that_looks_the_same_when_turned_is_taken_as_upright_or_refused():
    around = np.linspace(0, 2 * np.pi, 91)
    circle = np.stack((np.cos(around), np.sin(around)), axis=1)
    sheet = sheet_with([radius * circle + (37.0, 52.5) for radius in range(4, 32, 4)])
    upright = examine(sheet, taken(sheet, [], Scene(turn=4)).picture)
    assert "taken to be upright" in upright.warning
    with pytest.raises(PhotoError, match="looks the same when it is turned"):
        examine(sheet, taken(sheet, [], Scene(turn=92)).picture)


def test_a_drawing_that_differs_little_when_it_is_turned_is_found_upside_down():
    sheet = sheet_of("schotter", seed=2)
    photo = taken(sheet, [], Scene(turn=183))
    found = examine(sheet, photo.picture)
    assert found.placement.quarter_turns == 2
    assert not found.warning


@pytest.mark.nightly
def test_a_corner_that_lies_a_line_beside_its_place_is_found_from_the_rest():
    """Where lines are far apart and the paper bends, the search finds another line first."""
    sheet = sheet_of("rose", (148.0, 210.0), seed=1077)
    scene = Scene(
        px_per_mm=13.54, turn=262.02, tilt=0.1417, lens=(0.0374, 0.0124), curl_mm=1.826, light=0.265,
        shadow=0.45, grain=0.015, noise=0.0187, blur_px=0.569, jpeg=93, opacity=0.857,
        width_varies=0.154, seed=1077,
    )  # fmt: skip
    gone = remove(sheet.lines, np.random.default_rng(1077))
    photo = taken(sheet, gone, scene)
    found = examine(sheet, photo.picture)
    assert set(found.missing.strokes.tolist()) <= {stroke for stroke, _, _ in gone}
    places = found.placement.pixels(sheet.lines.points) - photo.place(sheet.lines.points)
    assert np.percentile(np.hypot(*places.T), 99) < 0.5 * found.placement.px_per_mm


def test_ink_beside_its_place_is_not_missing():
    """The paper has slipped while two strokes were drawn; two others were not drawn."""
    slopes = np.random.default_rng(3).uniform(-2, 2, 16)
    lines = [
        np.array([(8, 10 + 5.5 * k), (66, 10 + 5.5 * k + slope)]) for k, slope in enumerate(slopes)
    ]
    sheet = sheet_with(lines)
    lines[4], lines[10] = lines[4] + (0, 0.6), lines[10] - (0, 0.6)
    slipped = sheet_with(lines)
    found = examine(sheet, taken(slipped, [(7, 0.0, 58.0), (13, 0.0, 58.0)], Scene()).picture)
    assert set(found.missing.strokes) == {7, 13}
    assert set(found.unsure.strokes) == {4, 10}


def drawscape(*arguments):
    return CliRunner().invoke(root, [str(one) for one in arguments])


@pytest.fixture
def plot(home):
    """A plot of a sheet on a simulator, not started."""
    add_device("desk", "simulator", "10x", None)
    return Plot.create(documented(sheet_of("truchet")), "desk", drawing="truchet.svg")


def bomb(side):
    """Return a PNG that says it has `side` x `side` pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_what_does_not_show_the_sheet_is_refused_in_one_sentence(plot, home):
    sheet = sheet_of("truchet")
    good = taken(sheet, [], Scene(turn=3, px_per_mm=10)).picture
    table = np.random.default_rng(0).normal(120, 10, (900, 1200, 3)).clip(0, 255).astype(np.uint8)
    wrong = sheet_of("tone_hatching")
    pictures = {
        "no sheet": (table, "not found"),
        "half": (good[: good.shape[0] // 2], "not found|outside"),
        "wrong plot": (taken(wrong, [], Scene()).picture, "not found"),
        "mirrored": (good[:, ::-1], "mirrored"),
        "small": (cv2.resize(good, (200, 280)), "200 x 280 pixels, too few"),
    }
    no_picture = {
        "text.jpg": b"no picture",
        "empty.jpg": b"",
        "sheet.pdf": b"%PDF-1.7",
        "photo.cr2": b"II*\0",
    }
    files = {name: (data, "is not a picture") for name, data in no_picture.items()}
    files["bomb.png"] = bomb(50_000), "too large; give"
    files["large.png"] = bomb(12_000), "too large with 12000 x 12000 pixels"
    for name, (picture, words) in pictures.items():
        data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
        files[f"{name}.png"] = data, words
    for name, (data, words) in files.items():
        (home / name).write_bytes(data)
        result = drawscape("plots", "heal", plot.id, "--photo", home / name)
        assert isinstance(result.exception, PhotoError), (name, result.output)
        sentence = str(result.exception)
        assert any(word in sentence for word in words.split("|")), (name, sentence)
        assert "\n" not in sentence


def test_a_person_takes_out_and_adds_before_anything_is_plotted(plot, home):
    sheet = sheet_of("truchet")
    lengths = sheet.lines.lengths_mm
    first, second, whole = np.flatnonzero(lengths > 6)[[3, 40, 80]].tolist()
    gone = [(first, 1.0, 5.0), (second, 0.0, float(lengths[second]))]
    photo = home / "sheet.jpg"
    shot = taken(sheet, gone, Scene(turn=2))
    shot.save(photo)
    told = json.loads(drawscape("plots", "heal", plot.id, "--photo", photo, "--json").stdout)
    assert {row["stroke"] for row in told["missing"]} == {first + 1, second + 1}
    assert np.abs(told["sheet"]["corners_px"] - shot.place(sheet.corners)).max() < 10
    assert told["sheet"]["error_mm"] < 0.3
    row = next(row for row in told["missing"] if row["stroke"] == first + 1)
    ends = stretches(sheet.lines, np.array([first]), np.array([1.0]), np.array([5.0]))
    assert np.abs(np.array(row["points"])[[0, -1]] - ends.points[[0, -1]]).max() < 0.5
    corners = " ".join(f"{x:.0f},{y:.0f}" for x, y in told["sheet"]["corners_px"])
    words = ("--photo", photo, "--corners", corners, "--take-out", second + 1, "--add", whole + 1)
    given = drawscape("plots", "heal", plot.id, *words, "--json", "--yes")
    made = find_plot(json.loads(given.stdout)["plot"])
    assert (made.as_dict()["heals"], made.strokes) == (plot.id, 2)
    lengths_mm = sorted(made.plan.lines.lengths_mm)
    assert lengths_mm == pytest.approx(sorted([5.0, lengths[whole]]), abs=0.6)
    assert (plot.folder / "marked.jpg").stat().st_size > 10_000


@pytest.mark.nightly
def test_a_pen_that_ran_dry_is_healed(bench, home):
    desk = bench("grbl", GrblEmulator, scale=200.0)
    sheet = sheet_of("schotter")
    plot = desk.plot(documented(sheet), drawing="schotter.svg")
    assert desk.run(plot) == "done"
    carriage = desk.emulator.carriage
    drawn = page_lines(carriage.strokes)
    written = stretch_of(drawn, 0.7 * drawn.lengths_mm.sum())  # the pen is dry from here on
    scene = Scene(turn=4)
    shot = photograph(written, np.zeros(len(written), int), PAGE, [((20, 20, 20), 0.3)], scene)
    told = examine_photograph(plot.id, str(shot.save(home / "dry.jpg")))
    begun = len(carriage.strokes)
    healing = heal_plot(plot, told["missing"])
    assert desk.run(healing) == "done"
    added = page_lines(carriage.strokes[begun:])
    lines = [shapely.LineString(line) for line in [*written, *added] if len(line) > 1]
    near = shapely.union_all(lines).buffer(0.15)
    wanted = [shapely.LineString(line) for line in plot.plan.lines]
    left = [shape.difference(near).length for shape in wanted]
    assert max(left) < 3  # shorter gaps are not looked for
    assert sum(left) < 0.01 * sum(line.length for line in wanted)
    twice = written.lengths_mm.sum() + added.lengths_mm.sum() - plot.plan.lines.lengths_mm.sum()
    assert twice < 1.5 * len(added)  # half a millimetre at both ends


def page_lines(strokes):
    """Return what a carriage has drawn in mm of the page, whose y points down."""
    lines = [np.array(stroke) * (1, -1) + (0, PAGE[1]) for stroke in strokes if len(stroke) > 1]
    return Lines.of(lines)


def stretch_of(lines, length_mm):
    """Return the first `length_mm` of lines, as they were drawn."""
    ends = np.minimum(np.cumsum(lines.lengths_mm), length_mm)
    some = np.diff(ends, prepend=0.0)
    which = np.flatnonzero(some > 0)
    return stretches(lines, which, np.zeros(len(which)), some[which])


def test_light_ink_is_judged_by_the_light_that_it_adds():
    """A pixel that half of a white stroke covers keeps half of its light: 186 of 255 in a camera's tones."""
    assert negative(np.array([0, 186, 255])).tolist() == [255, 128, 0]


KINDS = ["sheet.jpg", "sheet.heic", "sheet.webp", "grey.png", "16 bits.png", "grey 16 bits.png", "CMYK.jpg",
         "clear.png", "turned.jpg"]  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_any_kind_of_picture_shows_the_same(name, tmp_path):
    across = np.tile(np.linspace(255, 0, 700), (610, 1))
    picture = np.stack([across] * 3, axis=2).astype(np.uint8)
    made, options = Image.fromarray(picture), {}
    if "16" in name:
        grey = "grey" in name
        cv2.imwrite(
            str(tmp_path / name), (picture[..., 0] if grey else picture).astype(np.uint16) * 257
        )
    else:
        if name == "clear.png":  # white is only there as nothing
            made = Image.merge(
                "RGBA", [Image.new("L", made.size)] * 3 + [ImageOps.invert(made.convert("L"))]
            )
        elif name == "turned.jpg":
            made, options["exif"] = made.rotate(90, expand=True), Image.Exif()
            options["exif"][0x112] = 6
        modes = {"grey": "L", "CMYK": "CMYK"}
        made.convert(modes.get(name.split(".")[0], made.mode)).save(tmp_path / name, **options)
    seen = load(tmp_path / name).astype(int)
    assert seen.shape == picture.shape
    assert np.abs(seen - picture).max() < 12
