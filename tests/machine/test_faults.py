"""Whatever goes wrong has a sentence with a remedy, the pen goes up, and the rest is drawn afterwards."""

import contextlib
import fcntl
import json
import os
import re
import resource
import signal
import subprocess
import sys
import termios
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

import numpy as np
import pytest
import serial
from click.testing import CliRunner
from machine_bench import (
    Bench,
    answering,
    awaited,
    document,
    hp_place,
    lose_a_line,
    scribble,
)
from machine_emulators import KINDS, EbbEmulator, GrblEmulator, MarlinEmulator
from support import wait_until

from drawscape import notebook
from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.errors import JournalError, MachineError, PlotError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.jobs import list_jobs
from drawscape.machine.device import add_device, locked, read_device
from drawscape.machine.plot import Plot, find_plot, list_plots
from drawscape.machine.port import Port
from drawscape.machine.run import run_plot
from drawscape.tasks.plotting import act_on_plot, is_queued, resume_plot


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
        pytest.param("grbl", hang, "GRBL has not answered for 4 s; check cable", marks=pytest.mark.nightly),
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
    desk = bench(driver, KINDS[driver])
    machine = desk.emulator
    plot = desk.plot(document(driver, seed=2, strokes=8))
    machine.fail_after(3, fault)
    with pytest.raises(MachineError):
        desk.run(plot)
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
    verdict = desk.judge(plot, hp_place(driver))
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
        ("hpgl", GrblEmulator, {}, "no HPGL plotter at .* check power, cable, port, baud"),
        pytest.param("ebb", GrblEmulator, {}, "no EiBotBoard at", marks=pytest.mark.nightly),
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


def test_a_machine_that_works_in_another_system_draws_in_its_own(bench, tmp_path, monkeypatch):
    (tmp_path / "caffeinate").touch()  # nor may everybody run what keeps a computer awake
    monkeypatch.setenv("PATH", str(tmp_path))
    desk = bench("grbl", GrblEmulator)
    desk.emulator.systems |= {"G54": (12 - 3j, 0.0), "G55": (70 + 40j, 0.0)}
    desk.emulator.system = "G55"
    plot = desk.plot(scribble(7, strokes=3))
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot)
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
    with pytest.raises(MachineError, match="no port /dev/ttyNONE0; is the machine plugged"):
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


def test_a_cable_that_is_pulled_while_its_port_is_opened_is_a_trouble_like_others(monkeypatch):
    machine, port = os.openpty()
    path, flush = os.ttyname(port), termios.tcflush

    def pull_and_flush(*given):
        os.close(port)
        os.close(machine)
        flush(*given)

    monkeypatch.setattr(termios, "tcflush", pull_and_flush)
    with pytest.raises(MachineError, match="there is no port"):
        Port(path, 9600)


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
    desk, diagonal = bench(driver, KINDS[driver]), Lines.of([[(1, 1), np.subtract(size, 1)]])
    with pytest.raises(PlotError, match=words):
        desk.plot(Document(*size, (Layer("1 pen", "black", None, diagonal),)))
    assert desk.emulator.carriage.strokes == []


@pytest.mark.parametrize(
    ("file", "spoil", "words"),
    [
        ("journal.jsonl", lambda was, other: b"no json\n", "journal .* damaged"),
        ("journal.jsonl", lambda was, other: was + b'{"e":"stroke","t":1}\n', "journal .* damaged"),
        ("journal.jsonl", lambda was, other: other, "belongs to another plan"),
        ("plan.bin", lambda was, other: other, "belongs to another plan"),
        ("plan.bin", lambda was, other: b"PK", "plan .* cannot be read"),
    ],
)
def test_a_bad_or_foreign_journal_is_named_and_never_guessed(bench, file, spoil, words):
    desk = bench("grbl", GrblEmulator)
    plot, other = desk.plot(scribble(1, strokes=2)), desk.plot(scribble(2, strokes=3))
    files = [one.folder / file for one in (plot, other)]
    files[0].write_bytes(spoil(*(one.read_bytes() for one in files)))
    spoiled = find_plot(plot.id)
    with pytest.raises((JournalError, PlotError), match=words):
        desk.run(spoiled)
    assert spoiled.words == "damaged"
    assert re.search(words, spoiled.as_dict()["reason"])
    assert desk.emulator.carriage.strokes == []


def test_a_plot_goes_on_whose_plan_is_of_a_version_with_fewer_settings(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(1, strokes=5))
    data, hash_now = (plot.folder / "plan.bin").read_bytes(), plot.record.plan
    setting = b'"delay_ms":null,'
    older = data.replace(setting, b" " * len(setting))
    assert older != data
    strokes_and_pens = older[8 : -8 * plot.strokes]
    hash_then = blake2b(strokes_and_pens, digest_size=16).hexdigest()
    (plot.folder / "plan.bin").write_bytes(older)
    journal = plot.journal.path
    journal.write_text(journal.read_text().replace(hash_now, hash_then))
    plot = find_plot(plot.id)
    assert desk.run(plot) == "done"
    assert desk.judge(plot).missing == []
    assert plot.again().record.plan == hash_then


def test_many_who_watch_and_resume_a_plot_as_its_runs_begin_and_end_disturb_nothing(bench):
    """Such as a cell that waits, its panel in another thread, and a terminal."""
    plot = bench("grbl", GrblEmulator).plot(scribble(3, strokes=150))
    run_lock, queue_lock = (plot.folder / f"{name}.lock" for name in ("run", "queue"))
    resume_plot(plot)
    over, journal, job = threading.Event(), find_plot(plot.id).journal, plot.state.job

    def watch(mine):
        while not over.is_set():
            assert mine.state.state not in ("interrupted", "damaged")

    def resume(mine):
        while not over.is_set():
            with contextlib.suppress(PlotError):
                resume_plot(mine)

    switch_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(4) as threads:
        watching = [threads.submit(watch, plot) for _ in range(2)]
        watching += [threads.submit(resume, find_plot(plot.id)) for _ in range(2)]
        try:
            for run in range(3):
                with locked(run_lock, 60.0, "a run"):
                    journal.append("start", run=str(run), first=0)
                    for k in range(1, 151):
                        journal.append("stroke", soon=True, k=k)
                    journal.append("done")
                with locked(queue_lock, 60.0, "a terminal"):
                    journal.append("queued", run="", job=job)
        finally:
            over.set()
            sys.setswitchinterval(switch_s)
        assert [watcher.result() for watcher in watching] == [None] * 4
    assert plot.refresh().drawn.tolist() == [3] * 150
    assert len(list_jobs()) == 1


def test_a_journal_on_a_full_disk_says_so_and_is_whole_afterwards(bench):
    plot = bench("grbl", GrblEmulator).plot(scribble(1, strokes=3))
    before = plot.journal.path.read_bytes()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 9, usual[1]))
    try:
        with pytest.raises(JournalError, match="jsonl cannot be written"):
            plot.journal.append("stroke", k=1)
        with pytest.raises(JournalError, match="jsonl cannot be written"):
            plot.journal.append("stroke", soon=True, k=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert find_plot(plot.id).state.done == 0
    plot.journal.append("stroke", k=2)
    assert find_plot(plot.id).state.done == 2
    assert plot.journal.path.read_bytes().startswith(before + b'{"e":"stroke"')


def test_a_resume_that_fails_at_once_goes_back_no_further(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(5))
    desk.emulator.fail_after(9, lambda it: it.unplug())
    with pytest.raises(MachineError, match="broke"):
        desk.run(plot)
    wait_until(lambda: not desk.emulator.busy)
    for _ in range(4):
        with pytest.raises(MachineError, match="there is no port"):
            desk.run(plot)
    desk.emulator.plug()
    assert desk.run(plot) == "done"
    verdict = desk.judge(plot)
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
    desk.emulator.fail_after(3, lambda it: it.unplug())
    with pytest.raises(MachineError, match="broke"):
        desk.run(plot)
    desk.power_cycle(at=(20.0, 10.0))  # what waits to lift the pen finds it first
    wait_until(lambda: desk.emulator.carriage.moved_s > 0)
    assert desk.run(plot) == "done"
    place = lambda points: np.add(plot.plan.placed(points, device.machine), (20, 10))  # noqa: E731
    verdict = desk.judge(plot, place)
    assert (verdict.missing, verdict.off_mm < 0.1) == ([], True)


@pytest.mark.parametrize(
    "driver", [pytest.param(d, marks=[pytest.mark.nightly] * (d != "grbl")) for d in KINDS]
)
def test_a_program_that_stood_still_for_a_while_goes_on(bench, driver):
    """As after Ctrl-Z, or on a computer that has no memory left."""
    desk = bench(driver, KINDS[driver], scale=1.0)
    read_device("desk").update(settings={"silence_s": 1.5})
    page = (297, 210) if driver == "hpgl" else (100, 100)
    layer = Layer("1+S20 pen", "black", None, Lines.of([[(40, 40), (90, 80)]]))
    plot = desk.plot(Document(*page, (layer,)))
    run = desk.start(plot)
    wait_until(lambda: desk.emulator.carriage.down)
    os.kill(run.pid, signal.SIGSTOP)
    stopped = time.monotonic()
    wait_until(lambda: time.monotonic() > stopped + 2)
    os.kill(run.pid, signal.SIGCONT)
    run.join(60)
    assert plot.words == "done", plot.state.reason


def test_the_pen_is_lifted_although_a_dying_run_holds_its_machine_for_a_while(bench, home):
    machine = bench("grbl", GrblEmulator).emulator
    with read_device("desk").opened() as driver:
        driver.connect()
        driver.prepare()
        driver.run(driver.pen_down())
    assert machine.carriage.down
    rescuer = subprocess.Popen(
        [sys.executable, "-c", "from drawscape.machine.run import rescue; rescue()", "desk"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with locked(home / ".drawscape" / "machines" / "desk.lock", 10.0, "busy"):
        rescuer.stdout.read(1)
        rescuer.stdin.close()  # the run has died; the kernel has not yet let go of all that it held
        with contextlib.suppress(subprocess.TimeoutExpired):
            rescuer.wait(1.5)
    assert rescuer.wait(60) == 0
    assert not machine.carriage.down


@pytest.mark.parametrize("lost", [6, 9, 14, 20])
def test_the_pen_is_lifted_although_half_a_line_takes_the_next_bytes_with_it(bench, lost):
    class Late(MarlinEmulator):  # looks at its input when so many bytes have come
        def receive(self, data):
            for at in range(0, len(data), lost):
                super().receive(data[at : at + lost])
                self._read_lines()

    machine = bench("marlin", Late).emulator
    machine.carriage.pen(True, 0.0)
    machine.rx += b"N7 G1 X1"
    with read_device("desk").opened() as driver:
        driver.rescue()
    assert not machine.carriage.down


def test_an_answer_is_heard_although_the_asking_program_reads_the_plot_itself(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(3, strokes=3))

    def answer(text):
        plot.request("answer", to=text)  # somebody was quick
        assert plot.state.label.startswith("waiting")  # as a mail's subject says

    desk.run_aside(plot, yes=False, on_news=answer).join(60)
    assert plot.words == "done"


def test_a_stop_is_heard_although_a_program_follows_the_plot_and_nothing_undoes_it(bench):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(3, strokes=6))

    def stop(_share, _words):
        if plot.state.done == 1:
            for request in ("stop", "resume", "pause", "answer"):
                plot.request(request)
            assert plot.state.state == "plotting"

    desk.run_aside(plot, on_progress=stop).join(60)
    state = plot.state
    assert (state.state, state.reason, state.done < 6) == ("interrupted", "stopped", True)
    assert not desk.emulator.carriage.down
    with pytest.raises(PlotError, match=r"does not run; it is interrupted at stroke \d of 6"):
        plot.request("answer")


def test_a_second_click_does_not_answer_the_next_question(bench):
    desk = bench("grbl", GrblEmulator)
    plot, asked = desk.plot(scribble(3, strokes=3)), []

    def click(text):
        asked.append(text)
        plot.request("answer", to=asked[0])

    run = desk.run_aside(plot, yes=False, on_news=click)
    wait_until(lambda: len(asked) == 2)
    plot.request("set", values={"speed": 70.0}, keep=True)
    wait_until(lambda: read_device("desk").settings.get("speed") == 70.0)  # after the click
    assert (find_plot(plot.id).state.label, "zero" in asked[1]) == ("waiting for position", True)
    plot.request("answer", to=asked[1])
    run.join(60)
    assert plot.words == "done"


def test_of_many_cells_at_once_one_queues_the_plot_that_all_show(home):
    add_device("desk", "grbl", "/dev/none")
    together = threading.Barrier(6)

    def cell(_number):
        together.wait()
        return notebook.plot(scribble(3, strokes=3), optimize=False).plot.id

    with ThreadPoolExecutor(6) as pool:
        shown = set(pool.map(cell, range(6)))
    assert [plot.id for plot in list_plots()] == [*shown]
    assert len(list_jobs()) == 1


def test_a_stop_reaches_a_run_that_goes_on_or_begins_at_that_moment(bench):
    desk = bench("ebb", EbbEmulator)
    plot = desk.plot(scribble(3, strokes=24))
    run = desk.run_aside(plot)
    wait_until(lambda: plot.refresh().done)
    plot.request("pause")
    wait_until(lambda: plot.state.state == "paused")
    with plot.journal.path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as another that appends
        file.write(b'{"e":"resume","t":1}\n')
        file.flush()
        # The run has read it, and is about to say that it goes on.
        wait_until(lambda: awaited(plot.journal.path))
        file.write(b'{"e":"stop","t":1}\n')
    run.join(60)
    assert (plot.state.reason, plot.state.done < 24) == ("stopped", True)
    with locked(plot.folder / "run.lock", 10.0, "a run"), ThreadPoolExecutor(1) as person:
        stopping = person.submit(act_on_plot, find_plot(plot.id), "stop", {})
        with pytest.raises(TimeoutError):
            stopping.result(0.3)
        plot.journal.append("start", run="next", first=0)
        stopping.result(60)
        assert [event["e"] for event in plot.refresh().requests] == ["stop"]


def test_a_copy_that_was_stopped_between_sheets_goes_on_with_a_new_sheet(bench):
    desk = bench("ebb", EbbEmulator)
    plot, asked = desk.plot(scribble(3, strokes=4), copies=3), []

    def answer_or_stop(text):
        asked.append(text)
        plot.request("stop" if len(asked) == 3 else "answer")

    stopped = desk.run(plot, yes=False, on_news=answer_or_stop)
    assert stopped.startswith("interrupted at stroke 4 of 12")
    assert desk.run(plot, yes=False, on_news=answer_or_stop) == "done"
    assert [text.split()[0] for text in asked] == ["Is", "desk", "Is", "Is", "Is"]
    verdict = desk.judge(plot)
    assert sorted(verdict.numbers) == sorted([1, 2, 3, 4] * 3)


def test_a_dead_run_goes_back_on_no_earlier_sheet(bench):
    desk = bench("grbl", GrblEmulator, scale=10)
    plot = desk.plot(scribble(3, strokes=4), copies=2)
    run = desk.start(plot)
    wait_until(lambda: plot.state.done >= 4)  # sheet 2 is in, and nothing of it known to be drawn
    run.kill()
    run.join(60)
    if (done := plot.state.done) < 8:
        assert plot.start_of() >= 4
        assert plot.start_of(back=9) == max(0, done - 7)
    wait_until(lambda: not desk.emulator.carriage.down)
    if done < 8:
        assert desk.run(plot) == "done"


def turn_back(plot, hours):
    """Let all that a plot's journal holds have been so many hours ago."""
    lines = [json.loads(line) for line in plot.journal.path.read_text().splitlines()]
    rows = [json.dumps({**event, "t": event["t"] - 3600 * hours}) + "\n" for event in lines]
    plot.journal.path.write_text("".join(rows))


def test_a_night_between_two_runs_is_no_plotting_and_a_killed_run_teaches_nothing(bench):
    desk = bench("grbl", GrblEmulator, scale=20)
    plot = desk.plot(scribble(3, strokes=60, size=120.0))
    run = desk.start(plot)
    wait_until(lambda: plot.state.done >= 10)
    run.kill()
    run.join(60)
    wait_until(lambda: not desk.emulator.carriage.down)
    turn_back(plot, 10)
    plot = find_plot(plot.id)
    assert read_device("desk").factor == 1.0
    assert desk.run(plot) == "done"
    assert plot.as_dict()["minutes"] < 2
    assert 0.5 < read_device("desk").factor < 0.7  # half of 1, half of what this fast machine takes


@pytest.mark.parametrize("trouble", ["tuned", "stopped", "paused"])
def test_whole_runs_at_the_machines_own_speed_teach_and_no_pause_counts(bench, trouble):
    desk = bench("grbl", GrblEmulator)
    plot, waits_s = desk.plot(scribble(3, strokes=60, size=120.0)), []

    def disturb(_share, _words):
        if plot.state.state == "paused":
            began = time.monotonic()
            wait_until(lambda: time.monotonic() > began + 1)
            plot.request("resume")
            waits_s.append(time.monotonic() - began)
        elif plot.state.state == "plotting" and not waits_s:
            waits_s.extend([0.0] * (trouble != "paused"))
            values = {"values": {"speed": 50.0}} if trouble == "tuned" else {}
            plot.request({"tuned": "set", "stopped": "stop", "paused": "pause"}[trouble], **values)

    began = time.monotonic()
    desk.run(plot, on_progress=disturb)
    took_s = time.monotonic() - began
    assert waits_s
    assert plot.state.seconds < took_s - sum(waits_s) + 0.01
    assert (read_device("desk").factor < 1) == (trouble == "paused")


def dots(name="1 pen 1"):
    return Document(60, 60, (Layer(name, "black", None, Lines.of([np.array([[30.0, 30.0]])])),))


@pytest.mark.parametrize("driver", KINDS)
def test_a_drawing_of_one_dot_whose_layer_asks_for_a_pause_is_drawn(bench, driver):
    desk, paper = bench(driver, KINDS[driver]), (297, 210) if driver == "hpgl" else (60, 60)
    plot = desk.plot(Document(*paper, dots("!1 pen 1").layers))
    assert desk.run(plot) == "done"
    assert len(desk.emulator.carriage.strokes) == 1
    assert plot.as_dict()["metres"] == {"pen 1": 0.0}


@pytest.mark.parametrize(
    ("layers", "from_stroke", "pens"),
    [
        (["2 blue:blue", "red:red"], None, ["pen 2, blue", "pen 1, red"]),
        (["a:black", "1 b:black"], None, ["pen 2, a (black)", "pen 1, b (black)"]),
        (["1 thin:black", "1 thin:red"], None, ["pen 1, thin (black)", "pen 1, thin (red)"]),
        (["1 thin:black", "1 wide:black"], None, ["pen 1, thin (black)", "pen 1, wide (black)"]),
        (["3 ink:red", "ink:red", "ink:red"], None, ["pen 3, ink (red)"]),
        (["ink:red", "ink:blue", "ink:red"], None, ["1, ink (red)", "2, ink (blue)", "1, ink (red)"]),
        (["a:red", "b:blue"], 2, ["pen 2, b (blue)"]),
        (["a:red", "b:blue"], 1, ["pen 1, a (red)", "pen 2, b (blue)"]),
    ],
)  # fmt: skip
def test_each_pen_is_asked_for_once_by_number_name_and_colour(bench, layers, from_stroke, pens):
    desk = bench("ebb", EbbEmulator)
    command = CliRunner().invoke(root, ["machine", "zero", "desk"])
    assert command.exit_code == 0, command.output
    named = [layer.split(":") for layer in layers]
    lines = Lines.of([[(5, 5), (9, 5)]])
    drawing = Document(60, 60, tuple(Layer(name, color, None, lines) for name, color in named))
    plot, asked = desk.plot(drawing), []

    assert (
        desk.run(plot, yes=False, from_stroke=from_stroke, on_news=answering(plot, asked)) == "done"
    )
    assert len(asked) == len(pens)
    assert all(text.endswith(f"{pen}?") for text, pen in zip(asked, pens, strict=True))


def tuned(name, value):
    return lambda desk, plot: act_on_plot(plot, "set", {"values": {name: value}})


def gone(desk, _plot):
    (desk.home / ".drawscape" / "machines" / "desk.json").unlink()


def spoiled(desk, _plot):
    (desk.home / ".drawscape" / "machines" / "desk.json").write_text("{")


def given_up(_desk, plot):
    act_on_plot(plot, "stop", {})


@pytest.mark.parametrize(
    ("prepare", "action", "words"),
    [
        (gone, lambda desk, plot: resume_plot(plot), "unknown machine .*'desk'"),
        (gone, lambda desk, plot: desk.run(plot), "unknown machine .*'desk'"),
        (spoiled, lambda desk, plot: resume_plot(plot), "machine file of 'desk' is damaged"),
        (given_up, lambda desk, plot: desk.run(plot), "was given up; a plot never restarts"),
        (None, lambda desk, plot: resume_plot(plot, from_stroke=4), "stroke 4: give 1 to 3"),
        (None, lambda desk, plot: resume_plot(plot, from_stroke=0), "stroke 0: give 1 to 3"),
        (None, lambda desk, plot: desk.run(plot, from_stroke=4), "stroke 4: give 1 to 3"),
        (None, lambda desk, plot: plot.request("answer"), "does not run; it is ready"),
        (None, lambda desk, plot: act_on_plot(plot, "jump", {}), "unknown action 'jump'"),
        (Bench.run, lambda desk, plot: resume_plot(plot), "is done; name a stroke"),
        (Bench.run, lambda desk, plot: run_plot(plot, "run-1"), "never restarts automatically"),
        (Bench.run, lambda desk, plot: act_on_plot(plot, "stop", {}), "does not run; it is done"),
        (None, tuned("speed", 0), "speed=0: give 1 to 400 percent"),
        (None, tuned("speed", "nan"), "speed='nan': give 1 to 400"),
        (None, tuned("down_percent", 101), "down_percent=101: give 0 to 100"),
        (None, tuned("baudrate", 300), "unknown setting 'baudrate'"),
        (None, lambda desk, plot: desk.plot(Document(9, 9, ())), "has no lines that a pen can draw"),
        (None, lambda desk, plot: desk.plot(dots("%1 note")), "has no lines that a pen can draw"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_the_plot_still_shown(bench, prepare, action, words):
    desk = bench("grbl", GrblEmulator)
    plot = desk.plot(scribble(3, strokes=3))
    if prepare is not None:
        prepare(desk, plot)
    with pytest.raises((PlotError, UnknownNameError), match=words):
        action(desk, plot)
    assert find_plot(plot.id).as_dict()["strokes"] == 3


def test_heights_that_are_set_while_it_plots_hold_from_the_next_stroke_on(bench):
    class Board(EbbEmulator):
        def __init__(self, *given, **options):
            super().__init__(*given, **options)
            self.heights, self.moved, self.waits = {}, [], []

        def execute(self, name, numbers):
            if name == "SC":
                self.heights[numbers[0]] = numbers[1]
            elif name == "SP":
                self.moved.append((self.heights[5 - numbers[0]], numbers[1]))
            elif name == "SM" and not any(numbers[1:]):
                self.waits += [numbers[0]] if numbers[0] > 1 else []
            super().execute(name, numbers)

    desk = bench("ebb", Board)
    plot = desk.plot(scribble(3, strokes=12))
    heights = {"values": {"up_percent": 90, "down_percent": 0}}
    desk.run(plot, on_progress=lambda share, _: share < 1 and act_on_plot(plot, "set", heights))
    moved = desk.emulator.moved
    assert set(moved[:3]) == {(20641, 86), (15248, 1)}
    # Three times as far; parking lifts it once more.
    assert moved[-3:] == [(9855, 1), (26033, 176), (26033, 176)]
    # 146 and 377 ms, but for what goes by on the way to the stroke.
    assert 146 - 86 <= desk.emulator.waits[0] <= 146 - 60
    assert 377 - 167 <= desk.emulator.waits[-1] <= 377


def test_the_boards_button_pauses_at_the_next_pen_up(bench):
    class Board(EbbEmulator):
        pressed = True  # before the plot, which does not matter

        def reply(self, name, values):
            if name == "QB" and self.pressed:
                values, self.pressed = "1", False
            super().reply(name, values)

    desk = bench("ebb", Board)
    plot = desk.plot(scribble(3, strokes=8))
    desk.emulator.fail_after(3, lambda it: setattr(it, "pressed", True))
    run = desk.run_aside(plot)
    wait_until(lambda: plot.state.state == "paused")
    assert (plot.state.done < 8, desk.emulator.carriage.down) == (True, False)
    plot.request("resume")
    run.join(60)
    verdict = desk.judge(plot)
    assert (plot.words, verdict.missing, verdict.twice) == ("done", [], [])


def test_plots_of_one_second_are_listed_newest_first(bench):
    plot = bench("grbl", GrblEmulator).plot(scribble(1, strokes=2))
    made = [plot.id, *(plot.again().id for _ in range(8))]
    assert [one.id for one in list_plots()] == made[::-1]


def test_an_unfinished_plot_of_the_same_strokes_is_found_again(bench):
    desk = bench("grbl", GrblEmulator)
    first, other = (desk.plot(scribble(seed, strokes=2)) for seed in (1, 2))
    assert desk.plot(scribble(1, strokes=2), reuse=True).id == first.id
    add_device("hall", "grbl", "/dev/none")
    assert Plot.create(scribble(1, strokes=2), "hall", reuse=True).id not in (first.id, other.id)
    assert desk.run(first) == "done"
    fresh = desk.plot(scribble(1, strokes=2), reuse=True)
    assert fresh.id not in (first.id, other.id)
    once_more = act_on_plot(first, "again", {})
    assert (once_more.record.plan, once_more.id == first.id) == (first.record.plan, False)
    assert is_queued(once_more)
