"""Images that are SVG files themselves, held by a file as data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drawscape.drawing.values import PX
from drawscape.svg.read.paint import link_of
from drawscape.svg.read.tree import XmlNode, embedded_svg, parse_xml

if TYPE_CHECKING:
    from drawscape.svg.read.state import InheritedState
    from drawscape.svg.read.walk import TreeWalk

# Of all images of a file, in unpacked bytes, or work that takes as long.
_MOST_IN_IMAGES = 2_000_000
_SIZES = ("width", "height")


def draw_image(walk: TreeWalk, node: XmlNode, own: dict[str, str], state: InheritedState) -> None:
    """Draw the SVG that an image holds as data, by its own ids and style sheets; report others."""
    if walk.is_measuring:  # its box is that of its place
        walk.draw(replace(node, tag="rect"), own, state)
        return
    link, outer = link_of(node), (walk.ids, walk.sheet)
    try:
        if link not in walk.images:
            content = embedded_svg(link)
            if walk.image_cost > _MOST_IN_IMAGES:
                raise ValueError
            walk.image_cost += len(content)
            root = parse_xml(content)
            walk.image_cost += _MOST_IN_IMAGES // 3  # failing takes time, too
            _, page, sized = walk.open_file(root)
            walk.images[link] = root, walk.ids, walk.sheet, page, sized
            walk.image_cost += walk.sheet.cost - _MOST_IN_IMAGES // 3
        root, walk.ids, walk.sheet, page, sized = walk.images[link]
    except ValueError:
        walk.ids, walk.sheet = outer
        walk.report("<image>: images are not drawn; trace them to paths")
        return
    wide, high = page[0] / PX, page[1] / PX
    given = node.attributes | own
    width, height = (state.px(given.get(name), name) for name in _SIZES)
    width = (height or high) * wide / high if width is None else width
    height = width * high / wide if height is None else height
    given |= {"width": str(width), "height": str(height)}
    if sized:
        given["viewBox"] = f"0 0 {wide} {high}"
    frame = replace(node, tag="svg", attributes=given, children=[root])
    walk.container(frame, own, replace(state, style=walk.initial, used=True, context=None))
    walk.ids, walk.sheet = outer
