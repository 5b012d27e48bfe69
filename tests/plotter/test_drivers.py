"""Each driver draws what is planned, on a machine that forgives nothing."""

import pytest
from machine_bench import document, hp_place, judge
from machine_emulators import EbbEmulator, GrblEmulator, HpEmulator, MarlinEmulator

MACHINES = {
    "grbl": ("grbl", GrblEmulator, {}),
    "ebb 2": ("ebb", EbbEmulator, {}),
    "ebb 3": ("ebb", EbbEmulator, {"version": (3, 0, 3)}),
    "ebb 3, future syntax": ("ebb", EbbEmulator, {"version": (3, 0, 3), "future": True}),
    "marlin": ("marlin", MarlinEmulator, {}),
    "marlin, no ok after a resend": ("marlin", MarlinEmulator, {"ok_after_resend": False}),
    "hp 7475a": ("hpgl", HpEmulator, {}),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_draws_what_is_planned(bench, name):
    driver, emulator, options = MACHINES[name]
    desk = bench(driver, emulator, **options)
    plot = desk.plot(document(driver, seed=1, strokes=8, pens=2))
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes, hp_place(driver))
    assert (verdict.missing, verdict.twice) == ([], [])
    assert verdict.off_mm < 0.05
    assert not desk.emulator.carriage.down
    assert desk.emulator.lost_bytes == 0
    assert not getattr(desk.emulator, "errors", [])
    if driver == "hpgl":
        assert desk.emulator.pens == [1, 2, 0]
    else:
        assert desk.emulator.carriage.at == (0.0, 0.0)


@pytest.mark.parametrize("name", ["grbl", "ebb 2", "marlin", "hp 7475a"])
def test_a_plot_takes_as_long_as_estimated(bench, name):
    driver, emulator, options = MACHINES[name]
    desk = bench(driver, emulator, **options)
    plot = desk.plot(document(driver, seed=2, strokes=120 if driver == "hpgl" else 30))
    assert desk.run(plot) == "done"
    # What it moved and waited: a busy computer is late with the next stroke, and counts for nothing.
    machine = desk.emulator
    took_s = machine.dwelt_s + machine.motion.moving_s
    assert took_s == pytest.approx(plot.plan.seconds.sum(), rel=0.03)
