"""A form enqueues real jobs for a real worker and shows what became of them."""

import json
import os
import threading
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Interval, doc
from support import send, wait_until

from drawscape.catalogue import drawings, find
from drawscape.durations import span_words
from drawscape.errors import UnknownNameError
from drawscape.job_manager import JobFailed, enqueue_background_job, list_jobs
from drawscape.machine.device import add_device
from drawscape.notebook import form, job_view, view
from drawscape.notebook.threads import EXPORTS, STATES, WORKERS
from drawscape.parameters import InputFile
from drawscape.pens import StoredPen, remove_pen, save_pen
from drawscape.plot import optimize, statistics
from drawscape.sketches import draw
from drawscape.svg.read import read_svg

pytestmark = pytest.mark.usefixtures("consumer")

TASK = "workers.svg_tasks.generate_complex_svg"


def row(
    svg,
    rng,
    *,
    dots: Annotated[int, Interval(ge=1, le=99), doc("How many dots")] = 3,
    gate: str = "",
):
    """Dots in a row, each reported; holds before the last until the file `gate` is there."""
    import time
    from pathlib import Path

    for dot in range(dots):
        svg.circle(5 + dot, 5, 0.4)
        yield (dot + 1) / dots
        while gate and not Path(gate).exists() and dot == dots - 2:
            time.sleep(0.01)
            yield (dot + 1) / dots


@pytest.fixture
def gate(tmp_path):
    """A file that holds a drawing back until it is made; at the end of the test it is."""
    yield tmp_path / "open"
    (tmp_path / "open").touch()


def circles(shown):
    return bytes(shown.picture).count(b"<circle")


def await_status(shown, begin):
    wait_until(lambda: shown.status.startswith(begin), f"{begin!r}, not {shown.status!r}")


def details(shown):
    return {one["head"]: one["text"] for one in shown.state["details"]}


def test_progress_and_preview_show_while_it_draws_and_then_the_file(gate):
    dots = form(row, dots=4, gate=str(gate))
    job = dots.draw()
    await_status(dots, "drawing 75 %")
    wait_until(lambda: circles(dots) == 3, "a preview")
    wait_until(lambda: dots.state["progress"] == pytest.approx(0.75), "its progress")
    assert dots.state["running"]
    gate.touch()
    path = Path(job.wait(60))
    await_status(dots, "finished in")
    assert dots.picture == path.read_bytes()
    assert dots.state["progress"] == 1.0
    assert dots.state["caption"].startswith(f"output/{path.name}")
    assert not dots.state["running"]


def test_a_job_that_waits_says_how_many_are_ahead(gate):
    first, second, third = (form(row, dots=2, seed=n, gate=str(gate)) for n in range(3))
    first.draw()
    await_status(first, "drawing")
    second.draw()
    third.draw()
    await_status(second, "waiting: next in line")
    await_status(third, "waiting: 1 job ahead")
    assert third.cancel()
    await_status(third, "canceled before it began")
    gate.touch()
    await_status(second, "finished")


def test_cancel_stops_a_running_drawing_and_keeps_its_last_preview(gate):
    dots = form(row, dots=5, gate=str(gate))
    dots.draw()
    wait_until(lambda: circles(dots) == 4, "a preview")
    send(dots, "cancel")
    await_status(dots, "stopped after")
    assert circles(dots) == 4


def test_drawing_again_cancels_the_former_job_and_follows_only_its_own(gate):
    dots = form(row, dots=3, gate=str(gate))
    former = dots.draw()
    await_status(dots, "drawing")
    other = enqueue_background_job(TASK, width=10, height=10)
    dots.set(gate="", seed=8)
    path = dots.draw().wait(60)
    other.wait(60)
    await_status(dots, "finished")
    assert former.status == "stopped"
    assert (find(path).seed, dots.picture) == (8, Path(path).read_bytes())


def test_without_a_kernel_a_form_says_what_stands_there():
    dots = form(row)
    assert repr(dots) == "<Form: the form of row>"
    data, _ = dots._repr_mimebundle_()
    assert data["text/plain"] == "[ the form of row: run this cell to see it live ]"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert {"draw", "set", "values", "undo", "code"} <= set(dir(dots))
    assert "comm" not in dir(dots)


def test_the_page_changes_shuffles_and_draws_and_hears_that_it_was_dealt_with():
    shown = form(row, dots=2)
    send(shown, "change", inputs={"seed": "4711"}, gesture=1)
    send(shown, "draw")
    assert find(shown.job.wait(60)).seed == 4711
    shown.lock("gate")
    send(shown, "shuffle")
    assert shown.values["seed"] != 4711
    send(shown, "code")
    latest = shown.state["ack"]
    send(shown, "ready", number=1)  # another page, which has sent less
    assert shown.state["ack"] == latest > 1
    assert shown.code in shown.state["details"][0]["text"]
    shown.set(seed=3)
    assert shown.state["details"] == []


def test_the_code_of_a_form_draws_the_same():
    shown = form("spiral", paper="A6", seed=0, turns=7)
    svg = eval(shown.code, {"draw": draw})  # noqa: S307 - it is ours
    assert svg.provenance["parameters"]["turns"] == 7
    long = form(row, dots=4, gate="a/place/that/is/longer/than/that")
    assert long.code.startswith("draw(\n    row,\n")
    assert "    dots=4,\n" in long.code


def test_the_frames_of_a_drag_are_drafts_and_what_the_hand_rests_on_is_a_drawing():
    """One drag of 0.3 left 13 drawings."""
    shown = form("spiral", paper="A7", live=True)
    before = len(drawings())
    for turns in range(10, 40):
        send(shown, "change", inputs={"turns": str(turns)}, gesture=1)
    turns = lambda: [find(path).parameters["turns"] for path in shown.recent.paths]  # noqa: E731
    wait_until(lambda: 39 in turns(), "the drawing in the strip")
    (kept,) = [one for one in drawings() if one.parameters.get("turns") == 39]
    assert len(drawings()) <= before + 3  # one, unless the machine itself takes a rest
    assert (shown.recent.paths[0], shown.picture) == (kept.path, kept.path.read_bytes())
    assert shown.state["caption"].startswith("output/")
    await_status(shown, "finished in")


@pytest.fixture
def restless(monkeypatch):
    """A hand that never rests: a draft stays one, however slow the machine is."""
    monkeypatch.setattr("drawscape.notebook.forms.REST_S", 600)


@pytest.mark.usefixtures("restless")
def test_draw_or_a_star_makes_a_drawing_of_the_draft_without_drawing_it_again():
    shown = form("molnar", paper="A7", live=True)
    shown.set(columns=11)
    wait_until(lambda: shown.state["caption"].startswith("draft"), "a draft")
    jobs = len(list_jobs(limit=None))
    path = Path(shown.draw().wait(60))
    assert len(list_jobs(limit=None)) == jobs
    assert find(path).parameters["columns"] == 11
    wait_until(lambda: shown.state["caption"].startswith("output/"), "the drawing")
    shown.set(columns=13)
    wait_until(lambda: shown.state["caption"].startswith("draft"), "a draft")
    send(shown, "star", stars=4)
    (kept,) = [one for one in drawings("molnar") if one.parameters["columns"] == 13]
    assert (kept.stars, shown.state["stars"]) == (4, 4)
    assert shown.state["caption"].startswith("output/")


def test_a_live_form_draws_the_last_setting_in_the_end():
    dots = form(row, live=True)
    before = len(list_jobs(limit=None))
    for count in range(10, 60):
        dots.set(dots=count)
    wait_until(lambda: circles(dots) == 59, "the last setting")
    await_status(dots, "finished")
    assert 1 <= len(list_jobs(limit=None)) - before < 50
    assert not list_jobs(("queued", "started"))


def test_a_canceled_live_form_draws_nothing_of_what_was_changed_before(gate):
    dots = form(row, live=True, dots=3, gate=str(gate))
    dots.set(dots=4)
    await_status(dots, "drawing")
    dots.set(dots=5)
    jobs = len(list_jobs(limit=None))
    assert dots.cancel()
    await_status(dots, "stopped")
    handled = threading.Event()
    STATES.do(handled.set)
    assert handled.wait(60)
    assert len(list_jobs(limit=None)) == jobs


def test_a_live_form_marks_the_picture_that_stays_when_the_next_fails():
    def rings(svg, *, radius: int = 9):
        svg.circle(30, 30, 1 / radius)

    shown = form(rings, paper="A7", live=True)
    shown.draw().wait(60)
    await_status(shown, "finished")
    assert not shown.state["stale"]
    shown.set(radius=0)
    await_status(shown, "failed")
    assert shown.state["stale"]
    shown.set(radius=8)
    await_status(shown, "finished")
    assert not shown.state["stale"]


def test_a_form_opens_with_its_picture_or_draws_its_first_and_a_second_click_draws_it_again():
    shown = form("harmonograph", paper="A7")
    assert shown.job is None
    send(shown, "ready")
    path = shown.job.wait(60)
    count = len(list_jobs(limit=None))
    again = form("harmonograph", paper="A7")
    send(again, "ready")
    assert again.picture == Path(path).read_bytes()
    other = form("harmonograph", paper="A7")
    send(other, "draw", fresh=False)
    assert (other.job.wait(), other.job.status) == (path, "finished")
    assert repr(other.job) == f"<CachedDrawing {Path(path).name}>"
    assert "drawn before, at" in other.status
    assert repr(view(other.job)) == f"<Viewer: a view of output/{Path(path).name}>"
    shown = job_view(other.job)
    assert (shown.status, shown.drawings[0].path) == ("finished", Path(path))
    shown.act("cancel")
    assert len(list_jobs(limit=None)) == count
    send(other, "draw", fresh=False)
    assert other.job.wait(60) == path
    assert len(list_jobs(limit=None)) == count + 1


def test_a_drawing_opens_as_a_form_with_its_settings():
    path = form("truchet", paper="A7", seed=5, tiles=3, ribbon=0.25).draw().wait(60)
    for target in (find(path), path, Path(path)):
        opened = form(target)
        values = opened.values
        assert (values["seed"], values["tiles"], values["ribbon"]) == (5, 3, 0.25)
        assert opened.job.wait() == path
    assert form(find(path), seed=6).values["seed"] == 6
    larger = form(find(path), paper="A5", orientation="landscape").values
    assert (larger["width"], larger["height"], larger["tiles"]) == (210, 148, 3)
    assert larger["margin"] == pytest.approx(find(path).margin * 2)


def test_a_sketch_of_a_file_beside_the_notebook_is_drawn(tmp_path, monkeypatch):
    ring = "RADIUS = 20\n\ndef ring(svg, rng, *, n: int = 3): svg.circle(50, 50, RADIUS + n)\n"
    (tmp_path / "besidesketch.py").write_text(ring)
    monkeypatch.syspath_prepend(str(tmp_path))
    import besidesketch

    shown = form(besidesketch.ring, n=5)
    assert 'r="25"' in Path(shown.draw().wait(60)).read_text()


def test_a_traceback_of_a_cells_sketch_has_its_lines_and_what_it_printed():
    def broken(svg, *, lines: int = 3):
        """Breaks."""
        for line in range(lines):
            print("<line>", line)
        svg.circle(0, 0, lines / 0)

    shown = form(broken)
    with pytest.raises(JobFailed):
        shown.set(lines=3000).draw().wait(60)
    await_status(shown, "failed: ZeroDivisionError")
    wait_until(lambda: "printed" in details(shown), "what was printed")
    wait_until(lambda: "svg.circle(0, 0, lines / 0)" in details(shown)["traceback"], "the line")
    assert "drawing.py" not in details(shown)["traceback"]
    assert "the last 20,000 characters" in details(shown)["printed"]
    assert "<line> 2999" in details(shown)["printed"]
    assert "<line> 1\n" not in details(shown)["printed"]


@pytest.mark.parametrize(
    ("at", "words"), [(50, "nothing is drawn on it"), (-500, "all of it lies off the sheet")]
)
def test_a_sheet_that_looks_empty_says_why(at, words):
    def lost(svg, *, at: float = 50.0):
        if at < 0:
            svg.circle(at, at, 20)

    shown = form(lost, at=at)
    shown.draw().wait(60)
    said = lambda: shown.state.get("caption", "") + shown.state.get("notice", "")  # noqa: E731
    wait_until(lambda: words in said(), words)


def test_figures_and_exports_of_a_drawing_with_its_lines_in_order(monkeypatch):
    shown = form("flow_field", paper="A6", seed=1, spacing=4)
    path = Path(shown.draw().wait(60))
    await_status(shown, "finished")
    file = shown.export("svg")  # although its figures are not counted yet
    assert file.parent == path.parent
    assert file != path
    wait_until(lambda: shown.state.get("figures"), "its figures")
    ordered = statistics(optimize(read_svg(path)))[-1]
    assert shown.state["figures"][-1]["time"] == span_words(ordered.seconds)
    assert ordered.seconds < 0.9 * statistics(read_svg(path))[-1].seconds
    assert [row["pen"] for row in shown.state["figures"]][-1] == "total"
    assert len(shown.state["figures"]) == 3
    sent = []
    monkeypatch.setattr(shown, "send", lambda content, buffers=None: sent.append(content))
    send(shown, "export", format="gcode")
    wait_until(lambda: shown.state["notice"].startswith("wrote output/"), "the file")
    assert [one["download"] for one in sent] == [path.with_suffix(".gcode").name]
    assert "M3" in path.with_suffix(".gcode").read_text()
    viewer = shown.inspect()
    assert repr(viewer) == f"<Viewer: a view of output/{path.name}>"
    send(shown, "plot")
    assert "Add one in a terminal: drawscape machine add desk --driver" in shown.state["trouble"]
    assert shown.below == viewer.model_id


def test_pens_that_are_chosen_in_a_form_draw_its_picture_figures_files_and_plots():
    add_device("wall", "simulator", "100x")
    save_pen(StoredPen(name="micron-05", color="#123456", width_mm=0.5))
    shown = form("moons", paper="A7")
    shown.draw().wait(60)
    wait_until(lambda: shown.state["layers"], "its layers")
    plain = shown.picture
    assert [one["pen"] for one in shown.state["layers"]] == ["", ""]
    assert shown.state["stored"] == [{"name": "micron-05", "color": "#123456", "width_mm": 0.5}]
    send(shown, "pen", place=2, name="micron-05")
    assert b'stroke="#123456"' in shown.picture
    assert b'stroke="#123456"' not in plain
    wait_until(lambda: shown.state["layers"][1]["pen"] == "micron-05", "the choice")
    wait_until(lambda: "@micron-05" in shown.state["figures"][1]["pen"], "its figures")
    assert 'stroke="#123456"' in shown.export("svg").read_text()
    assert shown.inspect()._drawings[0][0].layers[1].width_mm == 0.5
    panel = shown.plot(on="wall")
    assert [one.name for one in panel.plot.plan.sections][1] == "micron-05"
    panel.act("stop")
    shown.set(seed=7).draw().wait(60)
    wait_until(lambda: shown.state["status"] == "finished", "the next drawing")
    assert b'stroke="#123456"' in shown.picture
    send(shown, "pen", place=2, name="")
    assert b'stroke="#123456"' not in shown.picture
    with pytest.raises(UnknownNameError, match="pens add"):
        shown.pens = {1: "micron-99"}
    shown.pens = {1: "micron-05"}
    remove_pen("micron-05")
    assert shown.export("svg").is_file()


def test_a_file_too_large_to_show_is_shown_reduced(monkeypatch):
    monkeypatch.setattr("drawscape.notebook.pictures.LARGEST_SHOWN", 50_000)
    shown = form("spiral", paper="A5")
    shown.draw().wait(60)
    wait_until(lambda: "shown reduced" in shown.state["caption"], "what is said of the picture")
    wait_until(lambda: bytes(shown.picture)[1:4] == b"PNG", "a reduced picture")


def test_a_file_that_is_chosen_on_the_page_is_kept_in_the_home(tmp_path):
    from PIL import Image

    def photo(svg, *, picture: InputFile | None = None): ...

    file = tmp_path / "a photo.png"
    Image.fromarray(np.full((40, 30, 3), 200, np.uint8)).save(file)
    shown = form(photo)
    send(shown, "file", file.read_bytes(), name="picture", file=file.name)
    assert shown.values["picture"] == "inputs/a_photo.png"
    assert shown.previews["picture"].startswith("data:image/webp;base64,")
    send(shown, "file", b"another", name="picture", file="../a photo.png")
    assert shown.values["picture"] == "inputs/_a_photo.png"
    shown.set(picture="nowhere.png")
    assert shown.previews["picture"] == ""


def test_a_drag_beside_a_photograph_decodes_it_once_until_it_changes(module_home):
    """0.4 decoded 12 megapixels at each step: 130 ms."""
    from PIL import Image

    photo, file = np.full((300, 400, 3), 120, np.uint8), module_home / "large.jpg"
    Image.fromarray(photo).save(file)
    shown = form("squiggles", where={"picture": "large.jpg"})
    first, before = shown.previews["picture"], file.stat()
    assert first.startswith("data:image/webp;base64,")
    file.write_bytes(b"x" * before.st_size)  # what nobody reads
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    for rows in range(20, 50):
        send(shown, "change", inputs={"rows": str(rows)}, gesture=1)
    assert shown.previews["picture"] == first
    assert "data:image" not in str(shown.state)  # which is sent at each step
    Image.fromarray(photo[:, :200] // 2).save(file)
    shown.set(rows=50)
    assert shown.previews["picture"] not in ("", first)


def test_an_export_delays_neither_a_worker_nor_a_plot_panel_nor_the_figures():
    """One thread served them all in 0.4."""
    add_device("desk", "simulator", "100x")
    shown = form("spiral", paper="A6", turns=9)
    shown.draw().wait(60)
    wait_until(lambda: shown.state.get("figures"), "its figures")
    go, served = threading.Event(), threading.Event()
    EXPORTS.do(lambda: go.wait(60))
    try:
        send(shown, "export", format="svg")
        WORKERS.do(served.set)
        assert served.wait(60)
        panel = shown.plot(on="desk")
        wait_until(lambda: panel.state["state"].startswith("waiting"), "what the journal says")
        panel.act("stop")
        shown.set(turns=8).draw().wait(60)
        wait_until(lambda: len(shown.recent.paths) == 2, "the next picture")
        assert shown.state["exporting"]
        panel.close()
    finally:
        go.set()
    wait_until(lambda: not shown.state["exporting"], "the export")


def test_the_form_on_the_site_was_kept_with_all_that_a_form_says():
    screens = Path(__file__).parents[2] / "notebooks" / "pages" / "_static" / "screens"
    kept = json.loads((screens / "01_first_drawing-1.json").read_text())
    shown = form("rose", paper="A5")
    assert kept["state"].keys() >= shown.state.keys()
    assert kept["schema"].keys() >= shown.schema.keys()
