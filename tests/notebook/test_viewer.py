"""What the viewer is handed gives the drawing back, pen by pen, in plotting order."""

import numpy as np
import pytest

from drawscape.drawing.document import Document, Layer
from drawscape.errors import ParameterError
from drawscape.geometry.lines import Lines
from drawscape.notebook.viewer import QUICK_POINTS, Viewer, document_of, view
from drawscape.plot import statistics
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


def test_the_lines_come_back_within_half_a_unit_in_their_order() -> None:
    original, _ = document_of(draw("flow_field", 210, 297, spacing=4))
    data = drawing_data(original)
    assert [entry["name"] for entry in data.header["layers"]] == [x.name for x in original.layers]
    for number, layer in enumerate(original.layers):
        lines = decoded(data, number)
        assert np.array_equal(lines.offsets, layer.lines.offsets)
        assert np.abs(lines.points - layer.lines.points).max() <= 0.5 / 100 + 1e-9
    points = sum(len(layer.lines.points) for layer in original.layers)
    assert sum(map(len, data.buffers)) < 4.5 * points


def test_a_leap_across_a_large_sheet_takes_wider_numbers() -> None:
    far = Layer("far", "#000", 0.5, Lines.of([[[0, 0], [800.0, 1100.0]], [[1.0, 2.0], [1.5, 2.0]]]))
    near = Layer("near", "#c00", None, Lines.of([[[0, 0], [8.0, 11.0]]]))
    data = drawing_data(document(far, near))
    assert [entry["wide"] for entry in data.header["layers"]] == [True, False]
    assert np.allclose(decoded(data, 0).points, far.lines.points)
    assert [entry["width_mm"] for entry in data.header["layers"]] == [0.5, 0.3]


def test_the_time_of_each_pen_is_that_of_the_statistics() -> None:
    original, _ = document_of(draw("flow_field", 105, 148, spacing=4))
    seconds = [entry["seconds"] for entry in drawing_data(original).header["layers"]]
    assert seconds == [figures.seconds for figures in statistics(original)[:-1]]


def test_an_empty_layer_is_nothing_to_draw_and_no_error() -> None:
    data = drawing_data(document(Layer("none", "#000", 0.3, Lines.empty())))
    assert data.buffers == [b"", b""]


def test_a_viewer_keeps_its_lines_out_of_the_notebook_and_sends_them_to_each_page() -> None:
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


def test_a_view_leaves_a_picture_in_the_saved_notebook() -> None:
    shown = view(draw("hilbert", 105, 148), title="a curve")
    shown.begin_saving()
    assert '<img src="data:image/webp;base64,' in shown.saved.html
    assert "a curve" in shown.saved.html
    assert len(shown.saved.html) < 200_000


def test_a_large_view_leaves_its_picture_at_once_where_there_is_no_page_to_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = np.random.default_rng(1).uniform(10, 90, (QUICK_POINTS + 1, 2))
    large = Document(100, 100, (Layer("pen", "black", 0.3, Lines.of([points])),))
    monkeypatch.setenv("JPY_SESSION_NAME", "large.ipynb")
    shown = view(large)
    shown.begin_saving()
    assert not shown.saved.has_picture
    monkeypatch.delenv("JPY_SESSION_NAME")
    shown.begin_saving()
    assert shown.saved.has_picture


def test_what_is_no_drawing_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"nowhere.svg.*there is no such file"):
        view("nowhere.svg")


def test_a_leap_to_the_left_is_as_wide_as_one_to_the_right() -> None:
    lines = Lines.of([[[100.0, 10.0], [300.0, 10.0]], [[-100.0, 10.0], [0.0, 10.0]]])
    data = drawing_data(document(Layer("left", "#000", 0.3, lines)))
    assert np.allclose(decoded(data, 0).points, lines.points)
