"""Our corpus, read and laid over what resvg makes of it: right, reported, or wrong without a word."""

import functools
import io
from collections import Counter

import numpy as np
import pytest
from support import sampled
from svg_reader.corpus import CLIPPING, CORPUS, HEAD, MORE_CLIPPING
from svg_reader.corpus_more import EQUIVALENT, MORE, MORE_PAINTING, NOTED_MORE, PAINTING

from drawscape.svg.read import read_svg

resvg_py = pytest.importorskip("resvg_py")
Image = pytest.importorskip("PIL.Image")

ZOOM = 2
NEAR = 2
"""Pixels, of 400 to the page: 1/200 of it."""

BODIES = {
    (category, name): body
    for corpus in (CORPUS, PAINTING, CLIPPING, MORE, MORE_PAINTING, MORE_CLIPPING)
    for category, cases in corpus.items()
    for name, body in cases.items()
}
CASES = list(BODIES)

NOTED = {
    **NOTED_MORE,
    "painting-transparent": "what is fully transparent is not drawn",
    "painting-rgba-zero": "what is fully transparent is not drawn",
    "painting-opacity-zero": "what is fully transparent is not drawn",
    "structure-opacity-zero": "what is fully transparent is not drawn",
    "painting-fill-transparent": "what is fully transparent is not drawn (2 times)",
    "painting-text-transparent": "text that is fully transparent is not drawn",
    "painting-no-server": "the paint 'url(#no)' is not in the file; nothing is drawn with it",
    "painting-server-is-none": "the paint 'url(#q)' is not in the file; nothing is drawn with it",
    "painting-gradient": "gradients are drawn in the colour of their darkest stop",
    "painting-pattern": "patterns of strokes are not drawn; the stroke is drawn in one colour",
    "clipping-group-in-clip": "<g> in a clip path is ignored; only shapes and <use> clip",
    "masking-grey": "soft masks are applied hard: lines are let through or cut",
    "masking-grey-by-name": "soft masks are applied hard: lines are let through or cut",
    "masking-translucent": "soft masks are applied hard: lines are let through or cut",
    "masking-translucent-used": "soft masks are applied hard: lines are let through or cut",
    "masking-alpha-half": "soft masks are applied hard: lines are let through or cut",
    "masking-gradient": "soft masks are applied hard: lines are let through or cut",
    "shapes-path-arc-same-point": "strokes without length are drawn as dots, whatever their caps",
    "css-import": "the style rule '@import url(x.css)' is not applied",
}
"""What the report says of drawings in which something vanishes or changes."""

REPORTED = {
    "others-text", "others-image", "others-foreign", "others-filter",
    "transform-malformed", "css-media", "structure-use-loop", "markers-loop", "shapes-path-error",
    "shapes-polyline-odd", "painting-white", *NOTED,
}  # fmt: skip
"""What the reader may report: substitutes, errors in the file, what no pen can do."""


def ink(svg):
    picture = resvg_py.svg_to_bytes(
        svg_string=svg, zoom=ZOOM, dpi=96, languages=["en"], skip_system_fonts=True
    )
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
    return bool(
        (one & spread(other)).sum() >= 0.97 * one.sum()
        and (other & spread(one)).sum() >= 0.97 * other.sum()
    )


@functools.cache
def verdict(category, name):
    body = BODIES[category, name]
    document = read_svg(f"{HEAD}{body}</svg>")
    meant = EQUIVALENT.get(f"{category}-{name}", body)
    if agree(ink(f"{HEAD}{meant}</svg>"), drawn(document)):
        return "right", document
    return "reported" if document.unsupported else "silent", document


@pytest.mark.parametrize(("category", "name"), sampled(CASES, 2))
def test_nothing_is_wrong_without_a_word(category, name):
    found, document = verdict(category, name)
    assert found != "silent"
    if f"{category}-{name}" not in REPORTED:
        assert (found, document.unsupported) == ("right", ())


@pytest.mark.parametrize(("case", "note"), NOTED.items())
def test_what_vanishes_or_changes_is_noted(case, note):
    category, _, name = case.partition("-")
    notes = read_svg(f"{HEAD}{BODIES[category, name]}</svg>").unsupported
    assert [n for n in notes if "single-line font" not in n] == [note]


@pytest.mark.nightly
def test_nineteen_of_twenty_are_right_and_most_of_each_category():
    found = Counter((category, verdict(category, name)[0]) for category, name in CASES)
    cases = Counter(category for category, _ in CASES)
    assert len(CASES) >= 260
    assert sum(found[category, "right"] for category in cases) / len(CASES) >= 0.97, found
    for category in cases.keys() - {"others"}:
        assert found[category, "right"] / cases[category] >= 0.9, category
        assert found[category, "silent"] == 0


@pytest.mark.parametrize("shift", [0, 5])
def test_the_judge_can_report_a_shifted_line(shift):
    line = f"{HEAD}<path d='M20,{{}}H180' stroke-width='1'/></svg>"
    assert agree(ink(line.format(100)), ink(line.format(100 + shift))) is (shift == 0)
