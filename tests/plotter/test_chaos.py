"""Whenever something breaks, the rest is drawn afterwards: nothing missing, three strokes twice at most."""

import os
import random
import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from machine_bench import Bench, document, hp_place, judge, lose_a_line
from machine_emulators import KINDS
from support import rounds, wait_until

FAULTS = ("kill", "unplug", "hang", "garbage", "power", "computer")
SCALE = 30.0
MOMENTS, AT_ONCE = rounds(12, 1000), rounds(4, 8)


def children(pid):
    """The processes that a run has started: what lifts the pen when the run is killed."""
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:  # it has ended
        return []


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


@pytest.mark.slow
@pytest.mark.parametrize("driver", KINDS)
def test_nothing_is_lost_whenever_something_breaks(home, driver):
    start, moments, rests = threading.Lock(), [], []
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
                    carriage.rest_s = 0.0
                    break_something(desk, run, fault, len(carriage.strokes) > drawn)
                    rests.extend([carriage.rest_s / SCALE] * (fault in ("kill", "garbage")))
                run.join(120)
                if plot.state.state == "done":
                    break
            verdict = judge(plot, carriage.strokes, hp_place(driver))
            about = f"{driver} {number} {told}: {plot.words} {plot.state.reason} {verdict}"
            assert plot.state.state == "done", about
            assert verdict.missing == [], about
            numbers = verdict.numbers
            for begin, end in zip(begins, [*begins[1:], len(numbers)], strict=True):
                assert len(set(numbers[:begin]) & set(numbers[begin:end])) <= 3, about
            assert verdict.off_mm <= 0.1, about
            assert not carriage.down, about
        finally:
            desk.emulator.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        number = 0
        while len(moments) < MOMENTS:
            list(pool.map(draw, range(number, number + AT_ONCE)))
            number += AT_ONCE
    assert len(moments) >= MOMENTS
    # The pen does not rest on the paper; a busy computer may be late now and then.
    assert len(rests) < 50 or statistics.median(rests) <= 0.3
