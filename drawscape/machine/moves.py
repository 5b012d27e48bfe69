"""Motions that a person asks for between strokes: the pen up or down, a jog, and the frame of a plot."""

import numpy as np

from drawscape.errors import MachineError, PlotError
from drawscape.machine.driver import Driver
from drawscape.machine.plan import Plan
from drawscape.plot.known_machines import Machine

ROUND_MM = 0.05


def remedy(name: str, driver: Driver) -> str:
    """Return the step by which the machine learns where its pen is."""
    if driver.homes:
        return f"`drawscape machine home {name}`"
    return f"put it at the sheet's corner, then `drawscape machine zero {name}`"


def must_know(name: str, driver: Driver) -> None:
    """Raise MachineError when the machine does not know where its pen is."""
    if not driver.known:
        raise MachineError(f"{name} does not know where its pen is: {remedy(name, driver)}")


def move_pen(name: str, driver: Driver, *, where: str) -> None:
    """Move the pen `up`, `down`, or `low`: as high as before a short way."""
    if driver.moves_z:
        must_know(name, driver)
    driver.prepare()
    if where != "up":
        driver.run(driver.pen_down())
    if where == "low":
        driver.run(driver.pen_up(low=True))


def jog(name: str, driver: Driver, *, x: float, y: float, z: float) -> None:
    """Move the raised pen by X, Y and Z in mm; raises PlotError when it would end out of reach."""
    if driver.alarm:
        raise MachineError(f"{name}: {driver.alarm}: {remedy(name, driver)}")
    if driver.known or not driver.moves_z:
        driver.prepare()
    if z:
        driver.run(driver.travel_z(z))
    to = np.add(driver.position(), (x, y))
    low, high = np.array(driver.limits)
    if (to < low - ROUND_MM).any() or (to > high + ROUND_MM).any():
        raise out_of_reach(driver.machine, *to.tolist())
    if x or y:
        driver.run(driver.travel(*to.tolist()))


def out_of_reach(machine: Machine, x: float, y: float) -> PlotError:
    """Return the error for a place or distance in mm that is out of reach."""
    reach = f"{machine.width_mm:g} x {machine.height_mm:g} mm"
    return PlotError(f"{x:g}, {y:g} mm: the {machine.title} reaches {reach}")


def follow_frame(name: str, driver: Driver, plan: Plan) -> None:
    """Move the raised pen around the strokes of a plan."""
    must_know(name, driver)
    driver.prepare()
    points = plan.lines.points
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    for x, y in plan.placed(corners, driver.machine).tolist():
        driver.run(driver.travel(x, y))
    driver.run(driver.park())
