"""GRBL: all is drawn as planned; a fault ends in words, pen up, and the rest is drawn afterwards."""

import time

import pytest
from machine_bench import judge, scribble

from drawscape.errors import MachineError
from drawscape.plotter.simulator import GrblEmulator


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def test_draws_what_is_planned_and_goes_home_with_the_pen_up(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(1, pens=2))
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes)
    assert (verdict.missing, verdict.twice) == ([], [])
    assert verdict.off_mm < 0.05
    wait_for(lambda: not desk.emulator.motion.blocks)
    assert desk.emulator.carriage.at == (0.0, 0.0)
    assert not desk.emulator.carriage.down
    assert desk.emulator.lost_bytes == 0
    state = plot.as_dict()
    assert (state["stroke"], state["strokes"], state["state"]) == (24, 24, "done")
    assert state["metres"].keys() == {"pen 1", "pen 2"}


def hang(machine):
    machine.muted = True


def garbage(machine):
    machine.say("\x00\x81o?k")


def alarm(machine):
    machine.ring(1)


def lose_a_line(machine):
    hears = machine.receive

    def deaf_for_a_line(data):
        if b"\n" in data:
            machine.receive = hears
        else:
            hears(data)

    machine.receive = deaf_for_a_line


def button(machine):
    machine.receive(b"!")


@pytest.mark.parametrize(
    ("fault", "words", "lost"),
    [
        (garbage, "which is no answer", False),
        (alarm, "alarm 1: a limit switch was hit", True),
        (lose_a_line, "a line was lost", False),
        (button, "paused by its own button", False),
        (lambda machine: machine.unplug(), "check cable and power", False),
    ],
)
def test_a_fault_is_named_the_pen_goes_up_and_the_rest_is_drawn_later(bench, fault, words, lost):
    desk = bench("grbl", GrblEmulator, scale=10)
    machine = desk.emulator
    plot = desk.plot(scribble(2))
    run = desk.start(plot)
    wait_for(lambda: len(machine.carriage.strokes) >= 4)
    machine.faults.append(fault)
    run.join(60)
    assert run.exitcode != 0
    assert words in plot.state.reason
    assert plot.words.startswith("interrupted at stroke")
    if machine.master is not None:
        assert not machine.carriage.down
    if lost:
        desk.power_cycle()
    elif machine.master is None:
        wait_for(lambda: not machine.busy)
        machine.plug()
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes)
    assert verdict.missing == []
    assert len(verdict.twice) <= 3
    # GRBL's lines have no checksums: a corner that was lost is cut, and its stroke is drawn again.
    assert verdict.off_mm <= (4.0 if fault is lose_a_line else 0.1)


def test_a_run_never_begins_twice(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(3, strokes=2))
    assert desk.run(plot) == "done"
    desk.runs -= 1
    with pytest.raises(ValueError, match="never starts again by itself"):
        desk.run(plot)


def test_what_is_no_grbl_is_named(bench):
    desk = bench("grbl", GrblEmulator)
    desk.emulator.muted = True
    plot = desk.plot(scribble(4, strokes=2))
    with pytest.raises(MachineError, match="no GRBL at"):
        desk.run(plot)
    assert plot.state.state == "interrupted"
