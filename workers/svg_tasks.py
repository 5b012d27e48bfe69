"""The contract's names for the tasks that draw."""

from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg
from drawscape.tasks.plotting import optimize_svg
from drawscape.tasks.sheets import generate_postcard_svg

__all__ = [
    "draw_function_svg",
    "generate_complex_svg",
    "generate_postcard_svg",
    "optimize_svg",
]
