"""Other readers see in a sketch's file what we wrote."""

from pathlib import Path

import numpy as np
import pytest
import vpype

from drawscape.sketches import SKETCHES, draw

QUICK = {"penrose", "maze", "schotter", "paragraph"}
"""Two layers each, lines of two points, of many, closed ones; the others run by night.
"""

CASES = [pytest.param(n, marks=[] if n in QUICK else [pytest.mark.nightly]) for n in SKETCHES]


@pytest.mark.parametrize("name", CASES)
def test_vpype_reads_the_layers_sizes_and_lines_that_were_written(
    name: str, tmp_path: Path
) -> None:
    svg = draw(name, 60, 80)
    file = svg.save(tmp_path / "sketch.svg")
    document = vpype.read_multilayer_svg(str(file), quantization=0.5, simplify=False)
    layers = [document.layers[number] for number in sorted(document.layers)]
    millimetre = vpype.convert_length("1mm")
    assert np.allclose(np.array(document.page_size) / millimetre, (60, 80), atol=0.01)
    assert [
        (layer.metadata["vp_name"], layer.metadata["vp_color"], len(layer)) for layer in layers
    ] == [(pen.name, vpype.Color(pen.color), len(lines)) for pen, lines in svg.layers()]
    for layer, (_, lines) in zip(layers, svg.layers(), strict=True):
        ends = np.array([line[-1] for line in layer]) / millimetre
        assert np.abs(np.column_stack([ends.real, ends.imag]) - lines.ends).max() < 0.01
