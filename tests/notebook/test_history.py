"""The history, and the viewer of one drawing."""

import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support import wait_until

from drawscape.catalogue import drawings
from drawscape.drawing.document import Document, Layer
from drawscape.errors import DrawscapeError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.notebook import contact_sheet, history, variations
from drawscape.notebook.job_states import state_of
from drawscape.notebook.viewer import Viewer, compare, document_of
from drawscape.plot.formats import EXPORTERS
from drawscape.sketches import draw
from drawscape.tasks.drawing import generate_complex_svg
from drawscape.viewer.drawing_data import DrawingData, drawing_data

pytestmark = pytest.mark.usefixtures("consumer")


def test_a_page_gets_all_tiles_and_then_what_changes(monkeypatch):
    made = contact_sheet("phyllotaxis", 3, paper="A7", margin=4)  # nobody else's, with its stars
    made.wait(60)
    came = []
    monkeypatch.setattr(made, "send", came.append, raising=False)
    made.star("0", 1)
    assert came == []  # nothing is sent before a page is there
    made.act("ready")
    (tiles,) = (content["tiles"] for content in came)
    assert [tile["id"] for tile in tiles] == ["0", "1", "2"]
    assert all(tile["url"].startswith("data:image/png;") for tile in tiles)
    made.act("star", "1", 4)
    (tile,) = came[1]["tiles"]
    assert (tile["id"], tile["stars"]) == ("1", 4)
    assert tile["number"] > max(one["number"] for one in tiles)
    assert made.drawings[1].stars == 4
    made.act("inspect", "9")
    assert made.note == "this drawing is not finished; wait for its picture"


def test_a_late_state_of_a_job_never_replaces_a_newer_one():
    made = contact_sheet("phyllotaxis", [50], paper="A7")
    early = state_of(made.jobs[0])
    made.wait(60)
    (cell,) = made.cells.values()
    wait_until(lambda: cell.state is not None and cell.state.ended, "the end")
    assert not cell.show(early)
    assert cell.status == "finished"
    wait_until(lambda: made.tiles[0]["state"] == "finished", "its tile")


def test_drawings_are_rated_rejected_compared_exported_and_drawn_larger():
    made = contact_sheet("phyllotaxis", range(3), paper="A7")
    made.wait(60)
    made.star([1], 4)
    made.reject(0)
    made.reject(0, 1)  # the other, too
    assert [one.tags for one in made.drawings] == [("rejected",), ("rejected",), ()]
    made.reject(0, 1)
    with pytest.raises(DrawscapeError, match="choose two drawings"):
        made.compare()
    made.choose(1, 2)
    assert repr(made.compare()) == "<Comparison: 2 drawings compared>"
    assert made.below
    made.close_below()
    assert made.below == ""
    assert made.open_form().values["seed"] == 1
    made.tag("for May")
    assert [drawing.tags for drawing in made.chosen] == [("for May",)] * 2
    assert [path.suffix for path in made.export("gcode")] == [".gcode", ".gcode"]
    offered = [name for _, name in made.exports]
    assert offered == [name for _, name in made.open_form().schema["exports"]] == [*EXPORTERS]


def test_a_closed_board_waits_for_its_drawings_still():
    made = contact_sheet("phyllotaxis", range(60, 63), paper="A7")
    made.close()
    assert made.comm is None
    assert made.wait(60).captions == ["seed 60", "seed 61", "seed 62"]


def test_the_history_filters_pages_and_shows_what_others_do():
    variations("gradients", margin=[3, 4, 5], paper="A7").wait(60)
    seen = history("gradients")
    assert seen.status == "3 drawings"
    first = seen.drawings[0]
    first.star(5)
    wait_until(lambda: seen.tiles[0]["stars"] == 5, "the star of another")
    seen.filter(stars=4)
    assert seen.status == "1 drawing"
    assert history("gradients", stars=(3, None)).status == "1 drawing"
    seen.filter(stars=0)
    first.tag("rejected")
    wait_until(lambda: seen.status == "2 drawings", "the rejected one to go")
    seen.filter(rejected=True)
    assert seen.status == "3 drawings"
    seen.act("find text", "no such")
    assert (seen.status, seen.tiles) == ("0 drawings", [])
    assert seen.empty == "No drawing fits these filters: take one away."
    seen.close()


def test_an_empty_history_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / ".drawscape").mkdir()
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    assert history().empty == 'Nothing is drawn yet: form("spiral") draws the first.'


def test_what_the_history_cannot_look_for_is_an_error_or_a_note_and_never_logged(caplog):
    with pytest.raises(UnknownNameError, match="unknown sketch 'nope'"):
        history("nope")
    with pytest.raises(UnknownNameError, match="petal"):
        history("gradients", petal=3)
    variations("schotter", vary={"columns": [4, 6]}, paper="A7").wait(60)
    seen = history("schotter", where={"columns": 6})
    assert seen.status == "1 drawing"
    seen.act("find sketch", "spiral")
    assert seen.note.startswith("unknown parameter or option 'columns'")
    seen.note = ""
    drawings("schotter")[0].star(2)
    wait_until(lambda: "'columns'" in seen.note, "the reader's next try")
    assert [record.getMessage() for record in caplog.records] == []
    seen.close()


def test_a_look_that_began_before_another_filter_is_not_shown_after_it():
    variations("guilloche", margin=[3, 4, 5], paper="A7").wait(60)
    seen = history("guilloche")
    for number in range(12):
        others = [threading.Thread(target=seen.refresh, daemon=True) for _ in range(3)]
        for other in others:
            other.start()
        seen.filter(text="" if number % 2 else "no such")
        for other in others:
            other.join(60)
        assert seen.status == ("3 drawings" if number % 2 else "0 drawings")
    seen.close()


def test_parameters_with_the_names_of_options_go_into_vary():
    made = variations("schotter", vary={"columns": [5, 7]}, seed=[1, 1, 1], paper="A7")
    assert len(made.jobs) == 2  # one for each recipe
    made.wait(60)
    assert made.status == "6 drawings"
    assert [d.parameters["columns"] for d in made.drawings] == [5, 5, 5, 7, 7, 7]


def test_traits_of_a_sheet_are_counted_over_its_seeds_and_found_in_the_history():
    def spots(svg, rng):
        svg.trait("density", "high" if rng.random() > 0.5 else "low").circle(30, 30, 9)

    made = contact_sheet(spots, 8, paper="A7")
    made.wait(60)
    counts = made.trait_counts()["density"]
    assert set(counts) == {"high", "low"}
    assert sum(counts.values()) == 8
    seen = history("spots", where={"density": "high"})
    assert len(seen.drawings) == counts["high"]
    assert "density high" in seen.tiles[0]["hint"]


def decoded(data, layer):
    """Return what viewer.js makes of a layer's two arrays."""
    kind = "<i4" if data.header["layers"][layer]["wide"] else "<i2"
    deltas = np.frombuffer(data.buffers[2 * layer], kind).reshape(-1, 2).astype(np.int64)
    counts = np.frombuffer(data.buffers[2 * layer + 1], "<u4").astype(np.int64)
    points = np.cumsum(deltas, axis=0) / data.header["units_per_mm"]
    return Lines(points, np.concatenate(([0], np.cumsum(counts))))


def document(*layers):
    return Document(210, 297, layers)


def test_the_lines_come_back_within_half_a_unit_in_their_order():
    original, *_ = document_of(draw("flow_field", 210, 297, spacing=4))
    data = drawing_data(original)
    assert [entry["name"] for entry in data.header["layers"]] == [x.name for x in original.layers]
    for number, layer in enumerate(original.layers):
        lines = decoded(data, number)
        assert np.array_equal(lines.offsets, layer.lines.offsets)
        assert np.abs(lines.points - layer.lines.points).max() <= 0.5 / 100 + 1e-9


def test_a_leap_across_a_large_sheet_comes_back_and_a_layer_without_a_pen_has_one():
    leap = Lines.of([[[0, 0], [800.0, 1100.0]], [[-100.0, 2.0], [1.5, 2.0]]])
    far = Layer("far", "#000", 0.5, leap)
    near = Layer("near", "#c00", None, Lines.of([[[0, 0], [8.0, 11.0]]]))
    data = drawing_data(document(far, near))
    assert np.allclose(decoded(data, 0).points, far.lines.points)
    layers = data.header["layers"]
    assert [(entry["width_mm"], entry["wide"]) for entry in layers] == [(0.5, True), (0.3, False)]


def test_a_viewer_keeps_its_lines_out_of_the_notebook_and_sends_them_to_each_page():
    sent = []

    class Recorded(Viewer):
        def send(self, content, buffers=None):
            sent.append((content, buffers))

    original, *_ = document_of(draw("spiral", 105, 148))
    viewer = Recorded(original, title="a spiral")
    assert len(repr(viewer.get_state())) < 60_000  # its code, and no lines
    assert sent == []  # there is no page that could receive it
    viewer._handle_custom_msg({"event": "ready"}, [])
    assert [content["drawings"][0]["title"] for content, _ in sent] == ["a spiral"]
    assert sent[0][1] == drawing_data(original).buffers
    viewer.show(original, title="again")
    assert sent[1][0]["drawings"][0]["title"] == "again"  # a page is there
    del sent[:]
    walks = np.cumsum(np.random.default_rng(1).normal(size=(1001, 1000, 2)), axis=1)
    viewer.show(document(Layer("large", "#000", 0.3, Lines.of(walks))))
    (rough, few), (whole, all_points) = sent
    assert [each["drawings"][0].get("rough") for each in (rough, whole)] == [True, None]
    assert sum(map(len, few)) < sum(map(len, all_points)) / 6
    first, last = (decoded(DrawingData(each["drawings"][0], its), 0) for each, its in sent)
    assert len(first) == len(last) == 1001
    assert np.array_equal(first.ends.round(1), last.ends.round(1))


def spirals(*turns):
    return [draw("spiral", 105, 148, turns=n, margin=9) for n in turns]


def test_drawings_are_compared_and_all_are_saved():
    wide = draw("spiral", 99.5, 148, turns=8, margin=9)
    shown = compare(*spirals(7), wide)
    heads = ["", "width 105, turns 7", "width 99.5, turns 8"]
    assert shown.differences == [heads, ["width", "105", "99.5"], ["turns", "7", "8"]]
    assert len(compare(*spirals(5, 5)).differences) == 1  # the heads
    sent = []
    shown.send = lambda content, buffers=None: sent.append(content)
    shown._handle_custom_msg({"event": "ready"}, [])
    assert [len(one["drawings"]) for one in sent] == [2]
    shown.enable_static_output()
    assert shown.static_html.count("<img") == 2
    assert len(shown.static_html) < 210_000


def test_the_history_turns_its_pages_and_stops_at_both_ends(monkeypatch):
    monkeypatch.setattr("drawscape.notebook.history_board.PAGE", 4)
    for seed in range(6):
        generate_complex_svg(40, 40, "cubic_disarray", seed=seed)
    seen = history("cubic_disarray")
    assert (seen.status, len(seen.tiles)) == ("1 to 4 of 6 drawings", 4)
    seen.turn(-1)
    seen.turn(-1)
    seen.turn(1)
    assert (seen.status, len(seen.tiles)) == ("5 to 6 of 6 drawings", 2)
    seen.turn(1)
    seen.turn(-1)
    assert len(seen.tiles) == 4
    seen.close()


def test_a_search_finds_settings_dates_and_words_that_look_like_settings():
    for tiles in (5, 7):
        generate_complex_svg(40, 40, "truchet", seed=tiles, tiles=tiles)
    seen = history("truchet")
    for words in ("tiles 7", "tiles=7", "seed: 7", "truchet seed 7"):
        seen.filter(text=words)
        assert [one.parameters["tiles"] for one in seen.drawings] == [7], words
    seen.filter(text="tiles 7, seed 5")
    assert len(seen.drawings) == 0
    drawings("truchet", tiles=5)[0].annotate("phase 7 of the wall")
    seen.filter(text="phase 7")
    assert [one.seed for one in seen.drawings] == [5]
    assert [tile["note"] for tile in seen.tiles] == ["phase 7 of the wall"]
    seen.choose(seen.order[0])
    seen.act("annotate", "")
    assert (seen.status, drawings("truchet", tiles=5)[0].note) == ("0 drawings", "")
    seen.filter(text="", since="1d")
    assert len(seen.drawings) == 2
    seen.filter(since=datetime.now(UTC) + timedelta(days=1))
    assert seen.status == "0 drawings"
    seen.close()
