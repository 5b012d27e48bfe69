"""Top-level groups: their names, the pens that they name, and those that only wrap others."""

from drawscape.svg.read.scene import GroupDraft, Scene
from drawscape.svg.read.state import State
from drawscape.svg.read.xml_tree import Node

_LAYER_NAMES = ("inkscape:label", "data-name", "id")


def add_group(scene: Scene, node: Node, own: dict[str, str], state: State) -> int:
    """Add a top-level group to the scene; return its number."""
    names = (node.attributes.get(key, "").strip() for key in _LAYER_NAMES)
    groups = scene.groups
    name = next((name for name in names if name), f"layer {len(groups) + 1}")
    draft = GroupDraft(name, is_layer=node.attributes.get("inkscape:groupmode") == "layer")
    if own.get("stroke", "none") != "none":
        draft.color = state.style.paint("stroke")
    if "stroke-width" in own:
        draft.width_mm = state.style.pen_width(state.matrix, whole=state.viewport.diagonal)
    groups.append(draft)
    return len(groups) - 1


def is_wrapper(node: Node) -> bool:
    """Whether a top-level group only wraps layers: Illustrator's, or one around Inkscape's."""
    if node.attributes.get("inkscape:groupmode") == "layer":
        return False
    return "i:extraneous" in node.attributes or any(
        child.attributes.get("inkscape:groupmode") == "layer" for child in node.children
    )
