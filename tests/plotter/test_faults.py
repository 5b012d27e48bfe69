"""Whatever goes wrong has a sentence with a remedy, the pen goes up, and the rest is drawn afterwards."""

import contextlib
import os
import re
import shutil

import numpy as np
import pytest
import serial
from machine_bench import document, hp_place, judge, lose_a_line, scribble
from machine_emulators import KINDS, EbbEmulator, GrblEmulator
from support import wait_until

from drawscape.drawing.document import Document
from drawscape.errors import JournalError, MachineError, PlotError
from drawscape.plotter.device import read_device
from drawscape.plotter.driver import Port
from drawscape.plotter.plan import Placement
from drawscape.plotter.plot import find_plot


def hang(machine):
    machine.muted = True


def garbage(machine):
    machine.say("\x00\x81o?k")


def lose_a_travel(machine):
    """Let the cable lose the next move to a stroke: pen down, it would draw across the sheet."""
    hears = machine.receive

    def deaf_for_a_travel(data):
        before, found, after = data.partition(b"G0 ")
        hears(before)
        if found:
            machine.receive = hears
            hears(after.partition(b"\n")[2])

    machine.receive = deaf_for_a_travel


@pytest.mark.slow
@pytest.mark.parametrize(
    ("driver", "fault", "words"),
    [
        ("grbl", garbage, "GRBL sent .* which is no answer; check cable and interference"),
        ("grbl", lambda it: it.ring(1), "alarm 1: a limit switch was hit; free the machine"),
        ("grbl", lambda it: it.ring(2), "alarm 2: a move leads out of reach"),
        ("grbl", lose_a_line, "a line was lost"),
        ("grbl", lose_a_travel, "a line was lost"),
        ("grbl", lambda it: it.receive(b"!"), "paused by its own button"),
        ("grbl", lambda it: it.unplug(), "connection .* broke; check cable and power, then resume"),
        ("grbl", lambda it: it.say("error:9"), "refused .* it is locked; home it"),
        ("grbl", hang, "GRBL has not answered for 4 s; check cable and power"),
        ("ebb", garbage, "EiBotBoard sent .* which is no answer"),
        ("ebb", lambda it: it.send(b"!0 Err: <axis1> step rate too high\r\n"), "refused a command: !0"),
        pytest.param("ebb", hang, "EiBotBoard has not answered", marks=pytest.mark.nightly),
        ("marlin", lambda it: it.say("Error:Printer halted. kill() called!"), "says 'Printer halted"),
        ("marlin", lambda it: it.say('echo:Unknown command: "G1"'), "refused a line"),
        pytest.param("marlin", hang, "Marlin has not answered", marks=pytest.mark.nightly),
        ("hpgl", garbage, "HPGL plotter sent .* which is no answer"),
        pytest.param("hpgl", hang, "HPGL plotter has not answered", marks=pytest.mark.nightly),
    ],
)  # fmt: skip
def test_a_fault_is_named_the_pen_goes_up_and_the_rest_is_drawn_later(bench, driver, fault, words):
    desk = bench(driver, KINDS[driver], scale=10)
    machine = desk.emulator
    plot = desk.plot(document(driver, seed=2))
    run = desk.start(plot)
    wait_until(lambda: len(machine.carriage.strokes) >= 4)
    machine.faults.append(fault)
    run.join(60)
    assert run.exitcode != 0
    assert re.search(words, plot.state.reason), plot.state.reason
    assert plot.words.startswith("interrupted at stroke")
    if fault is hang:
        desk.power_cycle()
    elif machine.master is None:
        wait_until(lambda: not machine.busy)
        machine.plug()
    wait_until(lambda: not desk.emulator.carriage.down)
    if driver == "grbl" and "limit" in words:  # it does not know its place; a person puts it right
        desk.power_cycle()
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes, hp_place(driver))
    assert verdict.missing == []
    assert len(verdict.twice) <= 3
    assert verdict.off_mm <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("driver", "emulator", "options", "words"),
    [
        ("ebb", EbbEmulator, {"version": (2, 2, 0)}, "firmware 2.2.0; update it to 2.4.3"),
        ("ebb", EbbEmulator, {"power": 40}, "motors have no power; plug in"),
        ("grbl", GrblEmulator, {"s32": 1}, "laser mode: the pen does not go down"),
        ("ebb", GrblEmulator, {}, "no EiBotBoard at .* check power, cable, port and driver"),
        ("hpgl", GrblEmulator, {}, "no HPGL plotter at"),
        pytest.param("grbl", EbbEmulator, {}, "no GRBL at", marks=pytest.mark.nightly),
        pytest.param("marlin", GrblEmulator, {}, "no Marlin at", marks=pytest.mark.nightly),
    ],
)
def test_what_is_no_such_machine_is_named(bench, driver, emulator, options, words):
    desk = bench(driver, emulator, **options)
    plot = desk.plot(document(driver, seed=4, strokes=2))
    with pytest.raises(MachineError, match=words):
        desk.run(plot)
    assert plot.state.state == "interrupted"
    assert desk.emulator.carriage.strokes == []


def test_a_machine_that_works_in_another_system_draws_in_its_own(bench):
    desk = bench("grbl", GrblEmulator)
    desk.emulator.systems |= {"G54": (12.0, -3.0), "G55": (70.0, 40.0)}
    desk.emulator.system = "G55"
    plot = desk.plot(scribble(7, strokes=3))
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes)
    assert (verdict.missing, verdict.off_mm < 0.1) == ([], True)


@contextlib.contextmanager
def as_nobody():
    """Be a user without rights: root may open everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_port_that_cannot_be_opened_says_why(bench):
    link = str(bench("grbl", GrblEmulator).emulator.link)
    with pytest.raises(
        MachineError, match="there is no port /dev/ttyNONE0; is the machine plugged"
    ):
        Port("/dev/ttyNONE0", 9600)
    with (
        serial.Serial(link, exclusive=True),
        pytest.raises(MachineError, match="is in use by another program; close that first"),
    ):
        Port(link, 9600)
    real = os.path.realpath(link)
    os.chmod(real, 0)
    with as_nobody(), pytest.raises(MachineError, match=r"no right to open .* dialout"):
        Port(real, 9600)


@pytest.mark.parametrize(
    ("driver", "size", "words"),
    [
        ("grbl", (400, 300), "leaves the reach of the GRBL"),
        ("marlin", (300, 200), "leaves the reach of the Marlin"),
        ("hpgl", (333, 222), "has no paper of 333 x 222 mm; fit the drawing to one of a4"),
    ],
)
def test_a_drawing_larger_than_the_paper_is_refused_before_anything_moves(
    bench, driver, size, words
):
    desk = bench(driver, KINDS[driver])
    lines = scribble(1, size=size[0] - 1.0).layers[0]
    points = lines.lines.points * (0.99 * size[0] / lines.lines.points.max())
    large = Document(*size, (lines.with_lines(lines.lines.with_points(points)),))
    with pytest.raises(PlotError, match=words):
        desk.plot(large)
    assert desk.emulator.carriage.strokes == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda plot, other: (plot / "journal.jsonl").write_bytes(b"no json\n"),
            "journal .* damaged",
        ),
        (lambda plot, other: shutil.copy(other / "journal.jsonl", plot), "belongs to another plan"),
        (lambda plot, other: shutil.copy(other / "plan.bin", plot), "belongs to another plan"),
        (lambda plot, other: (plot / "plan.bin").write_bytes(b"PK"), "plan .* cannot be read"),
        (
            lambda plot, other: (
                (plot / "journal.jsonl").open("ab").write(b'{"e":"stroke","t":1}\n')
            ),
            "makes no sense",
        ),
    ],
)
def test_a_bad_or_foreign_journal_is_named_and_never_guessed(bench, spoil, words):
    desk = bench("grbl", GrblEmulator)
    plot, other = desk.plot(scribble(1, strokes=2)), desk.plot(scribble(2, strokes=3))
    spoil(plot.folder, other.folder)
    spoiled = find_plot(plot.id)
    with pytest.raises((JournalError, PlotError), match=words):
        desk.run(spoiled)
    assert spoiled.words == "damaged"
    assert re.search(words, spoiled.as_dict()["reason"])
    assert desk.emulator.carriage.strokes == []


def test_a_run_never_begins_twice(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(3, strokes=2))
    assert desk.run(plot) == "done"
    desk.runs -= 1
    with pytest.raises(ValueError, match="never starts again by itself"):
        desk.run(plot)


def test_a_resume_that_fails_at_once_goes_back_no_further(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(5))
    run = desk.start(plot)
    wait_until(lambda: plot.state.done >= 6)
    desk.emulator.faults.append(lambda it: it.unplug())
    run.join(60)
    wait_until(lambda: not desk.emulator.busy)
    for _ in range(4):
        with pytest.raises(MachineError, match="there is no port"):
            desk.run(plot)
    desk.emulator.plug()
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes)
    assert (verdict.missing, len(verdict.twice) <= 3) == ([], True)


def test_a_machine_that_lost_its_power_is_not_taken_for_one_that_kept_its_place(bench):
    desk = bench("grbl", GrblEmulator)
    device = read_device("desk")
    with device.opened() as driver:
        driver.connect()
        driver.run(driver.travel(20.0, 10.0))
        driver.zero_here()
        driver.mark()
        device.remember(driver)
    plot = desk.plot(scribble(6))
    run = desk.start(plot)
    wait_until(lambda: len(desk.emulator.carriage.strokes) >= 3)
    desk.emulator.muted = True
    run.join(60)
    desk.power_cycle(at=(20.0, 10.0))  # what waits to lift the pen finds it first
    wait_until(lambda: desk.emulator.carriage.moved_s > 0)
    assert desk.run(plot) == "done"
    placed = Placement.of(plot.plan, device.machine).points
    verdict = judge(
        plot, desk.emulator.carriage.strokes, lambda points: np.add(placed(points), (20, 10))
    )
    assert (verdict.missing, verdict.off_mm < 0.1) == ([], True)
