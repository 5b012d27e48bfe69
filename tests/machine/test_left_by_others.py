"""What other programs and short power cuts leave behind: none of it spoils a sheet without a word."""

import pytest
from machine_bench import answering, command, document, hp_place, judge, scribble
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
from support import wait_until

from drawscape.errors import MachineError


def left(**values):
    return lambda it: [setattr(it, name, value) for name, value in values.items()]


def last_line(*rows):
    """What a program sent last, on a machine that has obeyed it."""
    return lambda it: it.receive("".join(f"{row}\n" for row in rows).encode())


IN_INCHES = last_line("G20 G91 F3", "G92 X4 Y-2", "G10 L2 P1 X1 Y1")
LEFT = {
    "half the pace of strokes, travels and the servo": ("grbl", GrblEmulator, {}, left(paces=[50, 50, 50])),
    "inches, relative moves and places of its own": ("grbl", GrblEmulator, {}, IN_INCHES),
    "reports in inches": ("grbl", GrblEmulator, {"s13": 1, "s10": 0}, IN_INCHES),
    "inches on 0.9": ("grbl", OldGrblEmulator, {}, IN_INCHES),
    "inches on FluidNC": ("grbl", FluidNcEmulator, {}, IN_INCHES),
    "half the pace on grblHAL": ("grbl", GrblHalEmulator, {}, left(paces=[50, 50, 50])),
    "only a solenoid for the pen": ("ebb", EbbEmulator, {}, left(mechanism=0)),
    "half the pace": ("marlin", MarlinEmulator, {}, left(percent=50.0)),
    "switched off by a command": ("hpgl", HpEmulator, {}, left(is_off=True)),
    "another end of answers": ("hpgl", HpEmulator, {}, left(terminator=b"\n")),
}  # fmt: skip


@pytest.mark.parametrize("what", LEFT)
def test_a_plot_is_drawn_in_its_time_whatever_another_program_has_left(bench, what):
    driver, emulator, options, leave = LEFT[what]
    desk = bench(driver, emulator, **options)
    machine = desk.emulator
    machine.faults.append(leave)
    wait_until(lambda: not machine.faults)
    plot = desk.plot(document(driver, seed=3, strokes=6))
    assert desk.run(plot) == "done"
    verdict = judge(plot, machine.carriage.strokes, hp_place(driver))
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.1) == ([], [], True)
    if driver in ("grbl", "marlin"):
        took_s = machine.dwelt_s + machine.motion.moving_s
        assert took_s < 1.2 * plot.plan.seconds.sum() + 0.2 * machine.motion.starved


@pytest.mark.parametrize("rows", ["EM,0,0", "EM,2,2"])
def test_an_axidraw_whose_motors_others_have_set_does_not_know_its_place(bench, rows):
    desk = bench("ebb", EbbEmulator)
    command("machine", "zero", "desk")
    assert "OK, the pen is at 0.00, 0.00" in command("machine", "check", "desk")
    desk.emulator.faults.append(lambda it: it.receive(f"{rows}\r".encode()))
    wait_until(lambda: desk.emulator.motors != 16)
    assert "does not know where its pen is" in command("machine", "check", "desk")


def lose_grbl(machine):
    """Cut its power for a moment; the first word behind that is spoilt."""
    machine.motion.drop()
    machine.motion.origin, machine.motion.at = complex(*machine.carriage.at), 0j
    machine.BANNER = "\xffG\x00bl 1.1h ['$' for help]"
    machine._boot()


def lose_marlin(machine):
    """Cut its power for a moment, and lose what it says behind that."""
    machine.motion.drop()
    machine.motion.origin, machine.motion.at = complex(*machine.carriage.at), 0j
    machine.rx.clear()
    machine.waits.clear()
    machine.last_n = 0


@pytest.mark.parametrize(
    ("driver", "emulator", "cut"),
    [("grbl", GrblEmulator, lose_grbl), ("marlin", MarlinEmulator, lose_marlin)],
)
def test_a_power_cut_whose_first_word_is_lost_is_noticed(bench, driver, emulator, cut):
    options = {"profile": "z-axis", "z_axis": True} if driver == "marlin" else {}  # without homing
    desk = bench(driver, emulator, **options)
    if options:  # the pen touches the paper
        desk.emulator.motion.paper = desk.emulator.carriage.height = 0.0
    plot = desk.plot(scribble(5, strokes=10))
    desk.emulator.fail_after(4, cut)
    with pytest.raises(MachineError, match="was reset or lost its power"):
        desk.run(plot)
    with pytest.raises(MachineError, match="does not know where its pen is"):
        desk.run(plot, zero_here=False)


def test_a_grblhal_that_names_its_alarm_is_known_to_be_locked(bench):
    bench("grbl", GrblHalEmulator, s22=1)
    assert "it is locked after an alarm" in command("machine", "check", "desk")


@pytest.mark.parametrize(
    ("driver", "stop", "words"),
    [
        ("marlin", lambda it: it.say("//action:cancel"), "stopped at its own display"),
        ("marlin", left(for_user=True), "waited for its own button"),
        ("grbl", lambda it: it.hear(ord("!")), "paused by its own button"),
    ],
)
def test_a_machine_that_is_stopped_by_hand_in_a_stroke_lifts_its_pen(bench, driver, stop, words):
    desk = bench(driver, KINDS[driver])
    plot = desk.plot(scribble(5, strokes=8))
    desk.emulator.fail_after(3, stop)
    with pytest.raises(MachineError, match=words):
        desk.run(plot)
    carriage = desk.emulator.carriage
    assert not carriage.down
    assert carriage.rest_s < 5 * desk.emulator.scale
    assert desk.run(plot) == "done"
    assert desk.judge(plot).missing == []


def test_a_marlin_that_is_paused_at_its_own_display_pauses_the_plot(bench):
    desk = bench("marlin", MarlinEmulator)
    plot = desk.plot(scribble(5, strokes=8))
    desk.emulator.fail_after(3, lambda it: it.say("//action:pause"))
    run = desk.run_aside(plot)
    wait_until(lambda: plot.state.state == "paused")
    plot.request("resume")
    run.join(60)
    assert plot.words == "done"


def test_an_hp_that_is_switched_off_and_on_while_a_person_changes_the_pen_keeps_its_speed(bench):
    desk = bench("hpgl", HpEmulator)
    layers = document("hpgl", seed=3, strokes=3, pens=2).layers
    slow = [one.pen.moving(speed=20, pause=number == 1).name for number, one in enumerate(layers)]
    named = [
        one.__class__(name, one.color, None, one.lines)
        for name, one in zip(slow, layers, strict=True)
    ]
    plot = desk.plot(document("hpgl", seed=3, strokes=3).with_layers(named))
    run = desk.run_aside(plot, yes=False)
    wait_until(lambda: plot.state.question == "paper")
    plot.request("answer", to=plot.state.text)
    wait_until(lambda: plot.state.question == "pen")
    desk.emulator.speed = 381.0  # as after it is switched on
    plot.request("answer", to=plot.state.text)
    run.join(60)
    assert (plot.words, desk.emulator.speed < 381.0) == ("done", True)


def test_a_person_is_asked_whether_a_pen_whose_motors_were_free_is_still_at_zero(bench):
    desk = bench("grbl", GrblEmulator)
    plot, asked = desk.plot(scribble(9, strokes=2)), []

    command("machine", "zero", "desk")
    assert desk.run(plot, yes=False, on_news=answering(plot, asked)) == "done"
    assert asked[0].endswith("Is the pen still at zero? The motors were free since the last plot.")
    desk.power_cycle(at=(0.0, 0.0))  # its place is asked for, which is question enough
    plot, asked[:] = desk.plot(scribble(8, strokes=2)), []
    assert desk.run(plot, yes=False, zero_here=False, on_news=answering(plot, asked)) == "done"
    assert "still at zero" not in " ".join(asked)


class Behind(GrblEmulator):
    """A machine behind a safety door; while that is open it obeys no line, and a reset changes nothing."""

    is_open = True

    @property
    def state(self):
        return "Door:1" if self.is_open else super().state

    def next_line(self):
        return None if self.is_open else super().next_line()


def test_a_machine_whose_door_is_open_says_so_and_draws_when_it_is_closed(bench):
    desk = bench("grbl", Behind)
    plot = desk.plot(scribble(5, strokes=4))
    assert "its safety door is open" in command("machine", "check", "desk")
    with pytest.raises(MachineError, match="its safety door is open: close it"):
        desk.run(plot)
    assert desk.emulator.carriage.strokes == []
    desk.emulator.is_open = False
    with pytest.raises(MachineError, match="does not know where its pen is"):
        desk.run(plot, zero_here=False)
    assert desk.run(plot) == "done"
    assert desk.judge(plot).missing == []
