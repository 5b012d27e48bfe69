"""Each driver draws what is planned, on a machine that forgives nothing."""

import numpy as np
import pytest
from machine_bench import document, hp_place, judge
from machine_emulators import KINDS, EbbEmulator, GrblEmulator, HpEmulator, MarlinEmulator

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines

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


PROFILE = """[bends]
title = "A machine that takes arcs"
width_mm = 220
height_mm = 220
format = "gcode"
[bends.profile]
base = "{base}"
arcs = true
"""


def curves():
    """Circles and arcs of many sizes, both ways round, and a spiral, which is no circle anywhere."""
    lines = []
    for number, radius in enumerate((0.4, 2.0, 6.0, 9.0)):
        for row, turns in enumerate((1.0, -1.0, 0.3, -0.7)):
            at = np.linspace(0, turns * 2 * np.pi, 120) + number
            middle = 12 + 20 * number, 12 + 20 * row
            lines.append(middle + radius * np.stack((np.cos(at), np.sin(at)), axis=1))
    at = np.linspace(0, 6 * np.pi, 400)
    lines.append(50 + np.stack((np.cos(at), np.sin(at)), axis=1) * at[:, None] / 2)
    return Document(100, 100, (Layer("1 pen", "black", None, Lines.of(lines)),))


@pytest.mark.parametrize(("driver", "base"), [("grbl", "servo"), ("marlin", "marlin-servo")])
def test_arcs_bend_as_planned(bench, home, driver, base):
    profile = home / "bends.toml"
    profile.write_text(PROFILE.format(base=base))
    desk = bench(driver, KINDS[driver], profile=str(profile))
    plot = desk.plot(curves())
    assert desk.run(plot) == "done"
    verdict = judge(plot, desk.emulator.carriage.strokes)
    assert (verdict.missing, verdict.twice, verdict.off_mm < 0.05) == ([], [], True)
    assert min(desk.emulator.motion.arcs.values()) >= 8
