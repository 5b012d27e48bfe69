"""The picture of the page `architecture`, drawn by the canvas: `python architecture.py` writes the SVG again."""

from pathlib import Path

import numpy as np

from drawscape.svg_builder import SVGBuilder

SMALL, LARGE = 2.4, 3.6
"""Heights of letters in mm."""


def box(svg, x, y, width, height, title, *lines):
    """A box with a title and lines of small text, centred."""
    svg.rect(x, y, width, height)
    top = y + height / 2 - 1.9 * len(lines) + 1.2
    svg.lettering(title, x + width / 2, top, size=LARGE, align="center")
    for number, line in enumerate(lines):
        svg.lettering(line, x + width / 2, top + 4.8 + 4 * number, size=SMALL, align="center")


ARROWS = [
    # points, place of the number, label, its place, its alignment
    ([(54, 24), (93, 24)], (74, 21), "checked, inserted,\ncommitted", (74, 29), "center"),
    ([(143, 24), (181, 24)], (162, 21), "woken by the write", (162, 29), "center"),
    ([(181, 42), (143, 42)], (162, 39), "claims with a token", (162, 47), "center"),
    ([(192, 48), (192, 69)], (188, 60), "call", (194, 59), "left"),
    ([(222, 69), (222, 48)], (226, 60), "result", (220, 59), "right"),
    ([(181, 82), (152, 82), (152, 108), (143, 108)], (152, 80), "draws, writes", (155, 104), "left"),
    ([(93, 76), (78, 76), (78, 100), (24, 100), (24, 87)], (52, 98), "one watcher in the kernel:\nprogress, preview, end", (52, 105), "center"),
    ([(54, 50), (70, 50), (70, 56), (93, 56)], None, "", None, ""),
    ([(54, 62), (70, 62), (70, 56), (93, 56)], None, "", None, ""),
]


def arrow(svg, points):
    """A line along `points` with a head."""
    points = np.array(points, float)
    svg.polyline(points)
    way = (points[-1] - points[-2]) / np.linalg.norm(points[-1] - points[-2])
    for side in (-1, 1):
        svg.polyline([points[-1], points[-1] - 2.4 * way + side * 1.1 * np.array([-way[1], way[0]])])


def label(svg, text, at, align):
    """Lines of text at a place."""
    for row, line in enumerate(text.split("\n")):
        svg.lettering(line, at[0], at[1] + 3.9 * row, size=SMALL, align=align)


def picture():
    """Return the picture: one job, from click to picture."""
    svg = SVGBuilder(236, 124)
    svg.title("One job, from click to picture")
    with svg.layer("boxes", color="black", width=0.35):
        box(svg, 4, 14, 50, 20, "form", "in the notebook")
        box(svg, 4, 44, 50, 12, "your program")
        box(svg, 4, 58, 50, 12, "drawscape")
        box(svg, 4, 74, 50, 12, "forms, lists")
        box(svg, 182, 14, 50, 34, "worker", "a thread for each slot,", "a lock while it lives")
        box(svg, 182, 70, 50, 24, "child process", "imports and runs it")
        box(svg, 94, 98, 48, 20, "output/*.svg", "recipe in the file,", "catalogue.db finds it")
        svg.rect(94, 14, 48, 68)
        svg.lettering("job table", 118, 22, size=LARGE, align="center")
        svg.lettering("one row, one job", 118, 79, size=SMALL, align="center")
        for row, status in enumerate(("finished", "finished", "started", "queued", "queued")):
            svg.rect(98, 27 + 9.6 * row, 40, 7)
            svg.lettering(status, 118, 31.4 + 9.6 * row, size=SMALL, align="center")
    with svg.layer("arrows", color="navy", width=0.35):
        for points, _, text, at, align in ARROWS:
            arrow(svg, points)
            if at:
                label(svg, text, at, align)
    with svg.layer("numbers", color="crimson", width=0.5):
        for number, (_, at, *_) in enumerate(ARROWS[:7], start=1):
            svg.lettering(str(number), *at, size=4.4, align="center")
    return svg


if __name__ == "__main__":
    picture().save(Path(__file__).with_suffix(".svg"))
