"""Whether two drawings are the same ink: each line of one lies on the other's, and the other way round."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drawscape.catalogue.redraw import Sameness, compare_again, reasons_between, same_ink
from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines

SQUARE = [[(10, 10), (30, 10), (30, 30)], [(5, 40), (45, 40)]]


def page(*lines: Any, color: str = "black") -> Document:
    layer = Layer("pen", color, 0.3, Lines.of([np.array(line, float) for line in lines]))
    return Document(50, 50, (layer,))


def moved(by: float) -> list[Any]:
    return [[(x, y + by) for x, y in line] for line in SQUARE]


SAME = {
    "reversed": [line[::-1] for line in SQUARE],
    "in another order": SQUARE[::-1],
    "cut in two": [[(10, 10), (30, 10)], [(30, 10), (30, 30)], SQUARE[1]],
    "moved by less than a pen's width": moved(0.04),
    "drawn twice": [*SQUARE, SQUARE[0]],
}
OTHER = {
    "moved": moved(0.08),
    "one line more": [*SQUARE, [(20, 20), (21, 20)]],
    "one dot more": [*SQUARE, [(20, 20)]],
    "a little longer": [SQUARE[0], [(5, 40), (45.1, 40)]],
    "a spike": [SQUARE[0], [(5, 40), (20.2, 40), (20.25, 41), (20.3, 40), (45, 40)]],
    "nothing": [],
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_ink_in_another_way_is_the_same(name):
    assert same_ink(page(*SQUARE), page(*SAME[name]))
    assert same_ink(page(*SAME[name]), page(*SQUARE))


@pytest.mark.parametrize("name", OTHER)
def test_more_or_less_ink_differs_whichever_comes_first(name):
    assert not same_ink(page(*SQUARE), page(*OTHER[name]))
    assert not same_ink(page(*OTHER[name]), page(*SQUARE))


def test_another_pen_differs():
    assert not same_ink(page(*SQUARE), page(*SQUARE, color="red"))


def test_what_differs_is_named(drawn):
    now = drawn("squiggles").provenance
    assert reasons_between(now, now) == ()
    versions = {**now.versions, "numpy": "0.9"}
    assert reasons_between(replace(now, versions=versions), now) == (
        f"numpy 0.9, now {now.versions['numpy']}",
    )
    assert reasons_between(replace(now, version="0.1"), now) == (
        f"drawscape 0.1, now {now.version}",
    )
    assert reasons_between(replace(now, code="other"), now) == ("the sketch's code",)
    other = replace(now, reads={"p.png": "other"})
    assert reasons_between(now, other) == ("the file 'p.png'",)


def test_a_file_that_was_edited_is_compared_by_its_ink(drawn):
    drawing = drawn("spiral")
    assert compare_again(drawing.path).sameness is Sameness.BYTES
    text = drawing.path.read_text()
    drawing.path.write_text(text.replace("</svg>", "\n</svg>"))
    comparison = compare_again(drawing.path)
    assert str(comparison) == "same ink within 0.05 mm, because of: the file was edited"
    (group,) = re.findall(r"</g>\s*</svg>", text)
    for line in ('<path d="M1 1H9" stroke="black"/>', '<path d="M20 1H29" stroke="black"/>'):
        drawing.path.write_text(text.replace(group, line + group))
        assert compare_again(drawing.path).sameness is Sameness.DIFFERS
    shape = re.search(r"<(polyline|path)\b[^>]*/>", text)
    assert shape is not None
    drawing.path.write_text(text.replace(shape[0], ""))
    assert compare_again(drawing.path).sameness is Sameness.DIFFERS
