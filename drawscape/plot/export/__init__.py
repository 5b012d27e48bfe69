"""A drawing as a file: SVG, PNG, PDF, G-code, HPGL."""

from drawscape.plot.export.files import FORMATS, Format, save
from drawscape.plot.export.gcode import to_gcode
from drawscape.plot.export.hpgl import to_hpgl
from drawscape.plot.export.pdf import to_pdf
from drawscape.plot.export.png import to_png
from drawscape.plot.export.profile import PROFILES, GcodeProfile, read_profile
from drawscape.plot.export.svg import to_svg

__all__ = [
    "FORMATS",
    "PROFILES",
    "Format",
    "GcodeProfile",
    "read_profile",
    "save",
    "to_gcode",
    "to_hpgl",
    "to_pdf",
    "to_png",
    "to_svg",
]
