"""Whenever something breaks, the rest is drawn afterwards: nothing missing, three strokes twice at most.

Ink is 0.1 mm off the plan at most, and the pen is up at the end. When the run was killed or heard garbage,
the pen rests on the paper for 0.3 s at most. Each single rest is judged, in real seconds. What the computer
was too busy for does not count: how long the emulator was late, by its own clock, and how long processes
stood in line for a processor, by the kernel's (/proc/pressure/cpu).
"""

import contextlib
import itertools
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from machine_bench import (
    SPAWN,
    Bench,
    call_and_wait,
    children,
    document,
    driving,
    hp_place,
    is_over,
    judge,
    lose_a_line,
)
from machine_emulators import KINDS
from support import rounds, slowness, wait_until

from drawscape.jobs import start_worker

FAULTS = ("kill", "unplug", "hang", "garbage", "power", "computer")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(rounds(600, 5400))]

SCALE = 30.0
MOMENTS, AT_ONCE = rounds(6, 1000), rounds(2, 8)


def too_busy_s(machine):
    """The seconds that this computer has been too busy so far for a machine and what drives it."""
    with contextlib.suppress(OSError):
        total = Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]
        return machine.late_s + int(total) / 1e6 * (os.cpu_count() or 1)
    return machine.late_s


def break_something(desk, run, fault, draws):
    """Do what happens in life, then what a person does before resuming.

    Once a run `draws`, it lifts the pen whatever happens to it; it may have been down before.
    """
    machine = desk.emulator
    match fault:
        case "kill":
            os.kill(run.pid, signal.SIGKILL)
            wait_until(lambda: not (machine.busy or (draws and machine.carriage.down)))
        case "computer":  # it lost its power, and the machine did not
            for pid in [*children(run.pid), run.pid]:
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not machine.busy)
        case "unplug":
            machine.faults.append(lambda it: it.unplug())
            run.join(60)
            wait_until(lambda: not machine.busy)
            machine.plug()
            # By itself, as soon as it is reached.
            wait_until(lambda: not (draws and machine.carriage.down))
        case "hang":
            machine.muted = True
            run.join(60)
            desk.power_cycle()
        case "garbage":
            machine.faults.append(lambda it: it.send(b"\x80\x01\xffz\r\n\r"))
        case "loss":
            machine.faults.append(lose_a_line)
        case "power":
            desk.power_cycle()
    run.join(60)
    assert not run.is_alive(), f"it still runs after {fault}"


@pytest.mark.parametrize("driver", KINDS)
def test_nothing_is_lost_whenever_something_breaks(home, driver):
    start, moments = threading.Lock(), []
    faults = [*FAULTS, "loss"] if driver == "grbl" else FAULTS

    def draw(number):
        """Draw one plot that is broken again and again, by its number at other moments."""
        chance = random.Random(f"{driver} {number}")
        with start:
            desk = Bench(home, driver, KINDS[driver], None, {"scale": SCALE}, f"desk{number}")
            plot = desk.plot(document(driver, seed=number, strokes=12))
        carriage, begins, told = desk.emulator.carriage, [], []
        try:
            for run_number in range(40):
                drawn = len(carriage.strokes)
                begins.append(drawn)
                with start:
                    run = desk.start(plot)
                if run_number < 6 and len(moments) < MOMENTS:
                    early = chance.random() < 0.2
                    while not early and len(carriage.strokes) == drawn and run.is_alive():
                        time.sleep(0.01)
                    time.sleep(chance.uniform(0, 0.4) * plot.plan.seconds.sum() / SCALE)
                if run_number < 6 and len(moments) < MOMENTS and run.is_alive():
                    fault = chance.choice(faults)
                    moments.append(fault)
                    told.append(f"{fault} at {plot.words}")
                    carriage.rest_s, busy_s = 0.0, too_busy_s(machine := desk.emulator)
                    break_something(desk, run, fault, len(carriage.strokes) > drawn)
                    if fault in ("kill", "garbage"):
                        rest_s = carriage.rest_s / SCALE - (too_busy_s(machine) - busy_s)
                        assert rest_s <= 0.3 * slowness(), told
                run.join(120)
                if plot.state.state == "done":
                    break
            check(plot, carriage.strokes, begins, driver, told)
            assert not carriage.down, told
        finally:
            desk.emulator.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        number = 0
        while len(moments) < MOMENTS:
            list(pool.map(draw, range(number, number + AT_ONCE)))
            number += AT_ONCE
    assert len(moments) >= MOMENTS


@pytest.mark.parametrize(
    "driver", [pytest.param(d, marks=[pytest.mark.nightly] * (d != "grbl")) for d in KINDS]
)
def test_nothing_is_lost_when_the_job_its_worker_or_its_caller_is_killed(home, driver):
    chance, faults = random.Random(driver), itertools.cycle(("job", "worker", "stop", "caller"))
    desk = Bench(home, driver, KINDS[driver], None, {"scale": SCALE})
    drawn, workers, moments = desk.emulator.carriage.strokes, [start_worker(1)], rounds(4, 250)
    try:
        for seed in itertools.count():
            if not moments:
                break
            plot, begins, told = desk.plot(document(driver, seed=seed, strokes=12)), [], []
            drawn.clear()
            while plot.state.state != "done":
                begins.append(len(drawn))
                assert len(begins) < 40, told
                caller = SPAWN.Process(target=call_and_wait, args=(str(home), plot.id))
                caller.start()
                if moments and len(begins) < 6:
                    moments -= 1
                    early_s = chance.choice([0.0, 0.0, chance.uniform(0, 1.5)])
                    fault, share = next(faults), chance.random()
                    told.append(kill(fault, desk, plot, caller, workers, early_s, share))
                caller.join(150)
                await_end(plot, desk.emulator)
            check(plot, drawn, begins, driver, told)
            assert not desk.emulator.carriage.down, told
    finally:
        workers[-1].stop()
        desk.emulator.close()


def kill(fault, desk, plot, caller, workers, early_s, share):
    """Kill a process of a run, `early_s` after it is asked for, or else while it draws; say what and when."""
    before = len(desk.emulator.carriage.strokes)
    if early_s:
        time.sleep(early_s)
    else:
        wait_until(lambda: len(desk.emulator.carriage.strokes) > before or not caller.is_alive())
        time.sleep(share * 0.4 * plot.plan.seconds.sum() / SCALE)
    words = f"{fault} at {plot.words}"
    match fault:
        case "caller":
            caller.kill()
        case "worker" | "stop":  # a kernel that restarts stops its worker
            if fault == "worker":
                os.kill(workers[-1].pid, signal.SIGKILL)
            else:
                workers[-1].stop()
            wait_until(lambda: not plot.alive)
            workers.append(start_worker(1))
        case "job" if (pid := driving(plot)) is not None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signal.SIGKILL)
    return words


def await_end(plot, machine):
    """Return once no run drives the machine, and what lifts its pen has done so."""
    wait_until(lambda: is_over(plot), f"the run of {plot.as_dict()} to end", timeout_s=240)
    wait_until(lambda: not (machine.busy or machine.carriage.down), "the pen to be up")


def check(plot, drawn, begins, driver, told):
    """Judge what was drawn by runs that began after so many strokes each."""
    verdict = judge(plot, drawn, hp_place(driver))
    about = f"{driver} {told}: {plot.words} {plot.state.reason} {verdict}"
    assert plot.state.state == "done", about
    assert verdict.missing == [], about
    numbers = verdict.numbers
    for begin, end in zip(begins, [*begins[1:], len(numbers)], strict=True):
        assert len(set(numbers[:begin]) & set(numbers[begin:end])) <= 3, about
    assert verdict.off_mm <= 0.1, about
