"""Merging lifts the pen less and draws the same."""

import itertools

import numpy as np
import pytest
import vpype
from hypothesis import given, settings
from plot_support import drawings, mesh

from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.plot import merge


def edges(lines):
    """All straight pieces, direction left aside, sorted."""
    pieces = []
    for line in lines:
        points = [tuple(point) for point in line.tolist()]
        pieces += [tuple(sorted(pair)) for pair in itertools.pairwise(points)]
    return sorted(pieces)


@given(lines=drawings())
@settings(max_examples=30, deadline=None)
def test_every_piece_is_drawn_once_as_before(lines):
    assert edges(merge(lines, tolerance_mm=0.1)) == edges(lines)


@given(lines=drawings(least=2))
@settings(max_examples=30, deadline=None)
def test_as_few_lines_are_left_as_eulers_theorem_allows(lines):
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pieces = np.array([pair for line in lines for pair in itertools.pairwise(line.tolist())])
    nodes = np.unique(pieces.reshape(-1, 2), axis=0, return_inverse=True)[1].reshape(-1, 2)
    odd = np.bincount(nodes.ravel()) % 2
    graph = coo_matrix((np.ones(len(nodes)), (nodes[:, 0], nodes[:, 1])), shape=(len(odd),) * 2)
    parts = connected_components(graph, directed=False)[1]
    least = sum(max(1, int(odd[parts == part].sum()) // 2) for part in set(parts.tolist()))

    assert len(merge(lines, tolerance_mm=0)) == least


def test_closed_shapes_that_meet_at_vertices_are_one_line():
    # Triangles with shared corners, each closed at a corner of its own.
    corners = np.array([[0, 0], [1, 0], [0.5, 1]], dtype=float)
    grid = np.stack(np.meshgrid(np.arange(8.0), np.arange(5.0)), axis=-1).reshape(-1, 1, 2)
    rings = np.array([np.roll(ring, k, axis=0) for k, ring in enumerate(corners + grid)])
    lines = Lines.of(np.concatenate((rings, rings[:, :1]), axis=1))

    merged = merge(lines)
    # In each row all hang together; the rows meet at the tops, which are no corners of the next row.
    assert len(merged) == 5
    assert edges(merged) == edges(lines)
    assert merged.closed.all()


def test_a_closed_shape_is_drawn_in_passing_by_an_open_line_with_an_inner_vertex_on_it():
    ring = [[2, 0], [3, 1], [2, 2], [1, 1], [2, 0]]
    lines = Lines.of([[[0, 1], [1, 1], [0, 3]], ring, [[9, 9], [8, 8]]])
    merged = merge(lines)
    assert len(merged) == 2
    assert edges(merged) == edges(lines)
    assert merged[0][[0, -1]].tolist() == [[0, 1], [0, 3]]


def test_a_dot_of_one_point_stays_a_dot():
    lines = Lines(np.array([[1.0, 1], [2, 2], [3, 3], [4, 4]]), np.array([0, 1, 1, 3, 4]))
    merged = merge(lines)
    assert [line.tolist() for line in merged] == [[[1, 1]] * 2, [[2, 2], [3, 3]], [[4, 4]] * 2]


def test_a_mesh_leaves_no_more_lines_than_vpypes_linemerge():
    lines = mesh(20)
    collection = vpype.LineCollection([line[:, 0] + 1j * line[:, 1] for line in lines])
    collection.merge(tolerance=0.05)
    merged = merge(lines)

    assert len(merged) <= len(collection)
    assert merged.lengths_mm.sum() == pytest.approx(lines.lengths_mm.sum())


def test_ends_meet_within_the_tolerance_and_not_beyond():
    lines = Lines.of([[[0, 0], [1, 0]], [[1.04, 0], [2, 0]], [[2.06, 0], [3, 0]]])
    assert len(merge(lines, tolerance_mm=0.05)) == 2
    assert len(merge(lines, tolerance_mm=0.07)) == 1
    assert len(merge(lines, tolerance_mm=0)) == 3


def test_a_chain_of_near_ends_does_not_join_what_is_far():
    # Each end lies within the tolerance of the next; the first and the last are 2 mm apart.
    x = np.arange(41) * 0.05
    lines = Lines.of(np.stack((np.stack((x, 0 * x), 1), np.stack((x, 0 * x + 9), 1)), axis=1))
    merged = merge(lines, tolerance_mm=0.06)
    for line in merged:
        level = np.hypot(*np.diff(line, axis=0).T)
        assert ((level < 0.061) | (level > 8.9)).all()


def test_a_small_gap_is_drawn_not_bent():
    merged = merge(Lines.of([[[0, 0], [1, 0]], [[1.03, 0.01], [2, 0]]]), tolerance_mm=0.05)
    assert merged[0].tolist() == [[0, 0], [1, 0], [1.03, 0.01], [2, 0]]


def test_a_negative_tolerance_is_refused():
    with pytest.raises(PlotError, match="tolerance_mm=-1"):
        merge(mesh(3), tolerance_mm=-1)
