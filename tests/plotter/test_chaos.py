"""Whenever something breaks, the rest is drawn afterwards: nothing missing, three strokes twice at most."""

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from machine_bench import Bench, document, hp_place, judge
from machine_emulators import EbbEmulator, HpEmulator, MarlinEmulator
from support import rounds

from drawscape.plotter.simulator import GrblEmulator

KINDS = {
    "grbl": (GrblEmulator, {}),
    "ebb": (EbbEmulator, {}),
    "marlin": (MarlinEmulator, {}),
    "hpgl": (HpEmulator, {}),
}
FAULTS = ("kill", "unplug", "hang", "garbage", "power")
SCALE = 30.0


def still(desk, seconds=20.0):
    """Wait until the machine has drawn what it had."""
    until = time.monotonic() + seconds
    while desk.emulator.busy:
        assert time.monotonic() < until
        time.sleep(0.005)


def break_something(desk, run, fault):
    """Do what happens in life, then what a person does before resuming; return whether it hit the run."""
    machine = desk.emulator
    match fault:
        case "kill":
            os.kill(run.pid, signal.SIGKILL)
            run.join(30)
        case "unplug":
            machine.faults.append(lambda it: it.unplug())
            run.join(60)
            still(desk)
            machine.plug()
        case "hang":
            machine.muted = True
            run.join(60)
            desk.power_cycle()
        case "garbage":
            machine.faults.append(lambda it: it.send(b"\x80\x01\xffz\r\n\r"))
            run.join(60)
        case "power":
            desk.power_cycle()
            run.join(60)
    assert not run.is_alive(), f"it still runs after {fault}"


@pytest.mark.slow
@pytest.mark.parametrize("driver", KINDS)
def test_nothing_is_lost_whenever_something_breaks(home, driver):
    emulator, options = KINDS[driver]
    start = threading.Lock()

    def once(number):
        chance = random.Random(f"{driver} {number}")
        fault = FAULTS[number % len(FAULTS)]
        with start:
            desk = Bench(home, driver, emulator, None, {"scale": SCALE, **options}, f"desk{number}")
            plot = desk.plot(document(driver, seed=number, strokes=6))
            run = desk.start(plot)
        try:
            takes_s = plot.plan.seconds.sum() / SCALE
            begun = time.monotonic()
            while not desk.emulator.carriage.strokes and run.is_alive():
                assert time.monotonic() < begun + 30
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 1.1) * takes_s)
            break_something(desk, run, fault)
            for _ in range(2):
                if plot.state.state != "done":
                    with start:
                        run = desk.start(plot)
                    run.join(60)
            verdict = judge(plot, desk.emulator.carriage.strokes, hp_place(driver))
            about = f"{driver} {number} {fault}: {plot.words} {plot.state.reason} {verdict}"
            assert plot.state.state == "done", about
            assert verdict.missing == [], about
            assert len(verdict.twice) <= 3, about
            assert verdict.off_mm <= 0.1, about
            assert not desk.emulator.carriage.down, about
        finally:
            desk.emulator.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(rounds(6, 1000))))
