"""The reading of a photographed test card: width, colour, and the fastest line without gaps."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import OptimizeResult, least_squares

from drawscape.errors import PictureError
from drawscape.geometry.lines import Floats
from drawscape.sheets.pen_card import COMB_Y_MM, SPEED_X_MM, SPEEDS, comb_lines, speed_y_mm

PX_PER_MM = 24.0
"""How fine the flattened picture of the card is."""

_STEP_MM = 0.01
_FREE_MM = 1.6  # of paper beside a comb
_ENDS_MM = 1.5  # of lines, which are left out
_FASTEST_MM = 14.0  # on both sides of a line's middle: there the machine has reached its speed
_FULL = 0.75  # of the ink of the slowest line: a line that is too fast has less
_UNBROKEN = 0.97  # of a line's length that has ink
_GAMMA, _FIRM = 2.1, 0.3  # the usual tone curve of cameras, and its weight
_LOW = (0.03, 0.01, 0.001, 1.0, 1.0, 1.0)
_HIGH = (3.0, 0.5, 30.0, 2.0, 6.0, 2.6)
_STARTS_MM = (0.12, 0.3, 0.6, 1.1)
_SHARPNESS = (0.5, 1.0, 0.2)  # of red, green and blue: JPEG keeps colours coarser than brightness
_LEAST_CONTRAST = 0.02


@dataclass(frozen=True)
class CardReading:
    """Width in mm, colour as #rrggbb, and which of SPEEDS the pen followed last, from 0; None for none."""

    width_mm: float
    color: str
    speed: int | None


@dataclass(frozen=True, eq=False)
class _Comb:
    """A comb across its lines: places (N,) in mm, light by the paper's (N, 3), and its lines (L,)."""

    at: Floats
    light: Floats
    lines: Floats


def read_card(picture: NDArray[np.uint8]) -> CardReading:
    """Return the reading of a card, flattened to (H, W, 3) pixels, PX_PER_MM of them for 1 mm.

    Combs whose gaps are closed show how dark two coats are, open ones the width. The picture of all
    combs is fitted by the pen's width, the blur, the darkness of one, two and more coats, and the camera's
    tone. So light, focus and camera matter little. Raises PictureError if no combs are visible.
    """
    values = np.maximum(picture.astype(np.float64), 1.0) / 255
    combs = [_comb(values, lines) for lines in comb_lines()]
    contrasts = np.mean([np.abs(1 - comb.light).mean(axis=0) for comb in combs], axis=0)
    best = int(np.argmax(contrasts * _SHARPNESS))
    if contrasts[best] < _LEAST_CONTRAST:
        raise PictureError("the photograph shows no ink where the card's combs are; take a new one")
    fits = [_fitted(combs, best, width) for width in _STARTS_MM]
    fit = min(fits, key=lambda one: float(one.cost)).x
    inks = [_ink(combs, channel, fit) for channel in range(3)]
    color = "#" + "".join(f"{round(255 * ink):02x}" for ink in inks)
    return CardReading(float(fit[0]), color, _last_speed(values[..., best]))


def _comb(values: Floats, lines: Floats) -> _Comb:
    """Return a comb with its middle at 0, no matter where it lies in its free paper."""
    top, bottom = COMB_Y_MM
    rows = slice(_px(top + _ENDS_MM), _px(bottom - _ENDS_MM))
    columns = slice(_px(lines[0] - _FREE_MM), _px(lines[-1] + _FREE_MM))
    seen = values[rows, columns].mean(axis=0)
    edge = _px(0.35)
    left, right = np.median(seen[:edge], axis=0), np.median(seen[-edge:], axis=0)
    paper = left + np.linspace(0.0, 1.0, len(seen))[:, None] * (right - left)
    light = seen / paper
    at = np.arange(len(seen)) / PX_PER_MM
    ink = np.abs(1 - light).sum(axis=1) + 1e-9
    return _Comb(at - (at * ink).sum() / ink.sum(), light, lines - lines.mean())


def _predicted(comb: _Comb, guess: Floats) -> Floats:
    """Return a comb's light by width, blur, light of a coat, weights of two and more, and gamma."""
    width, blur, one_coat, two, more, gamma = guess.tolist()
    grid = np.arange(comb.at[0] - 0.5, comb.at[-1] + 0.5, _STEP_MM)
    from_edge = width / 2 - np.abs(grid[:, None] - comb.lines)
    coats = np.clip(from_edge / _STEP_MM + 0.5, 0.0, 1.0).sum(axis=1)
    light = one_coat ** np.interp(coats, [0, 1, 2, 3], [0, 1, two, max(two, more)])
    seen = gaussian_filter1d(light, blur / _STEP_MM, mode="nearest")
    return np.interp(comb.at, grid, np.maximum(seen, 1e-4)) ** (1 / gamma)


def _fitted(combs: list[_Comb], channel: int, width: float) -> OptimizeResult:
    def misfit(guess: Floats) -> Floats:
        off = [_predicted(comb, guess) - comb.light[:, channel] for comb in combs]
        return np.concatenate([*off, [_FIRM * (guess[-1] - _GAMMA)]])

    seen = np.concatenate([comb.light[:, channel] for comb in combs])
    strongest = seen[np.argmax(np.abs(1 - seen))]  # of two coats
    start = np.array([width, 0.08, np.clip(strongest, 0.05, 5.0), 1.9, 2.0, 2.0])
    robust = {"loss": "soft_l1", "f_scale": 0.05, "max_nfev": 20}
    return least_squares(misfit, start, bounds=(_LOW, _HIGH), **robust)


def _ink(combs: list[_Comb], channel: int, fit: Floats) -> float:
    """Return how light one coat is in a channel, 0 to 1 as a screen shows it, on white paper."""

    def misfit(guess: Floats) -> Floats:
        whole = np.array([*fit[:2], *guess, fit[-1]])
        return np.concatenate([_predicted(comb, whole) - comb.light[:, channel] for comb in combs])

    found = least_squares(misfit, fit[2:5], bounds=(_LOW[2:5], _HIGH[2:5]), max_nfev=20)
    return min(float(found.x[0] ** (1 / fit[-1])), 1.0)


def _last_speed(values: Floats) -> int | None:
    """Return the last speed up to which all lines have as much ink as the slowest, and no gap."""
    usual, last = 0.0, None
    for number, ink in enumerate(_inks_of_lines(values)):
        usual = usual or np.median(ink)
        unbroken = (ink > usual / 2).mean()
        if unbroken < _UNBROKEN or ink.mean() < _FULL * usual:
            break
        last = number
    return last


def _inks_of_lines(values: Floats) -> Iterator[Floats]:
    """Yield how much ink lies across each line of a speed, place by place in its middle."""
    middle = sum(SPEED_X_MM) / 2
    columns = slice(_px(middle - _FASTEST_MM), _px(middle + _FASTEST_MM))
    for number in range(len(SPEEDS)):
        y = speed_y_mm(number)
        around = values[_px(y - 1.7) : _px(y + 1.7), columns]
        edge = _px(0.4)
        paper = np.median(np.concatenate((around[:edge], around[-edge:])), axis=0)
        ink = np.abs(1 - around / paper)[edge:-edge].sum(axis=0)
        yield gaussian_filter1d(ink, 0.1 * PX_PER_MM)


def _px(mm: float) -> int:
    return round(mm * PX_PER_MM)
