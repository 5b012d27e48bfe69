"""Benchmarks of the canvas: from arrays to the text of an SVG, beside vpype, drawsvg and svgwrite.

Run it alone on a quiet machine: `python tests/benchmarks/bench_canvas.py`. Each figure is the best of
a few rounds, ours after one to warm up; everyone starts from the same array and ends with the whole text,
two decimals each.
"""

import io

import numpy as np
from tables import Row, best, report

from drawscape.svg_builder import Pen, SVGBuilder

WIDTH, HEIGHT = 297.0, 210.0


def drawscape_text(lines):
    return SVGBuilder(WIDTH, HEIGHT, pen=Pen()).polylines(lines).to_string()


def vpype_text(lines):
    """Return the SVG that vpype writes; it works in CSS pixels."""
    import vpype

    scale = vpype.convert_length("mm")
    collection = vpype.LineCollection([(line[:, 0] + 1j * line[:, 1]) * scale for line in lines])
    document = vpype.Document(collection, page_size=(WIDTH * scale, HEIGHT * scale))
    stream = io.StringIO()
    vpype.write_svg(stream, document)
    return stream.getvalue()


def drawsvg_text(lines):
    import drawsvg

    drawing = drawsvg.Drawing(WIDTH, HEIGHT)
    for line in np.round(lines, 2).reshape(len(lines), -1).tolist():
        drawing.append(drawsvg.Lines(*line, fill="none", stroke="black"))
    return drawing.as_svg()


def svgwrite_text(lines):
    import svgwrite

    drawing = svgwrite.Drawing(size=(WIDTH, HEIGHT), debug=False)
    group = drawing.add(drawing.g(fill="none", stroke="black"))
    for line in np.round(lines, 2).tolist():
        group.add(svgwrite.shapes.Polyline(line, debug=False))
    return drawing.tostring()


PEERS = {"vpype": vpype_text, "drawsvg": drawsvg_text, "svgwrite": svgwrite_text}


def long_lines():
    rng = np.random.default_rng(0)
    starts = rng.uniform((20, 20), (WIDTH - 20, HEIGHT - 20), (10_000, 1, 2))
    walks = rng.normal(0, 0.8, (10_000, 100, 2)).cumsum(axis=1)
    return np.clip(starts + walks, 0, (WIDTH, HEIGHT))


def segments():
    rng = np.random.default_rng(1)
    starts = rng.uniform((5, 5), (WIDTH - 5, HEIGHT - 5), (500_000, 1, 2))
    return starts + rng.uniform(-5, 5, (500_000, 2, 2))


def run():
    """Return one row for each case: ours, the peers, and how many times as fast we are."""
    aims = {"vpype": 100, "drawsvg": 15, "svgwrite": 10}
    return [
        _row("10,000 polylines x 100 points", long_lines(), aims, ["20 M points/s"]),
        _row("500,000 two-point segments", segments(), {"drawsvg": 30}, []),
    ]


def _row(name, lines, aims, own_aim):
    points = lines.shape[0] * lines.shape[1]
    drawscape_text(lines)
    seconds, text = best(lambda: drawscape_text(lines), 7)
    peers, ratios = [], []
    for peer in aims:
        peer_s, _ = best(lambda peer=peer: PEERS[peer](lines), 1)
        peers.append(f"{peer} {points / peer_s / 1e6:.2f} M points/s")
        ratios.append(f"{peer_s / seconds:.0f}x")
    ours = (
        f"{points / seconds / 1e6:.1f} M points/s ({seconds * 1000:.1f} ms, "
        f"{len(text) / points:.2f} bytes a point)"
    )
    wanted = [*own_aim, *(f"{aim}x" for aim in aims.values())]
    return Row(f"serialise {name}", ours, "; ".join(peers), "; ".join(ratios), "; ".join(wanted))


if __name__ == "__main__":
    report("bench-canvas", run())
