"""Diffusion-limited aggregation: dust that sticks where it first touches."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Points
from drawscape.geometry.placing import fit_count
from drawscape.sketches import Share, Steps, sketch
from drawscape.sketches.growth._cluster import Cluster, Seedbed
from drawscape.sketches.growth._twigs import chains, relaxed, subtree_sizes, twig_lines
from drawscape.sketches.palette import AS_DESIGNED, Palette, inks
from drawscape.svg_builder import Frame, SVGBuilder


@sketch
def dla(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    seedbed: Annotated[Seedbed, doc("What the first particles stick to")] = "point",
    particles: Annotated[int, Interval(ge=200, le=9000), doc("Number of particles")] = 6500,
    stickiness: Annotated[
        float, Interval(ge=0.1, le=1.0), doc("Chance to stick at a touch; less grows bushier")
    ] = 1.0,
    boldness: Annotated[Share, doc("How much broader than its twigs the trunk is drawn")] = 0.7,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A frost flower grown from particles that wander until they touch it.

    After T. A. Witten and L. M. Sander, "Diffusion-limited aggregation, a kinetic critical
    phenomenon", Physical Review Letters 47 (1981).
    """
    ink = inks(svg, palette, "#5c7f7a", "#27406e", "#1b1b1b")
    frame = svg.frame
    particles = fit_count(particles, frame.width * frame.height, 0.8, least=200)
    span, tallest = _room(frame, seedbed, particles)
    cluster = Cluster(rng, seedbed, particles, span)
    whole = _expected(seedbed, particles, span, tallest)
    for done in cluster.grow(stickiness, tallest):
        yield 0.95 * done, partial(_so_far, cluster=cluster, whole=whole)
    places, _ = _fitted(cluster.places, frame, seedbed)
    sizes = subtree_sizes(cluster.parents)
    places = relaxed(places, cluster.parents, 3)
    nodes = [chain for chain in chains(cluster.parents, sizes) if len(chain) > 1]
    # A branch is as broad as what it carries is much: three pens, or one that goes over it again.
    for pen, least in enumerate((1, 12, 120)):
        parts = [[node for node in chain if sizes[node] >= least] for chain in nodes]
        most = (12, 120, 1 << 30)[pen]
        lines = [part for part in parts if (part and sizes[part[-1]] < most) or pen == 2]
        with svg.layer(f"pen {pen + 1}", color=ink[pen], width=0.25 + pen * 0.35 * boldness):
            svg.polylines(twig_lines(places, lines))


def _room(frame: Frame, seedbed: Seedbed, particles: int) -> tuple[float, float]:
    """Return the seedbed's span and the height to grow to, in particles' diameters.

    A cluster of n particles reaches about n to the power of 1 / 1.71 (Witten and Sander 1981); the
    factors are such that the cluster is done when its particles are.
    """
    if seedbed == "ground":
        span = 1.75 * np.sqrt(particles * frame.width / frame.height)
        return span, span * frame.height / frame.width
    if seedbed == "ring":
        span = 1.25 * particles ** (1 / 1.71)
        return span, span / 2 * 0.93
    return 0.0, np.inf


def _expected(seedbed: Seedbed, particles: int, span: float, tallest: float) -> Points:
    """Return two opposite corners of what the cluster is about to fill."""
    if seedbed == "ground":
        return np.array([[-span / 2, -tallest], [span / 2, 0.0]])
    half = span / 2 or 0.5 * particles ** (1 / 1.71)
    return np.array([[-half, -half], [half, half]])


def _so_far(page: SVGBuilder, cluster: Cluster, whole: Points) -> None:
    """Draw the cluster under way where it will stand when it fills `whole`."""
    parents = cluster.parents[: cluster.count]
    places = np.concatenate((cluster.places[: cluster.count], whole))
    places = _fitted(places, page.frame, cluster.seedbed)[0][: cluster.count]
    nodes = chains(parents, subtree_sizes(parents))
    page.polylines(twig_lines(relaxed(places, parents, 3), nodes))


def _fitted(places: Points, frame: Frame, seedbed: Seedbed) -> tuple[Points, float]:
    """Return the particles in mm, filling the frame, and their diameter."""
    low, high = places.min(axis=0), places.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    turned = seedbed == "point" and (span[0] > span[1]) != (frame.width > frame.height)
    if turned:
        places, low, high, span = places[:, ::-1], low[::-1], high[::-1], span[::-1]
    # Half a particle at each side stays free.
    scale = float(min(frame.width / (span[0] + 1), frame.height / (span[1] + 1)))
    return (places - (low + high) / 2) * scale + (frame.cx, frame.cy), scale
