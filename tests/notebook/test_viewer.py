"""What the viewer is handed gives the drawing back, pen by pen, in plotting order."""

from typing import Any

import numpy as np
import pytest

from drawscape.drawing.document import Document, Layer
from drawscape.errors import ParameterError
from drawscape.geometry.lines import Lines
from drawscape.notebook.viewer import Viewer, compare, document_of, view
from drawscape.sketches import draw
from drawscape.viewer import DrawingData, drawing_data


def decoded(data: DrawingData, layer: int) -> Lines:
    """Return what viewer.js makes of a layer's two arrays."""
    kind = "<i4" if data.header["layers"][layer]["wide"] else "<i2"
    deltas = np.frombuffer(data.buffers[2 * layer], kind).reshape(-1, 2).astype(np.int64)
    counts = np.frombuffer(data.buffers[2 * layer + 1], "<u4").astype(np.int64)
    points = np.cumsum(deltas, axis=0) / data.header["units_per_mm"]
    return Lines(points, np.concatenate(([0], np.cumsum(counts))))


def document(*layers: Layer) -> Document:
    return Document(210, 297, layers)


def test_the_lines_come_back_within_half_a_unit_in_their_order():
    original, _ = document_of(draw("flow_field", 210, 297, spacing=4))
    data = drawing_data(original)
    assert [entry["name"] for entry in data.header["layers"]] == [x.name for x in original.layers]
    for number, layer in enumerate(original.layers):
        lines = decoded(data, number)
        assert np.array_equal(lines.offsets, layer.lines.offsets)
        assert np.abs(lines.points - layer.lines.points).max() <= 0.5 / 100 + 1e-9
    points = sum(len(layer.lines.points) for layer in original.layers)
    assert sum(map(len, data.buffers)) < 4.5 * points


def test_a_leap_across_a_large_sheet_takes_wider_numbers():
    far = Layer(
        "far", "#000", 0.5, Lines.of([[[0, 0], [800.0, 1100.0]], [[-100.0, 2.0], [1.5, 2.0]]])
    )
    near = Layer("near", "#c00", None, Lines.of([[[0, 0], [8.0, 11.0]]]))
    data = drawing_data(document(far, near))
    assert [entry["wide"] for entry in data.header["layers"]] == [True, False]
    assert np.allclose(decoded(data, 0).points, far.lines.points)
    assert [entry["width_mm"] for entry in data.header["layers"]] == [0.5, 0.3]


def test_a_viewer_keeps_its_lines_out_of_the_notebook_and_sends_them_to_each_page():
    sent: list[tuple[dict, list[bytes]]] = []

    class Recorded(Viewer):
        def send(self, content, buffers=None):
            sent.append((content, buffers))

    original, _ = document_of(draw("spiral", 105, 148))
    viewer = Recorded(original, title="a spiral")
    assert len(repr(viewer.get_state())) < 60_000  # its code, and no lines
    assert sent == []  # there is no page that could receive it
    viewer._handle_custom_msg({"event": "ready"}, [])
    assert [content["drawings"][0]["title"] for content, _ in sent] == ["a spiral"]
    assert sent[0][1] == drawing_data(original).buffers
    viewer.show(original, title="again")
    assert sent[1][0]["drawings"][0]["title"] == "again"  # a page is there


def test_a_view_leaves_a_picture_in_the_saved_notebook():
    shown = view(draw("hilbert", 105, 148), title="a curve")
    shown.begin_saving()
    assert '<img src="data:image/webp;base64,' in shown.saved.html
    assert "a curve" in shown.saved.html
    assert len(shown.saved.html) < 200_000


def spirals(*turns: int) -> list[Any]:
    return [draw("spiral", 105, 148, turns=n, margin=9) for n in turns]


def test_drawings_are_compared_in_three_modes_and_all_are_saved():
    wide = draw("spiral", 99.5, 148, turns=8, margin=9)
    shown = compare(*spirals(7), wide)
    heads = ["", "drawing 1", "drawing 2"]
    assert shown.differences == [heads, ["width", "105", "99.5"], ["turns", "7", "8"]]
    assert compare(*spirals(5, 5)).differences == []
    sent: list[Any] = []
    shown.send = lambda content, buffers=None: sent.append(content)
    shown._handle_custom_msg({"event": "ready"}, [])
    for mode, count in (("overlay", 1), ("blink", 1), ("side by side", 2)):
        shown.mode = mode
        assert len(sent[-1]["drawings"]) == count
    colors = {layer["color"] for layer in sent[1]["drawings"][0]["layers"]}
    assert len(colors) == 2
    with pytest.raises(ParameterError, match="must be one of side by side, overlay, blink"):
        shown.mode = "dream"
    shown.begin_saving()
    assert shown.saved.html.count("<img") == 2
    assert len(shown.saved.html) < 210_000


@pytest.mark.parametrize("count", [1, 7])
def test_one_or_seven_are_not_compared(count):
    with pytest.raises(ParameterError, match="compare 2 to 6 of them"):
        compare(*spirals(*range(3, 3 + count)))
