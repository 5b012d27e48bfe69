"""Tasks for the worker: plain functions, queued by their dotted path."""

from drawscape.job_manager import current_job
from drawscape.settings import output_path
from drawscape.svg_builder import SVGBuilder


def draw_card(name: str, greeting: str = "Hello"):
    """Return the path of a card with a greeting, written in single lines that a pen can follow."""
    svg = SVGBuilder(148, 105)
    svg.rect(6, 6, 136, 93)
    svg.centered_hershey_text(74, 56, f"{greeting}, {name}!", 0.5)
    current_job().progress(0.5, "lettered")
    return str(svg.save(output_path(f"cards/{name}.svg")))
