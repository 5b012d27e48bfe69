"""What real machines do and a simple emulator hides: each of these spoilt a sheet once."""

import contextlib
import fcntl
import random
import re
import struct
import threading

import numpy as np
import pytest
from machine_bench import command, document, guards, hp_place, scribble
from machine_emulators import (
    EbbEmulator,
    FluidNcEmulator,
    GrblEmulator,
    GrblHalEmulator,
    HpEmulator,
    MarlinEmulator,
    OldGrblEmulator,
)
from support import sampled, wait_until

from drawscape.drawing.document import Document, Layer
from drawscape.errors import MachineBusyError, MachineError, PlotError
from drawscape.geometry.lines import Lines
from drawscape.machine.device import add_device, read_device
from drawscape.machine.plot import plot_totals
from drawscape.plot import read_machine

Z_AXIS = {"z_axis": True}


MACHINES = [
    pytest.param("grbl", GrblEmulator, {}, None, id="grbl"),
    pytest.param("grbl", GrblEmulator, Z_AXIS, "z-axis", id="grbl with a Z axis"),
    pytest.param("ebb", EbbEmulator, {}, None, id="ebb"),
    pytest.param("marlin", MarlinEmulator, Z_AXIS, "z-axis", id="marlin with a Z axis"),
]


@pytest.mark.parametrize(("driver", "emulator", "options", "profile"), MACHINES)
def test_looking_at_a_machine_moves_nothing_and_proves_no_place(
    bench, driver, emulator, options, profile
):
    desk = bench(driver, emulator, profile=profile, **options)
    carriage = desk.emulator.carriage
    before = carriage.at, carriage.height, carriage.moved_s
    for _ in range(2):
        assert "does not know where its pen is" in command("machine", "check", "desk")
    assert (carriage.at, carriage.height, carriage.moved_s) == before
    plot = desk.plot(scribble(1, strokes=3))
    with pytest.raises(
        MachineError, match=r"does not know where its pen is.* say so with --zero-here"
    ):
        desk.run(plot, zero_here=False)
    assert carriage.strokes == []


@pytest.mark.parametrize(("driver", "emulator", "options", "profile"), MACHINES)
def test_a_power_cut_is_not_undone_by_a_look_at_the_machine(
    bench, driver, emulator, options, profile
):
    desk = bench(driver, emulator, profile=profile, **options)
    if profile == "z-axis":
        desk.emulator.motion.paper = 0.0
        desk.emulator.carriage.height = 0.0
    plot = desk.plot(scribble(2, strokes=10))
    desk.emulator.fail_after(4, lambda it: it.unplug())
    with pytest.raises(MachineError, match="broke"):
        desk.run(plot)
    desk.power_cycle(at=(0.0, 0.0))
    command("machine", "check", "desk")
    height = desk.emulator.carriage.height
    wait_until(
        lambda: not guards()
    )  # they may lift a servo's pen, but not a Z axis that lost count
    with pytest.raises(MachineError, match="does not know where its pen is"):
        desk.run(plot, zero_here=False)
    assert desk.emulator.carriage.height == height
    if profile == "z-axis":  # a person lets it touch the paper
        desk.emulator.motion.paper = desk.emulator.motion.z
        desk.emulator.carriage.height = 0.0
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.off_mm < 0.1) == ([], True)


CORNERS = [
    {"s23": low, "s21": hard, "s20": soft} for low in range(4) for hard, soft in ((1, 0), (0, 1))
]


@pytest.mark.parametrize("z_axis", [False, True])
@pytest.mark.parametrize("corner", sampled(CORNERS, 3))
def test_a_homing_grbl_draws_as_it_is_delivered(bench, corner, z_axis):
    """Its switches are in any corner, its places lie below zero, and its limits are on."""
    options = {"s22": 1, "s130": 200, "s131": 180, "z_axis": z_axis, **corner}
    desk = bench("grbl", GrblEmulator, profile="z-axis" if z_axis else None, **options)
    carriage = desk.emulator.carriage
    carriage.at = (90.0, 70.0)  # it is switched on there
    desk.emulator.motion.origin = complex(*carriage.at)
    assert "locked" in command("machine", "check", "desk")
    assert "first" in command("machine", "zero", "desk", code=1)
    command("machine", "home", "desk")
    assert carriage.at == pytest.approx((1.0, 1.0), abs=0.01)  # its pull-off away from the rails
    if z_axis:  # how low the paper is, it cannot know
        assert "does not know" in command("machine", "check", "desk")
        command("machine", "jog", "desk", 0, 0, "--z", -carriage.height)
        command("machine", "zero", "desk")
    corner_of_sheet = carriage.at
    carriage.strokes.clear()  # where it touched the paper
    plot = desk.plot(scribble(4, strokes=6))
    assert desk.run(plot, zero_here=False) == "done"
    machine = read_device("desk").machine
    assert (machine.width_mm, machine.height_mm) == (198, 178)
    verdict = desk.judge(
        plot, lambda points: np.add(plot.plan.placed(points, machine), corner_of_sheet)
    )
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.1) == ([], [], True)
    assert not desk.emulator.spun


def test_a_zero_from_which_the_plot_would_leave_the_reach_is_refused(bench):
    """Homing ends at the upper right, and a person says that the pen touches the sheet's corner there."""
    desk = bench("grbl", GrblEmulator, profile="z-axis", z_axis=True, s22=1, s130=200, s131=180)
    plot = desk.plot(scribble(4, strokes=2))
    with pytest.raises(PlotError, match=r"mm: the GRBL 1.1 reaches 198 x 178 mm"):
        desk.run(plot)
    assert desk.emulator.carriage.strokes == []
    assert desk.emulator.carriage.at == pytest.approx((199, 179), abs=0.01)


def test_jogs_are_checked_where_they_end(bench):
    desk = bench("ebb", EbbEmulator)
    command("machine", "zero", "desk")
    command("machine", "jog", "desk", 290, 0)
    assert "reaches 300 x 218 mm" in command("machine", "jog", "desk", 290, 0, code=1)
    assert "reaches 300 x 218 mm" in command("machine", "jog", "desk", -291, -1, code=1)
    assert desk.emulator.carriage.at == pytest.approx((290, 0), abs=0.02)


def test_strokes_without_power_for_the_motors_are_not_taken_for_drawn(bench):
    desk = bench("ebb", EbbEmulator)
    plot = desk.plot(scribble(5, strokes=14))
    desk.emulator.fail_after(5, lambda it: setattr(it, "power", 30))
    with pytest.raises(MachineError, match="motors have no power"):
        desk.run(plot)
    assert "motors have no power" in command("machine", "check", "desk")
    desk.emulator.power = 300
    with pytest.raises(MachineError, match="does not know where its pen is"):
        desk.run(plot, zero_here=False)
    desk.power_cycle()
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.off_mm < 0.1) == ([], True)


def test_an_hp_that_loses_two_answers_draws_on(bench):
    desk = bench("hpgl", HpEmulator)
    plot = desk.plot(document("hpgl", seed=3, strokes=10))
    desk.emulator.fail_after(4, lambda it: setattr(it, "lost_answers", 2))
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot, hp_place("hpgl"))
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.1) == ([], [], True)


@pytest.mark.parametrize(
    "seed", [6, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (18, 22, 41))]
)
def test_a_marlin_that_is_asked_to_repeat_lines_draws_no_line_across_the_paper(bench, seed):
    desk = bench("marlin", MarlinEmulator)
    desk.emulator.chance = random.Random(seed)
    plot = desk.plot(scribble(6, strokes=24))
    desk.emulator.noise = 0.004
    assert desk.run(plot) == "done"
    assert desk.emulator.spoiled > 5
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.off_mm < 0.2) == ([], True)


def lose_an_ok(machine):
    """Let the cable lose the next answer."""
    says = machine.say

    def say(text):
        if text == "ok":
            machine.say = says
        else:
            says(text)

    machine.say = say


def test_a_marlin_that_talks_all_the_time_is_as_fast_and_a_lost_answer_is_missed(bench):
    desk = bench("marlin", MarlinEmulator, scale=10.0, chatter_s=10.0)
    plot = desk.plot(scribble(7, strokes=8))
    desk.emulator.fail_after(4, lose_an_ok)
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.1) == ([], [], True)
    assert desk.emulator.carriage.rest_s < 50  # of its own time: 5 s of ours


def test_a_nextdraw_moves_its_brushless_lift(bench):
    profiles = {read_machine(f"nextdraw-{name}").lift for name in (8511, 1117, 2234)}
    assert profiles == {"brushless"}
    desk = bench("ebb", EbbEmulator, profile="nextdraw-8511", lift="brushless", version=(3, 0, 3))
    plot = desk.plot(scribble(8, strokes=6))
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.05) == ([], [], True)


def test_an_upgraded_axidraw_is_told_of_its_lift(bench):
    desk = bench("ebb", EbbEmulator, lift="brushless")
    add_device("desk", "ebb", str(desk.emulator.link), lift="brushless")
    plot = desk.plot(scribble(8, strokes=3))
    assert desk.run(plot) == "done"
    assert desk.judge(plot).missing == []


@pytest.mark.parametrize(("driver", "emulator", "options"), [
    ("grbl", GrblEmulator, {}), ("marlin", MarlinEmulator, {"hold_s": 5.0}),
])  # fmt: skip
def test_the_motors_hold_while_a_plot_waits_for_a_person(bench, driver, emulator, options):
    desk = bench(driver, emulator, **options)
    plot = desk.plot(scribble(9, strokes=4, pens=2))
    run = desk.run_aside(plot, yes=False)
    questions = ("paper", "position", "pen") if driver == "grbl" else ("paper", "pen")
    for question in questions:
        wait_until(lambda question=question: plot.state.question == question or not run.is_alive())
        if question == "pen":
            waited = desk.emulator.now + 10
            wait_until(lambda waited=waited: desk.emulator.now > waited)
            desk.emulator.push(3 + 2j)
        if run.is_alive() and plot.state.question == question:
            plot.request("answer", to=plot.state.text)
    run.join(60)
    assert plot.words == "done"
    assert desk.judge(plot).off_mm < 0.1
    if driver == "grbl":
        assert desk.emulator.settings[1] == 25


@pytest.mark.parametrize(("driver", "emulator", "options", "profile"), MACHINES)
def test_a_person_sets_a_new_pen_while_the_plot_asks_for_it(
    bench, driver, emulator, options, profile
):
    desk = bench(driver, emulator, profile=profile, **options)
    carriage = desk.emulator.carriage
    if profile == "z-axis":  # the pen touches the paper
        desk.emulator.motion.paper = carriage.height = 0.0
    command("machine", "zero", "desk")
    plot = desk.plot(scribble(9, strokes=4, pens=2))
    run = desk.run_aside(plot, yes=False)
    for question in ("paper", "pen"):
        wait_until(lambda question=question: plot.state.question == question or not run.is_alive())
        drawn_before = len(carriage.strokes)
        command("machine", "pen", "desk", "down")
        assert carriage.down
        command("machine", "pen", "desk", "up")
        assert not carriage.down
        before = carriage.at
        command("machine", "jog", "desk", 12, 7)
        assert np.subtract(carriage.at, before) == pytest.approx((12, 7), abs=0.05)
        assert "reaches" in command("machine", "jog", "desk", 290, 0, code=1)
        command("plots", "frame", plot.id)
        assert carriage.at == pytest.approx((0, 0), abs=0.05)
        command("machine", "pen", "desk", "down")
        del carriage.strokes[drawn_before:]  # where the pen touched the paper
        assert plot.state.question == question
        plot.request("answer", to=plot.state.text)
    run.join(60)
    assert plot.words == "done"
    carriage.strokes[:] = [one for one in carriage.strokes if len(one) > 1]
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.1) == ([], [], True)


@pytest.mark.parametrize(("minutes", "is_asked"), [(60.0, True), (0.02, False)])
def test_ink_dries_before_another_pen_draws_on_it_unless_a_person_says_that_it_is_dry(
    bench, minutes, is_asked
):
    desk = bench("hpgl", HpEmulator)
    plot = desk.plot(document("hpgl", seed=3, strokes=3, pens=2))
    plot.set_drying(minutes)
    run = desk.run_aside(plot)
    wait_until(lambda: plot.state.question == "drying" or not run.is_alive())
    assert plot.words == "waiting for drying at stroke 3 of 6 (50 %), pen 2"
    assert plot.state.text.startswith("The ink dries until ")
    assert desk.emulator.pens == [1]
    if is_asked:
        plot.request("answer", to=plot.state.text)
    run.join(60)
    assert plot.words == "done"
    assert plot.again().state.drying_min == minutes
    rows = {row["pen"]: row for row in plot_totals()}
    assert {pen: row["lifts"] for pen, row in rows.items()} == {"pen 1": 3, "pen 2": 3}
    hours = sum(row["hours"] for row in rows.values())
    assert hours == pytest.approx(plot.state.seconds / 3600, abs=0.001)
    assert command("plots", "total").splitlines()[-1].split()[:3] == ["desk", "pen", "2"]


FIRMWARES = {
    GrblEmulator: "GRBL 1.1h.20190825",
    OldGrblEmulator: "GRBL 0.9j.20160726",
    GrblHalEmulator: "grblHAL 1.1f.20260817",
    FluidNcEmulator: "GRBL 3.9 FluidNC v3.9.1 (esp32-wifi)",
}


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_a_stop_in_mid_stroke_loses_no_place(bench, firmware):
    """It slows down for half a second; a reset before it stands would lose steps."""
    desk = bench("grbl", firmware, scale=4.0, s120=25, s121=25)
    line = Lines.of([[(5, 5), (55, 55)]])
    plot = desk.plot(Document(60, 60, (Layer("1 pen", "black", None, line),)))
    run = desk.run_aside(plot)
    wait_until(lambda: desk.emulator.carriage.down and desk.emulator.carriage.at[0] > 20)
    plot.request("stop")
    run.join(60)
    assert plot.state.reason == "stopped"
    wait_until(lambda: not (guards() or desk.emulator.carriage.down))
    assert desk.run(plot, zero_here=False) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, verdict.off_mm < 0.1) == ([], True)


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_a_line_that_a_grbl_refuses_ends_the_run_and_a_reset_by_others_the_knowledge_of_its_place(
    bench, firmware
):
    desk = bench("grbl", firmware)
    plot = desk.plot(scribble(9, strokes=6))
    desk.emulator.fail_after(2, lambda it: it.receive(b"G77\n"))
    with pytest.raises(
        MachineError, match=r"refused .*: error(: Unsupported| 20: unknown) command"
    ):
        desk.run(plot)
    assert desk.run(plot, zero_here=False) == "done"
    assert desk.judge(plot).missing == []
    assert f"desk: {FIRMWARES[firmware]}\ndesk: OK, the pen is at 0.00" in command(
        "machine", "check", "desk"
    )
    desk.emulator.faults.append(lambda it: it.receive(b"\x18"))
    wait_until(lambda: not desk.emulator.faults)
    assert "does not know where its pen is" in command("machine", "check", "desk")


def busy_words():
    """What another program reads that wants the machine."""
    try:
        with read_device("desk").opened(patience_s=0.05):
            return ""
    except MachineBusyError as error:
        return str(error)


def test_a_busy_machine_says_what_has_it(bench):
    desk = bench("grbl", GrblEmulator, scale=2.0)
    plot = desk.plot(scribble(9, strokes=20))
    run = desk.start(plot)
    wait_until(lambda: plot.state.done >= 1)
    assert busy_words() == (
        f"machine 'desk' is busy with plot {plot.id}; to stop it: `drawscape plots stop {plot.id}`"
    )
    desk.emulator.muted = True  # it takes a while to lift its pen
    run.kill()
    run.join(60)
    wait_until(lambda: "the lifting of its pen after a plot broke off" in busy_words())
    with read_device("desk").opened(patience_s=60):
        assert "busy with another command" in busy_words()


def test_a_port_that_is_taken_for_a_moment_is_opened_when_it_is_free(bench):
    desk = bench("ebb", EbbEmulator)
    with open(desk.emulator.link, "rb", buffering=0) as held:  # as a child does before it is itself
        fcntl.flock(held, fcntl.LOCK_EX)
        threading.Timer(0.2, fcntl.flock, (held, fcntl.LOCK_UN)).start()
        command("machine", "check", "desk")


def test_a_machine_that_plots_is_not_moved_by_others(bench):
    desk = bench("ebb", EbbEmulator, scale=2.0)
    plot = desk.plot(scribble(9, strokes=20))
    run = desk.start(plot)
    wait_until(lambda: plot.state.done >= 1)
    with pytest.raises(MachineError, match="desk is plotting: pause the plot first"):
        plot.ask_to_move("jog", x=5.0, y=5.0, z=0.0)
    plot.request("stop")
    run.join(60)
    assert plot.state.reason == "stopped"


def lose_a_digit(machine, begin):
    """Let the cable lose a digit of the next line that begins so, where that makes 0.2 mm or more."""
    reads = machine.next_line

    def next_line():
        line = reads()
        short = re.sub(r"([XY]-?\d*\.)\d", r"\1", line or "", count=1)
        ways = [
            sum(map(float, re.findall(r"[XY](-?[\d.]+)", text))) for text in (line or "", short)
        ]
        if not (line or "").startswith(begin) or abs(ways[1] - ways[0]) < 0.2:
            return line
        machine.next_line = reads
        return short

    machine.next_line = next_line


@pytest.mark.parametrize("begin", ["G91 G1", "G90 G0"])
@pytest.mark.parametrize("profile", [None, "z-axis"])
def test_bytes_that_a_grbl_loses_inside_a_line_are_found_where_the_stroke_ends(
    bench, begin, profile
):
    desk = bench("grbl", GrblEmulator, profile=profile, z_axis=profile is not None)
    carriage = desk.emulator.carriage
    if profile:
        desk.emulator.motion.paper = carriage.height = 0.0
    plot = desk.plot(scribble(12, strokes=12))
    for spared in (2, 6):
        desk.emulator.fail_after(spared, lambda it: lose_a_digit(it, begin))
        with pytest.raises(MachineError, match="bytes were lost on the way"):
            desk.run(plot)
        assert not carriage.down
        if begin == "G90 G0":  # before the pen went down
            assert desk.judge(plot).off_mm < 0.1
    assert desk.run(plot, zero_here=False) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, len(verdict.twice) <= 6) == ([], True)


def test_a_servo_that_is_not_lowered_as_far_as_it_should_is_noticed(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(12, strokes=8))

    def lose_the_height(machine):
        reads = machine.next_line

        def next_line():
            line = reads()
            if line == "M3 S90":
                machine.next_line = reads
                return "M3 S9"
            return line

        machine.next_line = next_line

    desk.emulator.fail_after(3, lose_the_height)
    with pytest.raises(MachineError, match="servo has 9, not 90: bytes were lost"):
        desk.run(plot)
    assert desk.run(plot, zero_here=False) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, len(verdict.twice) <= 3) == ([], True)


def plug_elsewhere(machine, board, port):
    """Pull the cable, and plug it in where the board has a name and the port another one."""
    machine.faults.append(
        lambda it: it.unplug()
    )  # its own thread does it, which reads from the port
    wait_until(lambda: machine.master is None)
    machine.board = board
    machine.plug(port)


@pytest.fixture
def boards(home, monkeypatch):
    """The folder that names boards."""
    (home / "by-id").mkdir()
    monkeypatch.setenv("DRAWSCAPE_BOARDS", str(home / "by-id"))
    return home / "by-id"


def test_a_cable_in_another_socket_leads_to_the_same_machine(bench, home, boards):
    desk = bench("ebb", EbbEmulator)
    machine = desk.emulator
    plug_elsewhere(machine, boards / "usb-SchmalzHaus_EiBotBoard-if00", home / "ttyACM0")
    add_device("desk", "ebb", str(machine.link))
    plot = desk.plot(scribble(2, strokes=10))
    machine.fail_after(4, lambda it: it.unplug())
    with pytest.raises(MachineError, match="broke"):
        desk.run(plot)
    wait_until(lambda: not machine.busy)
    machine.plug(home / "ttyACM1")
    assert desk.run(plot, zero_here=False) == "done"
    verdict = desk.judge(plot)
    assert (verdict.missing, len(verdict.twice) <= 3, verdict.off_mm < 0.1) == ([], True, True)


def test_another_board_at_the_port_is_sent_no_byte(bench, home, boards, monkeypatch):
    machine = bench("grbl", GrblEmulator).emulator
    plug_elsewhere(machine, boards / "usb-1a86_USB_Serial_A1-if00-port0", home / "ttyUSB0")
    add_device("desk", "grbl", str(machine.link))
    machine.faults.append(lambda it: it.unplug())
    wait_until(lambda: machine.master is None)
    other, heard = GrblEmulator(home / "ttyUSB0", z_axis=True), []
    other.unplug()
    other.board = boards / "usb-FTDI_FT232R_B2-if00-port0"
    other.plug()
    monkeypatch.setattr(other, "receive", heard.append)
    other.start()
    try:
        assert "another board is at" in command("machine", "check", "desk", code=1)
        assert not any(heard)
    finally:
        other.close()


def test_two_boards_with_one_name_are_known_by_their_sockets(bench, home, boards):
    (home / "by-path").mkdir()
    board = boards / "usb-SchmalzHaus_EiBotBoard-if00"  # of the one plugged in last
    desk = bench("ebb", EbbEmulator).emulator
    with contextlib.closing(EbbEmulator(home / "ttyACM1").start()) as hall:
        (home / "by-path" / "printer").symlink_to(
            home / "ttyUSB7"
        )  # its kind shares no name with a board's
        both = {"desk": desk.link, "hall": hall.link}
        add = "machine add {} --driver ebb --port {}"
        for name, port in both.items():
            board.unlink(missing_ok=True)
            for link in (board, home / "by-path" / name):
                link.symlink_to(port)
            if name == "desk":  # alone
                assert "USB socket" not in command(*add.format(name, port).split())
        assert "give each board a nickname" in command("machine", "check", "desk", code=1)
        for name, port in both.items():
            assert "known by its USB socket" in command(*add.format(name, port).split())
        command("machine", "pen", "desk", "down")
        assert (desk.carriage.down, hall.carriage.down) == (True, False)


TCGETS2 = 0x802C542A  # of Linux: the line's settings, its speed last


class FastMarlin(MarlinEmulator):
    """A board whose line has 250,000 baud; at any other speed it hears noise."""

    def receive(self, data):
        said = fcntl.ioctl(self.master, TCGETS2, bytes(44)) if self.master else bytes(44)
        (baud,) = struct.unpack_from("I", said, 40)
        super().receive(data if baud == 250_000 else bytes(byte ^ 0xA5 for byte in data))


@pytest.mark.nightly  # two speeds are tried, 8 s each
def test_a_boards_speed_is_found_by_trying_or_given(bench):
    port = bench("marlin", FastMarlin).emulator.link
    added = ("machine", "add", "--driver", "marlin", "--port", port)
    command(*added, "found")
    assert read_device("found").baud == 250_000
    command(*added, "given", "--baud", 250_000)
    command("machine", "check", "given")
