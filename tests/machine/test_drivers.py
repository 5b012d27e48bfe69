"""Each driver draws what is planned, on a machine that forgives nothing."""

import math
import time
from functools import partial

import numpy as np
import pytest
from machine_bench import document, hp_place, judge
from machine_emulators import (
    KINDS,
    EbbEmulator,
    FluidNcEmulator,
    GrblEmulator,
    GrblHalEmulator,
    HpEmulator,
    MarlinEmulator,
    OldGrblEmulator,
)
from shapely import LineString, Point
from support import rounds

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.machine.device import read_device
from drawscape.machine.plan import make_plan
from drawscape.plot import fit, machine_names, optimize, read_machine
from drawscape.sketches import SKETCHES, draw


class XonXoff(HpEmulator):
    """One whose switches ask for Xon/Xoff: it says when its buffer is nearly full, and when empty."""

    is_full = False

    def advance(self, now):
        is_full = len(self.rx) > 60 or (self.is_full and bool(self.rx))
        if is_full != self.is_full:
            self.send(b"\x13" if is_full else b"\x11")
        self.is_full = is_full
        super().advance(now)


MACHINES = {
    "grbl": ("grbl", GrblEmulator, {}),
    "grbl 0.9": ("grbl", OldGrblEmulator, {}),
    "grblHAL": ("grbl", GrblHalEmulator, {}),
    "FluidNC": ("grbl", FluidNcEmulator, {}),
    "ebb 2": ("ebb", EbbEmulator, {}),
    "ebb 3": ("ebb", EbbEmulator, {"version": (3, 0, 3)}),
    "ebb 3, future syntax": ("ebb", EbbEmulator, {"version": (3, 0, 3), "future": True}),
    "marlin": ("marlin", MarlinEmulator, {}),
    "marlin, no ok after a resend": ("marlin", MarlinEmulator, {"ok_after_resend": False}),
    "hp 7475a": ("hpgl", HpEmulator, {}),
    "hpgl, Xon/Xoff": ("hpgl", XonXoff, {}),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_draws_what_is_planned(bench, name):
    driver, emulator, options = MACHINES[name]
    desk = bench(driver, emulator, **options)
    plot = desk.plot(document(driver, seed=1, strokes=8, pens=2))
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot, hp_place(driver))
    assert (verdict.missing, verdict.twice) == ([], [])
    assert verdict.off_mm < 0.05
    assert not desk.emulator.carriage.down
    assert desk.emulator.lost_bytes == 0
    assert not getattr(desk.emulator, "errors", [])
    if driver == "hpgl":
        assert desk.emulator.pens == [1, 2, 0]
    else:
        assert desk.emulator.carriage.at == (0.0, 0.0)


class Late:
    """A machine that answers 0.2 s later until it has first moved its pen, as behind a busy computer."""

    def advance(self, now):
        super().advance(now)
        if self.out and not self.carriage.moved_s:
            time.sleep(0.2)


@pytest.mark.parametrize("name", ["grbl", "ebb 2", "ebb 3, future syntax", "marlin", "hp 7475a"])
def test_an_answer_that_comes_late_is_taken_for_no_other(bench, name):
    driver, emulator, options = MACHINES[name]
    desk = bench(driver, type("LateEmulator", (Late, emulator), {}), **options)
    plot = desk.plot(document(driver, seed=1, strokes=2))
    assert desk.run(plot) == "done"
    assert desk.judge(plot, hp_place(driver)).missing == []


@pytest.mark.parametrize("name", ["grbl", "ebb 2", "marlin", "hp 7475a"])
def test_a_plot_takes_as_long_as_estimated(bench, name):
    driver, emulator, options = MACHINES[name]
    desk = bench(driver, emulator, **options)
    plot = desk.plot(document(driver, seed=2, strokes=120 if driver == "hpgl" else 30))
    assert desk.run(plot) == "done"
    # What it moved and waited: a busy computer is late with the next stroke, and counts for nothing.
    machine = desk.emulator
    took_s, estimate_s = machine.dwelt_s + machine.motion.moving_s, plot.plan.seconds.sum()
    # At forty times its speed a planner may wait for lines, and has braked for nothing: 0.2 s each time.
    braked_s = 0.2 * getattr(machine.motion, "starved", 0) if driver != "hpgl" else 0.0
    assert 0.97 * estimate_s <= took_s <= 1.03 * estimate_s + braked_s


def random_document(seed):
    """Curves, polygons, dots and hatches with pens, speeds and passes; the ends of each range among them."""
    rng = np.random.default_rng(seed)
    layers = []
    for pen in range(1, int(rng.integers(1, 4)) + 1):
        lines = []
        for _ in range(int(rng.integers(1, 12))):
            count = int(rng.choice([1, 2, 3, 30, 200]))
            step = rng.choice([0.02, 0.3, 5.0], p=[0.2, 0.5, 0.3])
            turns = np.cumsum(rng.normal(0, rng.choice([0.05, 1.5]), count))
            ways = np.stack((np.cos(turns), np.sin(turns)), axis=1) * step
            lines.append(np.clip(rng.uniform(0, 40, 2) + np.cumsum(ways, axis=0), 0, 40))
        code = rng.choice(["", "+S10", "+S60"])
        layers.append(Layer(f"{pen}{code} pen {pen}", "black", None, Lines.of(lines)))
    return Document(40, 40, tuple(layers))


def document_of(what):
    """Return the random document of a seed, or of a sketch the first lines of each pen."""
    if isinstance(what, int):
        return random_document(what)
    made = optimize(draw(what, 40, 40).document())
    first = ((one, range(min(60, len(one.lines)))) for one in made.layers)
    return made.with_layers([one.with_lines(one.lines.take(some)) for one, some in first])


@pytest.mark.slow
@pytest.mark.parametrize("driver", KINDS)
@pytest.mark.parametrize(
    "what", [*range(rounds(1, 50)), *list(SKETCHES)[: rounds(0, len(SKETCHES))]]
)
def test_any_document_is_drawn_as_planned_in_the_time_said(bench, driver, what):
    document = document_of(what)
    if driver == "hpgl":
        document = fit(document, 297, 210, margin_mm=80)
    desk = bench(driver, KINDS[driver], scale=60.0)
    plot, machine = desk.plot(document), desk.emulator
    assert desk.run(plot) == "done"
    place = hp_place(driver) or partial(plot.plan.placed, machine=plot.device.machine)
    for line, ink in zip(plot.plan.lines, machine.carriage.strokes, strict=True):
        planned = place(line)
        path = LineString(planned) if len(planned) > 1 else Point(planned[0])
        assert max(path.distance(Point(point)) for point in ink) < 0.06
        assert np.abs(np.subtract((ink[0], ink[-1]), planned[[0, -1]])).max() < 0.06
    # What it moved and waited; a busy computer that is late with the next stroke counts for nothing.
    took_s = machine.dwelt_s + machine.motion.moving_s
    estimate_s = plot.plan.seconds.sum()
    line_s = machine.received / 960 if driver == "hpgl" else 0.0  # which may be slower
    assert estimate_s <= 1.03 * took_s + line_s + 2.5
    # At sixty times its speed a planner may wait for lines, and is slower then.
    if not getattr(machine.motion, "starved", 0):
        assert estimate_s >= 0.97 * took_s - 2.5


def ways():
    """Two short ways, of which the second crosses ink, then a long one and a short one."""
    rows = [(9, 20, 10), (20, 10, 11), (10, 20, 9), (40, 30, 9), (30, 40, 8)]
    lines = Lines.of([[(begin, y), (end, y)] for begin, end, y in rows])
    return Document(60, 60, (Layer("1 pen", "black", None, lines),))


@pytest.mark.parametrize(
    ("hop_mm", "drying", "low"),
    [(None, 0, [1, 1, 0, 1]), (None, 5, [1, 0, 0, 1]), (1.5, 0, [1, 0, 0, 1]), (0.0, 0, [0] * 4)],
)
def test_an_ebb_lifts_its_pen_less_before_short_ways(bench, hop_mm, drying, low):
    desk = bench("ebb", EbbEmulator)
    device = read_device("desk")
    device.update(settings={} if hop_mm is None else {"hop_mm": hop_mm})
    plot = desk.plot(ways())
    plot.set_drying(drying)
    desk.emulator.spared = 1
    desk.emulator.faults.append(lambda it: it.lifted.clear())  # lifts before the first stroke
    assert desk.run(plot) == "done"
    # Between 30 and 60 %, the paper at 45 %.
    heights = [0.48 if is_low else 0.6 for is_low in low]
    assert desk.emulator.lifted[:4] == pytest.approx(heights, abs=0.001)
    assert min(desk.emulator.lifted[4:]) == pytest.approx(0.6, abs=0.001)
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.05) == ([], [], True)


@pytest.mark.parametrize("driver", ["grbl", "marlin"])
def test_a_z_axis_rises_less_before_short_ways_and_all_the_way_in_a_pause(bench, driver):
    desk = bench(driver, KINDS[driver], profile="z-axis", z_axis=True)
    carriage, heights, seen = desk.emulator.carriage, [], []
    desk.emulator.motion.paper = carriage.height = 0.0
    plot, moves = desk.plot(ways()), carriage.move

    def move(to, now):
        if to != carriage.at and not carriage.down and heights[-1:] != [carriage.height]:
            heights.append(carriage.height)
        moves(to, now)

    def pause(_share, _words):
        if plot.state.state == "paused" and not seen:
            seen.append(carriage.height)
            plot.request("resume")
        elif plot.state.done == 1 and not seen:
            plot.request("pause")

    carriage.move = move
    assert desk.run(plot, on_progress=pause) == "done"
    assert seen == [5.0]
    assert heights == pytest.approx([5.0, 1.5, 5.0, 1.5, 5.0])
    verdict = judge(plot, carriage.strokes)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.05) == ([], [], True)


def test_a_tall_sheet_lies_on_its_side_in_an_axidraw_and_is_not_mirrored():
    tall = Document(200, 290, (Layer("pen", "black", None, Lines.of([[(10, 20), (190, 20)]])),))
    machine = read_machine("axidraw-v3")
    placed = make_plan(tall, machine).placed(np.array([(0, 0), (200, 0), (0, 290)]), machine)
    assert placed.tolist() == [[0, 200], [0, 0], [290, 200]]


@pytest.mark.parametrize(
    ("machine", "size", "side"),
    [
        ("axidraw-v3", (290, 200), "back"),
        ("axidraw-v3", (200, 290), "left"),
        ("grbl", (200, 290), "back"),
        ("hp7475a", (297, 210), "back"),
        ("hp7475a", (210, 297), "left"),
    ],
)
def test_a_person_is_told_where_the_top_of_a_sheet_lies(machine, size, side):
    sheet = Document(*size, (Layer("pen", "black", None, Lines.of([[(40, 40), (60, 50)]])),))
    plan = make_plan(sheet, read_machine(machine))
    assert plan.top_side(read_machine(machine)) == side


def test_a_pens_offset_belongs_to_the_machine_however_the_sheet_lies():
    machine, offsets = read_machine("axidraw-v3"), {"1": [3.0, 1.0]}
    for size in ((290, 200), (200, 290)):
        sheet = Document(*size, (Layer("1 pen", "black", None, Lines.of([[(40, 40), (60, 50)]])),))
        plan = make_plan(sheet, machine)
        there, usual = (
            plan.placed(plan.moved(plan.sections[0], some, machine).points, machine)
            for some in (offsets, {})
        )
        assert (there - usual).tolist() == [[3, 1]] * 2


@pytest.mark.parametrize("name", [name for name in machine_names() if name != "hp7475a"])
@pytest.mark.parametrize("outside", ["refuse", "crop"])
@pytest.mark.parametrize("size", [(1200, 900), (500, 150), (150, 500), (2000, 100), (100, 2000)])
def test_what_lies_on_a_sheet_of_any_size_stays_within_the_machines_reach(name, outside, size):
    machine = read_machine(name)
    reach = machine.reach(Document(*size, ()))
    corners = [(reach.x0, reach.y0), (reach.x1, reach.y1)]
    if outside == "crop":
        corners = [(0, 0), size, (0, size[1]), (size[0], 0)]
    sheet = Document(*size, (Layer("pen", "black", None, Lines.of([corners])),))
    plan = make_plan(sheet, machine, outside=outside)
    points = plan.placed(plan.lines.points, machine)
    assert points.min() > -0.01
    assert (points.max(axis=0) < np.array([machine.width_mm, machine.height_mm]) + 0.01).all()


@pytest.mark.parametrize("outside", ["refuse", "crop", "keep"])
def test_what_lies_off_the_sheet_is_not_drawn_unless_it_is_kept(outside):
    across = Lines.of([[(-20, 50), (50, 50)]])
    sheet = Document(100, 100, (Layer("pen", "black", None, across),))
    plan = make_plan(sheet, read_machine("axidraw-v3"), outside=outside)
    assert plan.lines.points[:, 0].min() == (-20 if outside == "keep" else 0)


class Behind:
    """A machine behind a busy computer, whose answers arrive together each 50 ms."""

    held, told_s = b"", 0.0

    def advance(self, now):
        super().advance(now)
        self.held += bytes(self.out)
        self.out.clear()
        if time.monotonic() - self.told_s > 0.05:
            self.out += self.held
            self.held, self.told_s = b"", time.monotonic()


# In its own time only a quiet computer can say that no move came late.
IN_TIME = pytest.param(0.5, marks=pytest.mark.nightly)


@pytest.mark.parametrize("scale", [20.0, IN_TIME])
@pytest.mark.parametrize("version", [(2, 8, 1), (3, 0, 3)])
def test_a_busy_computer_stops_no_ebb_in_a_stroke_and_speed_does_not_jump(bench, version, scale):
    turn = np.linspace(0, 8 * np.pi, 1500)
    curve = 20 + np.stack((np.cos(turn), np.sin(turn)), axis=1) * np.linspace(1, 6, 1500)[:, None]
    far = [(50, 40), (50, 50)]
    layer = Layer("1 pen", "black", None, Lines.of([curve, *[np.add(far, way) for way in (0, 1)]]))
    desk = bench(
        "ebb", type("BehindEmulator", (Behind, EbbEmulator), {}), scale=1.0, version=version
    )
    plot, moves = desk.plot(Document(60, 60, (layer,))), [(0, 0.0)]
    obey = desk.emulator.execute

    def note(name, numbers):
        if name == "SM" and any(numbers[1:]):
            moves.append((name, 1000 * np.hypot(*numbers[1:]) / math.sqrt(2) / 80 / numbers[0]))
        elif name == "SP" and numbers[0] == 1:
            moves.append((name, 0.0))
        obey(name, numbers)

    desk.emulator.execute = note
    assert desk.run(plot) == "done"
    assert desk.emulator.late_moves == 0 or scale > 1
    assert np.abs(np.diff([speed for _, speed in moves])).max() <= 12
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.05) == ([], [], True)


@pytest.mark.nightly
def test_grbl_never_starves_in_a_stroke_at_115200_baud(bench):
    turn = np.linspace(0, 12 * np.pi, 3000)
    curve = 30 + np.stack((np.cos(turn), np.sin(turn)), axis=1) * np.linspace(2, 12, 3000)[:, None]
    waves = np.stack((np.linspace(2, 58, 400), 50 + np.sin(np.linspace(0, 60, 400))), axis=1)
    desk = bench("grbl", GrblEmulator, scale=0.6)
    layer = Layer("1 pen", "black", None, Lines.of([curve, waves]))
    plot = desk.plot(Document(60, 60, (layer,)))
    assert desk.run(plot) == "done"
    assert desk.emulator.motion.starved == 0
    took_s = desk.emulator.motion.moving_s + desk.emulator.dwelt_s
    assert took_s == pytest.approx(plot.plan.seconds.sum(), rel=0.03)
