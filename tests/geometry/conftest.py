"""`st.from_type(Lines)`: open, closed, collinear, with repeats, of one point, or none at all."""

import numpy as np
from hypothesis import strategies as st

from drawscape.geometry.lines import Lines

coordinates = st.integers(-40, 40).map(float) | st.floats(-40, 40, width=32)


@st.composite
def any_line(draw):
    line = draw(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=12))
    if draw(st.booleans()) and len(line) > 2:
        line.append(line[0])
    return np.array(line)


st.register_type_strategy(Lines, st.lists(any_line(), max_size=5).map(Lines.of))
