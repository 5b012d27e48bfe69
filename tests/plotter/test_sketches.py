"""Every sketch, through the emulator of each driver: what is drawn is what was planned."""

import numpy as np
import pytest
from machine_bench import Bench, hp_place
from machine_emulators import EbbEmulator, HpEmulator, MarlinEmulator
from shapely import LineString, Point

from drawscape.plot import fit, optimize
from drawscape.plotter.plan import Placement
from drawscape.plotter.simulator import GrblEmulator
from drawscape.sketches import SKETCHES, draw

KINDS = {"grbl": GrblEmulator, "ebb": EbbEmulator, "marlin": MarlinEmulator, "hpgl": HpEmulator}
EVERY_DAY = ("rose",)


@pytest.mark.slow
@pytest.mark.parametrize("driver", KINDS)
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in EVERY_DAY else pytest.mark.nightly) for n in SKETCHES],
)
def test_a_sketch_is_drawn_as_planned(home, driver, name):
    document = optimize(draw(name, 40, 40).document())
    if driver == "hpgl":
        document = fit(document, 297, 210, margin_mm=80)
    layers = [
        layer.with_lines(layer.lines.take(range(min(60, len(layer.lines)))))
        for layer in document.layers
    ]
    desk = Bench(home, driver, KINDS[driver], None, {"scale": 60.0})
    try:
        plot = desk.plot(document.with_layers(layers))
        assert desk.run(plot) == "done"
        drawn = desk.emulator.carriage.strokes
    finally:
        desk.emulator.close()
    place = hp_place(driver) or Placement.of(plot.plan, plot.device.machine).points
    assert len(drawn) == len(plot.plan)
    for line, ink in zip(plot.plan.lines, drawn, strict=True):
        planned = place(line)
        if len(planned) < 2:
            continue
        path = LineString(planned)
        assert max(path.distance(Point(point)) for point in ink) < 0.06
        assert np.hypot(*(ink[0] - planned[0])) < 0.06
        assert np.hypot(*(ink[-1] - planned[-1])) < 0.06
