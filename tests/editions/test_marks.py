"""What the pen writes on a sheet: where, and that a telephone reads the glyph."""

from contextlib import nullcontext
from dataclasses import replace

import cv2
import numpy as np
import pytest
import zxingcpp
from support import rounds

from drawscape.drawing.document import Document, Layer
from drawscape.editions.marks import Terms, back_of, glyph_lines, marked
from drawscape.errors import EditionError
from drawscape.geometry.lines import Lines, resample
from drawscape.sketches import draw

PX = 16.0  # of a millimetre, in the drawn sheet


def photograph(lines, pen_mm, rng, *, is_dark=False, side_mm=40.0):
    """Return grey pixels of a corner of a sheet: bent strokes, perspective, shade, blur, noise, JPEG."""
    size = round(side_mm * PX)
    ink = np.zeros((size, size), np.uint8)
    for line in resample(lines, 1.0):
        wobbled = line + 8.0 + rng.normal(0, 0.03, line.shape)
        width = max(1, round((pen_mm + rng.normal(0, 0.02)) * PX))
        cv2.polylines(ink, [np.rint(wobbled * PX).astype(np.int32)], False, 255, width, cv2.LINE_AA)
    paper, pen = (30.0, 225.0) if is_dark else (235.0, 40.0)
    picture = paper + (pen - paper) * ink / 255.0
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    scale = rng.uniform(8, 14) / PX
    turn = np.radians(rng.uniform(-40, 40))
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, size / 2)
    moved = (corners - middle) @ matrix.T * rng.uniform(0.88, 1.0, (4, 1)) + 500
    warp = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(picture, warp, (1000, 1000), borderValue=paper)
    across = np.linspace(rng.uniform(0.6, 1.0), rng.uniform(0.6, 1.0), 1000)
    seen = cv2.GaussianBlur(seen * across, (0, 0), rng.uniform(0.5, 1.5))
    seen = seen + rng.normal(0, 5, seen.shape)
    _, packed = cv2.imencode(".jpg", np.clip(seen, 0, 255).astype(np.uint8), [1, 70])
    return cv2.imdecode(packed, 0)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("pen_mm", [0.3, 0.5])
def test_a_telephone_reads_the_glyph(pen_mm, is_dark):
    rng, count, read = np.random.default_rng(round(10 * pen_mm)), rounds(4, 400), 0
    for number in range(count):
        text = f"{number + 1}/{count} {number:012X}"
        lines, side_mm, _ = glyph_lines(text, pen_mm, on_dark=is_dark)
        found = zxingcpp.read_barcodes(photograph(lines, pen_mm, rng, is_dark=is_dark))
        read += [one.text for one in found] == [text]
    assert side_mm < 24
    assert read >= 0.99 * count


PAGES = {"A6": (105, 148), "A5": (148, 210), "A3": (297, 420)}
SIGNED = '<svg xmlns="http://www.w3.org/2000/svg" width="30mm" height="9mm" viewBox="0 0 30 9">\
<path d="M1 8 C8 -8 9 14 14 4 S20 8 29 2" fill="none" stroke="black"/></svg>'


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("sketch", ["schotter", "harmonograph", "flow_field"])
def test_no_mark_meets_the_drawing_or_leaves_the_paper(page, sketch):
    width, height = PAGES[page]
    document = draw(sketch, width, height, seed=3).document()
    terms = Terms(title="Gravel", year=2025, signature=SIGNED, glyph=page == "A3")
    marks = marked(document, terms, "7/30", "0a1b2c3d4e5f6789").lines
    drawn = {line.tobytes() for line in document.lines}
    new = Lines.of([line for line in marks if line.tobytes() not in drawn])
    left, top, right, bottom = new.bounds
    assert left >= 2.5, new.bounds
    assert top >= 2.5, new.bounds
    assert right <= width - 2.5, new.bounds
    assert bottom <= height - 2.5, new.bounds
    box = document.lines.bounds
    assert [left, right] == pytest.approx([box[0], box[2]], abs=1.5)  # as wide as the picture
    ink = resample(document.lines, 0.5).points
    gap = np.maximum(np.abs(ink[:, 1] - np.clip(ink[:, 1], top, bottom)), 0)
    assert gap.min() >= 0.9
    back = back_of(document, Terms(title="Gravel", glyph=True), "7/30", "0a1b2c3d4e5f6789")
    assert len(back.lines) > 100


def test_the_row_is_above_the_drawing_where_there_is_no_room_below():
    layer = Layer("pen 1", "black", 0.3, Lines.of([[(15, 40), (90, 146)]]))
    document = Document(105, 148, (layer,))
    made = marked(document, Terms(title="Gravel"), "1/2", "")
    assert made.lines.points[2:, 1].max() < 39


@pytest.mark.parametrize(("paper", "margin"), [("white", 19), ("black", 21)])
def test_a_glyph_has_room_in_the_margin_that_the_guide_names(paper, margin):
    for wide, needed in ((margin, None), (margin - 1, "no room in the margin")):
        document = replace(draw("flow_field", 148, 210, margin=wide).document(), paper_color=paper)
        with pytest.raises(EditionError, match=needed) if needed else nullcontext():
            marked(document, Terms(glyph=True), "7/30", "0a1b2c3d4e5f6789")
