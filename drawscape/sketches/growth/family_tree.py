"""The family tree of an evolution: every figure that was drawn, on the line that led to it."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Lines, OpaqueShape, clamped, occlude, polar
from drawscape.sketches import MOSS, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose
from drawscape.sketches.growth._twigs import bough

GENES = 5
"""Of a figure: lobes, how deep and how pointed they are, twist, and how its lines crowd; each 0 to 1."""


@sketch
def family_tree(
    svg: SVGBuilder,
    rng: Rng,
    *,
    generations: Annotated[int, Slider(3, 9, "From the first figure to the winner")] = 6,
    children: Annotated[int, Slider(4, 16, "Figures of a generation, at most")] = 14,
    mutation: Annotated[Fraction, "How far a child is from its parent"] = 0.5,
    palette: Palette = "as designed",
) -> None:
    """An evolution as an engraved tree: each line of its trunk leads to a figure without children.

    The seed has a taste: the figures nearest to it have children, which differ by a few genes. The
    way to the winner has its own ink. After Charles Darwin's tree ("I think", 1837), Ernst
    Haeckel's (1874), and Karl Sims, Artificial evolution for computer graphics (1991).
    """
    frame = svg.frame
    spread = choose(svg, "crown", {"round": 1.3, "narrow": 1.0, "broad": 1.4})
    chosen = choose(svg, "choice", {"severe": 0.2, "middling": 0.45, "mild": 0.8})
    trunk = frame.y1 - choose(svg, "trunk", {"tall": 0.24, "short": 0.15}) * frame.height
    genes, parents, levels, winner = _evolution(rng, generations, children, chosen, mutation)
    line = [winner]
    while line[-1]:
        line.append(parents[line[-1]])
    ways = _ways(rng, 0, parents, line)
    tips = np.bincount(np.concatenate(ways), minlength=len(genes))
    # A figure stands amid the ways that lead through it, then a third of the way to an even place.
    order = np.array(list(dict.fromkeys(node for way in ways for node in way)))
    leads = np.array([np.isin(np.arange(len(genes)), way) for way in ways])
    angle = spread * np.linspace(-1, 1, len(ways)) @ leads / tips
    for generation in range(1, generations + 1):
        arc = order[np.floor(levels[order]) == generation]
        even = spread * np.linspace(-1, 1, 2 * len(arc) + 1)[1::2]
        angle[arc] += 0.35 * (even - angle[arc])
    angle[winner] *= 0.5
    large, reach = 0.12 * frame.short, np.array([0.5 * frame.width, trunk - frame.y0])
    out = np.where(levels > generations, 1.0, 0.86 * levels / generations)
    places = (frame.cx, trunk) + out[:, None] * reach * polar(1, angle - np.pi / 2)
    places = clamped(frame.inset(0.35 * large), places)
    places[winner] = clamped(frame.inset(large), places[winner])
    apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    np.fill_diagonal(apart, frame.long)
    apart[:, winner] -= large
    radii = np.clip(0.45 * apart.min(axis=1), 1.8, 0.5 * large)
    radii[[0, winner]] = 0.7 * large, large
    # The inks of the living, of those whose line has ended, and of the winner's line.
    inks = np.ones(len(genes), dtype=int)
    inks[[node for way in ways if levels[way[-1]] >= generations for node in way]] = 0
    inks[line] = 2
    shapes, pens = [], []
    for node in np.argsort(-levels, kind="stable"):
        below, foot = node, np.array([frame.cx, frame.y1])
        if node:
            below, foot = parents[node], places[parents[node]]
        ends = np.stack([foot, places[node]])
        shapes.append(bough(ends, angle[[below, node]], tips[node], flare=0.0 if node else 1.3))
        pens.append(inks[node])
    for node in [*np.delete(np.arange(len(genes)), winner), winner]:
        figure = places[node] + _figure(genes[node], radii[node])
        shapes.append(OpaqueShape(Lines.of(figure), figure[0]))
        pens.append(inks[node])
    drawn = [*zip(occlude(shapes), pens)]
    parts = [Lines.join(lines for lines, pen in drawn if pen == ink) for ink in range(3)]
    with svg.clip(frame):
        in_pens(svg, palette, {"living": MOSS[0], "extinct": MOSS[1], "winner": MOSS[4]}, parts)


def _evolution(
    rng: Rng, generations: int, children: int, chosen: float, mutation: float
) -> tuple[Floats, list[int], Floats, int]:
    """Return the genes of all figures, (N, GENES), the parent of each, its generation, and the winner."""
    taste, genes = rng.random(GENES), [rng.random(GENES)]
    parents, levels, living = [-1], [0.0], [0]
    for generation in range(1, generations + 1):
        born = []
        for _ in range(min(children, 3 + 2 * generation)):
            parents.append(int(rng.choice(living)))
            change = 0.45 * mutation * rng.normal(size=GENES) * (rng.random(GENES) < 0.5)
            born.append(len(genes))
            genes.append(np.clip(genes[parents[-1]] + change, 0, 1))
            levels.append(generation)
        born.sort(key=lambda one: np.linalg.norm(genes[one] - taste))
        living = born[: max(2, round(chosen * len(born)))]
    levels[living[0]] += 0.5  # the winner stands above its generation
    return np.array(genes), parents, np.array(levels), living[0]


def _ways(rng: Rng, node: int, parents: list[int], line: list[int]) -> list[list[int]]:
    """Return the ways from `node` to each without children; as many on either side of the winner's `line`."""
    born = [child for child, parent in enumerate(parents) if parent == node]
    others = rng.permutation([child for child in born if child not in line]).tolist()
    ordered = others[::2] + [child for child in born if child in line] + others[1::2]
    found = [[node, *way] for child in ordered for way in _ways(rng, child, parents, line)]
    return found or [[node]]


def _figure(genes: Floats, radius: float) -> Floats:
    """Return outlines in one another, the largest first, (n, 121, 2): a flower of the genes."""
    lobes, deep, point, twist, crowd = genes
    count = max(1, min(4 + int(8 * crowd), int(radius / 0.75)))
    size = np.linspace(1, 0, count, endpoint=False)[:, None]
    angle = np.linspace(0, 2 * np.pi, 121)
    wave = np.abs(np.cos((3 + int(6 * lobes)) * angle / 2)) ** (0.5 + 3 * point)
    turned = angle + 2 * (twist - 0.5) * (1 - size)
    return polar(radius * size * (1 - 0.65 * deep * (1 - wave)), turned)
