"""The same file through vpype, which shares no code with this reader."""

import numpy as np
import pytest
import vpype

from drawscape.svg.read import read_svg

MM = 25.4 / 96


def test_the_same_layers_with_the_same_lines_as_vpype(foreign_svg):
    theirs = vpype.read_multilayer_svg(str(foreign_svg), quantization=0.02, crop=False)
    ours = read_svg(foreign_svg, tolerance_mm=0.0005)

    assert [len(layer.lines) for layer in ours.layers] == [len(c) for c in theirs.layers.values()]
    for layer, collection in zip(ours.layers, theirs.layers.values(), strict=True):
        assert layer.lines.bounds == pytest.approx([v * MM for v in collection.bounds()], abs=2e-3)
        lengths = [float(np.abs(np.diff(line)).sum()) * MM for line in collection]
        assert layer.lines.lengths_mm == pytest.approx(lengths, rel=1e-4, abs=1e-3)
        for mine, line in zip(layer.lines, collection, strict=True):
            assert mine[0] == pytest.approx([line[0].real * MM, line[0].imag * MM], abs=1e-3)
            assert mine[-1] == pytest.approx([line[-1].real * MM, line[-1].imag * MM], abs=1e-3)


def test_the_same_page_as_vpype(foreign_svg):
    theirs = vpype.read_multilayer_svg(str(foreign_svg), quantization=1.0)
    ours = read_svg(foreign_svg)

    assert theirs.page_size is not None
    page = (ours.width_mm, ours.height_mm)
    assert page == pytest.approx([side * MM for side in theirs.page_size], abs=1e-3)
