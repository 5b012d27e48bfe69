"""Our corpus, read and laid over what resvg makes of it: right, or reported in so many words."""

import io

import numpy as np
import pytest
from svg_reader.corpus import CORPUS, HEAD

from drawscape.svg.read import read_svg

resvg_py = pytest.importorskip("resvg_py")
Image = pytest.importorskip("PIL.Image")

ZOOM = 2
NEAR = 2
"""Pixels, of 400 to the page: 1/200 of it."""

CASES = {
    f"{category}-{name}": (case,) if isinstance(case, str) else case
    for category, cases in CORPUS.items()
    for name, case in cases.items()
}
NOTED = [name for name, (_, *more) in CASES.items() if more and more[0]]
RIGHT = [name for name in CASES if name not in NOTED]


def ink(svg):
    options = {"zoom": ZOOM, "dpi": 96, "languages": ["en"], "skip_system_fonts": True}
    picture = resvg_py.svg_to_bytes(svg_string=svg, **options)
    image = Image.open(io.BytesIO(bytes(picture))).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(paper, image).convert("L")) < 200


def drawn(document):
    """The lines that were read, each as wide as its pen."""
    parts = []
    for layer in document.layers:
        width = (layer.width_mm or 25.4 / 96) * 96 / 25.4
        for line in layer.lines:
            points = " ".join(f"{x:.4f},{y:.4f}" for x, y in (line * 96 / 25.4).tolist())
            cap = "round" if (line == line[0]).all() else "butt"  # a pen makes a dot of a point
            style = f'stroke-width="{width}" stroke-linecap="{cap}"'
            parts.append(f'<polyline points="{points}" {style}/>')
    return ink(f"{HEAD}{''.join(parts)}</svg>")


def spread(pixels, by=NEAR):
    wide = pixels.copy()
    for _ in range(by):
        grown = wide.copy()
        grown[1:] |= wide[:-1]
        grown[:-1] |= wide[1:]
        grown[:, 1:] |= wide[:, :-1]
        grown[:, :-1] |= wide[:, 1:]
        wide = grown
    return wide


def agree(one, other):
    """Whether 97 % of each one's ink is near the other's."""
    if not one.any() or not other.any():
        return not one.any() and not other.any()
    return all((a & spread(b)).sum() >= 0.97 * a.sum() for a, b in ((one, other), (other, one)))


@pytest.mark.parametrize("name", RIGHT)
def test_a_file_is_drawn_as_on_a_screen_and_nothing_is_said_of_it(name):
    body, *rest = CASES[name]
    meant = rest[1] if rest else body
    document = read_svg(f"{HEAD}{body}</svg>")
    assert document.unsupported == ()
    assert agree(ink(f"{HEAD}{meant}</svg>"), drawn(document))


@pytest.mark.parametrize("name", NOTED)
def test_what_vanishes_or_changes_is_noted(name):
    body, note = CASES[name]
    notes = read_svg(f"{HEAD}{body}</svg>").unsupported
    assert [n for n in notes if "single-line font" not in n] == [note]


@pytest.mark.parametrize("shift", [0, 5])
def test_the_judge_can_report_a_shifted_line(shift):
    line = f"{HEAD}<path d='M20,{{}}H180' stroke-width='1'/></svg>"
    assert agree(ink(line.format(100)), ink(line.format(100 + shift))) is (shift == 0)
