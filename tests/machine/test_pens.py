"""Pens of a home: what layers, plans and plots take from them, and how far they write."""

import json
import threading

import numpy as np
import pytest
from click.testing import CliRunner
from machine_emulators import EbbEmulator

from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.errors import CanvasError, MachineError, PlotError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.machine.device import add_device
from drawscape.machine.ink import metres_left, metres_written, put_in_new
from drawscape.machine.plot import Plot
from drawscape.pens import StoredPen, read_pen, save_pen, stored_pens, with_pens
from drawscape.plot import Concern, preflight, save
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder

BLUE = {"color": "#1d3f8f", "width_mm": 0.45}


def pens(*words):
    result = CliRunner().invoke(root, ["pens", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def rows(count, length_mm, name="1 pen 1"):
    """A drawing of horizontal lines, each of the same length."""
    lines = [[(5, 5 + k), (5 + length_mm, 5 + k)] for k in range(count)]
    return Document(210, 200, (Layer(name, "black", None, Lines.of(lines)),))


def ink_mm(emulator):
    return sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in emulator.carriage.strokes)


def test_a_layer_takes_colour_and_width_from_its_pen(home):
    save_pen(StoredPen(name="micron-03", **BLUE))
    svg = SVGBuilder(100, 100)
    for _ in range(2):
        with svg.layer("sky", pen="micron-03"):
            svg.circle(50, 50, 20)
    with svg.layer("sky"):
        svg.circle(50, 50, 30)
    assert SVGBuilder(9, 9).line(1, 1, 5, 5, pen="micron-03").layers()[0][0].width == 0.45
    with pytest.raises(UnknownNameError, match="did you mean 'micron-03'"):
        svg.layer("sky", pen="micron-3")
    with svg.layer("sea"):
        svg.circle(50, 50, 40)
    with pytest.raises(CanvasError, match="drawn with"), svg.layer("sea", pen="micron-03"):
        pass
    sky, _ = svg.layers()
    assert (sky[0].color, sky[0].width, len(sky[1])) == ("#1d3f8f", 0.45, 3)
    # The file names the pen, so that a thicker one is seen in an older drawing, too.
    save_pen(StoredPen(name="micron-03", color="red", width_mm=0.8))
    read = with_pens(read_svg(svg.to_string()), {2: "micron-03"})
    assert [(layer.color, layer.width_mm) for layer in read.layers] == [("red", 0.8)] * 2
    assert [layer.name for layer in read.layers] == ["sky @micron-03", "sea @micron-03"]
    with pytest.raises(UnknownNameError, match="unknown number of a pen '7'"):
        with_pens(read, {7: "micron-03"})


@pytest.mark.parametrize(
    ("pen", "name", "speed", "height", "delay_ms"),
    [
        ({}, "a @p", None, None, None),
        ({"top_speed": 22.1}, "a @p", 10, None, None),
        ({"top_speed": 1.0}, "p", 1, None, None),
        ({"top_speed": 90.0}, "a @p", None, None, None),  # the machine draws at 55 mm/s
        ({"top_speed": 20.0}, "+S60 a @p", 60, None, None),
        ({"heights": {"desk": 33.4, "wall": 20.0}}, "a @p", None, 33, None),
        ({"heights": {"desk": 33.4}}, "+H70 a @p", None, 70, None),
        ({"drying_s": 90.0}, "+D500 a @p", None, None, 500),
        ({"drying_s": 90.0}, "%a @p", None, None, None),
    ],
)
def test_a_machine_draws_as_the_pen_allows(home, pen, name, speed, height, delay_ms):
    add_device("desk", "ebb", "/dev/none")
    save_pen(StoredPen(name="p", **pen))
    layers = [rows(2, 50, layer).layers[0] for layer in (name, "!b @p", "c", "+D200 d")]
    plan = Plot.create(Document(210, 200, tuple(layers)), "desk").plan
    motions = [section.motion for section in plan.sections]
    if not name.startswith("%"):
        assert (motions[0].speed, motions[0].height, motions[0].delay_ms) == (
            speed,
            height,
            delay_ms,
        )
        assert plan.sections[0].name == plan.sections[1].name == "p"
        assert plan.sections[0].pen == plan.sections[1].pen  # nobody is asked to change it
    dry_ms = round(1000 * pen.get("drying_s", 0.0)) or None
    assert [one.delay_ms for one in motions[-3:]] == [None, dry_ms, 200]


def test_a_plot_counts_the_metres_of_a_pen_once_however_often_it_is_resumed(bench):
    desk = bench("ebb", EbbEmulator)
    pens("add", "thin", "--capacity", 30)
    save(rows(20, 60), desk.home / "rows.svg")
    document = with_pens(read_svg(desk.home / "rows.svg"), {1: "thin"})
    plot = desk.plot(document)
    assert metres_written() == {"thin": 0.0}
    desk.emulator.fail_after(12, lambda machine: machine.unplug())
    with pytest.raises(MachineError):
        desk.run(plot)
    desk.power_cycle()
    assert desk.run(plot) == "done"
    written = json.loads(pens("show", "thin", "--json"))
    assert plot.as_dict()["twice"] <= 3
    assert written["written_m"] == pytest.approx(ink_mm(desk.emulator) / 1000, abs=0.062)
    assert written["left_m"] == pytest.approx(27.0 - written["written_m"], abs=0.002)
    put_in_new("thin", was_dry=True)
    assert read_pen("thin").capacity_m == pytest.approx(written["written_m"], abs=0.002)
    assert json.loads(pens("list", "--json"))[0]["written_m"] == 0.0


def test_a_plot_asks_for_a_new_pen_before_the_old_one_is_dry(bench):
    desk = bench("ebb", EbbEmulator)
    save_pen(StoredPen(name="short", capacity_m=0.5))
    plot = desk.plot(rows(24, 50, "sky @short"))  # 1.2 m: two new pens
    used_mm, asked = [], []

    def answer(text):
        asked.append(text)
        if "new pen" in text:
            used_mm.append(ink_mm(desk.emulator))
            assert not desk.emulator.carriage.down
        plot.request("answer", to=text)

    assert desk.run(plot, yes=False, zero_here=True, on_news=answer) == "done"
    assert len(used_mm) == 2
    assert np.diff([0.0, *used_mm, ink_mm(desk.emulator)]).max() <= 500
    assert metres_left()["short"] == pytest.approx(0.45 - (1.2 - used_mm[1] / 1000), abs=0.01)
    assert "pen 1, short" in next(text for text in asked if "new pen" in text)


def test_an_answer_names_the_pen_that_draws_from_there_on(bench):
    desk = bench("ebb", EbbEmulator)
    save_pen(StoredPen(name="blue", heights={"desk": 30.0}, top_speed=20.0, **BLUE))
    layers = [layer for name in ("1 a", "2 b") for layer in rows(3, 50, name).layers]
    plot = desk.plot(Document(210, 200, tuple(layers)), copies=2)
    offered, asked, names = [], [], iter(["", "", "blue", "", ""])

    def answer(text):
        asked.append(text)
        offered.append([pen["name"] for pen in plot.as_dict()["pens"]])
        if len(asked) == 1:
            plot.answer(to="an earlier question?", pen="blue")  # a click that is late
        plot.answer(to=text, pen=next(names))

    with pytest.raises(UnknownNameError, match="pens add"):
        desk.run(plot, yes=False, on_news=lambda text: plot.answer(pen="red"))
    assert desk.run(plot, yes=False, on_news=answer) == "done"
    assert offered == [["blue"], [], ["blue"], ["blue"], ["blue"]]
    assert "pen 2, blue" in asked[-1]
    assert plot.as_dict()["colors"] == ["black", BLUE["color"]] * 2
    sections = plot.plan.sections
    assert [one.name for one in sections] == ["a", "blue"] * 2
    assert sections[1].motion.height == 30
    assert metres_written() == {"a": pytest.approx(0.3), "blue": pytest.approx(0.3)}
    with pytest.raises(PlotError, match="has begun to draw"):
        plot.answer(pen="blue")


def test_95_of_100_plots_that_would_run_dry_are_warned_of_before():
    rng = np.random.default_rng(4)
    dry, warned, alarms, fine = 0, 0, 0, 0
    for _ in range(300):
        usual_m, differs = rng.uniform(0.5, 16), rng.normal(0, 0.08)
        written_m = rng.uniform(0, usual_m)
        pen = StoredPen(name="pen", capacity_m=usual_m, replaced_at_m=100.0)
        left_m = pen.left_m(100.0 + written_m)
        passes = max(1, round(rng.uniform(0, usual_m) / 0.16))
        document = rows(4, 40, f"+P{passes} sky @pen")
        needs_m = 0.16 * passes
        found = preflight(document, metres_left={"pen": left_m})
        is_warned = any(one.concern is Concern.DRY for one in found)
        if needs_m > usual_m * (1 + differs) - written_m:
            dry, warned = dry + 1, warned + is_warned
        else:
            fine, alarms = fine + 1, alarms + is_warned
    assert min(dry, fine) > 75
    assert warned >= 0.97 * dry  # 94 of 100 without the tenth that is kept back
    assert alarms <= 0.25 * fine


def test_preflight_says_where_a_pen_runs_dry(home):
    document = rows(10, 100, "sky @short")
    two = document.with_layers([*document.layers, *rows(10, 100, "sea @short").layers])
    found = preflight(two, metres_left={"short": 1.46})[-1]
    assert found.text == "pen 'short' has 0.5 m left; 'sea @short' needs 1.0 m"
    assert (found.layer, found.y_mm) == ("sea @short", 9.0)
    texts = [one.text for one in preflight(two, metres_left={"short": 1.46}, copies=2)]
    assert texts[0] == "pen 'short' has 1.5 m left; 'sky @short' needs 2.0 m"


def test_the_file_of_pens_is_written_whole_by_many_at_once(home):
    made = [StoredPen(name=f"pen-{number}") for number in range(8)]
    threads = [threading.Thread(target=save_pen, args=(pen,)) for pen in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(stored_pens()) == 8
    with pytest.raises(PlotError, match="already; change it with"):
        pens("add", "pen-1")
    pens("remove", "pen-1")
    assert "pen-1" not in pens("list")
    (home / ".drawscape" / "pens.json").write_text("[{]")
    with pytest.raises(PlotError, match=r"pens.json is damaged"):
        pens("list")
