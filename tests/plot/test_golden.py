"""Every exporter against a golden file in `tests/golden/export`, byte for byte: commands, feeds, caps, units.

PDF is kept with its content as text and without what depends on how zlib compresses: the length and
the places of its objects, which `test_export.py` follows. After a change that is meant:

pytest tests/plot/test_golden.py --regenerate-golden

and look at what changed: the files are text.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from difflib import unified_diff

import pytest
from golden_support import FOLDER

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.plot.export.gcode import PROFILES, to_gcode
from drawscape.plot.export.hpgl import to_hpgl
from drawscape.plot.export.pdf import to_pdf
from drawscape.plot.export.svg import to_svg

EXPORT = FOLDER / "export"
DOT, TRIANGLE = [[60.25, 50.5]] * 2, [[100, 50], [140, 50], [120, 84.64], [100, 50.0]]
OPEN = [[50, 120], [90.126, 100.4], [130, 120], [170, 100.4]]
Z_AXIS_IN_INCHES = replace(PROFILES["z-axis"], units="in", decimals=4)


def drawing(first="!2+S30+H60+D500+P2 red (broad)", second="fine"):
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


WRITERS: dict[str, Callable[[Document], bytes]] = {
    "grbl.gcode": lambda document: gcode(PROFILES["servo"], document),
    "marlin.gcode": lambda document: gcode(PROFILES["marlin-servo"], document),
    "z-axis-inches.gcode": lambda document: gcode(Z_AXIS_IN_INCHES, document),
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
    written = WRITERS[name](drawing())
    if request.config.getoption("--regenerate-golden"):
        EXPORT.mkdir(exist_ok=True)
        (EXPORT / name).write_bytes(written)
    assert not differences(name, written)


def test_there_is_no_golden_file_of_an_exporter_that_is_gone():
    assert {file.name for file in EXPORT.iterdir()} == set(WRITERS)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("grbl.gcode", b"F3000", b"F3001"),
        ("grbl.gcode", b"G21\n", b""),
        ("marlin.gcode", b"G4 P500\n", b"G4 P0.5\n"),
        ("z-axis-inches.gcode", b"G20\n", b"G21\n"),
        ("z-axis-inches.gcode", b"G0 Z0.19685", b"G0 Z5"),
        ("hp7475a.hpgl", b"VS11;", b"VS12;"),
        ("hp7475a.hpgl", b"SP0;", b""),
        ("drawing.pdf.txt", b"1 J", b"0 J"),
        ("drawing.svg", b'stroke-linecap="round"', b'stroke-linecap="butt"'),
    ],
)
def test_the_comparison_sees_one_changed_word(name, old, new):
    written = WRITERS[name](drawing())
    assert old in written
    assert differences(name, written.replace(old, new, 1))


def test_hpgl_leaves_out_pause_delay_and_height_which_have_no_common_command():
    assert to_hpgl(drawing("!2+H60+D500 red")) == to_hpgl(drawing("2 red"))
