"""Sketches of files: tables and tracks, meshes, and heights."""

import numpy as np
import pytest
from plot_support import cuboids

from drawscape.errors import DataError, GeometryError
from drawscape.sketches import draw
from drawscape.sketches.curves._table import read_table
from drawscape.sketches.solids._mesh_file import read_mesh

TRACK = """<gpx><trk><trkseg>
<trkpt lon="7.0" lat="46.0"><ele>500</ele><time>2024-05-01T08:00:00Z</time></trkpt>
<trkpt lat="46.01" lon="7.0"><ele>650.5</ele></trkpt>
<trkpt lat="46.01" lon="7.01" />
<trkpt lat="46.02" lon="7.01"><ele>700</ele></trkpt>
</trkseg></trk></gpx>"""


def ink_mm(svg, pen):
    return next(lines.lengths_mm.sum() for one, lines in svg.layers() if one.name == pen)


def test_a_table_has_its_columns_of_numbers_and_gaps_are_bridged(home):
    (home / "runs.csv").write_text(
        "day,km,note,pulse\nMonday,5,,140\nTuesday,,hot,150\nFriday,9,x,\n"
    )
    columns, track = read_table("runs.csv")
    assert track is None
    assert {name: values.tolist() for name, values in columns.items()} == {
        "km": [5, 7, 9],
        "pulse": [140, 150, 150],
    }


def test_a_track_has_its_heights_and_its_way_north_up(home):
    (home / "walk.gpx").write_text(TRACK)
    columns, track = read_table("walk.gpx")
    assert columns["height in m"].tolist() == [500, 650.5, 675.25, 700]
    assert columns["from the start in km"][1] == pytest.approx(1.112, abs=0.001)
    (east, north) = np.sign(track[-1] - track[0])
    assert (east, north) == (1, -1)  # on paper y points down
    assert track[2, 0] - track[1, 0] < 0.01 * np.cos(np.radians(45))


@pytest.mark.parametrize("content", ["", "a,b\nx,y\n", "only words"])
def test_a_table_without_numbers_is_an_error(home, content):
    (home / "words.csv").write_text(content)
    with pytest.raises(DataError, match=r"words\.csv"):
        draw("data_portrait", 90, 120, data="words.csv")


def test_a_band_swells_with_its_values_and_a_track_is_drawn_within(home):
    rows = "\n".join(f"{day},{100 * (day > 180)}" for day in range(360))
    (home / "step.csv").write_text(f"day,step\n{rows}\n")
    (home / "walk.gpx").write_text(TRACK)
    made = (draw("data_portrait", 120, 160, data="step.csv", seed=seed) for seed in range(99))
    turned = {"form": "rows", "order": "turned round"}  # so that its band lies beside the legend
    svg = next(svg for svg in made if turned.items() <= svg.traits.items())
    layers = {pen.name: lines.points for pen, lines in svg.layers()}
    early, late = (layers["step"][(layers["step"][:, 0] < 60) == left] for left in (True, False))
    assert np.ptp(late[late[:, 0] > 65, 1]) > 2.5 * np.ptp(early[early[:, 0] < 55, 1])
    walk = draw("data_portrait", 120, 160, data="walk.gpx")
    assert walk.traits["form"] == "rings"
    assert "height in m" in [pen.name for pen, _ in walk.layers()]


def stl(corners, *, as_text):
    """Return triangles, (F, 3, 3), as an STL file."""
    if as_text:
        facets = ("\n".join(f"vertex {x} {y} {z}" for x, y, z in one) for one in corners)
        facets = "\n".join(
            f"facet normal 0 0 0\nouter loop\n{one}\nendloop\nendfacet" for one in facets
        )
        return f"solid box\n{facets}\nendsolid box\n".encode()
    rows = np.zeros(
        len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")]
    )
    rows["corners"] = corners
    return bytes(80) + len(corners).to_bytes(4, "little") + rows.tobytes()


OBJ = """v 0 0 0\nv 1 0 0\nv 1 2 0\nv 0 2 0\nv 0 0 3\nv 1 0 3\nv 1 2 3\nv 0 2 3
f 4/1 3/2 2/3 1/4\nf 5 6 7 8\nf 1 2 6 5\nf 2//1 3//1 7//1 6//1\nf 3 4 8 7\nf -5 -8 -4 -1\n"""


@pytest.mark.parametrize("kind", ["numbers.stl", "text.stl", "box.obj"])
def test_a_mesh_of_any_kind_of_file_is_the_same_box(home, kind):
    corners = cuboids((0, 0, 0), (1, 2, 3)).corners
    content = OBJ.encode() if kind.endswith("obj") else stl(corners, as_text=kind == "text.stl")
    (home / kind).write_bytes(content)
    mesh = read_mesh(kind)
    assert (len(mesh.vertices), len(mesh.faces)) == (8, 12)
    a, b, c = mesh.corners.transpose(1, 0, 2)
    assert np.cross(a, b, axis=1).ravel() @ c.ravel() / 6 == pytest.approx(6)  # the volume


@pytest.mark.parametrize(
    ("name", "content"),
    [("odd.stl", b"solid of words"), ("odd.obj", b"v 1 2\nf 1 2 3\n"), ("odd.obj", b"f 1 2 3\n")],
)
def test_a_file_that_is_no_mesh_is_an_error(home, name, content):
    (home / name).write_bytes(content)
    with pytest.raises(GeometryError, match="give an STL or OBJ file"):
        draw("mesh_hatching", 60, 80, mesh=name)


@pytest.mark.parametrize("palette", ["as designed", "gel on black"])
def test_a_mesh_is_dark_on_the_side_away_from_the_light_and_shades_the_floor(home, palette):
    """A light ink on dark paper draws the side towards the light."""
    (home / "box.stl").write_bytes(stl(cuboids((0, 0, 0), (1, 1, 1)).corners, as_text=False))
    svg = draw("mesh_hatching", 90, 90, seed=1, mesh="box.stl", azimuth=45, palette=palette)
    layers = {pen.name: lines for pen, lines in svg.layers()}
    x = layers["body"].points[:, 0]
    from_left = svg.traits["light"] == "from the left"
    inked_at_right = np.median(x) > (x.min() + x.max()) / 2
    assert inked_at_right == (from_left == (palette == "as designed"))
    assert (layers["shadow"].points[:, 0].mean() > svg.frame.cx) == from_left


def test_a_map_of_heights_swells_in_the_shade_and_has_water_below_zero(home):
    y, x = np.mgrid[:60, :60] / 60
    cone = 900 - 2400 * np.hypot(x - 0.5, y - 0.5)
    (home / "cone.csv").write_text("\n".join(",".join(f"{z:.1f}" for z in row) for row in cone))
    svg = draw("elevation_map", 100, 100, data="cone.csv")
    assert ink_mm(svg, "shade") > 1.4 * ink_mm(svg, "light")
    assert ink_mm(svg, "water") > 100
    assert set(svg.traits) == {"light"}
