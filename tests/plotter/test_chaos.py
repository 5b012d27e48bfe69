"""Whenever something breaks, the rest is drawn afterwards: nothing missing, three strokes twice at most."""

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from machine_bench import Bench, document, hp_place, judge, wait_for
from machine_emulators import EbbEmulator, GrblEmulator, HpEmulator, MarlinEmulator
from support import rounds

KINDS = {"grbl": GrblEmulator, "ebb": EbbEmulator, "marlin": MarlinEmulator, "hpgl": HpEmulator}
FAULTS = ("kill", "unplug", "hang", "garbage", "power", "computer")
SCALE = 30.0


def children(pid):
    """The processes that a run has started: what lifts the pen when the run is killed."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def break_something(desk, run, fault):
    """Do what happens in life, then what a person does before resuming."""
    machine = desk.emulator
    match fault:
        case "kill":
            os.kill(run.pid, signal.SIGKILL)
            wait_for(lambda: not (machine.carriage.down or machine.busy))
        case "computer":  # it lost its power, and the machine did not
            for pid in [*children(run.pid), run.pid]:
                os.kill(pid, signal.SIGKILL)
        case "unplug":
            machine.faults.append(lambda it: it.unplug())
            run.join(60)
            wait_for(lambda: not machine.busy)
            machine.plug()
            wait_for(lambda: not machine.carriage.down)  # by itself, as soon as it is reached
        case "hang":
            machine.muted = True
            run.join(60)
            desk.power_cycle()
        case "garbage":
            machine.faults.append(lambda it: it.send(b"\x80\x01\xffz\r\n\r"))
        case "power":
            desk.power_cycle()
    run.join(60)
    assert not run.is_alive(), f"it still runs after {fault}"


@pytest.mark.slow
@pytest.mark.parametrize("driver", KINDS)
def test_nothing_is_lost_whenever_something_breaks(home, driver):
    start, rests = threading.Lock(), []

    def once(number):
        chance = random.Random(f"{driver} {number}")
        fault = FAULTS[(number + len(driver)) % len(FAULTS)]
        with start:
            options = {"scale": SCALE}
            desk = Bench(home, driver, KINDS[driver], None, options, f"desk{number}")
            plot = desk.plot(document(driver, seed=number, strokes=6))
            run = desk.start(plot)
        try:
            takes_s = plot.plan.seconds.sum() / SCALE
            wait_for(lambda: desk.emulator.carriage.strokes or not run.is_alive())
            time.sleep(chance.uniform(0, 1.1) * takes_s)
            break_something(desk, run, fault)
            if fault in ("kill", "garbage"):
                rests.append(desk.emulator.carriage.rest_s / SCALE)
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
        list(pool.map(once, range(rounds(5, 1000))))
    # The pen does not rest on the paper; a busy computer may be late now and then.
    assert len(rests) < 20 or sorted(rests)[len(rests) // 2] <= 0.3
