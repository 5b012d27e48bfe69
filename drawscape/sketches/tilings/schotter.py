"""Squares that come loose."""

from typing import Annotated

from drawscape.sketches import INK, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, focus


@sketch
def schotter(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(4, 24, "Squares across the page")] = 12,
    turning: Annotated[float, Slider(0, 2, "How far loose squares turn")] = 1.0,
    drifting: Annotated[float, Slider(0, 2, "How far loose squares drift")] = 1.0,
    calm: Annotated[float, Slider(0, 0.8, "Part of the disorder held back")] = 0.0,
    accent: Annotated[Fraction, "Part of the loose squares in the second pen"] = 0.15,
    palette: Palette = "as designed",
) -> None:
    """Squares in order that turn and tumble like gravel where the seed lets order go.

    After Georg Nees, Schotter (Gravel), Stuttgart 1968: twelve squares across, twenty-two down,
    each turned and moved by chance that grows with every row.
    """
    gravel, marked = set_pens(svg, palette, INK[:2], width=0.4)
    disorder = focus(svg, "disorder")
    gone = choose(svg, "gone", {"none": 0.0, "some": 0.3, "many": 0.75})
    with svg.clip(svg.frame):
        for cell in svg.grid(columns, area=svg.frame.inset(0.05 * svg.frame.short)):
            loose = max(0.0, float(disorder(cell.u, cell.v)) - calm)
            if rng.random() < gone * loose:
                continue
            with cell:
                svg.translate(*rng.uniform(-0.5, 0.5, 2) * loose * drifting * cell.size)
                svg.rotate(rng.uniform(-45, 45) * loose * turning)
                pen = marked if rng.random() < accent * loose else gravel
                svg.rect(0, 0, cell.size, cell.size, center=True, pen=pen)
