"""Conditional attributes: is an element meant for a plain English reader of SVG 1.1?"""

from drawscape.svg.read.xml_tree import Node


def is_for_us(node: Node) -> bool:
    """Return whether an element's conditions hold; Illustrator's private copies are not for us."""
    attributes = node.attributes
    if "requiredExtensions" in attributes:
        return False
    if "systemLanguage" not in attributes:
        return True
    languages = [part.strip() for part in attributes["systemLanguage"].split(",")]
    return any(language == "en" or language.startswith("en-") for language in languages)
